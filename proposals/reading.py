"""What the pages of the review show: rows, the number of open ones, one proposal with all beside it."""

from dataclasses import dataclass
from statistics import median
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from flowpilot.accounts.models import User
from flowpilot.core.web import find, visible
from flowpilot.flows.document import Tree
from proposals import actions
from proposals.models import FlowProposal, ProposalDecision, ProposalEvidence, SessionAnalysis
from sessions.models import AISession

TABS: dict[str, tuple[str, ...]] = {
    "pending": ("pending",),
    "published": ("approved", "edited"),
    "dismissed": ("dismissed",),
    "rejected": ("rejected",),
    "expired": ("expired",),
}
COUNTED_TO = 1000
"""The number of open proposals stops here and reads "1000+": counting must not grow with the table."""
EVIDENCE_SHOWN = 50


def tab_of(status: str) -> str:
    """The tab that a status stands under; what is unknown stands under the first."""
    return next((tab for tab, statuses in TABS.items() if status in statuses or status == tab), "pending")


def queue(user: User, tab: str) -> QuerySet[FlowProposal]:
    rows: QuerySet[FlowProposal] = visible(FlowProposal, user).filter(status__in=TABS[tab])
    return rows.select_related("team", "client", "target_flow").defer("why", "summary", "terms")


def pending_count(user: User) -> int:
    """What the navigation shows beside "Review queue"."""
    if user.account_id is None:
        return 0
    return visible(FlowProposal, user).pending().order_by()[:COUNTED_TO].count()  # type: ignore[attr-defined]


def proposal(user: User, pk: UUID) -> FlowProposal:
    """One proposal with what its panel shows beside it; 404 when it is not the user's to see."""
    rows: QuerySet[FlowProposal] = FlowProposal.objects.with_context()
    return find(rows, user, pk)


@dataclass(frozen=True)
class Evidence:
    """One evidence row. Its page opens only for those who may see the session."""

    session: AISession
    may_open: bool


@dataclass(frozen=True)
class Detail:
    proposal: FlowProposal
    tree: Tree | None
    evidence: list[Evidence]
    decisions: list[ProposalDecision]
    median_minutes: float | None
    may_decide: bool

    @property
    def may_approve(self) -> bool:
        return self.may_decide and self.proposal.is_pending and not self.proposal.is_enhancement


def detail(proposal: FlowProposal, user: User) -> Detail:
    """Everything that the panel of one proposal (loaded `with_context`) shows."""
    rows = evidence_rows(proposal)
    openable = set(
        visible(AISession, user).filter(pk__in=[row.session_id for row in rows]).values_list("pk", flat=True)
    )
    minutes = [row.session.duration.total_seconds() / 60 for row in rows if row.session.duration]
    draft = proposal.current_draft
    return Detail(
        proposal=proposal,
        tree=draft.document if draft else None,
        evidence=[Evidence(row.session, row.session_id in openable) for row in rows],
        decisions=list(proposal.decisions.select_related("actor", "published_version")),
        median_minutes=median(minutes) if minutes else None,
        may_decide=actions.can_decide(proposal, user),
    )


def evidence_rows(proposal: FlowProposal) -> list[ProposalEvidence]:
    sessions = AISession.objects.with_people()
    return list(
        proposal.evidence.counting()
        .order_by("-session_id")
        .prefetch_related(Prefetch("session", queryset=sessions))[:EVIDENCE_SHOWN]
    )


def analyses_of(session: AISession) -> list[SessionAnalysis]:
    """What the job made of a session, newest first."""
    return list(
        session.analyses.select_related("proposal", "requested_by").order_by("-resolution_no", "-request_no")
    )
