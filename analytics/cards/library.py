"""The library at work: which flows are used."""

from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from analytics.figures import NONE, Counts, fitting, read, together
from analytics.metrics import DURABLE, FOLLOWED
from analytics.metrics import RESOLVED as RESOLVED_RATE
from analytics.parts import (
    Card,
    Cell,
    Table,
    count_fact,
    leading,
    measure_fact,
    number,
    share_cell,
    text_cell,
)
from analytics.scope import ONE_DAY, Scope, cut_told
from analytics.seen import Seen
from flowpilot.core.moments import midnight
from flowpilot.core.templatetags.text import NOTHING
from flowpilot.flows.models import Flow, FlowVersion
from proposals.models import ProposalDecision

SHOWN: Final = 10


def reuse(scope: Scope, seen: Seen) -> Card:
    """Sessions along flows against flows that were published: knowledge is worth having when it is used."""
    asked, scope = scope, fitting(scope, "flow_id")
    found = read(scope, "flow_id")
    used = together(counts for _key, counts in found)["followed"]
    published = published_first(scope).count()
    former = scope.before() if scope.compares else None
    before = dict(read(former, "flow_id")) if former else None
    used_before = None if before is None else together(before.values())["followed"]
    published_before = published_first(former).count() if former else None
    followed = scope.url(set="followed")
    facts = [
        count_fact(_("Sessions along flows"), used, used_before, url=followed),
        count_fact(_("Flows published first"), published, published_before),
        leading(
            measure_fact(
                _("Uses for each new flow"),
                _ratio(used, published),
                _ratio(used_before or 0, published_before or 0),
                _told,
            ),
            followed,
            used,
        ),
    ]
    most = sorted(found, key=lambda each: -each[1]["sessions"])[:SHOWN]
    flows = Flow.objects.for_account(scope.user.account_id).in_bulk([key for (key,), _counts in most])
    rows = [
        _flow_row(scope, flows.get(key), key, counts, None if before is None else before.get((key,), NONE))
        for (key,), counts in most
    ]
    earlier = [_("Before")] if before is not None else []
    header = [_("Flow"), _("Sessions"), *earlier, _("Stayed on it"), RESOLVED_RATE.label, DURABLE.label]
    return Card(facts, tables=[Table(header, rows)] if rows else [], note=cut_told(scope, asked))


def _ratio(used: int, published: int) -> float | None:
    return used / published if published else None


def _told(ratio: float | None) -> str:
    return NOTHING if ratio is None else number_format(ratio, decimal_pos=1)


def _flow_row(
    scope: Scope, flow: Flow | None, key: UUID, counts: Counts, before: Counts | None
) -> list[Cell]:
    url = reverse("flows:detail", args=[key]) if flow else ""
    return [
        text_cell(flow.title if flow else _("A flow that is gone"), url),
        number(counts["sessions"], scope.url(flow=key)),
        *([] if before is None else [number(before["sessions"])]),
        *(
            share_cell(
                each.of(counts), each.url(scope, flow=key), None if before is None else each.of(before)
            )
            for each in (FOLLOWED, RESOLVED_RATE, DURABLE)
        ),
    ]


def published_first(scope: Scope) -> QuerySet[FlowVersion]:
    """First versions of flows: later ones change a flow, they add none."""
    return published(scope).filter(number=1)


def published(scope: Scope) -> QuerySet[FlowVersion]:
    """Versions of flows that sessions of the scope may follow. What is of no team or no client is there for
    each of them. A publication that was undone is none."""
    rows = FlowVersion.objects.for_account(scope.user.account_id).filter(
        published_at__gte=midnight(scope.since, scope.zone),
        published_at__lt=midnight(scope.until + ONE_DAY, scope.zone),
    )
    rows = rows.exclude(Exists(_undone()), flow__status=Flow.Status.RETIRED)
    if scope.team is not None or not scope.user.account_admin:
        teams = [scope.team.pk] if scope.team else scope.user.admin_team_ids
        rows = rows.filter(Q(flow__team__in=teams) | Q(flow__team=None))
    if scope.client is not None:
        rows = rows.filter(Q(flow__client=scope.client) | Q(flow__client=None))
    return rows.filter(flow__domain=scope.domain) if scope.domain else rows


def proposed() -> Exists:
    """Versions that were made of a proposal: new flows, and changes to one."""
    return Exists(ProposalDecision.objects.filter(published_version=OuterRef("pk")))


def _undone() -> QuerySet[ProposalDecision]:
    """Decisions that published the version and were taken back afterwards."""
    return ProposalDecision.objects.filter(
        published_version=OuterRef("pk"),
        proposal__decisions__verb=ProposalDecision.Verb.UNDO,
        proposal__decisions__created_at__gt=F("created_at"),
    )
