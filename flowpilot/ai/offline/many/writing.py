"""From a plan to a tree document with its grounding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext

from flowpilot.ai.contracts import SessionFacts, SourceSpan
from flowpilot.ai.offline.many.cases import Cases
from flowpilot.ai.offline.many.grounding import Sources
from flowpilot.ai.offline.many.labelling import (
    asked_title,
    cut,
    is_question,
    node_body,
    node_title,
    outcome_text,
    symptom,
    verbatim_errors,
)
from flowpilot.ai.offline.many.merging import Item
from flowpilot.ai.offline.many.observing import Observation
from flowpilot.ai.offline.many.outcomes import state_told
from flowpilot.ai.offline.many.plan import Ask, Attempt, HandOver, Plan, Prepare, followers
from flowpilot.flows.document import SCHEMA, Node, Option, Tree, walk
from flowpilot.flows.trees.fields import NodeKind

_ROOT: Final = "confirm"
_ELSEWHERE: Final = "elsewhere"


@dataclass(frozen=True)
class Written:
    """A tree and where its nodes and options come from."""

    tree: Tree
    grounding: dict[str, tuple[SourceSpan, ...]]


class Writer:
    """Writes the steps of a plan as nodes. `prefix` keeps their ids apart from those of a tree they join."""

    def __init__(
        self, cases: Cases, plan: Plan, title: str, *, prefix: str = "s", hand_over: str = ""
    ) -> None:
        self._cases = cases
        self._plan = plan
        self._title = title
        self._prefix = prefix
        self._hand_over = hand_over
        self.nodes: dict[str, Node] = {}
        self._sessions = [observed.session for observed in cases.observed]
        self._everywhere = range(len(self._sessions))
        self.sources = Sources(self._sessions)
        tried = sorted({step.item for step in plan.steps if isinstance(step, Attempt)})
        self._fixed = {item: {case.session for case in cases.cases if item in case.fixes} for item in tried}
        self._states = {item: self._state(item) for item in tried}

    def write(self, number: int) -> str:
        """Id of the node for a step of the plan; writes it and what follows, once each."""
        step = self._plan.steps[number]
        if isinstance(step, HandOver) and self._hand_over:
            return self._hand_over
        node = f"{self._prefix}{number}"
        if node in self.nodes:
            return node
        match step:
            case Ask():
                self._write_test(node, step, self._plan.reached[number])
            case Attempt():
                self._write_remedy(node, step, self._plan.reached[number])
            case Prepare():
                self._write_preparation(node, step, self._plan.reached[number])
            case HandOver():
                self._write_hand_over(node, self._plan.reached[number])
        return node

    def write_confirmation(self, first: str) -> str:
        """The question by which the reader knows that this is the problem; id of its node."""
        found = verbatim_errors(self._sessions)
        if found:
            errors = " / ".join(f"“{cut(error, 150 // len(found))}”" for error in found)
            title = gettext("Does the user see %(errors)s?") % {"errors": errors}
        else:
            title = gettext("Is this the problem: %(title)s?") % {"title": self._title.rstrip("?.…")}
        body = symptom(self._sessions, self._title)
        options = (
            Option("o1", gettext("Yes"), first),
            Option("o2", gettext("No, something else"), self._write_elsewhere()),
        )
        self.nodes[_ROOT] = Node(_ROOT, "question", title, body, None, options)
        told = self.sources.problems(self._everywhere)
        self.sources.add(_ROOT, told)
        self.sources.add(f"{_ROOT}/o1", told)
        self.sources.add(f"{_ROOT}/o2", [])
        return _ROOT

    def _write_elsewhere(self) -> str:
        title = gettext("This is another problem")
        body = gettext(
            "Do not follow this flow further. Hand over or search with what the user sees: the exact "
            "message, since when, who else has it, and what changed before."
        )
        self.nodes[_ELSEWHERE] = Node(_ELSEWHERE, "escalation", title, body)
        self.sources.add(_ELSEWHERE, [])
        return _ELSEWHERE

    def _write_test(self, node: str, step: Ask, reached: set[int]) -> None:
        item = self._cases.items[step.item]
        answers = self._cases.answers[step.item]
        labels = _distinct([answers.labels[answer] for answer, _ in step.branches])
        labels.append(_way_out(answer for answer, _ in step.branches))
        options = [
            Option(f"o{place}", label, self.write(after))
            for place, (label, after) in enumerate(zip(labels, followers(step), strict=True), start=1)
        ]
        title = asked_title(item, labels)
        kind: NodeKind = "question" if title.endswith("?") or is_question(item) else "action"
        self.nodes[node] = Node(node, kind, title, node_body(item), None, tuple(options))
        seen = _within(item, reached)
        self.sources.add(node, self.sources.steps(seen))
        asked = [each for each in seen if each.session in reached]
        for option, (answer, _) in zip(options[:-1], step.branches, strict=True):
            took = [each for each in asked if answers.by_session.get(each.session) == answer]
            self.sources.add(f"{node}/{option.id}", self.sources.answers(took))
        unanswered = [each for each in asked if each.session not in answers.by_session]
        self.sources.add(f"{node}/{options[-1].id}", self.sources.answers(unanswered))

    def _write_remedy(self, node: str, step: Attempt, reached: set[int]) -> None:
        item, fixed = self._cases.items[step.item], self._fixed[step.item]
        seen = _within(item, reached)
        tried = [each for each in seen if each.session in reached]
        solved = self._write_resolution(step.item)
        options = (
            Option("o1", gettext("Solved"), solved),
            Option("o2", gettext("Not solved"), self.write(step.otherwise)),
        )
        self.nodes[node] = Node(node, "action", node_title(item), node_body(item), None, options)
        self.sources.add(node, self.sources.steps(seen))
        self.sources.add(f"{node}/o1", self.sources.steps(each for each in tried if each.session in fixed))
        failed = [each for each in tried if each.verdict == "failed" and each.session not in fixed]
        self.sources.add(f"{node}/o2", self.sources.steps(failed))

    def _write_preparation(self, node: str, step: Prepare, reached: set[int]) -> None:
        item = self._cases.items[step.item]
        options = (Option("o1", gettext("Done"), self.write(step.then)),)
        self.nodes[node] = Node(node, "action", node_title(item), node_body(item), None, options)
        seen = _within(item, reached)
        self.sources.add(node, self.sources.steps(seen))
        done = [each for each in seen if each.session in reached and each.verdict == "worked"]
        self.sources.add(f"{node}/o1", self.sources.steps(done))

    def _write_resolution(self, item: int) -> str:
        """One end for each remedy that the sessions tell something of its own of; the others share one."""
        title = self._states[item]
        alike = [other for other, state in self._states.items() if state.casefold() == title.casefold()]
        resolution = f"{self._prefix}r{alike[0]}"
        if resolution not in self.nodes:
            lines = [
                _named([node_title(self._cases.items[each]) for each in alike]),
                self._told(alike[0]) if len(alike) == 1 else "",
                gettext("Confirm with the user that it works, and note what fixed it."),
            ]
            self.nodes[resolution] = Node(
                resolution, "resolution", title, "\n\n".join(line for line in lines if line)
            )
            self.sources.add(resolution, [])
        helped = [seen for seen in self._cases.items[item].observations if seen.session in self._fixed[item]]
        spans = self.sources.resolutions(sorted(self._fixed[item])) or self.sources.steps(helped)
        self.sources.add(resolution, spans)
        return resolution

    def _told(self, item: int) -> str:
        return outcome_text(self._helped_by(item), self._cases.items[item].wording)

    def _helped_by(self, item: int) -> list[SessionFacts]:
        return [self._sessions[place] for place in sorted(self._fixed[item])]

    def _state(self, item: int) -> str:
        """What is true once a remedy has helped: the title of its end."""
        told = state_told(self._helped_by(item))
        if told or not self._title:
            return told or gettext("The problem no longer occurs")
        return cut(gettext("No longer occurs: %(problem)s") % {"problem": self._title}, 200)

    def _write_hand_over(self, node: str, reached: set[int]) -> None:
        tried = sorted({step.item for step in self._plan.steps if isinstance(step, Attempt)})
        asked = sorted({step.item for step in self._plan.steps if isinstance(step, Ask)})
        lines = [gettext("None of the known fixes helped. Send along:"), ""]
        lines.append(gettext("- the exact message, since when, who else has it, and what changed before"))
        if asked:
            titles = "; ".join(node_title(self._cases.items[item]) for item in asked)
            lines.append(gettext("- the answers to: %(questions)s") % {"questions": titles})
        if tried:
            titles = "; ".join(node_title(self._cases.items[item]) for item in tried)
            lines.append(
                gettext("- which of these were tried, and what happened: %(acts)s") % {"acts": titles}
            )
        title = gettext("Known fixes do not apply or are exhausted")
        self.nodes[node] = Node(node, "escalation", title, "\n".join(lines))
        self.sources.add(node, self.sources.problems(sorted(reached), titles_only=True))


def numbered(writer: Writer, root: str) -> Written:
    """The written nodes as a tree with ids n1, n2, … breadth first."""
    raw = Tree(SCHEMA, root, tuple(writer.nodes.values()))
    order = list(walk(raw))
    ids = {node.id: f"n{place}" for place, node in enumerate(order, start=1)}
    nodes = tuple(
        Node(
            ids[node.id],
            node.kind,
            node.title,
            node.body,
            node.script,
            tuple(Option(option.id, option.label, ids[option.next]) for option in node.options),
        )
        for node in order
    )
    return Written(Tree(SCHEMA, ids[root], nodes), writer.sources.renamed(ids))


def _within(item: Item, sessions: set[int]) -> list[Observation]:
    """The item's observations in these sessions; all of them if it was only inferred to belong here."""
    ordered = sorted(item.observations, key=lambda each: (each.session, each.order))
    return [each for each in ordered if each.session in sessions] or ordered


def _named(fixes: Sequence[str]) -> str:
    """What fixed it; a list where it may have been one of several."""
    if len(fixes) == 1:
        return gettext("What fixed it: %(fix)s.") % {"fix": fixes[0].rstrip(".")}
    return "\n".join([gettext("One of these fixed it:"), "", *(f"- {fix}" for fix in fixes)])


def _distinct(labels: Sequence[str]) -> list[str]:
    """Labels made unique within their node, case-insensitively, by numbering the later ones."""
    used: set[str] = set()
    result = []
    for label in labels:
        unique, number = label, 2
        while unique.casefold() in used:
            unique, number = f"{label} ({number})", number + 1
        used.add(unique.casefold())
        result.append(unique)
    return result


def _way_out(answers: Iterable[str]) -> str:
    """The honest way out: beside Yes and No only "can't tell" is left."""
    return gettext("Can't tell") if set(answers) == {"yes", "no"} else gettext("None of these, or can't tell")
