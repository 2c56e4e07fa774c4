"""What the demo's content is made of: problems, ways through them, flows, accounts and voices.

Problems say which questions, checks and actions lead from a ticket to which cause; sessions are drawn
from them by `generate`. What a piece can check about itself, it checks when it is read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowpilot.ai.contracts import StepKind
from flowpilot.flows.document import Tree, parse
from sessions.models.ending import RootCause

PLACEHOLDERS = frozenset({"name", "first", "client", "pc", "server"})
"""What `{{…}}` in texts may name; `casting` fills it in."""
OUTCOMES = ("worked", "did_not_work")

_PLACEHOLDER = re.compile(r"\{\{(\w*)\}\}")
_MOVE = re.compile(r"(?P<step>\w+)(?P<optional>\?)?: (?P<answer>.+)")


class Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ticket(Content):
    """One way in which people report a problem."""

    title: str
    text: str
    log: str = ""
    priority: str = "3 - Medium"
    summary: str = ""
    """Instead of one of the problem's summaries."""
    fits: tuple[str, ...] = ()
    """Ids of the causes, routes and leaves that it can be about; empty: all of them."""


class Code(Content):
    shell: Literal["powershell", "bash", "cmd"]
    body: str
    risk: Literal["read", "change", "destructive"] = "read"
    undo: str = ""

    @property
    def fenced(self) -> str:
        return f"```{self.shell}\n{self.body.strip()}\n```"


class Step(Content):
    """A question, check, script or action in several wordings; actions without options work or do not."""

    kind: StepKind
    titles: tuple[str, ...] = Field(min_length=1)
    body: str = ""
    code: Code | None = None
    options: tuple[str, ...] = ()
    minutes: float = Field(gt=0)
    says: dict[str, tuple[str, ...]] = {}
    """What an engineer may write beside an answer."""

    @property
    def answers(self) -> tuple[str, ...]:
        return self.options or OUTCOMES

    @property
    def text(self) -> str:
        parts = (self.body.strip(), self.code.fenced if self.code else "")
        return "\n\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Move:
    """A step with the answer that it gets in a story; an optional one is sometimes left out."""

    step: str
    answer: str
    optional: bool


def moves(lines: Iterable[str]) -> tuple[Move, ...]:
    """Read "step: answer" and "step?: answer"."""
    return tuple(_move(line) for line in lines)


def _move(line: str) -> Move:
    match = _MOVE.fullmatch(line)
    if match is None:
        raise ValueError(f"“{line}” is no move: expected “step: answer” or “step?: answer”")
    return Move(match["step"], match["answer"], match["optional"] is not None)


class Cause(Content):
    """What was really the matter, the way there and what fixed it."""

    id: str
    weight: int = Field(gt=0)
    path: tuple[str, ...] = Field(min_length=1)
    dead_ends: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = Field(min_length=1)
    actions: tuple[str, ...] = Field(min_length=1)


class Route(Content):
    """A way through a flow, "node/option" by "node/option", to a resolution or to an escalation."""

    id: str
    weight: int = Field(gt=0)
    path: tuple[str, ...] = Field(min_length=1)
    says: dict[str, tuple[str, ...]] = {}
    resolutions: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def resolves(self) -> bool:
        return bool(self.resolutions)


class Leave(Content):
    """A way out of a flow: the path's last entry may name a node only, when none of its options fits."""

    id: str
    weight: int = Field(gt=0)
    path: tuple[str, ...] = Field(min_length=1)
    says: dict[str, tuple[str, ...]] = {}
    moves: tuple[str, ...] = Field(min_length=1)
    resolutions: tuple[str, ...] = Field(min_length=1)
    actions: tuple[str, ...] = Field(min_length=1)


Way = Cause | Route | Leave


