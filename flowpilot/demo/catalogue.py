"""The demo's content, read from `content/` into typed things and checked against itself.

Problems say which questions, checks and actions lead from a ticket to which cause; sessions are drawn
from them by `generate`. What does not fit together is refused here, by file and name.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flowpilot.ai.contracts import StepKind
from flowpilot.flows.document import InvalidTree, Node, Option, Tree, parse

CONTENT = Path(__file__).parent / "content"
PLACEHOLDERS = frozenset({"name", "first", "client", "pc", "server"})
"""What `{{…}}` in texts may name; `casting` fills it in."""
OUTCOMES = ("worked", "did_not_work")

_PLACEHOLDER = re.compile(r"\{\{(\w*)\}\}")
_MOVE = re.compile(r"(?P<step>\w+)(?P<optional>\?)?: (?P<answer>.+)")


class InvalidContent(Exception):
    """A file of the demo's content contradicts itself or another one; the message says where."""


class Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Built = TypeVar("Built", bound=Content)


class Ticket(Content):
    """One way in which people report a problem."""

    title: str
    text: str
    log: str = ""
    priority: str = "3 - Medium"


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
        return "\n\n".join(part for part in (self.body.strip(), self.code.fenced if self.code else "") if part)


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

    weight: int = Field(gt=0)
    path: tuple[str, ...] = Field(min_length=1)
    says: dict[str, tuple[str, ...]] = {}
    moves: tuple[str, ...] = Field(min_length=1)
    resolutions: tuple[str, ...] = Field(min_length=1)
    actions: tuple[str, ...] = Field(min_length=1)


class Problem(Content):
    slug: str
    domain: str | None = None
    flow: str | None = None
    summaries: tuple[str, ...] = Field(min_length=1)
    hypotheses: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    escalations: tuple[str, ...] = Field(min_length=1)
    tickets: tuple[Ticket, ...] = Field(min_length=4)
    steps: dict[str, Step] = {}
    causes: tuple[Cause, ...] = ()
    routes: tuple[Route, ...] = ()
    leaves: tuple[Leave, ...] = ()

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


@dataclass(frozen=True)
class Catalogue:
    accounts: tuple[Account, ...]
    problems: dict[str, Problem]
    flows: dict[str, Flow]
    voices: Voices


@cache
def catalogue() -> Catalogue:
    """Everything in `content/`. Raises `InvalidContent` naming the file."""
    flows = {path.stem: _flow(path) for path in sorted((CONTENT / "flows").glob("*.json"))}
    problems = {path.stem: _problem(path) for path in sorted((CONTENT / "problems").glob("*.toml"))}
    for problem in problems.values():
        _check_ways(problem, flows)
    accounts = _read(CONTENT / "accounts.toml")["accounts"]
    return Catalogue(
        accounts=tuple(_build(Account, account, "accounts.toml") for account in accounts),
        problems=problems,
        flows=flows,
        voices=_build(Voices, _read(CONTENT / "voices.toml"), "voices.toml"),
    )


def steps_of(tree: Tree, path: Iterable[str]) -> list[tuple[Node, Option | None]]:
    """The nodes and chosen options that a path names. Raises ValueError where it does not follow the tree."""
    expected, found = tree.root, []
    for entry in path:
        node_id, _, option_id = entry.partition("/")
        if node_id != expected:
            raise ValueError(f"“{entry}” does not follow: the flow is at “{expected}”")
        node = tree.node(node_id)
        option = next((option for option in node.options if option.id == option_id), None)
        if option_id and option is None:
            raise ValueError(f"node “{node_id}” has no option “{option_id}”")
        found.append((node, option))
        expected = option.next if option else ""
    return found


def _check_ways(problem: Problem, flows: dict[str, Flow]) -> None:
    """Routes end where they say that they end, leaves do not end in a resolution."""
    if problem.flow is None:
        return
    if problem.flow not in flows:
        raise InvalidContent(f"{problem.slug}.toml: there is no flow “{problem.flow}”")
    tree = flows[problem.flow].tree
    for way in (*problem.routes, *problem.leaves):
        try:
            last = steps_of(tree, way.path)[-1][1]
            end = tree.node(last.next).kind if last else ""
            if isinstance(way, Route) and end != ("resolution" if way.resolves else "escalation"):
                raise ValueError(f"path ends in {end or 'the open'}")
            if isinstance(way, Leave) and end == "resolution":
                raise ValueError("the flow is not left, it resolves")
            if unknown := set(way.says) - {entry.partition("/")[0] for entry in way.path}:
                raise ValueError(f"remarks for nodes that are not on the path: {sorted(unknown)}")
        except ValueError as error:
            raise InvalidContent(f"{problem.slug}.toml, path {' '.join(way.path)}: {error}") from error


def _problem(path: Path) -> Problem:
    return _build(Problem, {"slug": path.stem, **_read(path)}, path.name)


def _flow(path: Path) -> Flow:
    flow = _build(Flow, json.loads(path.read_text("utf-8")), path.name)
    try:
        parse(flow.tree_structure)
    except InvalidTree as error:
        raise InvalidContent(f"{path.name}: {error}") from error
    return flow


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _build(kind: type[Built], data: dict[str, Any], name: str) -> Built:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise InvalidContent(f"{name}: {error}") from error
