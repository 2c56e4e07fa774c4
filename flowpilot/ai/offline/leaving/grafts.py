"""A part that is put into a published tree, at the place where sessions left it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import SessionFacts, SourceSpan
from flowpilot.ai.offline.leaving.paths import Leaving
from flowpilot.ai.offline.many.building import Builder
from flowpilot.ai.offline.many.cases import UNSOLVED
from flowpilot.ai.offline.many.labelling import cut
from flowpilot.ai.offline.many.mining import read_cases
from flowpilot.ai.offline.many.plan import HandOver
from flowpilot.ai.offline.many.words import effort, is_risky, read, similarity, verdict_of
from flowpilot.ai.offline.many.writing import Writer
from flowpilot.flows.document import Node, Option, Tree, walk

_SURELY_KNOWN: Final = 0.75


@dataclass(frozen=True)
class Graft:
    """A changed tree, and what is new in it."""

    tree: Tree
    place: Leaving
    grounding: dict[str, tuple[SourceSpan, ...]]
    """Of the new nodes and options, and of the option that now leads to them."""
    touched: frozenset[str]
    """Keys of old nodes and options that were changed."""
    fixes: tuple[str, ...]
    """Titles of the new acts, in their order."""
    fixed: int
    """Sessions that were resolved this way."""
    why: str
    where: str
    """Where it goes in, in words: the node and the answer there."""


def place_of(tree: Tree, left_at: Leaving, proven: Collection[tuple[str, str | None]] = ()) -> Leaving:
    """Where a part for these leavers goes in: one place for all that say the same.

    An act that was left without an outcome is taken as not solved. Behind an option that others followed to
    a resolution (`proven`: node and option), the part waits until the old way has not helped.
    """
    if left_at.option is not None:
        place = Leaving(left_at.node, left_at.option)
        return before_escalation(tree, place) or place if (place.node, place.option) in proven else place
    node = tree.node(left_at.node)
    unsolved = _unsolved(node)
    if node.kind == "action" and unsolved:
        return place_of(tree, Leaving(node.id, unsolved), proven)
    return Leaving(node.id, None)


def before_escalation(tree: Tree, place: Leaving) -> Leaving | None:
    """The option in front of the escalation that acts lead to from here, if none of them helps.

    None where it goes on with a question or an act without "not solved": there is no one such place.
    """
    option = place.option
    node = tree.node(place.node)
    while option is not None:
        after = tree.node(_option(node, option).next)
        if after.kind == "escalation":
            return Leaving(node.id, option)
        node, option = after, _unsolved(after) if after.kind == "action" else None
    return None


def is_dearer(part: "Graft", tree: Tree) -> bool:
    """Whether the part asks more, or risks more, than the act that comes next in the old tree."""
    if part.place.option is None:
        return False
    known = tree.node(_option(tree.node(part.place.node), part.place.option).next)
    if known.kind != "action":
        return False
    return any(
        (is_risky(fix), effort(fix)) > (is_risky(known.title), effort(known.title)) for fix in part.fixes
    )


def _unsolved(node: Node) -> str | None:
    return next((option.id for option in node.options if verdict_of(option.label) is False), None)


def graft(tree: Tree, place: Leaving, tails: Sequence[SessionFacts], said: str, title: str) -> Graft | None:
    """Put in what helped the sessions that left here; None if they do not say what did.

    `tails` are the sessions from there on, `said` is the label for a new option where none fitted. What
    helped comes before the old way, which stays for those it does not help.
    """
    cases = read_cases(tails)
    if not cases.cases or all(case.cause == UNSOLVED for case in cases.cases):
        return None
    builder = Builder(cases)
    first = builder.build()
    if isinstance(builder.plan.steps[first], HandOver):
        return None
    onward = _Onward(tree, place)
    writer = Writer(cases, builder.plan, title, hand_over=onward.target)
    root = writer.write(first)
    order = _breadth_first(root, writer.nodes)
    ids = dict(zip(order, _free([*tree.nodes, *onward.added], len(order)), strict=True))
    new = [_in_known_words(_renamed(writer.nodes[old], ids), tree) for old in order]
    changed = onward.leading_to(ids[root], said)
    key = f"{changed.id}/{_option_to(changed, ids[root])}"
    grounding = writer.sources.renamed(ids)
    grounding[key] = tuple(writer.sources.problems(range(len(cases.observed)), titles_only=True))
    nodes = [changed if node.id == changed.id else node for node in tree.nodes]
    fixed = sum(case.cause != UNSOLVED for case in cases.cases)
    return Graft(
        place=place,
        tree=Tree(tree.schema, tree.root, (*nodes, *onward.added, *new)),
        grounding=grounding,
        touched=frozenset({key, changed.id, *(node.id for node in onward.added)}),
        fixes=tuple(node.title for node in new if node.kind == "action"),
        fixed=fixed,
        why=_why(tree.node(place.node), fixed, len(tails)),
        where=_where(changed, ids[root]),
    )


class _Onward:
    """Where the new part leads those whom it does not help, and how the old tree comes to lead to it."""

    def __init__(self, tree: Tree, place: Leaving) -> None:
        self._tree = tree
        self._place = place
        self.added: list[Node] = []
        self.target = self._target()

    def _target(self) -> str:
        if self._place.option is not None:
            after = self._tree.node(_option(self._tree.node(self._place.node), self._place.option).next)
            if after.kind != "resolution":
                return after.id
        return self._escalation()

    def _escalation(self) -> str:
        """The escalation closest to where the flow was left, else a new one."""
        below = Tree(self._tree.schema, self._place.node, self._tree.nodes)
        for node in (*walk(below), *walk(self._tree)):
            if node.kind == "escalation":
                return node.id
        title = _("Known fixes do not apply or are exhausted")
        body = _("Send along the exact message, since when, who else has it, and what was tried.")
        self.added.append(Node(_free(self._tree.nodes, 1)[0], "escalation", title, body))
        return self.added[0].id

    def leading_to(self, first: str, said: str) -> Node:
        """The node where the flow was left, with its option, or a new one, leading to the new part."""
        node = self._tree.node(self._place.node)
        if self._place.option is not None:
            options = [
                replace(option, next=first) if option.id == self._place.option else option
                for option in node.options
            ]
        else:
            options = [*node.options, Option(_free_option(node), _free_label(node, said), first)]
        return replace(node, options=tuple(options))


def _option(node: Node, option_id: str) -> Option:
    return next(option for option in node.options if option.id == option_id)


def _option_to(node: Node, target: str) -> str:
    return next(option.id for option in node.options if option.next == target)


def _free_label(node: Node, said: str) -> str:
    label = said or _("None of these")
    used = {option.label.casefold() for option in node.options}
    number, unique = 2, label
    while unique.casefold() in used:
        unique, number = f"{label} ({number})", number + 1
    return unique


def _free_option(node: Node) -> str:
    used = {option.id for option in node.options}
    return next(name for number in range(1, len(used) + 2) if (name := f"o{number}") not in used)


def _free(nodes: Sequence[Node], count: int) -> list[str]:
    """The next `count` ids n1, n2, … that no node has."""
    used = {node.id for node in nodes}
    return [name for number in range(1, len(used) + count + 1) if (name := f"n{number}") not in used][:count]


def _breadth_first(root: str, nodes: Mapping[str, Node]) -> list[str]:
    """Ids of the written nodes from the root on; links into the old tree are not followed."""
    order = [root]
    for name in order:
        order += [
            option.next for option in nodes[name].options if option.next in nodes and option.next not in order
        ]
    return list(dict.fromkeys(order))


def _in_known_words(node: Node, tree: Tree) -> Node:
    """An act that the flow holds elsewhere already is shown as it stands there, script included."""
    if node.kind != "action":
        return node
    likeness = [
        (similarity(read(node.title), read(each.title), {}), each)
        for each in tree.nodes
        if each.kind == "action"
    ]
    best, known = max(likeness, key=lambda each: each[0], default=(0.0, node))
    if best < _SURELY_KNOWN:
        return node
    return replace(node, title=known.title, body=known.body or node.body, script=known.script)


def _renamed(node: Node, ids: Mapping[str, str]) -> Node:
    options = tuple(replace(option, next=ids.get(option.next, option.next)) for option in node.options)
    return replace(node, id=ids[node.id], options=options)


def _where(node: Node, target: str) -> str:
    label = next(option.label for option in node.options if option.next == target)
    return _("“%(node)s”, answer “%(answer)s”") % {"node": cut(node.title, 80), "answer": label}


def _why(node: Node, fixed: int, left: int) -> str:
    known = {"left": left, "node": cut(node.title, 80), "fixed": fixed}
    if fixed == left:
        return (
            ngettext(
                "%(left)d session left the flow at “%(node)s” and was resolved this way.",
                "%(left)d sessions left the flow at “%(node)s”, and all were resolved this way.",
                left,
            )
            % known
        )
    return (
        ngettext(
            "%(left)d session left the flow at “%(node)s”, and %(fixed)d of them was resolved this way.",
            "%(left)d sessions left the flow at “%(node)s”, and %(fixed)d of them were resolved this way.",
            left,
        )
        % known
    )
