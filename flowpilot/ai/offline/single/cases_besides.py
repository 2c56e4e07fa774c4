"""Told beside the fix, for some cases only or to find out: "If you use X, add …", "To check Y, run …"."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.parts import MOST_ITEMS
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Span, actions_of, mapped
from flowpilot.ai.offline.single.render import render_all
from flowpilot.ai.offline.text.cues import condition_of, is_fallback, is_support
from flowpilot.ai.offline.text.debris import is_debris_sentence, plain_words
from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.model import Block, Code, ListBlock, Note, Paragraph, Section
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_WHERE = ("more_information", "cause", "status")
_CHECKS = re.compile(
    r"(?:to|you can) (?:check|determine|verify|identify|confirm|find out) (?!that the (?:issue|problem))"
    r"(?P<what>[^.:,]{6,160})",
    re.IGNORECASE,
)
_HAS_TO = re.compile(
    r"(?:you|users?|administrators?|they|we recommend that you) (?:also )?"
    r"(?:should|must|can(?! be\b)|have to|need to|(?:may|might) (?:have|need) to) "
    r"(?!have\b|see\b|receive\b|get\b|not\b)",
    re.IGNORECASE,
)
_NO_CASE = re.compile(
    r"\b(?:articles?|see|websites?|fixed|community|password or|for more|microsoft support|errors?|messages?"
    r"|experienc\w+|want|prefer|need to|would like|steps? \d|sections?|above|below)\b",
    re.IGNORECASE,
)
"""Points elsewhere, is about another problem, or about another wish."""
_FEWEST = 2
_LONGEST = 1200


@dataclass(frozen=True)
class _Passage:
    text: str
    """Its first sentence, plain."""
    blocks: tuple[Block, ...]
    span: Span
    checks: bool


def with_cases(
    plan: Plan, question: Choice | None, sections: Many[Section], taken: Many[Span]
) -> tuple[Plan, Choice | None, list[Span]]:
    """The plan and the question for its cause with what speaks of the same, and where that stood."""
    used: list[Span] = []
    for found in _passages(sections):
        if any(_overlap(found.span, one) for one in taken):
            continue
        shown = render_all(found.blocks)
        if not shown or len(shown) > _LONGEST:
            continue
        said = set(terms(found.text))
        if found.checks and question is not None and len(said & set(terms(question.question))) >= _FEWEST:
            question = replace(question, body="\n\n".join(part for part in (question.body, shown) if part))
            used.append(found.span)
            continue
        action = _speaking_of(plan, said)
        steps = sum(len(block.items) for block in found.blocks if isinstance(block, ListBlock))
        if action is None or len(action.items) + steps > MOST_ITEMS:
            continue
        if plain_words(shown) not in _told(action):
            plan = _with(plan, action, shown)
            used.append(found.span)
    return plan, question, used


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _speaking_of(plan: Plan, said: set[str]) -> Action | None:
    actions = actions_of(plan)
    shared = [len(said & set(terms(_told(action)))) for action in actions]
    best = max(range(len(actions)), key=lambda at: (shared[at], -at))
    return actions[best] if shared[best] >= _FEWEST else None


def _told(action: Action) -> str:
    command = action.command.body if action.command else ""
    parts = (action.title, *action.warnings, *action.context, *action.items, *action.after, command)
    return plain_words("\n".join(parts))


def _passages(sections: Many[Section], *, inside: bool = False) -> Iterator[_Passage]:
    for section in sections:
        of_it = section.heading.kind in _WHERE or (inside and section.heading.kind in ("heading", "text"))
        if of_it:
            yield from _in_blocks(section.blocks)
        yield from _passages(section.children, inside=of_it)


def _in_blocks(blocks: Many[Block]) -> Iterator[_Passage]:
    for at, block in enumerate(blocks):
        if isinstance(block, Note):
            yield from _in_blocks(block.blocks)
        if isinstance(block, ListBlock) and not block.ordered:
            for part in block.items:
                first = Paragraph(part.text, part.start, part.end)
                yield from _passage((first, *part.blocks))
        if isinstance(block, Paragraph):
            following = blocks[at + 1 : at + 2] if _leads(block.text) else ()
            if not following or isinstance(following[0], Code | ListBlock):
                yield from _passage((block, *following))


def _passage(blocks: tuple[Block, ...]) -> Iterator[_Passage]:
    first = blocks[0]
    if not isinstance(first, Paragraph):
        return
    told = [plain_words(one.text) for one in sentences(first.text)]
    if not told or any(is_debris_sentence(one) or is_support(one) for one in told):
        return
    leads = _leads(first.text)
    if leads and len(blocks) == 1:
        return
    checks = any(_CHECKS.match(one) and (leads or order_of(one)) for one in told)
    if checks or any(map(_for_a_case, told)):
        yield _Passage(" ".join(told), blocks, Span(first.start, blocks[-1].end), checks)


def _leads(text: str) -> bool:
    """Whether it says nothing without what stands below it."""
    if text.rstrip().endswith(":"):
        return True
    order = order_of(sentences(text)[-1].text)
    return order is not None and order.generic


def _for_a_case(sentence: str) -> bool:
    condition = condition_of(sentence)
    if condition is None or is_fallback(sentence) or _NO_CASE.search(sentence):
        return False
    rest = condition[1]
    return rest[:1].islower() and (begins_with_verb(rest) or _HAS_TO.match(rest) is not None)


def _with(plan: Plan, meant: Action, shown: str) -> Plan:
    return mapped(
        plan, lambda action: replace(action, after=(*action.after, shown)) if action is meant else action
    )
