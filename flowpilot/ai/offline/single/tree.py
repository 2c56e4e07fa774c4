"""A plan to a tree document with its grounding: nodes numbered breadth first, every path ended."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flowpilot.ai.contracts import Grounding, SourceSpan
from flowpilot.ai.offline.single import harmless
from flowpilot.ai.offline.single.bodies import body_of
from flowpilot.ai.offline.single.cause_ways import NOT_KNOWN
from flowpilot.ai.offline.single.plan import Action, Alternatives, Choice, Plan, Route, Span, actions_of
from flowpilot.ai.offline.single.plan import Sequence as Ordered
from flowpilot.ai.offline.single.titles import first_word
from flowpilot.ai.offline.text.verbs import is_verb
from flowpilot.flows.document import SCHEMA, Node, Option, Script, Tree, walk
from flowpilot.flows.trees.fields import NodeKind

FOUND, NOT_FOUND = "Solved after correcting it", "Nothing to correct, or not solved"
SOLVED, NOT_SOLVED, DONE, NOT_DONE = "Solved", "Not solved", "Done", "Could not be done"
_MAX_TITLE = 200
_MAX_BODY = 20_000


@dataclass(frozen=True)
class Ends:
    """What the tree ends in, and what stands before the plan."""

    question: str
    question_body: str
    question_spans: tuple[SourceSpan, ...]
    solved: str
    solved_body: str
    solved_spans: tuple[SourceSpan, ...]
    other: str
    other_body: str
    exhausted: str
    exhausted_body: str
    end_spans: tuple[SourceSpan, ...]
    harmless: tuple[str, Span] | None = None
    """What says that the message of the problem can be ignored."""


def source_span(session: UUID, span: Span) -> SourceSpan:
    return SourceSpan(session=session, step=span.step, field=span.field, start=span.start, end=span.end)


@dataclass
class _Builder:
    session: UUID
    nodes: list[Node] = field(default_factory=list)
    grounding: dict[str, tuple[SourceSpan, ...]] = field(default_factory=dict)

    def spans(self, span: Span) -> tuple[SourceSpan, ...]:
        return (source_span(self.session, span),)

    def add(
        self,
        kind: NodeKind,
        title: str,
        body: str,
        options: Sequence[tuple[str, str, tuple[SourceSpan, ...]]],
        spans: tuple[SourceSpan, ...],
        script: Script | None = None,
    ) -> str:
        node_id = f"t{len(self.nodes) + 1}"
        made = []
        for number, (label, target, option_spans) in enumerate(_distinct(options), start=1):
            made.append(Option(f"o{number}", label, target))
            self.grounding[f"{node_id}/o{number}"] = option_spans or spans
        self.nodes.append(Node(node_id, kind, title[:_MAX_TITLE], _fitted(body), script, tuple(made)))
        self.grounding[node_id] = spans
        return node_id

    def plan(
        self, plan: Plan, solved: str, failed: str, *, last: bool, skip: str, changed: bool = False
    ) -> str:
        """Nodes of the plan; `skip` is where it goes on when a condition in it is not given.

        `changed`: something was changed on the way here, so that a check at the end looks at its effect.
        """
        if isinstance(plan, Action):
            return self._action(plan, solved, failed, last=last, changed=changed)
        if isinstance(plan, Ordered):
            changed = any(action.risk != "read" for part in plan.parts[:-1] for action in actions_of(part))
            target = self.plan(plan.parts[-1], solved, failed, last=last, skip=skip, changed=changed)
            for part in reversed(plan.parts[:-1]):
                target = self.plan(part, target, failed, last=False, skip=target)
            return target
        if isinstance(plan, Alternatives):
            target = failed
            for part in reversed(plan.parts):
                target = self.plan(part, solved, target, last=last, skip=target)
            return target
        return self._choice(plan, solved, failed, last=last, skip=skip)

    def _action(self, action: Action, solved: str, failed: str, *, last: bool, changed: bool) -> str:
        spans = self.spans(action.span)
        looked = (SOLVED, NOT_SOLVED) if changed else _answers(action)
        yes, no = looked if last else (DONE, NOT_DONE)
        script = None
        if action.command is not None:
            script = Script(action.command.shell, action.command.body, action.command.risk, "")
        return self.add(
            "action",
            action.shown,
            body_of(action),
            [(yes, solved, spans), (no, failed, spans)],
            spans,
            script,
        )

    def _choice(self, choice: Choice, solved: str, failed: str, *, last: bool, skip: str) -> str:
        targets: dict[int, str] = {}
        following = failed
        in_turn = choice.unsure == NOT_KNOWN and not _exclude_each_other(choice.routes)
        for i, route in reversed(list(enumerate(choice.routes))):
            if route.plan is None:
                targets[i] = skip
                continue
            if i + 1 in targets and choice.routes[i + 1].plan == route.plan:
                targets[i] = targets[i + 1]
                continue
            on_failure = following if in_turn else failed
            on_skip = following if in_turn else skip
            targets[i] = self.plan(route.plan, solved, on_failure, last=last, skip=on_skip)
            following = targets[i]
        options = [(route.label, targets[i], self.spans(route.span)) for i, route in enumerate(choice.routes)]
        if choice.unsure:
            options.append((choice.unsure, following, ()))
        if choice.otherwise:
            options.append((choice.otherwise, failed, ()))
        return self.add("question", choice.question, choice.body, options, self.spans(choice.span))


_NOT = re.compile(r"n't\b| not\b")
_FINDING = frozenset(("check", "determine", "examine", "identify", "verify"))
_PROVES = re.compile(r"verify (?!that\b|whether\b|if\b|the\b)", re.IGNORECASE)
"""A domain or an address that is verified is changed by it."""
_AND_ACTS = re.compile(r"\b(?:and|then) (?:then )?(?P<verb>[\w-]+)")


def _exclude_each_other(routes: Sequence[Route]) -> bool:
    """Whether one denies what the other says: who took one has no use for the other."""
    return len(routes) > len({_NOT.sub("", route.label).casefold() for route in routes})


def _answers(action: Action) -> tuple[str, str]:
    """What comes of the last act of a way: one that only looks solves nothing, it finds something."""
    acts = any(is_verb(found["verb"].lower()) for found in _AND_ACTS.finditer(action.title))
    if (
        first_word(action.title) in _FINDING
        and not _PROVES.match(action.title)
        and action.risk == "read"
        and not acts
    ):
        return FOUND, NOT_FOUND
    return SOLVED, NOT_SOLVED


def _fitted(body: str) -> str:
    """The body within the limit of a node, cut between lines."""
    if len(body) <= _MAX_BODY:
        return body
    kept = body[: _MAX_BODY - 20].rsplit("\n", 1)[0]
    return kept + ("\n```" if kept.count("```") % 2 else "")


def _distinct(
    options: Iterable[tuple[str, str, tuple[SourceSpan, ...]]],
) -> list[tuple[str, str, tuple[SourceSpan, ...]]]:
    """Labels made unique within the node, case aside."""
    seen: set[str] = set()
    result = []
    for label, target, spans in options:
        text, number = label, 2
        while text.casefold() in seen:
            text, number = f"{label} ({number})", number + 1
        seen.add(text.casefold())
        result.append((text, target, spans))
    return result


def compile_tree(session: UUID, plan: Plan, cause: Choice | None, ends: Ends) -> tuple[Tree, Grounding]:
    """Question, cause, plan and ends as a valid tree; ids in the canonical numbering."""
    builder = _Builder(session)
    solved = builder.add("resolution", ends.solved, ends.solved_body, [], ends.solved_spans)
    exhausted = builder.add("escalation", ends.exhausted, ends.exhausted_body, [], ends.end_spans)
    other = builder.add("escalation", ends.other, ends.other_body, [], ends.question_spans)
    entry = builder.plan(plan, solved, exhausted, last=True, skip=exhausted)
    if cause is not None:
        entry = _asked_first(builder, cause, entry, exhausted)
    if ends.harmless is not None:
        entry = _unless_harmless(builder, ends.harmless, entry)
    first = ends.question_spans
    root = builder.add(
        "question",
        ends.question,
        ends.question_body,
        [("Yes", entry, first), ("No, something else", other, first)],
        first,
    )
    return _renumbered(Tree(SCHEMA, root, tuple(builder.nodes)), builder.grounding)


def _asked_first(builder: _Builder, cause: Choice, entry: str, exhausted: str) -> str:
    """The cause's question before the plan: the routes carry labels, the first of meaning "so" leads on."""
    options = []
    for number, route in enumerate(cause.routes):
        options.append((route.label, entry if number == 0 else exhausted, builder.spans(route.span)))
    if cause.unsure:
        options.append((cause.unsure, entry, ()))
    return builder.add("question", cause.question, cause.body, options, builder.spans(cause.span))


