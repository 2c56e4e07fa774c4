"""Replay: the newest relevant sessions, walked through a draft before anybody publishes it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from uuid import UUID

from flowpilot.ai.contracts import Grounding, SessionFacts
from flowpilot.ai.offline.guiding.replaying import Replayed, replay, traces_of
from flowpilot.ai.offline.similarity import RELATED, problem_of, similarity, spread
from flowpilot.core.retrieval.scoring import find
from flowpilot.flows.document import Tree
from proposals import facts
from proposals.grounding import KeptSpan, sources_together
from proposals.models import FlowProposal, ProposalDraft
from sessions.models import AISession
from sessions.similar import HISTORY, resolved

EVIDENCE_WALKED: Final = 200
FOLLOWERS_WALKED: Final = 60
ALIKE_LOOKED_AT: Final = 60
"""Past sessions, the likest first, of which those are walked that are about a related problem."""
SECONDS: Final = 4.0
"""How long a replay may take; what was not walked by then is told."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Walked:
    """How one session fared in the draft, and whether it fared better in the version that is in force."""

    session_id: UUID
    replayed: Replayed
    worse: bool

    def to_json(self) -> dict[str, object]:
        return {
            "session": str(self.session_id),
            "fate": self.replayed.fate,
            "worse": self.worse,
            "node": self.replayed.node,
            "option": self.replayed.option,
        }


@dataclass(frozen=True)
class Rehearsal:
    """The sessions walked, the newest first, of as many as were found."""

    walked: list[Walked]
    found: int


@dataclass(frozen=True)
class _Walkable:
    """A tree and where its steps come from."""

    tree: Tree
    grounding: Grounding

    def replay(self, session: SessionFacts) -> Replayed:
        return replay(session, self.tree, traces_of(self.grounding, session.id))


def rehearse(
    proposal: FlowProposal,
    draft: ProposalDraft,
    *,
    seconds: float = SECONDS,
    progress: Progress = lambda done, found: None,
    clock: Callable[[], float] = monotonic,
) -> Rehearsal:
    """Walk the relevant sessions through a draft with a valid tree, for a change to a flow also through the
    version that it was made for. `progress` is told before each how many of how many are done. Finding them
    is part of the `seconds`."""
    deadline = clock() + seconds
    sessions = relevant(proposal)
    version = proposal.base_version
    kept = version.grounding if version else {}
    after = _Walkable(draft.document, _grounding(sources_together(kept, draft.grounding)))
    before = _Walkable(version.tree, _grounding(sources_together(kept))) if version else None
    walked: list[Walked] = []
    for session in sessions:
        if clock() > deadline:
            break
        progress(len(walked), len(sessions))
        fared = after.replay(session)
        walked.append(
            Walked(session.id, fared, before is not None and fared.worse_than(before.replay(session)))
        )
    return Rehearsal(walked, len(sessions))


def relevant(proposal: FlowProposal) -> list[SessionFacts]:
    """Resolved sessions that tell whether a draft is right: its evidence, those that followed its flow, and
    those of its team about a related problem; the newest first."""
    evidence = set(_evidence(proposal))
    ids = evidence.union(_followers(proposal), _alike(proposal))
    loaded = [told for _row, told in facts.ended(proposal.account_id, ids)]
    own = spread([told for told in loaded if told.id in evidence])
    kept = [told for told in loaded if told.id in evidence or _is_related(told, proposal, own)]
    return sorted(kept, key=lambda told: told.id, reverse=True)


def _evidence(proposal: FlowProposal) -> list[UUID]:
    rows = proposal.evidence.counting().order_by("-session_id")
    return list(rows.values_list("session_id", flat=True)[:EVIDENCE_WALKED])


def _followers(proposal: FlowProposal) -> list[UUID]:
    if proposal.target_flow_id is None:
        return []
    rows = resolved(proposal.account_id).filter(flow_version__flow_id=proposal.target_flow_id)
    return list(rows.order_by("-id").values_list("pk", flat=True)[:FOLLOWERS_WALKED])


def _alike(proposal: FlowProposal) -> list[UUID]:
    text = f"{proposal.title}\n{proposal.summary}"
    hits = find(HISTORY, proposal.account_id, text, limit=ALIKE_LOOKED_AT).hits
    rows = AISession.objects.for_account(proposal.account_id).filter(
        pk__in=[hit.owner for hit in hits], team_id=proposal.team_id, status=AISession.Status.RESOLVED
    )
    return list(rows.values_list("pk", flat=True))


def _is_related(told: SessionFacts, proposal: FlowProposal, evidence: Sequence[SessionFacts]) -> bool:
    """What followed the flow is relevant whatever its words; of what the search found, what is related."""
    if told.flow is not None and told.flow.flow_id == proposal.target_flow_id:
        return True
    problem = problem_of(told)
    return any(similarity(problem, problem_of(own)) >= RELATED for own in evidence)


def _grounding(sources: Mapping[str, list[dict[str, Any]]]) -> Grounding:
    return {key: tuple(_spans(listed)) for key, listed in sources.items()}


def _spans(listed: Sequence[dict[str, Any]]) -> Iterator[KeptSpan]:
    return (KeptSpan.model_validate(span) for span in listed)
