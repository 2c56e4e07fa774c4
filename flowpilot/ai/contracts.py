"""What engines take and give: the typed seam between the product and whatever thinks for it.

Every result says which engine spoke, on what basis (ids of rules, flows, sessions or models) and
with which prompt version. Confidences are probabilities from 0.0 to 1.0. Numbers about sessions
(how often a node was reached, how often it helped) are never taken from an engine: they are counted
by `proposals.analysis` from the grounding.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

StepKind = Literal["question", "action", "check", "script", "note"]
StepSource = Literal["flow", "ai", "offline", "engineer"]
StepOutcome = Literal["worked", "did_not_work", "unclear", "skipped"]
SessionOutcome = Literal["resolved", "escalated", "abandoned"]


class Frozen(BaseModel):
    """Immutable, and strict about its fields: what is misspelt is refused, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StepFacts(Frozen):
    """One step of a session as the analysis sees it. Superseded steps are left out by the caller."""

    id: UUID
    order: int
    kind: StepKind
    source: StepSource
    node_id: str | None = None
    title: str
    body: str = ""
    options: tuple[str, ...] = ()
    chosen: str | None = None
    """Label of the chosen option."""
    chosen_option_id: str | None = None
    """Id of the chosen option in the flow's node, for steps with `source == "flow"`."""
    response: str = ""
    """Free text of the engineer."""
    outcome: StepOutcome | None = None


class FlowRef(Frozen):
    """The flow version that a session had pinned."""

    flow_id: UUID
    version_id: UUID
    number: int


class SessionFacts(Frozen):
    """One ended session, redacted, in the order in which its steps were taken."""

    id: UUID
    title: str
    """One line: the ticket's title or the problem summary."""
    text: str
    """The whole problem text as taken in (title not repeated)."""
    domain: str | None = None
    steps: tuple[StepFacts, ...] = ()
    resolution: str = ""
    """What fixed it; for an imported ticket the whole resolution text, markdown-like."""
    resolution_action: str = ""
    """The specific step that did."""
    outcome: SessionOutcome = "resolved"
    minutes: float | None = None
    flow: FlowRef | None = None
    ended_at: datetime | None = None


class CandidateFlow(Frozen):
    """A published flow that the sessions followed, or that resembles their problem."""

    flow_id: UUID
    version_id: UUID
    number: int
    title: str
    summary: str = ""
    domain: str | None = None
    tree: dict[str, object]
    """Tree document, see `flowpilot.flows.document`."""


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


class AnalyseRequest(Frozen):
    """A cluster of sessions of one problem, and the flows that might already answer it.

    The result must not depend on the order of `sessions` or `flows`.
    """

    sessions: tuple[SessionFacts, ...] = Field(min_length=1)
    flows: tuple[CandidateFlow, ...] = ()


class AnalyseResult(Frozen):
    finding: Finding
    confidence: float = Field(ge=0.0, le=1.0)
    engine: Literal["offline", "anthropic"]
    basis: tuple[str, ...]
    prompt_version: str = ""


class EngineError(Exception):
    """An engine could not answer. `retryable` is false when asking again cannot help."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class Engine(Protocol):
    """Whatever thinks: the offline rules, or a model behind an API."""

    name: str

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        """Turn a cluster of ended sessions into a finding. Raises `EngineError`."""
        ...

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        """Group sessions that are about the same problem; the order of input does not matter."""
        ...
