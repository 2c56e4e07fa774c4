"""What the editor shows of a tree that is being worked on, valid or not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.flows.document import MAX_NODES, Node, Option, Tree, TreeError, problems, walk
from flowpilot.flows.formfields import target_value
from flowpilot.flows.nested import nested
from flowpilot.flows.trees.advice import DEEP, MANY_ANSWERS, Advice, Known, advice
from flowpilot.flows.trees.fields import MAX_OPTIONS
from flowpilot.flows.trees.marks import Mark, Marked, marked, unmarked

MOST_CHOICES = 20_000
"""Entries of all "leads to" lists together, beyond which a tree is a big one."""

_FIELDS = frozenset({"kind", "title", "body", "label", "next"})
_SCRIPT_FIELDS = frozenset({"shell", "body", "risk", "undo"})
_FIELD_BY_CODE = {"unknown_next": "next", "cycle": "next", "options_not_allowed": "kind"}
_ADVICE = {
    "no_fallback": gettext_lazy("no answer takes the rest: whoever has another case gets stuck here."),
    "many_answers": gettext_lazy("more than %(many)s answers are not taken in at a glance."),
    "deep": gettext_lazy("more than %(deep)s steps lead to it on one way."),
    "no_way_back": gettext_lazy("the script changes something and does not say how to undo it."),
    "unreviewed": gettext_lazy("nobody has published this script yet: read it as if you had to run it."),
}
_ADVISED_FIELD = {"no_way_back": "script.undo", "unreviewed": "script.body"}
"""The control to go to, where it is not the whole step."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule as the editor tells it: where in words, what, and the control (or card) to go to."""

    where: str
    what: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field. `errors` are shown once a check was asked for; its name is its id as well."""

    name: str
    value: str
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A step that an answer may lead to: its id, its words, and how it is written where it is typed."""

    id: str
    words: str
    written: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a card. `stray`: it leads to a step that is not in the tree. up, down: ids of buttons."""

    id: str
    place: int
    label: Control
    next: Control
    written: str
    stray: bool
    up: str
    down: str
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class ScriptFields:
    shell: Control
    body: Control
    risk: Control
    undo: Control


@dataclass(frozen=True, slots=True)
class Card:
    """One step. `number` is that of the drawn tree, None where no path leads to it."""

    node: Node
    number: int | None
    is_first: bool
    state: Mark
    kind: Control
    title: Control
    body: Control
    script: ScriptFields | None
    answers: tuple[Answer, ...]
    errors: tuple[str, ...]

    @property
    def full(self) -> bool:
        return len(self.answers) >= MAX_OPTIONS


class Editor:
    """A tree in work, compared with another one or with nothing.

    focus: the control that the person goes on with. checked: show at each field what is wrong with it.
    reviewed: the scripts that somebody answered for; None where that is not asked.
    """

    def __init__(
        self,
        tree: Tree,
        compared: Tree | None = None,
        *,
        reviewed: Known | None = None,
        focus: str = "",
        checked: bool = False,
    ) -> None:
        self.tree, self.compared, self.focus, self.checked = tree, compared, focus, checked
        self._reviewed = reviewed

    @cached_property
    def errors(self) -> list[TreeError]:
        return problems(self.tree.to_json())

    @cached_property
    def drawn(self) -> Tree | None:
        """What can be drawn: the steps that are reached, on answers that lead somewhere."""
        return drawable(self.tree)

    @cached_property
    def marks(self) -> Marked | None:
        if self.drawn is None:
            return None
        return marked(self.compared, self.drawn) if self.compared else unmarked(self.drawn)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """By id of a step that is reached: its number in the drawn tree, where removed ones count too."""
        if self.drawn is None:
            return {}
        met = dict.fromkeys(row.node.id for row in nested(self.drawn, self.marks))
        return {node_id: n for n, node_id in enumerate(met, start=1) if node_id in self.drawn}

    @cached_property
    def problems(self) -> list[Problem]:
        return [self._problem(error) for error in self.errors]

    @cached_property
    def warnings(self) -> list[Problem]:
        """What keeps nobody from publishing."""
        return [self._warning(each) for each in advice(self.drawn, self._reviewed)] if self.drawn else []

    @property
    def valid(self) -> bool:
        return not self.errors

    @property
    def room(self) -> bool:
        """Whether another step fits."""
        return len(self.tree.nodes) < MAX_NODES

    @cached_property
    def targets(self) -> list[Target]:
        return [Target(node.id, self._step(node), target_value(node)) for node in self._in_order(self.tree)]

    @cached_property
    def big(self) -> bool:
        """Whether a list of all steps at every answer would weigh many megabytes: then steps are typed with
        suggestions from one list, and the page is loaded anew instead of swapped in place."""
        answers = sum(len(node.options) for node in self.tree.nodes)
        return answers * len(self.tree.nodes) > MOST_CHOICES

    @cached_property
    def cards(self) -> list[Card]:
        """Breadth first, then the steps that no path leads to."""
        by_place = self._by_place()
        written = {target.id: target.written for target in self.targets}
        states = {one.node.id: one.state for one in self.marks.nodes} if self.marks else {}
        return [
            Card(
                node=node,
                number=self.numbers.get(node.id),
                is_first=node.id == self.tree.root,
                state=states[node.id] if node.id in self.numbers else "same",
                kind=_control(by_place, node.id, "kind", node.kind),
                title=_control(by_place, node.id, "title", node.title),
                body=_control(by_place, node.id, "body", node.body),
                script=_script_fields(by_place, node),
                answers=tuple(_answers(by_place, node, written)),
                errors=tuple(by_place.get(f"card-{node.id}", ())),
            )
            for node in self._in_order(self.tree)
        ]

    def _in_order(self, tree: Tree) -> list[Node]:
        reached = list(walk(self.drawn)) if self.drawn else []
        ids = {node.id for node in reached}
        return [tree.node(node.id) for node in reached] + [node for node in tree.nodes if node.id not in ids]

    def _step(self, node: Node) -> str:
        """A step in words: "3 · Restart the spooler"."""
        title = " ".join(node.title.split()) or _("Untitled")
        number = self.numbers.get(node.id)
        return f"{number or '–'} · {title if len(title) <= 80 else f'{title[:79]}…'}"

    def _by_place(self) -> Mapping[str, list[str]]:
        """What is wrong, by control or card; nothing until a check is asked for."""
        found: dict[str, list[str]] = {}
        for problem in self.problems if self.checked else ():
            found.setdefault(problem.anchor, []).append(problem.what)
        return found

    def _warning(self, told: Advice) -> Problem:
        what = _ADVICE[told.code] % {"many": MANY_ANSWERS, "deep": DEEP}
        field = _ADVISED_FIELD.get(told.code)
        anchor = f"{told.node}.{field}" if field else f"card-{told.node}"
        return Problem(self._step(self.tree.node(told.node)), what, anchor)

    def _problem(self, error: TreeError) -> Problem:
        node = self.tree.node(error.node) if error.node is not None and error.node in self.tree else None
        place, _separator, what = error.message.partition(": ")
        if node is None:
            return Problem(_("The flow"), what, "cards")
        where = [self._step(node)]
        number = next((n for n, o in enumerate(node.options, start=1) if o.id == error.option), None)
        if number is not None:
            where.append(_("answer %(number)s") % {"number": number})
        if place.endswith(", script"):
            where.append(_("script"))
        anchor = _anchor(error, place, what)
        return Problem(", ".join(where), _unset(node, error, anchor) or what, anchor)


def drawable(tree: Tree) -> Tree | None:
    """The part of a tree that can be walked; None when its first step is not there."""
    if tree.root not in tree:
        return None
    leading = (
        replace(
            node,
            title=node.title if node.title.strip() else _("Untitled"),
            options=tuple(option for option in node.options if option.next in tree),
        )
        for node in tree.nodes
    )
    loose = replace(tree, nodes=tuple(leading))
    return replace(tree, nodes=tuple(walk(loose)))


def _anchor(error: TreeError, place: str, what: str) -> str:
    """The control that an error is about, else the card. Checks of a field begin with its name."""
    field = _FIELD_BY_CODE.get(error.code) or what.partition(" ")[0]
    if place.endswith(", script") and field in _SCRIPT_FIELDS:
        return f"{error.node}.script.{field}"
    if error.option is not None and field in {"label", "next"}:
        return f"{error.node}.{error.option}.{field}"
    return f"{error.node}.{field}" if field in _FIELDS - {"label", "next"} else f"card-{error.node}"


def _unset(node: Node, error: TreeError, anchor: str) -> str:
    """What to say of an answer that leads nowhere yet: that its id is malformed would help nobody."""
    if error.code != "bad_id" or not anchor.endswith(".next"):
        return ""
    return _("choose the step that this answer leads to.")


def _control(by_place: Mapping[str, Sequence[str]], owner: str, name: str, value: str) -> Control:
    full = f"{owner}.{name}"
    return Control(full, value, tuple(by_place.get(full, ())))


def _script_fields(by_place: Mapping[str, Sequence[str]], node: Node) -> ScriptFields | None:
    if node.script is None:
        return None
    owner = f"{node.id}.script"
    return ScriptFields(
        **{name: _control(by_place, owner, name, value) for name, value in node.script.to_json().items()}
    )


def _answers(
    by_place: Mapping[str, Sequence[str]], node: Node, written: Mapping[str, str]
) -> Iterator[Answer]:
    for place, option in enumerate(node.options, start=1):
        yield _answer(by_place, node, option, place, written)


def _answer(
    by_place: Mapping[str, Sequence[str]], node: Node, option: Option, place: int, written: Mapping[str, str]
) -> Answer:
    owner = f"{node.id}.{option.id}"
    return Answer(
        id=option.id,
        place=place,
        label=_control(by_place, owner, "label", option.label),
        next=_control(by_place, owner, "next", option.next),
        written=written.get(option.next, option.next),
        stray=option.next != "" and option.next not in written,
        up=f"{owner}.up",
        down=f"{owner}.down",
        first=place == 1,
        last=place == len(node.options),
    )
