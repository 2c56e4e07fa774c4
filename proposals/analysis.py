"""From resolved sessions to a verdict: what they teach, and whether that is new. Reads, never writes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Engine,
    Enhancement,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
)
from flowpilot.ai.offline.leaving import Walk, walk
from flowpilot.ai.offline.similarity import SAME, Problem, similarity, spread
from flowpilot.flows.changes import Change, apply
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.models import FlowVersion
from proposals.facts import candidate, facts_of, sessions_for_analysis
from proposals.models import FlowProposal, ProposalEvidence, SessionAnalysis
from sessions.models import AISession

Outcome = SessionAnalysis.Outcome
Status = FlowProposal.Status

EVIDENCE_MINED = 200
"""Sessions that one draft is mined from at most; the newest count."""
COMPARED_PROPOSALS = 20
"""Known proposals that a group is compared with closely, those that share most terms first."""
TERMS_KEPT = 48
"""Terms that a group is looked up by, those that most of its members share first."""


@dataclass(frozen=True)
class Group:
    """Sessions of one team that are about one thing: a problem, or one way out of one flow version."""

    team_id: UUID | None
    members: tuple[SessionFacts, ...]
    version: FlowVersion | None = None
    left_at: str = ""
    """The node at which the members left the flow; empty when they followed it."""

    @property
    def is_followed_flow(self) -> bool:
        return self.version is not None and not self.left_at

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What the members are about."""
        return tuple(Problem.of(facts) for facts in self.members)

    @property
    def terms(self) -> list[str]:
        """What known proposals are looked up by: where a flow was left, or the problem's own words and
        stand-ins for what was asked and done."""
        if self.left_at:
            return [self.left_at]
        words = Counter(term for problem in self.problems for term in problem.lookup)
        common = sorted(words, key=lambda term: (-words[term], term))
        return sorted(common[:TERMS_KEPT])


@dataclass(frozen=True)
class Verdict:
    """What the analysis concluded about a group; `proposals.actions` writes it down."""

    group: Group
    outcome: str
    reason: str
    engine: str
    result: AnalyseResult | None = None
    """What was mined, over `evidence`; None when nothing was mined."""
    tree: Tree | None = None
    known: FlowProposal | None = None
    """The proposal that this is the same finding as."""
    wakes: bool = False
    evidence: tuple[SessionFacts, ...] = field(default=())
    """All sessions that the draft was mined from, those of the group included."""


@dataclass
class Memory:
    """Problems of sessions that were compared before in this pass: reading them is the costly part.

    Keyed by session and resolution, which together never change.
    """

    problems: dict[tuple[UUID, int], Problem] = field(default_factory=dict)
    limit: int = 5000

    def read(self, account_id: UUID, wanted: Collection[tuple[UUID, int]]) -> dict[UUID, Problem]:
        """The problems of these resolutions; one that was reopened is missing."""
        unread = [key for key in wanted if key not in self.problems]
        if len(self.problems) + len(unread) > self.limit:
            self.problems.clear()
            unread = list(wanted)
        if unread:
            rows = load(account_id, [pk for pk, _resolution in unread]).values()
            self.problems |= {(row.pk, row.resolution_no): Problem.of(facts) for row, facts in rows}
        return {key[0]: self.problems[key] for key in wanted if key in self.problems}


def load(account_id: UUID, ids: Iterable[UUID]) -> dict[UUID, tuple[AISession, SessionFacts]]:
    """Rows and facts of those sessions that are still ended; one that was reopened is missing."""
    return {row.pk: (row, facts_of(row)) for row in sessions_for_analysis(account_id, ids)}


def groups_of(rows: Sequence[tuple[AISession, SessionFacts]], engine: Engine) -> list[Group]:
    """Partition sessions by team, then by the flow they left (or not), the rest by problem."""
    versions = _versions(row for row, facts in rows)
    flow_groups: dict[tuple[Any, Any, str], list[SessionFacts]] = defaultdict(list)
    free: dict[UUID | None, list[SessionFacts]] = defaultdict(list)
    for row, facts in rows:
        version = versions.get(row.flow_version_id) if row.flow_version_id else None
        taken = walk(facts, version.tree) if version else None
        if version is None or taken is None or not taken.path:
            free[row.team_id].append(facts)
        else:
            flow_groups[row.team_id, version.pk, _departure(taken)].append(facts)
    groups = [
        Group(team, tuple(members), versions[pk], left_at)
        for (team, pk, left_at), members in flow_groups.items()
    ]
    for team, members in free.items():
        groups += [Group(team, cluster) for cluster in engine.cluster(members)]
    return sorted(groups, key=lambda group: min(facts.id for facts in group.members))


