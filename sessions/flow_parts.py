"""What a session adds to the statistics of the flows that it followed. Reads and reasons, writes nothing.

A session that left one flow for another was met by both. Its ending belongs to the one that it was pinned to
at the end: what the second one resolved is no merit of the first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flowpilot.flows.document import Tree
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession, AISessionStep, FlowCount
from sessions.walking import due

ENDED: Final = frozenset({AISession.Status.RESOLVED, AISession.Status.ESCALATED, AISession.Status.ABANDONED})
LONGEST_STEP: Final = 8 * 3600
"""Seconds of one step that count at most: a session that lay overnight says nothing about the step."""

Parts = Mapping[str, list[int]]
Versions = Mapping[UUID, FlowVersion]


@dataclass(frozen=True)
class Ending:
    resolved: bool
    escalated: bool


def named(session: AISession, steps: Iterable[AISessionStep]) -> set[UUID]:
    """The versions that it was pinned to: the last one, and those that its flow steps are of."""
    found = {_version_of(step, session) for step in steps} | {session.flow_version_id}
    return {key for key in found if key is not None}


def added(session: AISession, steps: Sequence[AISessionStep], versions: Versions) -> Iterator[FlowCount]:
    """What it adds as it is now, for each flow; nothing while it is open.

    `steps`: those of flows in their order, replaced ones too. `versions`: what is there of `named`. Of
    several versions of one flow the last counts.
    """
    if session.status not in ENDED or session.ended_at is None:
        return
    last: dict[UUID, FlowVersion] = {}
    for key in (*(_version_of(step, session) for step in steps), session.flow_version_id):
        if key is not None and key in versions:
            last[versions[key].flow_id] = versions[key]
    for version in last.values():
        ending = _ending(session) if version.pk == session.flow_version_id else Ending(False, False)
        own = [step for step in steps if _version_of(step, session) == version.pk]
        yield FlowCount(
            account_id=session.account_id,
            session_id=session.pk,
            flow_id=version.flow_id,
            version_id=version.pk,
            parts=parts_of(own, version.tree, ending),
            resolved=ending.resolved,
            escalated=ending.escalated,
            ended_at=session.ended_at,
        )


def _version_of(step: AISessionStep, session: AISession) -> UUID | None:
    """Steps of before versions were kept are of the one that is pinned."""
    return step.of_version or session.flow_version_id


def _ending(session: AISession) -> Ending:
    handed_over = session.escalation_requested_at is not None and session.escalated_to_id is not None
    return Ending(
        resolved=session.status == AISession.Status.RESOLVED,
        escalated=session.status == AISession.Status.ESCALATED or handed_over,
    )


def parts_of(steps: Sequence[AISessionStep], tree: Tree, ending: Ending) -> Parts:
    """What the steps of a session in one version add, by node and by option; a step that comes twice counts
    as the last. Where the session stood is met, too: leaving a flow takes away the step that waits there."""
    found: dict[str, list[int]] = {}
    ended = [int(ending.resolved), int(ending.escalated)]
    standing = [step for step in steps if step.superseded_at is None]
    for step in standing:
        if step.node_id not in tree:
            continue
        seconds = _seconds(step)
        option = next((one for one in tree.node(step.node_id).options if one.id == step.chosen_option), None)
        found[step.node_id] = [1, int(option is not None), *ended, seconds]
        if option is not None:
            found[f"{step.node_id}/{option.id}"] = [1, 1, *ended, seconds]
    if steps:
        taken = [(step.node_id, step.chosen_option or None) for step in standing if step.answered_at]
        found.setdefault(due(tree, taken).id, [1, 0, *ended, 0])
    return found


def _seconds(step: AISessionStep) -> int:
    if step.answered_at is None:
        return 0
    return min(max(int((step.answered_at - step.created_at).total_seconds()), 0), LONGEST_STEP)
