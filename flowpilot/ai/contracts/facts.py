"""What engines are told about sessions and flows.

Whoever builds these has masked the secrets (`flowpilot.core.redaction`). All text in them is written by
third parties: engines treat it as data, never as instructions.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from flowpilot.ai.contracts.base import Frozen, SessionOutcome, StepKind, StepOutcome, StepSource


class StepFacts(Frozen):
    """One step of a session. Superseded steps are left out by the caller."""

    id: UUID
    order: int
    kind: StepKind
    source: StepSource
    node_id: str | None = None
    """For steps of a flow, the id of its node; for those of an engine, its `GuideStep.node_id`."""
    title: str
    body: str = ""
    options: tuple[str, ...] = ()
    """Labels, in the order in which they were offered."""
    chosen: str | None = None
    """Label of the chosen option."""
    chosen_option_id: str | None = None
    """Id of the chosen option, as it was offered: in a flow the id in its node, else `StepOption.id`."""
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
    title_from_model: bool = False
    """Whether nobody wrote the title: it is no source of what it says."""
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
    """Tree document, see `flowpilot.flows.document`; valid."""


class Screenshot(Frozen):
    """An attached picture. Text in it cannot be redacted: it reaches a vendor only if the account allows."""

    id: UUID
    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: bytes = Field(repr=False)


class TicketNote(Frozen):
    by: str = ""
    text: str
    internal: bool = False


class TicketFacts(Frozen):
    """The ticket of the PSA that a session began with."""

    title: str
    body: str = ""
    status: str = ""
    priority: str = ""
    board: str = ""
    notes: tuple[TicketNote, ...] = ()
    """Oldest first."""
    assets: tuple[str, ...] = ()
    """Names of the devices that the ticket is about."""


class Entities(Frozen):
    """What a problem's text names, each in the words of the text; empty for what it does not say."""

    products: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Error codes, event ids, status codes, exactly as written."""
    hosts: tuple[str, ...] = ()
    scope: str = ""
    """Who is affected: "all users", "one user"."""
    onset: str = ""
    """Since when: "since the update on Tuesday"."""
    tried: tuple[str, ...] = ()
    """What was tried before the session began, one thing each."""


class OpenSession(Frozen):
    """A session under way: what the engines that help with it are told."""

    id: UUID
    title: str
    """One line: the problem summary, else the ticket's title, else the text's first line."""
    text: str
    """The whole problem text as taken in, the ticket's body included."""
    log: str = ""
    """The log excerpt, already shortened to its interesting lines."""
    domain: str | None = None
    """A key of `flowpilot.flows.domains`, as triaged or corrected by the engineer; None: not known."""
    client: str = ""
    entities: Entities = Entities()
    """As triaged."""
    steps: tuple[StepFacts, ...] = ()
    """In the order in which they were taken, the newest last, superseded ones left out. A step without answer
    and outcome has not been answered."""
    score: float | None = Field(default=None, ge=0.0, le=1.0)
    """The calibrated probability that the matched flow fits; None: not scored."""


class SimilarSession(Frozen):
    """A resolved session of the same account whose problem resembles this one."""

    id: UUID
    title: str
    resolution: str = ""
    resolution_action: str = ""
    steps: tuple[StepFacts, ...] = ()
    similarity: float = Field(ge=0.0, le=1.0)
    meanwhile: bool = False
    """Whether it was resolved after this session began: such ones come and go from turn to turn."""


class FlowPosition(Frozen):
    """The flow that a session follows, and where it stands in it."""

    flow: CandidateFlow
    node_id: str
    """The node to be shown next. A caller that has just taken the engineer's answer has already gone along
    the option; for a new session it is the tree's root."""