class Problem(Content):
    slug: str
    domain: str | None = None
    flow: str | None = None
    root_cause: RootCause = RootCause.UNKNOWN
    summaries: tuple[str, ...] = Field(min_length=1)
    hypotheses: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    escalations: tuple[str, ...] = Field(min_length=1)
    tickets: tuple[Ticket, ...] = Field(min_length=4)
    steps: dict[str, Step] = {}
    causes: tuple[Cause, ...] = ()
    routes: tuple[Route, ...] = ()
    leaves: tuple[Leave, ...] = ()

    @property
    def ways(self) -> list[Way]:
        """Everything that can be the matter, with a flow and without."""
        return [*self.routes, *self.leaves, *self.causes]

    def tickets_about(self, way: str) -> tuple[Ticket, ...]:
        """The tickets that fit a cause, route or leave, by its id."""
        return tuple(ticket for ticket in self.tickets if not ticket.fits or way in ticket.fits)

    @model_validator(mode="after")
    def _every_way_has_a_ticket(self) -> Self:
        ids = [way.id for way in self.ways]
        if unknown := {way for ticket in self.tickets for way in ticket.fits} - set(ids):
            raise ValueError(f"tickets fit unknown ways: {sorted(unknown)}")
        if silent := [way for way in ids if not self.tickets_about(way)]:
            raise ValueError(f"no ticket fits {silent}")
        return self

    @model_validator(mode="after")
    def _moves_name_steps_and_answers(self) -> Self:
        for line in (*(cause.path for cause in self.causes), *(leave.moves for leave in self.leaves)):
            for move in moves(line):
                if move.step not in self.steps:
                    raise ValueError(f"there is no step “{move.step}”")
                if move.answer not in self.steps[move.step].answers:
                    raise ValueError(f"step “{move.step}” does not offer “{move.answer}”")
        return self

    @model_validator(mode="after")
    def _steps_are_used_as_they_are_meant(self) -> Self:
        dead_ends = [name for cause in self.causes for name in cause.dead_ends]
        for name in dead_ends:
            if name not in self.steps or self.steps[name].options:
                raise ValueError(f"dead end “{name}” is no action that can fail")
        for name, step in self.steps.items():
            if unknown := set(step.says) - set(step.answers):
                raise ValueError(f"step “{name}” has remarks for unknown answers: {sorted(unknown)}")
        return self

    @model_validator(mode="after")
    def _placeholders_are_known(self) -> Self:
        unknown = set(_PLACEHOLDER.findall(self.model_dump_json())) - PLACEHOLDERS
        if unknown:
            raise ValueError(f"unknown placeholders: {sorted(unknown)}")
        return self


class Flow(Content):
    """A published flow of the demo; `tree_structure` is a tree document."""

    title: str
    summary: str
    domain: str
    note: str
    tree_structure: dict[str, Any]

    @property
    def tree(self) -> Tree:
        return parse(self.tree_structure)


class Customer(Content):
    name: str
    prefix: str
    weight: int


class Person(Content):
    name: str
    email: str
    account_admin: bool = False
    roles: dict[str, Literal["engineer", "team_admin"]] = {}


class Account(Content):
    slug: str
    name: str
    time_zone: str
    first_ticket: int
    psa: str
    teams: tuple[str, ...]
    flows: tuple[str, ...]
    open: dict[Literal["active", "paused", "requesting_escalation"], int]
    clients: tuple[Customer, ...]
    people: tuple[Person, ...]
    sessions: dict[str, dict[str, int]]
    """Team → problem → number of sessions."""


class Voices(Content):
    """Names and turns of phrase that do not depend on the problem."""

    contacts: tuple[str, ...]
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    dispatcher_notes: tuple[str, ...]
    abandon_reasons: tuple[str, ...]
    destinations: tuple[str, ...]
    handover_reasons: tuple[str, ...]
    pause_reasons: tuple[str, ...]
    reopen_reasons: tuple[str, ...]
    came_back: tuple[str, ...]
    praise: tuple[str, ...]
    complaints: tuple[str, ...]
    escalation_codes: dict[str, str]
    """Destination, or reason of a hand-over → kind of escalation."""
