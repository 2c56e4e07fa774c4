"""Analyse: what ended sessions of one problem teach.

Numbers about sessions (how often a node was reached, how often it helped) are never taken from an engine:
they are counted by `proposals.analysis` from the grounding.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from flowpilot.ai.contracts.base import Frozen, Probability, Spoken
from flowpilot.ai.contracts.facts import CandidateFlow, SessionFacts


class SourceSpan(Frozen):
    """Where a node or option comes from: characters [start, end) of a field of a session or step."""

    session: UUID
    step: UUID | None = None
    field: Literal[
        "title", "text", "resolution", "resolution_action", "step.title", "step.body", "step.response"
    ]
    start: int
    end: int


Grounding = dict[str, tuple[SourceSpan, ...]]
"""Keyed by node id ("n3") or node and option ("n2/o1")."""


class NewFlow(Frozen):
    kind: Literal["new_flow"] = "new_flow"
    title: str
    summary: str
    why: str
    domain: str | None
    tree: dict[str, object]
    grounding: Grounding


class Enhancement(Frozen):
    kind: Literal["enhancement"] = "enhancement"
    title: str
    summary: str
    why: str
    flow_id: UUID
    base_version_id: UUID
    changes: tuple[dict[str, object], ...]
    """Changes as `flowpilot.flows.changes` reads them."""
    grounding: Grounding


class Reinforced(Frozen):
    """The sessions followed a flow to its resolution: nothing to propose, its statistics grow."""

    kind: Literal["reinforced"] = "reinforced"
    flow_id: UUID
    version_id: UUID
    reason: str


class Nothing(Frozen):
    """Too thin to be worth a flow; `questions` are those whose answers would make it one."""

    kind: Literal["nothing"] = "nothing"
    reason: str
    questions: tuple[str, ...] = ()


Finding = Annotated[NewFlow | Enhancement | Reinforced | Nothing, Field(discriminator="kind")]


class Declined(Frozen):
    """A proposal about something similar that a reviewer turned down."""

    title: str
    reason: str
    note: str = ""


class AnalyseRequest(Frozen):
    """A cluster of sessions of one problem, the flows that might already answer it, and what reviewers turned
    down about its like.

    The result must not depend on the order of `sessions` or `flows`.
    """

    sessions: tuple[SessionFacts, ...] = Field(min_length=1)
    flows: tuple[CandidateFlow, ...] = ()
    declined: tuple[Declined, ...] = ()

    @property
    def only_session(self) -> UUID | None:
        """The session that an analysis is charged to, if there is just one."""
        return self.sessions[0].id if len(self.sessions) == 1 else None


class AnalyseResult(Spoken):
    finding: Finding
    confidence: Probability
