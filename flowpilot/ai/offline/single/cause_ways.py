"""Which cause each way removes: several causes above several ways become a question with one answer each."""

import re
from collections import Counter
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.labels import label_text
from flowpilot.ai.offline.single.plan import (
    Action,
    Alternatives,
    Choice,
    Plan,
    Route,
    Sequence,
    Span,
    actions_of,
    alternatives,
)
from flowpilot.ai.offline.single.render import bulleted
from flowpilot.ai.offline.single.titles import main_step
from flowpilot.ai.offline.text.cues import is_fallback
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

WHICH_CAUSE = "Which of these causes applies?"
NOT_KNOWN = "None of these, or can't tell"
"""Whoever cannot say which cause it is tries the ways in their order."""
_MOST = 8
_ENOUGH = 0.5
"""Weight of shared words from which on a way is for a cause; a word that only these two have weighs 1."""
_CLEARLY, _VERY_CLEARLY = 1.3, 2.5
"""So many times more than the next cause: the more, where the ways stand in another order than the causes."""
_IN_TITLE = 2.0
_A_PAIR = 2
"""Of two, the one that is left says little about the other."""

Told = tuple[str, Span]


def by_cause(plan: Plan, causes: Many[Told]) -> Plan | None:
    """The plan as a question for the cause; None unless two causes or more have a way of their own."""
    ways = _ways(plan)
    if not 2 <= len(causes) <= _MOST or not 2 <= len(ways) <= _MOST or any(map(_asks, ways)):
        return None
    in_order = not isinstance(plan, Alternatives)
    owners = _owners([text for text, _ in causes], ways, by_title=in_order)
    owners = [None if _last_try(way) else owner for way, owner in zip(ways, owners, strict=True)]
    known = [owner for owner in owners if owner is not None]
    needed = len(ways) if in_order else max(2, (len(ways) + 1) // 2)
    if len(set(known)) < 2 or len(set(known) if in_order else known) < needed:
        return None
    return _asked(causes, ways, owners)


def _asks(way: Plan) -> bool:
    """Whether the way begins with a question of its own that is not about a version."""
    return isinstance(way, Choice) and "version" not in way.question


def _last_try(way: Plan) -> bool:
    """ "If the issue persists after that, …": for whatever cause."""
    first = actions_of(way)[:1]
    return any(is_fallback(text) for action in first for text in (*action.context, *action.items)[:1])


def _asked(causes: Many[Told], ways: Many[Plan], owners: Many[int | None]) -> Plan | None:
    """The ways in their order, each behind its cause; those for no cause in particular come last."""
    order = list(dict.fromkeys(owner for owner in owners if owner is not None))
    labels = {at: label_text(_first(causes[at][0])) for at in order}
    if len({label.casefold() for label in labels.values()}) < len(order):
        return None
    routes = []
    for at in order:
        own = alternatives([way for way, owner in zip(ways, owners, strict=True) if owner == at])
        routes.append(Route(labels[at], own, causes[at][1]))
    body = in_full([text for text, _ in causes], [labels.get(at, "") for at in range(len(causes))])
    span = Span(min(span.start for _, span in causes), max(span.end for _, span in causes))
    choice = Choice(WHICH_CAUSE, body, tuple(routes), span, unsure=NOT_KNOWN)
    begins = next(at for at, owner in enumerate(owners) if owner is not None)
    rest = [way for way, owner in zip(ways[begins:], owners[begins:], strict=True) if owner is None]
    return alternatives([*ways[:begins], choice, *rest])


def in_full(causes: Many[str], labels: Many[str]) -> str:
    """The causes as a list, where one of them says more than its label."""
    longer = [len(plain_words(text)) > len(label) + _STOP for text, label in zip(causes, labels, strict=True)]
    return bulleted(causes) if any(longer) else ""


_STOP = 3
"""Characters that a label lacks without saying less."""


def _first(cause: str) -> str:
    found = sentences(plain_words(cause.split("\n", 1)[0]))
    return found[0].text if found else cause


def _ways(plan: Plan) -> list[Plan]:
    """What can be done alone: alternatives, actions in a row, or the steps of a single action."""
    if isinstance(plan, Sequence):
        return [] if any(isinstance(part, Alternatives) for part in plan.parts) else list(plan.parts)
    if isinstance(plan, Alternatives):
        return list(plan.parts)
    if not isinstance(plan, Action) or plan.command is not None:
        return []
    steps = [_step_alone(plan, at, step) for at, step in enumerate(plan.items)]
    return [step for step in steps if step is not None] if all(steps) else []


def _step_alone(action: Action, at: int, step: str) -> Action | None:
    """The step as an action, None where it does not say what is done."""
    title = _title_of_step(step)
    if not title:
        return None
    span = action.item_spans[at] if len(action.item_spans) == len(action.items) else action.span
    return replace(
        action,
        title=title,
        span=span,
        context=(*action.context, step),
        items=(),
        item_spans=(),
        after=action.after if at == len(action.items) - 1 else (),
    )


def _title_of_step(step: str) -> str:
    """What the step's first sentence orders; where that only says where to click, its main step."""
    found = sentences(plain_words(step.split("\n", 1)[0]))
    order = order_of(found[0].text) if found else None
    first = title_of(order.text) if order is not None and not order.generic else ""
    return first if len(first.split()) >= _TELLING_WORDS else main_step([step])


_TELLING_WORDS = 4


@dataclass(frozen=True)
class _Words:
    named: frozenset[str]
    """In titles."""
    said: frozenset[str]


def _owners(causes: Many[str], ways: Many[Plan], *, by_title: bool) -> list[int | None]:
    """For each way the index of the cause that it removes, None where the words do not tell.

    `by_title`: only what the ways are called counts; they may be steps that follow one another.
    """
    wanted = [_terms(text) for text in causes]
    offered = [_words_of(way, by_title=by_title) for way in ways]
    of_cause = Counter(word for words in wanted for word in words)
    of_way = Counter(word for words in offered for word in words.said)

    def weight(cause: frozenset[str], way: _Words) -> float:
        return sum(
            (_IN_TITLE if word in way.named else 1.0) / (of_cause[word] * of_way[word])
            for word in sorted(cause & way.said)
            if of_cause[word] < len(causes)
        )

    weights = [[weight(cause, way) for cause in wanted] for way in offered]
    owners = [_clearest(each, _CLEARLY) for each in weights]
    known = [owner for owner in owners if owner is not None]
    if known != sorted(known):
        owners = [_clearest(each, _VERY_CLEARLY) for each in weights]
    return _with_last_pair(owners, len(causes))


def _clearest(weights: Many[float], clearly: float) -> int | None:
    best = max(range(len(weights)), key=lambda at: weights[at])
    second = max((weight for at, weight in enumerate(weights) if at != best), default=0.0)
    return best if weights[best] >= _ENOUGH and weights[best] >= clearly * second else None


def _with_last_pair(owners: list[int | None], count: int) -> list[int | None]:
    """As many ways as causes, and all but one told: the last ones belong together."""
    left = [at for at in range(count) if at not in owners]
    if len(owners) != count or len(left) != 1 or owners.count(None) > 1:
        return owners
    if None in owners:
        return [left[0] if owner is None else owner for owner in owners]
    in_step = [own if own == left[0] else owner for own, owner in enumerate(owners)]
    return list(in_step) if count > _A_PAIR and in_step == list(range(count)) else owners


def _words_of(way: Plan, *, by_title: bool) -> _Words:
    actions = actions_of(way)
    named = _terms("\n".join(action.title for action in actions))
    if by_title:
        first = [
            s.text for a in actions if not a.items for part in a.context[-1:] for s in sentences(part)[:1]
        ]
        return _Words(named, named | _terms("\n".join(first)))
    said = _terms("\n".join(part for a in actions for part in (*a.context, *a.items, *a.after)))
    commands = _terms("\n".join(a.command.body for a in actions if a.command is not None))
    return _Words(named, named | said | commands)


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _terms(text: str) -> frozenset[str]:
    """Terms of the text, and of the words that a name is put together from."""
    return frozenset((*terms(text), *terms(_HUMP.sub(" ", text))))
