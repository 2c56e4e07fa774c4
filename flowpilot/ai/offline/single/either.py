"""One sentence that offers two ways: "Turn the key, or replace the lock" is tried one after the other."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Alternatives, Plan
from flowpilot.ai.offline.single.titles import MEANINGFUL, first_word, told, worth
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.offline.text.verbs import is_verb

_OR = re.compile(
    r"(?P<comma>,?) or (?:else |alternatively |simply )?(?P<other>(?:\w+ly )?(?P<verb>[a-z-]+) )"
)
_FEWEST_WORDS = 4
"""A way of fewer words shares its object with the other: "enable or update the agent"."""


def either_way(action: Action) -> Plan:
    """The action, or the two that its only order names."""
    if action.items or action.command is not None or action.part:
        return action
    ordering = [at for at, text in enumerate(action.context) if _orders(text)]
    if len(ordering) != 1:
        return action
    at = ordering[0]
    first, _, below = action.context[at].partition("\n")
    if len(sentences(first)) != 1:
        return action
    for match in _OR.finditer(first):
        titles = _titles(first, match)
        if titles is not None:
            kept = first[: match.start()].rstrip(" ,") + "."
            other = _wrapped(first, titles[0]) + first[match.start("other") :]
            one = replace(
                action, title=titles[0], context=_with(action, at, kept + (f"\n{below}" if below else ""))
            )
            two = replace(
                action, title=titles[1], warnings=(), context=(other[:1].upper() + other[1:],), after=()
            )
            return Alternatives((one, two))
    return action


def _wrapped(sentence: str, title: str) -> str:
    """What the sentence says before its order: for what, or for whom, both ways are."""
    begins = sentence.lower().find(" ".join(title.lower().split()[:2]))
    return sentence[: max(begins, 0)]


def _orders(text: str) -> bool:
    return not text.startswith(("**Cause:**", ">", "```", "|")) and order_of(text) is not None


def _with(action: Action, at: int, text: str) -> tuple[str, ...]:
    return (*action.context[:at], text, *action.context[at + 1 :])


def _titles(sentence: str, match: re.Match[str]) -> tuple[str, str] | None:
    """What the two ways are called; None where the sentence goes on with the same one."""
    if not is_verb(match["verb"]):
        return None
    order = order_of(sentence[: match.start()])
    other = order_of(sentence[match.start("other") :])
    if order is None or other is None or order.generic or other.generic:
        return None
    again = first_word(order.text) == match["verb"]
    if not (match["comma"] or again) or min(len(order.text.split()), len(other.text.split())) < _FEWEST_WORDS:
        return None
    titles = told(order.text), told(other.text)
    return titles if min(map(worth, titles)) >= MEANINGFUL and titles[0] != titles[1] else None