def _unless_harmless(builder: _Builder, told: tuple[str, Span], entry: str) -> str:
    """Nothing has to be done for a message alone: what the text offers is for whom something fails."""
    body, span = told
    spans = builder.spans(span)
    ignored = builder.add("resolution", harmless.RESOLUTION, body, [], spans)
    answers = [(harmless.ONLY_MESSAGE, ignored), (harmless.FAILS, entry), (harmless.UNSURE, entry)]
    return builder.add(
        "question", harmless.QUESTION, "", [(label, target, spans) for label, target in answers], spans
    )


def _renumbered(tree: Tree, grounding: dict[str, tuple[SourceSpan, ...]]) -> tuple[Tree, Grounding]:
    """Breadth-first ids, unreachable nodes left out."""
    nodes = list(walk(tree))
    ids = {node.id: f"n{number}" for number, node in enumerate(nodes, start=1)}
    named = []
    kept: Grounding = {}
    for node in nodes:
        options = tuple(Option(option.id, option.label, ids[option.next]) for option in node.options)
        named.append(Node(ids[node.id], node.kind, node.title, node.body, node.script, options))
        kept[ids[node.id]] = grounding[node.id]
        for option in node.options:
            kept[f"{ids[node.id]}/{option.id}"] = grounding[f"{node.id}/{option.id}"]
    return Tree(tree.schema, ids[tree.root], tuple(named)), kept