def judge(account_id: UUID, group: Group, engine: Engine, memory: Memory | None = None) -> Verdict:
    """What a group teaches. Raises `EngineError` when the engine cannot say."""
    if group.is_followed_flow:
        return _followed(group, engine)
    known = same_finding(account_id, group, memory=memory)
    if known is None:
        return _mined(group, engine, _request(group, group.members))
    if known.status in FlowProposal.PUBLISHED:
        return _covered(group, engine, known)
    evidence = _with_known_evidence(account_id, group, known)
    if known.status == Status.PENDING:
        return _grown(group, engine, known, evidence)
    if known.status == Status.DISMISSED and _has_enough(known, evidence):
        return _grown(group, engine, known, evidence, wakes=True)
    return Verdict(
        group,
        Outcome.SUPPRESSED,
        _("The same finding was %(status)s before (“%(title)s”); its evidence grows there.")
        % {"status": known.get_status_display().lower(), "title": known.title},
        engine.name,
        known=known,
        evidence=evidence,
    )


def propose_alone(account_id: UUID, facts: SessionFacts, team_id: UUID | None, engine: Engine) -> Verdict:
    """A flow from one session because a person asked for it: no flow, however fitting, is in the way."""
    group = Group(team_id, (facts,))
    known = same_finding(account_id, group, statuses=[Status.PENDING])
    if known:
        return _grown(group, engine, known, _with_known_evidence(account_id, group, known))
    return _mined(group, engine, _request(group, group.members))


def same_finding(
    account_id: UUID,
    group: Group,
    *,
    statuses: Sequence[str] | None = None,
    memory: Memory | None = None,
) -> FlowProposal | None:
    """The known proposal that says the same: of the same team, and the same place in the same flow,
    or problems that resemble each other. Open ones win over declined ones, those over published ones.
    """
    rows = FlowProposal.objects.for_account(account_id).filter(team_id=group.team_id)
    rows = rows.filter(status__in=statuses or [*_RANK])
    if group.version and group.left_at:
        rows = rows.filter(
            target_flow_id=group.version.flow_id, terms__overlap=group.terms, status__in=_OPEN_OR_DECLINED
        )
        return min(rows, key=_rank, default=None)
    terms = group.terms
    rows = rows.filter(proposal_type=FlowProposal.Type.NEW_FLOW, terms__overlap=terms)
    near = sorted(rows.only("id", "terms", "status"), key=lambda row: (-len({*row.terms} & {*terms}), row.pk))
    near = near[:COMPARED_PROPOSALS]
    own = spread(group.problems)
    known = _representatives(account_id, near, memory or Memory())
    same = [row for row in near if _resemble(own, known[row.pk])]
    best = min(same, key=_rank, default=None)
    return FlowProposal.objects.get(pk=best.pk) if best else None


def fingerprint(group: Group) -> str:
    """Two open proposals of one account never share it: what `same_finding` compares, condensed."""
    flow = str(group.version.flow_id) if group.version else ""
    return sha256("\n".join([str(group.team_id), flow, *group.terms]).encode()).hexdigest()


_OPEN_OR_DECLINED = [Status.PENDING, Status.REJECTED, Status.DISMISSED]
_RANK = {
    Status.PENDING: 0,
    Status.REJECTED: 1,
    Status.DISMISSED: 2,
    Status.APPROVED: 3,
    Status.EDITED: 3,
}


def _rank(proposal: FlowProposal) -> tuple[int, UUID]:
    return _RANK[Status(proposal.status)], proposal.pk


def _departure(taken: Walk) -> str:
    return taken.left_at.node if taken.left_at else ""


def _versions(rows: Iterable[AISession]) -> dict[UUID, FlowVersion]:
    wanted = {row.flow_version_id for row in rows if row.flow_version_id}
    return FlowVersion.objects.select_related("flow").in_bulk(list(wanted)) if wanted else {}


def _followed(group: Group, engine: Engine) -> Verdict:
    assert group.version is not None
    reason = _("Followed “%(flow)s” v%(number)s to its resolution.") % {
        "flow": group.version.flow.title,
        "number": group.version.number,
    }
    return Verdict(group, Outcome.REINFORCED, reason, engine.name)


