"""The review queue: what became of proposals, how long they wait, how soon a resolution is a flow."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Extract
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.figures import MOST_TIMES, Counts, Percentile, fitting, total
from analytics.models import FATES
from analytics.parts import (
    Card,
    Cell,
    Fact,
    Table,
    count_fact,
    leading,
    measure_fact,
    number,
    share_fact,
    text_cell,
)
from analytics.scope import ONE_DAY, Scope, cut_told
from analytics.seen import Seen
from flowpilot.core.moments import midnight
from flowpilot.core.statistics import Share
from flowpilot.core.templatetags.text import NOTHING
from proposals.models import FlowProposal, ProposalDecision, ProposalEvidence

Status = FlowProposal.Status
SECONDS_A_DAY: Final = 86_400.0
DECIDED: Final = (*FlowProposal.PUBLISHED, Status.DISMISSED, Status.REJECTED)
TURNED_DOWN: Final = (ProposalDecision.Verb.DISMISS, ProposalDecision.Verb.REJECT)
STAGES: Final = {
    Status.PENDING: gettext_lazy("Pending"),
    Status.APPROVED: gettext_lazy("Approved"),
    Status.EDITED: gettext_lazy("Published after edit"),
    Status.DISMISSED: gettext_lazy("Dismissed"),
    Status.REJECTED: gettext_lazy("Rejected"),
    Status.EXPIRED: gettext_lazy("Expired"),
}


def funnel(scope: Scope, seen: Seen) -> Card:
    """What became of the proposals that were made in these days."""
    now, before = _stages(scope), _stages(seen.former) if seen.former else None
    if not sum(now.values()):
        return Card(empty=_("Nothing was proposed in these days."))
    approval, edits = (each(before) if before else None for each in (_approval, _edits))
    facts = [
        count_fact(_("Proposed"), sum(now.values()), sum(before.values()) if before else None),
        share_fact(_("Published of the decided"), _approval(now), approval, good="up"),
        share_fact(_("Edited before publishing"), _edits(now), edits),
    ]
    shown, lists = fitting(scope), Lists(scope)
    tables = [_stages_table(shown, now, lists), _reasons(scope, lists)]
    return Card(facts, tables=[table for table in tables if table.rows], note=cut_told(shown, scope))


class Lists:
    """The tabs of the review's list, which show proposals in one state, whenever they were made: no link
    leads to one that shows others than those that are counted."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._shown = dict(_proposals(scope).values_list("status").annotate(n=Count("pk")))

    def number(self, status: str, counted: int) -> Cell:
        there = self._shown.get(status) == counted
        return replace(number(counted, _queue(self._scope, status) if there else ""), count=None)


def _stages_table(shown: Scope, now: dict[str, int], lists: Lists) -> Table:
    """`shown` are the days of which sessions are counted: those that began in them and that any proposal
    rests on, whenever that was made."""
    behind = total(shown, names=FATES)
    rows = [
        [
            Cell(name, str(name)),
            lists.number(status, now.get(status, 0)),
            number(behind[f"behind_{status}"], shown.url(set=f"behind_{status}")),
        ]
        for status, name in STAGES.items()
    ]
    return Table([_("Proposals"), _("Number"), _("Sessions of these days behind any")], rows)


def _queue(scope: Scope, status: str) -> str:
    """The review's list of proposals in that state, whenever they were made."""
    given = {
        "status": status,
        "team": scope.team.pk if scope.team else "",
        "client": scope.client.pk if scope.client else "",
        "domain": scope.domain,
    }
    return (
        f"{reverse('proposals:queue')}?{urlencode({name: value for name, value in given.items() if value})}"
    )


def waiting(scope: Scope, seen: Seen) -> Card:
    """How old the queue is, and how long it takes until a resolution is a published flow."""
    age = Extract(scope.now - F("created_at"), "epoch") / SECONDS_A_DAY
    open_ones = _proposals(scope).filter(status=Status.PENDING).aggregate(**_spread(age))
    former = seen.former
    decided, published = _decided(scope), _published(scope)
    decided_before = _decided(former)["median"] if former else None
    published_before = _published(former)["median"] if former else None
    pending = _queue(scope, Status.PENDING)
    facts = [
        leading(_days(_("Age of the open ones, median"), open_ones["median"], open_ones["n"]), pending),
        leading(_days(_("Nine of ten are younger than"), open_ones["p90"], open_ones["n"]), pending),
        _days(_("Proposed until decided, median"), decided["median"], decided["n"], decided_before),
        _days(_("Resolved until published, median"), published["median"], published["n"], published_before),
    ]
    return Card(facts, note=_("What is open is so now; for the others the days are those of the proposal."))


