"""A long action in parts: its steps with steps of their own, else at most nine, cut where the work pauses."""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace

from flowpilot.ai.offline.single.brief_titles import briefly
from flowpilot.ai.offline.single.labels import choice_title, label_text, names_versions
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Route,
    Span,
    distinct,
    of_whole,
    sequence,
    with_context,
)
from flowpilot.ai.offline.single.references import own_steps
from flowpilot.ai.offline.single.several import procedure_title
from flowpilot.ai.offline.single.titles import CHANGING, MEANINGFUL, main_step, worth
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words, sentences

MOST_ITEMS = 9
FEWEST_ITEMS = 3
_ANCHOR = re.compile(
    r"^\W*(?:open|start|in|on|under|at|from|go|sign|log|connect|browse|restart|repeat|after|locate|right"
    r"|create|navigate|switch|expand|if)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"\b(?:OK|close|exit|restart|save|finish|quit|apply)\b[^.]{0,40}\.?$", re.IGNORECASE)


_SUB_STEP = re.compile(r"^\d+\. ")
_BY_NUMBER = re.compile(r"\bsteps? \d+\b", re.IGNORECASE)
_CLICK = re.compile(r"(?:select|click|choose|type|open|press|go) ", re.IGNORECASE)
_TITLE = 100
_TITLES = 150
"""Characters of a whole action's title and of its part together."""


@dataclass(frozen=True)
class _Nested:
    """A step that is a procedure: what it is for, its own steps, and what stands after them."""

    head: str
    steps: tuple[str, ...]
    after: str


def split(action: Action) -> tuple[Plan, ...]:
    """Steps with steps of their own as actions, those for one version each as a choice; else even parts."""
    nested = [_nested(item) for item in action.items]
    labels = [_label(one) for one in nested]
    leaves = sum(len(one.steps) if one else 1 for one in nested)
    apart = any(one and other for one, other in zip(labels, labels[1:], strict=False))
    long = any(one and len(one.steps) > MOST_ITEMS for one in nested)
    all_told = bool(nested) and all(nested) and not any(map(_BY_NUMBER.search, action.items))
    if apart or long or all_told or (leaves > MOST_ITEMS and sum(1 for one in nested if one) > 1):
        return _by_procedure(action, nested, labels)
    return _evenly(action)


def _by_procedure(action: Action, nested: Many[_Nested | None], labels: Many[str]) -> tuple[Plan, ...]:
    found = _Procedures(action)
    for at, (own, label) in enumerate(zip(nested, labels, strict=True)):
        if own is None:
            found.step(at)
        elif label:
            found.for_version(at, own, label)
        else:
            found.procedure(at, own)
    return found.finish()


def _label(one: _Nested | None) -> str:
    """For whom the procedure is, when its first line says nothing else."""
    head = one.head if one else ""
    condition = condition_of(head)
    order = order_of(condition[1]) if condition else None
    if condition and order is not None and order.generic:
        return label_text(condition[0])
    return label_text(head) if names_versions(head) else ""


def _nested(item: str) -> _Nested | None:
    """The item taken apart at the one numbered list below its first line; None when there is none."""
    if "```" in item.split("\n1. ", 1)[0]:
        return None
    head: list[str] = []
    steps: list[list[str]] = []
    after: list[str] = []
    for line in item.split("\n"):
        if _SUB_STEP.match(line) and not after:
            steps.append([_SUB_STEP.sub("", line)])
        elif steps and (not line or line.startswith("   ")) and not after:
            steps[-1].append(line[3:])
        else:
            (after if steps else head).append(line)
    if len(steps) < 2 or any(map(_SUB_STEP.match, after)):
        return None
    made = tuple("\n".join(step).rstrip() for step in steps)
    return _Nested("\n".join(head).strip(), made, "\n".join(after).strip())


@dataclass
class _Procedures:
    """Gathers one action per procedure; single steps go with the procedure that they lead to."""

    action: Action
    parts: list[Plan] = field(default_factory=list)
    _waiting: list[int] = field(default_factory=list)
    _routes: list[Route] = field(default_factory=list)

    def step(self, at: int) -> None:
        self._end_choice()
        self._waiting.append(at)

    def for_version(self, at: int, own: _Nested, label: str) -> None:
        self._end_steps()
        part = self._part([at], own.steps, self.action.title, own)
        self._routes.append(Route(label, sequence([*_evenly(part)]), part.span))

    def procedure(self, at: int, own: _Nested) -> None:
        self._end_choice()
        if len(self._waiting) + len(own.steps) > MOST_ITEMS:
            self._end_steps()
        title = _headed(own, self.action.title)
        borrowed = title == self.action.title and title != main_step([own.head])
        referred = borrowed or any(map(_BY_NUMBER.search, self.action.items))
        title += f" (step {at + 1})" if referred else ""
        below = own.steps if self._waiting else [own_steps(step, at + 1) for step in own.steps]
        steps = [*(self.action.items[i] for i in self._waiting), *below]
        self.parts += _evenly(self._part([*self._waiting, at], steps, title, own))
        self._waiting = []

    def finish(self) -> tuple[Plan, ...]:
        """All parts, with what stood before and after the steps at the first and the last of them."""
        self._end_choice()
        self._end_steps()
        lead = replace(self.action, items=(), after=(), command=None)
        made = [with_context(self.parts[0], lead), *self.parts[1:]]
        if not self._named_by_a_part() and self.action.title != main_step(self.action.items):
            made = [of_whole(part, self.action.title) for part in made]
        if self.action.after and isinstance(made[-1], Action):
            made[-1] = replace(made[-1], after=(*made[-1].after, *self.action.after))
        return tuple(made)

    def _end_steps(self) -> None:
        if self._waiting:
            items = [self.action.items[i] for i in self._waiting]
            title = procedure_title(items)
            part = self._part(self._waiting, items, title, None)
            if worth(title) < (MEANINGFUL if self._named_by_a_part() else CHANGING):
                part = replace(part, title=self.action.title, part=self._numbers())
            elif any(map(_BY_NUMBER.search, self.action.items)):
                part = replace(part, part=self._numbers())
            self.parts += _evenly(part)
        self._waiting = []

    def _numbers(self) -> str:
        first, last = self._waiting[0] + 1, self._waiting[-1] + 1
        joined = " and " if last == first + 1 else " to "
        return f" (step {first})" if first == last else f" (steps {first}{joined}{last})"

    def _named_by_a_part(self) -> bool:
        """Whether the whole bears the title of another of its steps: no name for these."""
        heads = (
            own.head if own is not None else item
            for at, item in enumerate(self.action.items)
            if (own := _nested(item)) is not None or at not in self._waiting
        )
        return _by_its_steps(self.action) or any(main_step([head]) == self.action.title for head in heads)

    def _end_choice(self) -> None:
        if self._routes:
            title = choice_title([route.label for route in self._routes])
            span = Span(self._routes[0].span.start, self._routes[-1].span.end)
            routes = distinct(tuple(self._routes))
            self.parts.append(Choice(title, "", routes, span, otherwise="None of these"))
        self._routes = []

    def _part(self, at: Many[int], items: Many[str], title: str, own: _Nested | None) -> Action:
        alone = len(items) == 1
        before = (own.head,) if own is not None and _says_more(own.head, title) else ()
        return replace(
            self.action,
            title=title,
            span=_span_of(self.action, at[0], at[-1]),
            weak=False,
            warnings=(),
            context=(*before, *items) if alone else before,
            items=() if alone else tuple(items),
            item_spans=(),
            after=(own.after,) if own is not None and own.after else (),
            command=None,
        )


def _says_more(head: str, title: str) -> bool:
    """Whether the line above the steps holds more than the title, such as the condition for them."""
    if "\n" in head or len(sentences(head)) > 1 or _IF.match(head):
        return not _label(_Nested(head, (), ""))
    order = order_of(head)
    return order is None or (bool(order.text) and title_of(order.text) not in title)


_IF = re.compile(r"(?:if|when)\b", re.IGNORECASE)


def _span_of(action: Action, first: int, last: int) -> Span:
    spans = action.item_spans
    return Span(spans[first].start, spans[last].end) if len(spans) == len(action.items) else action.span


def _headed(one: _Nested, whole: str) -> str:
    """The procedure's own words, unless they only say where to click: then what its steps change."""
    own = main_step([one.head]) or first_words(one.head.split("\n", 1)[0].rstrip(":."), _TITLE)
    if not _CLICK.match(own) or worth(own) >= MEANINGFUL:
        return own
    done = main_step(one.steps)
    return done if worth(done) >= MEANINGFUL > worth(whole) else whole


def _evenly(action: Action) -> tuple[Action, ...]:
    """Parts of at most nine sub-steps, cut where the work pauses."""
    count = len(action.items)
    if count <= MOST_ITEMS:
        return (action,)
    action = action if _by_its_steps(action) else briefly(action)
    cuts = _cuts(action.items)
    total = len(cuts) - 1
    parts = []
    own = _own_titles(action, cuts)
    named = [""] * total if own else _part_names(action, cuts)
    told = _by_its_steps(action) or action.title.lower() in plain_words("\n".join(action.context)).lower()
    goal = (f"{action.title}.",) if own and not told else ()
    for number, (start, end) in enumerate(zip(cuts, cuts[1:], strict=False), start=1):
        parts.append(
            replace(
                action,
                title=own[number - 1] if own else action.title,
                whole=action.title if own else action.whole,
                part=named[number - 1],
                warnings=action.warnings if number == 1 else (),
                context=(*goal, *action.context) if number == 1 else (),
                items=action.items[start:end],
                first_item=start + 1,
                after=action.after if number == total else (),
                command=action.command if number == 1 else None,
            )
        )
    return tuple(parts)


def _by_its_steps(action: Action) -> bool:
    """Whether the title only joins what some of the steps do: no name for each of its parts."""
    return action.title == procedure_title(action.items) != main_step(action.items)


def _own_titles(action: Action, cuts: Many[int]) -> list[str]:
    """What each part does by itself, where the whole is called after its steps, or is too long to have that
    behind it; empty for any other."""
    parts = [action.items[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    titles = [procedure_title(part) for part in parts]
    told = len(set(titles)) == len(titles) and all(worth(title) >= CHANGING for title in titles)
    long = any(len(action.title) + len(title) > _TITLES for title in titles) and len(action.title) > _TITLE
    return titles if told and (long or _by_its_steps(action)) else []


def _part_names(action: Action, cuts: Many[int]) -> list[str]:
    """What each part does, where its steps say it; else which steps it holds."""
    counted = [_held(action, start, end) for start, end in zip(cuts, cuts[1:], strict=False)]
    names = []
    for held, start, end in zip(counted, cuts, cuts[1:], strict=False):
        own = main_step(action.items[start:end])
        if own == action.title and end == len(action.items):
            names.append("")
        elif worth(own) >= CHANGING and _adds(own, action.title):
            names.append(f": {own[:1].lower()}{own[1:]}")
        else:
            names.append(held)
    return names if len(set(names)) == len(names) else counted


def _adds(own: str, title: str) -> bool:
    """Whether the title does not say it yet, and has room for it."""
    return own.lower() not in title.lower() and len(own) + len(title) <= _TITLES


def _held(action: Action, start: int, end: int) -> str:
    """The steps of a part by number; behind the number of a procedure without further brackets."""
    return f", steps {start + 1} to {end}" if action.title.endswith(")") else f" (steps {start + 1} to {end})"


def _cuts(items: tuple[str, ...]) -> list[int]:
    count = len(items)
    total = -(-count // MOST_ITEMS)
    cuts = [0]
    for number in range(1, total):
        left = total - number
        low = max(cuts[-1] + FEWEST_ITEMS, count - left * MOST_ITEMS)
        high = min(cuts[-1] + MOST_ITEMS, count - left * FEWEST_ITEMS)
        ideal = cuts[-1] + (count - cuts[-1]) / (left + 1)
        cuts.append(
            max(range(low, high + 1), key=lambda at: (_break_worth(items, at) - abs(at - ideal), -at))
        )
    return [*cuts, count]


def _break_worth(items: tuple[str, ...], at: int) -> float:
    worth = 1.5 if _ANCHOR.match(items[at]) else 0.0
    return worth + (1.5 if _CLOSED.search(items[at - 1].split("\n", 1)[0]) else 0.0)
