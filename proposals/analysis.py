"""From a group of resolved sessions to a verdict: what they teach, and whether that is new.

Reads, never writes.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.answers import ask
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Analyst,
    Enhancement,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
)
from flowpilot.core.ids import uuid7
from flowpilot.flows.changes import Change, apply
from flowpilot.flows.document import Tree, parse
from proposals.declined import declined, why_with
from proposals.groups import Group
from proposals.growth import has_enough, is_due
from proposals.known import same_finding
from proposals.memory import Memory
from proposals.models import FlowProposal, SessionAnalysis
from sessions.telling import candidate

Outcome = SessionAnalysis.Outcome
Status = FlowProposal.Status


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
    new_id: UUID = field(default_factory=uuid7)
    """The id of the proposal that it opens, if it opens one."""

    @property
    def proposal_id(self) -> UUID | None:
        """The proposal that is written to."""
        if self.known:
            return self.known.pk
        return self.new_id if self.result and self.tree else None


def judge(
    account_id: UUID,
    group: Group,
    engine: Analyst,
    memory: Memory | None = None,
    *,
    likely: UUID | None = None,
) -> Verdict:
    """What a group teaches; `likely` is the open proposal that it was found to be about a moment ago.

    Raises `EngineError` when the engine cannot say, and `NotWrittenYet` when a verdict that waits to be
    written has to be known first.
    """
    if group.is_followed_flow:
        return _followed(group, engine)
    memory = memory or Memory.of(account_id)
    known = same_finding(group, memory, likely=likely)
    memory.growth.facts.keep(group.members)
    if known is None:
        return _mined(group, engine, memory)
    if known.status in FlowProposal.PUBLISHED or known.duplicate_of_flow:
        return _covered(group, engine, known)
    if known.status == Status.PENDING:
        return _grown(group, engine, known, memory)
    if known.status == Status.DISMISSED and has_enough(account_id, group, known):
        return _grown(group, engine, known, memory, wakes=True)
    reason = _("The same finding was %(status)s before (“%(title)s”); its evidence grows there.")
    told = {"status": known.get_status_display().lower(), "title": known.title}
    return Verdict(group, Outcome.SUPPRESSED, reason % told, engine.name, known=known)


def propose_by_hand(
    account_id: UUID,
    members: tuple[SessionFacts, ...],
    team_id: UUID | None,
    engine: Analyst,
    *,
    apart_from: UUID | None = None,
) -> Verdict:
    """A flow from these sessions because a person asked for it: nothing that was declined or published is
    in the way, nor the proposal that they said it is not about."""
    group = Group(team_id, members, apart_from=apart_from)
    memory = Memory.of(account_id)
    if apart_from:
        memory.leave_out(apart_from)
    known = same_finding(group, memory, statuses=[Status.PENDING])
    return _grown(group, engine, known, memory) if known else _mined(group, engine, memory)


def _followed(group: Group, engine: Analyst) -> Verdict:
    assert group.version is not None
    reason = _("Followed “%(flow)s” v%(number)s to its resolution.") % {
        "flow": group.version.flow.title,
        "number": group.version.number,
    }
    return Verdict(group, Outcome.REINFORCED, reason, engine.name)


def _covered(group: Group, engine: Analyst, known: FlowProposal) -> Verdict:
    reason = _("“%(title)s” is published already and covers this, but was not followed.")
    title = known.duplicate_of_flow.title if known.duplicate_of_flow else known.title
    return Verdict(group, Outcome.NOTHING, reason % {"title": title}, engine.name)


def _grown(
    group: Group, engine: Analyst, known: FlowProposal, memory: Memory, *, wakes: bool = False
) -> Verdict:
    """The same finding again: mine the draft anew over all that speaks for it, or, where that is much, once
    enough has come to it."""
    reason = (
        _("The same finding as “%(title)s”, which came back: it has enough evidence now.")
        if wakes
        else _("The same finding as the open proposal “%(title)s”; its evidence grows there.")
    ) % {"title": known.title}
    if not wakes and not is_due(known, group):
        return Verdict(group, Outcome.SUPPORTS_PENDING, reason, engine.name, known=known)
    evidence = memory.growth.evidence(group, known)
    result = _asked(engine, group, evidence, memory, grown=known.pk)
    tree = _tree_of(result, group)
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


def _mined(group: Group, engine: Analyst, memory: Memory) -> Verdict:
    result = _asked(engine, group, group.members, memory)
    finding = result.finding
    if isinstance(finding, Nothing):
        told = " ".join(filter(None, (finding.reason, *finding.questions, result.fallback)))
        return Verdict(group, Outcome.NOTHING, told, result.engine)
    if isinstance(finding, Reinforced):
        return Verdict(group, Outcome.REINFORCED, finding.reason, result.engine)
    outcome = Outcome.NEW_FLOW if isinstance(finding, NewFlow) else Outcome.ENHANCEMENT
    reason = ngettext(
        "Proposed from %(count)s session.", "Proposed from %(count)s sessions.", len(group.members)
    ) % {"count": len(group.members)}
    tree = _tree_of(result, group)
    return Verdict(group, outcome, reason, result.engine, result=result, tree=tree, evidence=group.members)


def _asked(
    engine: Analyst,
    group: Group,
    sessions: tuple[SessionFacts, ...],
    memory: Memory,
    *,
    grown: UUID | None = None,
) -> AnalyseResult:
    """What the engine says, and beside it what reviewers said about the like before."""
    flows = (candidate(group.version),) if group.version else ()
    known = declined(group, memory, grown)
    result = ask(engine, AnalyseRequest(sessions=sessions, flows=flows, declined=known))
    finding = result.finding
    if not known or not isinstance(finding, NewFlow | Enhancement):
        return result
    told = finding.model_copy(update={"why": why_with(finding.why, known)})
    return result.model_copy(update={"finding": told})


def _tree_of(result: AnalyseResult, group: Group) -> Tree | None:
    """The whole tree that a finding amounts to, validated; None where it proposes none."""
    finding = result.finding
    if isinstance(finding, NewFlow):
        return parse(finding.tree)
    if isinstance(finding, Enhancement) and group.version is not None:
        return apply([Change.from_json(change) for change in finding.changes], group.version.tree)
    return None