def _decided(scope: Scope) -> dict[str, Any]:
    taken = Extract(F("reviewed_at") - F("created_at"), "epoch") / SECONDS_A_DAY
    rows = _of(scope).filter(status__in=DECIDED, reviewed_at__isnull=False)
    found: dict[str, Any] = rows.aggregate(**_spread(taken))
    return found


def _published(scope: Scope) -> dict[str, Any]:
    """Of the newest sessions that published proposals rest on."""
    born = Extract(F("proposal__published_version__published_at") - F("session__resolved_at"), "epoch")
    evidence = ProposalEvidence.objects.for_account(scope.user.account_id).filter(
        proposal__in=_of(scope).filter(status__in=FlowProposal.PUBLISHED),
        superseded_at__isnull=True,
        session__resolved_at__lt=F("proposal__published_version__published_at"),
    )
    newest = evidence.annotate(born=born / SECONDS_A_DAY).order_by("-pk")[:MOST_TIMES]
    found: dict[str, Any] = newest.aggregate(**_spread(F("born")))
    return found


def _proposals(scope: Scope) -> QuerySet[FlowProposal]:
    rows: QuerySet[FlowProposal] = FlowProposal.objects.decidable_by(scope.user)
    given = {"team": scope.team, "client": scope.client, "problem_domain": scope.domain or None}
    return rows.filter(**{name: value for name, value in given.items() if value is not None}).order_by()


def _of(scope: Scope) -> QuerySet[FlowProposal]:
    """Made in the days of the scope."""
    return _proposals(scope).filter(
        created_at__gte=midnight(scope.since, scope.zone),
        created_at__lt=midnight(scope.until + ONE_DAY, scope.zone),
    )


def _stages(scope: Scope) -> dict[str, int]:
    return dict(_of(scope).values_list("status").annotate(n=Count("pk")))


def _approval(stages: dict[str, int]) -> Share:
    published = sum(stages.get(status, 0) for status in FlowProposal.PUBLISHED)
    decided = sum(stages.get(status, 0) for status in DECIDED)
    return Counts({"published": published, "decided": decided}).share("published", "decided")


def _edits(stages: dict[str, int]) -> Share:
    edited = stages.get(Status.EDITED, 0)
    published = edited + stages.get(Status.APPROVED, 0)
    return Counts({"edited": edited, "published": published}).share("edited", "published")


def _reasons(scope: Scope, lists: Lists) -> Table:
    """Why proposals are turned down, by the decision that stands: what was undone or reopened is not."""
    decided = ProposalDecision.objects.filter(proposal=OuterRef("pk"), verb__in=TURNED_DOWN)
    last = Subquery(decided.order_by("-created_at", "-id").values("reason_code")[:1])
    rows = _of(scope).filter(status__in=(Status.DISMISSED, Status.REJECTED))
    counted = (
        rows.annotate(reason=Coalesce(last, Value("")))
        .values("reason")
        .annotate(
            dismissed=Count("pk", filter=Q(status=Status.DISMISSED)),
            rejected=Count("pk", filter=Q(status=Status.REJECTED)),
        )
    )
    names = dict(ProposalDecision.Reason.choices)
    found = [
        [
            text_cell(names.get(row["reason"], row["reason"] or _("Not said"))),
            lists.number(Status.DISMISSED, row["dismissed"]),
            lists.number(Status.REJECTED, row["rejected"]),
        ]
        for row in counted.order_by("reason")
    ]
    return Table([_("Reason"), _("Dismissed"), _("Rejected")], found)


def _spread(expression: Any) -> dict[str, Any]:
    return {
        "n": Count("pk"),
        "median": Percentile(expression, share=0.5),
        "p90": Percentile(expression, share=0.9),
    }


def _days(label: str, value: float | None, n: int, before: float | None = None) -> Fact:
    return measure_fact(label, value, before, _in_days, n=n, good="down")


def _in_days(value: float | None) -> str:
    return NOTHING if value is None else _("%(days)s days") % {"days": number_format(value, decimal_pos=1)}
