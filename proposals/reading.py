"""What the pages of the review show: rows, the number of open ones, what the panel of one says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from statistics import median

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from flowpilot.core.ids import earliest_id
from flowpilot.core.web import visible
from flowpilot.flows.changes import (
    Change,
    ChangeConflict,
    InvalidChange,
    Marked,
    merged,
    parse_changes,
)
from flowpilot.flows.document import InvalidTree, Tree
from flowpilot.flows.models import Flow
from flowpilot.flows.telling import Reason, told
from proposals import actions
from proposals.evidence import EVIDENCE_SHOWN, Evidence, Sources, evidence_of, origins_of, sources_of
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft, SessionAnalysis
from proposals.opened import Decided, decisions_of
from sessions.models import AISession

Verb = ProposalDecision.Verb
TABS: dict[str, tuple[str, ...]] = {
    "pending": ("pending",),
    "published": ("approved", "edited"),
    "dismissed": ("dismissed",),
    "rejected": ("rejected",),
    "expired": ("expired",),
}
DRAWN_AT_ONCE = 12
"""Steps of a tree that come with the page."""
UNDOABLE = (FlowProposal.Status.APPROVED, FlowProposal.Status.DISMISSED, FlowProposal.Status.REJECTED)
REOPENABLE = (FlowProposal.Status.DISMISSED, FlowProposal.Status.REJECTED, FlowProposal.Status.EXPIRED)


def tab_of(status: str) -> str:
    """The tab that a status stands under; what is unknown stands under the first."""
    return next((tab for tab, statuses in TABS.items() if status in statuses or status == tab), "pending")


def queue(user: User, tab: str) -> QuerySet[FlowProposal]:
    """The rows of a tab, each with `draft_number`: which of its drafts the list shows."""
    rows: QuerySet[FlowProposal] = visible(FlowProposal, user).filter(status__in=TABS[tab])
    shown = rows.select_related("team", "client").defer("why", "summary", "terms")
    return shown.annotate(draft_number=F("current_draft__number"))


def came_since(rows: QuerySet[FlowProposal], since: datetime, user: User, most: int) -> int:
    """How many of these rows were made since a moment, woke, or were opened again by somebody else; `most` at
    most."""
    came = rows.filter(created_at__gt=since).order_by()[:most].count()
    # Keys begin with their time: the decisions since then lie together in the index of the account's keys.
    recent = visible(ProposalDecision, user).filter(pk__gte=earliest_id(since), created_at__gt=since)
    back = recent.filter(verb__in=(Verb.WAKE, Verb.REOPEN, Verb.UNDO)).exclude(actor=user)
    returned = rows.filter(pk__in=back.values("proposal_id"), created_at__lte=since)
    return min(came + returned.order_by()[:most].count(), most)


def waiting_for_review(user: User) -> QuerySet[FlowProposal]:
    """What the navigation counts beside "Review queue"."""
    return visible(FlowProposal, user).pending()  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Detail:
    """A proposal with everything that its panel shows.

    tree is None when the draft cannot be read; marks and reasons are there for enhancements only.
    """

    proposal: FlowProposal
    tree: Tree | None
    marks: Marked | None
    reasons: list[Reason]
    evidence: list[Evidence]
    sources: dict[str, Sources]
    decisions: list[Decided]
    may_decide: bool
    may_publish: bool
    may_undo: bool

    @property
    def draft(self) -> ProposalDraft | None:
        return self.proposal.current_draft

    @property
    def older_drafts(self) -> int:
        """Drafts are numbered from 1 without gaps, and the newest is the current one."""
        return self.draft.number - 1 if self.draft else 0

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        return (self.draft.grounding if self.draft else {}).get("counts", {})

    @property
    def unsourced(self) -> list[str]:
        """What the draft names and no session does."""
        return list(dict.fromkeys(chain.from_iterable(self.draft.unsourced.values()))) if self.draft else []

    @property
    def drawn_from(self) -> str:
        """What the picture of the tree depends on: drafts and base versions never change; the numbers of the
        sessions, and which of them the reader may open, do."""
        seen = (
            f"{node}:{source.more}:" + ",".join(f"{row.number}{row.url}" for row in source.shown)
            for node, source in self.sources.items()
        )
        return ";".join((str(self.proposal.current_draft_id), *seen))

    @property
    def may_approve(self) -> bool:
        return self.may_decide and self.proposal.is_pending and not self.proposal.is_enhancement

    @property
    def is_big(self) -> bool:
        """Whether the tree is drawn after everything else, so that the page stays light."""
        return self.tree is not None and len(self.tree.nodes) > DRAWN_AT_ONCE

    @property
    def may_choose(self) -> bool:
        """Whether some of the changes may be published without the others."""
        return self.may_publish and self.proposal.is_pending and self.change_count > 1

    @property
    def may_split(self) -> bool:
        """Whether a session may be taken out of the evidence: the last one may not."""
        counting = sum(row.counts for row in self.evidence)
        return self.may_decide and self.proposal.status in actions.MAY_BE_SPLIT and counting > 1

    @property
    def may_reopen(self) -> bool:
        return self.may_decide and self.proposal.status in REOPENABLE

    @property
    def change_count(self) -> int:
        return sum(len(reason.changes) for reason in self.reasons)

    @property
    def base_moved_on(self) -> bool:
        """The flow was published anew after the changes to it were mined."""
        flow = self.proposal.target_flow
        return flow is not None and flow.current_version_id != self.proposal.base_version_id

    @property
    def draft_outdated(self) -> bool:
        """What it was mined from speaks for it no longer as it did: a session was split off."""
        of = self.proposal
        return of.is_pending and of.unmined_evidence >= of.evidence_count > 0

    @property
    def flow_retired(self) -> bool:
        """Nothing is published to a flow that is out of use."""
        flow = self.proposal.target_flow
        return flow is not None and flow.status == Flow.Status.RETIRED

    @property
    def counted_from(self) -> int | None:
        """Of how many of the newest sessions the figures below are; None when of all."""
        more = len(self.evidence) == EVIDENCE_SHOWN and self.proposal.evidence_count > self.resolved
        return EVIDENCE_SHOWN if more else None

    @property
    def resolved(self) -> int:
        return sum(row.counts for row in self.evidence)

    @property
    def clients(self) -> int:
        return len({row.client_id for row in self.evidence if row.counts and row.client_id})

    @property
    def median_minutes(self) -> float | None:
        minutes = [row.minutes for row in self.evidence if row.counts and row.minutes is not None]
        return median(minutes) if minutes else None


def detail(proposal: FlowProposal, user: User) -> Detail:
    """Everything that the panel of one proposal (loaded by `opened.proposal`) shows."""
    evidence = evidence_of(proposal, user)
    tree = _tree(proposal)
    changes = _changes(proposal)
    base = proposal.base_version.tree if tree and proposal.base_version else None
    return Detail(
        proposal=proposal,
        tree=tree,
        marks=_marks(base, changes) if base else None,
        reasons=told(changes, base, tree) if base and tree else [],
        evidence=evidence,
        sources=sources_of(origins_of(proposal), evidence),
        decisions=decisions_of(proposal),
        may_decide=actions.can_decide(proposal, user),
        may_publish=actions.can_publish(proposal, user),
        may_undo=_may_undo(proposal, user),
    )


def _tree(proposal: FlowProposal) -> Tree | None:
    try:
        return proposal.current_draft.document if proposal.current_draft else None
    except InvalidTree:
        return None


def _changes(proposal: FlowProposal) -> list[Change]:
    draft = proposal.current_draft
    try:
        return parse_changes(draft.changes) if draft and proposal.is_enhancement else []
    except InvalidChange:
        return []


def _marks(base: Tree, changes: Sequence[Change]) -> Marked | None:
    try:
        return merged(base, changes)
    except ChangeConflict:
        return None


def _may_undo(proposal: FlowProposal, user: User) -> bool:
    decided = proposal.reviewed_at if proposal.reviewed_by_id == user.pk else None
    if decided is None or proposal.status not in UNDOABLE:
        return False
    return timezone.now() - decided <= timedelta(seconds=actions.UNDO_SECONDS)


def nothing_was_ever_proposed(user: User) -> bool:
    """Tells an empty queue from one that the job has not filled yet."""
    return not visible(FlowProposal, user).exists()


@dataclass(frozen=True)
class Learned:
    """One analysis of a session, as far as its reader may know.

    proposal is None and reason "" when the proposal is not the reader's to see: the reason names it.
    error is for those who answer for the session's team; others read that it failed.
    """

    analysis: SessionAnalysis
    proposal: FlowProposal | None
    reason: str
    error: str


def learned_from(session: AISession, user: User) -> list[Learned]:
    """What the job made of a session, newest first."""
    rows = session.analyses.select_related("proposal", "requested_by").annotate(
        proposal_seen=Exists(visible(FlowProposal, user).filter(pk=OuterRef("proposal_id")))
    )
    responsible = administers(user, session)
    return [_learned(row, responsible) for row in rows.order_by("-resolution_no", "-request_no")]


def _learned(row: SessionAnalysis, responsible: bool) -> Learned:
    seen: bool = row.proposal_seen  # type: ignore[attr-defined]
    return Learned(
        analysis=row,
        proposal=row.proposal if seen else None,
        reason=row.reason if seen or row.proposal_id is None else "",
        error=row.error if responsible else "",
    )
