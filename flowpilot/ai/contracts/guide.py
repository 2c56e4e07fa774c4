"""Guide: the next step of a session, streamed.

What a consumer sees (from `flowpilot.ai.router`; `|` or, `*` any number, in this order):

    engine (delta)* [reset [engine] (delta)*]* (final | error)

`engine` says who speaks from here on. `delta` carries a piece of text to be appended. After `reset` all that
was shown since the beginning of the turn is void: the turn starts over, by the same engine or by another one,
which an `engine` event then says. The last event is exactly one `final` or `error`; the pieces since the last
reset, put together, are the `say` of the final step.

Engines themselves yield `delta`, `reset` and one `final`, or raise `EngineError`; `engine` and `error` come
from the router. A consumer that has enough closes the iterator (`aclose()`) or cancels its task: the call to
a vendor ends with it.
"""

from typing import Annotated, Literal

from pydantic import Field

from flowpilot.ai.contracts.base import EngineName, Frozen, Probability, Spoken
from flowpilot.ai.contracts.facts import FlowPosition, OpenSession, SimilarSession

GuideKind = Literal["question", "action", "check", "note"]


class GuideRequest(Frozen):
    session: OpenSession
    position: FlowPosition | None = None
    """Where the session stands in the flow that it follows; None: it follows none."""
    similar: tuple[SimilarSession, ...] = ()
    """The most similar first: at most 5 that were resolved before this one began, and 2 since."""


class StepOption(Frozen):
    """An answer that the engineer may choose."""

    id: str
    """Of a flow's node, its option's id; else `o1`, `o2` … in the order offered."""
    label: str


class GuideStep(Spoken):
    """The next step. "None of these", free text and skipping are always possible and not among `options`."""

    say: str
    """What is said to the engineer before the step, one to three sentences of plain text: why this step now.
    It is what was streamed."""
    kind: GuideKind
    """`question`: ask or look something up; `check`: verify a state; `action`: change something;
    `note`: nothing to do, only something to know (an end)."""
    title: str
    """What to do or ask, 1 to 200 characters, one line."""
    body: str = ""
    """How: Markdown without HTML, at most 4,000 characters (a flow's node: its own body), commands in fenced
    blocks with their shell's name."""
    options: tuple[StepOption, ...] = ()
    """Outcomes to choose from, at most 6 (a flow's node: as many as it has), labels unique in any case; a
    question has at least two, an action or check usually "Solved" and "Not solved"; a note none."""
    confidence: Probability
    """That this step brings the session nearer to its end."""
    confidence_reason: str
    """Why so sure or unsure, one sentence."""
    propose_resolution: bool = False
    """The problem seems solved: the engineer is offered to resolve the session."""
    propose_escalation: bool = False
    """Nothing sensible is left to try here, or it is beyond an engineer's rights: offer to escalate."""
    escalation_reason: str = ""
    """Why, one sentence; set with `propose_escalation`."""
    node_id: str = ""
    """In a flow, its node's id. Else whatever lets the same engine find its place again, at most 40
    characters: it is kept with the step and comes back in `StepFacts.node_id`."""


class Delta(Frozen):
    kind: Literal["delta"] = "delta"
    say: str
    """A piece of the text, not the text so far; never empty."""


class Reset(Frozen):
    kind: Literal["reset"] = "reset"


class Speaker(Frozen):
    """Who speaks from here on."""

    kind: Literal["engine"] = "engine"
    name: EngineName
    reason: str
    """Why not the preferred engine, as a sentence for people; empty when it is the preferred one."""


class Final(Frozen):
    kind: Literal["final"] = "final"
    step: GuideStep


class Failed(Frozen):
    """Nobody could answer, the rules included."""

    kind: Literal["error"] = "error"
    message: str
    """A sentence for people."""
    retryable: bool


GuideEvent = Annotated[Delta | Reset | Speaker | Final | Failed, Field(discriminator="kind")]
EngineEvent = Delta | Reset | Final
"""What an engine itself yields."""
