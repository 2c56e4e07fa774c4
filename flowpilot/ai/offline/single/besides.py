"""Told beside the fix, for who does it: what has to follow, what has to be so, what alone does not help."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Plan, Span, actions_of, mapped
from flowpilot.ai.offline.single.render import prose
from flowpilot.ai.offline.text.debris import is_debris_sentence, plain_words
from flowpilot.ai.offline.text.model import Note, Paragraph, Section
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_WHERE = ("more_information", "status")
_FOLLOWS = re.compile(
    r"(?:after|once) you [^,.]{3,120}, (?:you|users?|they) (?:may|might|must|will|should)?(?: also)? ?"
    r"(?:have|need) to \w",
    re.IGNORECASE,
)
_DEMANDS = re.compile(
    r"(?:it(?:'s| is) (?:also )?(?:important|necessary|essential) (?:to|that)\b"
    r"|(?:also,? |additionally, )?(?:make sure|be sure)\b"
    r"|(?:(?:also|additionally|(?:for|when) [^,.]{3,80}),? )?you must (?!be\b))",
    re.IGNORECASE,
)
_ALSO = re.compile(r"(?:it(?:'s| is) )?(?:also|additionally)\b", re.IGNORECASE)
_NO_HELP = re.compile(
    r"\b(?:problem|issue|error|behaviou?r) (?:is not|isn't|won't be|will not be) (?:resolved|fixed|solved)\b"
    r"[^.]{0,20}\b(?:after|by|if|when)\b",
    re.IGNORECASE,
)
_TO_DO = re.compile(r"to (?P<goal>[^,.:]{8,120}), (?P<act>\w[^:]*)$", re.IGNORECASE)
_HOW = re.compile(r"to (?!learn|see|find)(?:[^,.]{4,80}), ", re.IGNORECASE)
_FEWEST = 2
"""Words that a demand has in common with the act to which it belongs."""
_SAME = 0.7
"""Share of the words of an act from which on a goal is the same."""
_LONGEST = 400


def with_besides(plan: Plan, sections: Many[Section], taken: Many[Span]) -> tuple[Plan, list[Span]]:
    """The plan with such sentences below the actions they belong to, and the paragraphs that are used up."""
    used: list[Span] = []
    for block in _paragraphs(sections):
        span = Span(block.start, block.end)
        if any(one.start <= span.start and span.end <= one.end for one in taken):
            continue
        told = [one.text for one in sentences(block.text) if not is_debris_sentence(one.text)]
        for at, text in enumerate(told):
            action, how = _belonging(plan, plain_words(text))
            last = len(told) if how else at + 1
            last += 1 if told[last : last + 1] and _HOW.match(told[last]) else 0
            shown = prose(" ".join(told[at:last]))
            if action is None or not shown or len(shown) > _LONGEST or _is_told(shown, action):
                continue
            plan = _with(plan, action, shown if how else f"> **Note:** {shown}")
            used += [span] if at == 0 and last == len(told) else []
            break
    return plan, used


def _belonging(plan: Plan, said: str) -> tuple[Action | None, bool]:
    """The action that the sentence belongs to, and whether it tells how that is done."""
    actions = actions_of(plan)
    goal = _TO_DO.match(said)
    if goal is not None and order_of(said) is not None:
        wanted = set(terms(goal["goal"]))
        return next((one for one in actions if _is_same(wanted, one)), None), True
    words = set(terms(said))
    shared = [(len(words & set(terms(_told(one)))), at) for at, one in enumerate(actions)]
    most, at = max(shared)
    if _NO_HELP.search(said):
        return actions[0], False
    if (_FOLLOWS.match(said) or _DEMANDS.match(said)) and (most >= _FEWEST or _ALSO.match(said)):
        return actions[at], False
    return None, False


def _is_same(wanted: set[str], action: Action) -> bool:
    own = set(terms(action.title))
    return len(own & wanted) >= _SAME * len(wanted) and not action.items


def _told(action: Action) -> str:
    return plain_words("\n".join((action.title, *action.context, *action.items)))


def _is_told(shown: str, action: Action) -> bool:
    parts = (*action.warnings, *action.context, *action.items, *action.after)
    return plain_words(shown) in plain_words("\n".join(parts))


def _paragraphs(sections: Many[Section], *, inside: bool = False) -> Iterator[Paragraph]:
    for section in sections:
        of_it = inside or section.heading.kind in _WHERE
        for block in section.blocks if of_it else ():
            inner = block.blocks if isinstance(block, Note) else (block,)
            yield from (one for one in inner if isinstance(one, Paragraph) and not one.text.endswith(":"))
        yield from _paragraphs(section.children, inside=section.heading.kind in _WHERE and not of_it)


def _with(plan: Plan, meant: Action, shown: str) -> Plan:
    return mapped(
        plan, lambda action: replace(action, after=(*action.after, shown)) if action is meant else action
    )
