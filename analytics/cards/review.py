"""The review queue: what became of proposals, how long they wait, how soon a resolution is a flow."""

from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Extract
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.figures import Counts, Percentile
from analytics.parts import Card, Cell, Fact, Table, number, share_fact, text_cell
from analytics.scope import ONE_DAY, Scope
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
    facts = [
        share_fact(
            _("Published of the decided"), _approval(now), _approval(before) if before else None, good="up"
        ),
        share_fact(_("Edited before publishing"), _edits(now), _edits(before) if before else None),
    ]
    rows = [[Cell(name, str(name)), number(now.get(status, 0))] for status, name in STAGES.items()]
    tables = [Table([_("Proposals"), _("Number")], rows), _reasons(scope)]
    return Card(facts, tables=[table for table in tables if table.rows])


def waiting(scope: Scope, seen: Seen) -> Card:
    """How old the queue is, and how long it takes until a resolution is a published flow."""
    age = Extract(scope.now - F("created_at"), "epoch") / SECONDS_A_DAY
    taken = Extract(F("reviewed_at") - F("created_at"), "epoch") / SECONDS_A_DAY
    open_ones = _proposals(scope).filter(status=Status.PENDING).aggregate(**_spread(age))
    decided = _of(scope).filter(status__in=DECIDED, reviewed_at__isnull=False).aggregate(**_spread(taken))
    born = Extract(F("proposal__published_version__published_at") - F("session__resolved_at"), "epoch")
    evidence = ProposalEvidence.objects.for_account(scope.user.account_id).filter(
        proposal__in=_of(scope).filter(status__in=FlowProposal.PUBLISHED),
        superseded_at__isnull=True,
        session__resolved_at__lt=F("proposal__published_version__published_at"),
    )
    published = evidence.aggregate(**_spread(born / SECONDS_A_DAY))
    return Card(
        [
            _days(_("Age of the open ones, median"), open_ones["median"], open_ones["n"]),
            _days(_("Nine of ten are younger than"), open_ones["p90"], open_ones["n"]),
            _days(_("Proposed until decided, median"), decided["median"], decided["n"]),
            _days(_("Resolved until published, median"), published["median"], published["n"]),
        ]
    )


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


def _reasons(scope: Scope) -> Table:
    """Why proposals were turned down."""
    rows = ProposalDecision.objects.filter(proposal__in=_of(scope), verb__in=TURNED_DOWN).order_by()
    counted = rows.values("reason_code").annotate(
        dismissed=Count("pk", filter=Q(verb=ProposalDecision.Verb.DISMISS)),
        rejected=Count("pk", filter=Q(verb=ProposalDecision.Verb.REJECT)),
    )
    names = dict(ProposalDecision.Reason.choices)
    found = [
        [
            text_cell(names.get(row["reason_code"], row["reason_code"] or _("Not said"))),
            number(row["dismissed"]),
            number(row["rejected"]),
        ]
        for row in counted.order_by("reason_code")
    ]
    return Table([_("Reason"), _("Dismissed"), _("Rejected")], found)


def _spread(expression: Any) -> dict[str, Any]:
    return {
        "n": Count("pk"),
        "median": Percentile(expression, share=0.5),
        "p90": Percentile(expression, share=0.9),
    }


def _days(label: str, value: float | None, n: int) -> Fact:
    text = NOTHING if value is None else _("%(days)s days") % {"days": number_format(value, decimal_pos=1)}
    return Fact(label, text, value, n)