def _covered(group: Group, engine: Engine, known: FlowProposal) -> Verdict:
    reason = _("“%(title)s” is published already and covers this problem, but was not followed.")
    return Verdict(group, Outcome.NOTHING, reason % {"title": known.title}, engine.name)


def _request(group: Group, sessions: tuple[SessionFacts, ...]) -> AnalyseRequest:
    flows = (candidate(group.version),) if group.version else ()
    return AnalyseRequest(sessions=sessions, flows=flows)


def _grown(
    group: Group,
    engine: Engine,
    known: FlowProposal,
    evidence: tuple[SessionFacts, ...],
    *,
    wakes: bool = False,
) -> Verdict:
    """The same finding again: mine the draft anew over all that speaks for it."""
    result = engine.analyse(_request(group, evidence))
    tree = _tree_of(result, group)
    reason = (
        _("The same finding as “%(title)s”, which came back: it has enough evidence now.")
        if wakes
        else _("The same finding as the open proposal “%(title)s”, which now rests on one more session.")
    ) % {"title": known.title}
    return Verdict(
        group,
        Outcome.SUPPORTS_PENDING,
        reason,
        result.engine,
        result=result if tree else None,
        tree=tree,
        known=known,
        wakes=wakes,
        evidence=evidence,
    )


def _mined(group: Group, engine: Engine, request: AnalyseRequest) -> Verdict:
    result = engine.analyse(request)
    finding = result.finding
    tree = _tree_of(result, group)
    if isinstance(finding, Nothing):
        questions = " ".join(finding.questions)
        return Verdict(group, Outcome.NOTHING, f"{finding.reason} {questions}".strip(), result.engine)
    if isinstance(finding, Reinforced):
        return Verdict(group, Outcome.REINFORCED, finding.reason, result.engine)
    outcome = Outcome.NEW_FLOW if isinstance(finding, NewFlow) else Outcome.ENHANCEMENT
    reason = ngettext(
        "Proposed from %(count)s session.", "Proposed from %(count)s sessions.", len(group.members)
    ) % {"count": len(group.members)}
    return Verdict(group, outcome, reason, result.engine, result=result, tree=tree, evidence=group.members)


def _tree_of(result: AnalyseResult, group: Group) -> Tree | None:
    """The whole tree that a finding amounts to, validated; None where it proposes none."""
    finding = result.finding
    if isinstance(finding, NewFlow):
        return parse(finding.tree)
    if isinstance(finding, Enhancement) and group.version is not None:
        return apply([Change.from_json(change) for change in finding.changes], group.version.tree)
    return None


def _representatives(
    account_id: UUID, proposals: Sequence[FlowProposal], memory: Memory
) -> dict[UUID, list[Problem]]:
    """A few evidence sessions of each proposal, spread over all of them: they say what it is about.

    A draft may hold several causes, so the newest alone would often miss the one that comes again.
    """
    every: dict[UUID, list[tuple[UUID, int]]] = {proposal.pk: [] for proposal in proposals}
    links = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(proposal__in=list(every), superseded_at__isnull=True)
        .order_by("-session_id")
        .values_list("proposal_id", "session_id", "resolution_no")
    )
    for proposal_id, session_id, resolution_no in links:
        every[proposal_id].append((session_id, resolution_no))
    chosen = {proposal: spread(keys) for proposal, keys in every.items()}
    problems = memory.read(account_id, {key for keys in chosen.values() for key in keys})
    return {
        proposal: [problems[pk] for pk, _resolution in keys if pk in problems]
        for proposal, keys in chosen.items()
    }


def _resemble(own: Sequence[Problem], known: Sequence[Problem]) -> bool:
    """Whether two groups are about one problem: their closest pair says so."""
    return any(similarity(one, other) >= SAME for one in own for other in known)


def _with_known_evidence(account_id: UUID, group: Group, known: FlowProposal) -> tuple[SessionFacts, ...]:
    """The group's sessions and those that already speak for the proposal, in a stable order."""
    ids = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(proposal=known)
        .counting()
        .order_by("-session_id")
        .values_list("session_id", flat=True)[:EVIDENCE_MINED]
    )
    facts = {facts.id: facts for row, facts in load(account_id, ids).values()}
    facts.update({member.id: member for member in group.members})
    return tuple(facts[pk] for pk in sorted(facts))


def _has_enough(known: FlowProposal, evidence: tuple[SessionFacts, ...]) -> bool:
    return known.wake_at_evidence is not None and len(evidence) >= known.wake_at_evidence
