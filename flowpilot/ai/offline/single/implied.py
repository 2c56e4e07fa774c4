"""Fixes that a resolution tells without ordering them: "The best solution is to …", "can be solved by …".

Read only where a text orders nothing: each of these wordings names an act that can be said as an order.
"""

import re

from flowpilot.ai.offline.single.plan import Action, Plan, Span, alternatives
from flowpilot.ai.offline.single.render import prose, render
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Code, Document, Paragraph, Section
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.sentences import first_words, sentences
from flowpilot.ai.offline.text.verbs import base_of_gerund, is_verb, risk_of

_IMPLIED = (
    re.compile(
        r"^(?:the|an?|one) (?:\w+ ){0,3}?(?:solution|fix|remedy|workaround|way)(?: \w+){0,4}? is to "
        r"(?P<order>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:advise|ask|tell) (?:the )?(?:customer|client|users?|them|him|her|organizer) to (?P<order>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:issue|problem|error|this) can be (?:resolved|fixed|solved|avoided|worked around) by "
        r"(?P<doing>\w+ing) (?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(r"^if you (?P<order>\w+ .+), the (?:issue|problem|error) (?:will be|is|gets) ", re.IGNORECASE),
    re.compile(
        r"^(?:when|if|in|on|for) .+?, (?P<order>(?:set|select|change|use|run|add|remove)\b.+)$", re.IGNORECASE
    ),
    re.compile(r"^(?:option|method|solution) \d: (?P<order>.+)$", re.IGNORECASE),
    re.compile(
        r"(?:^|, )(?P<thing>(?:the )?[\w ]{3,40}) can (?:also )?be (?P<done>restarted|reset|refreshed)\b",
        re.IGNORECASE,
    ),
)
_DONE = {"restarted": "Restart", "reset": "Reset", "refreshed": "Refresh"}


def implied_plan(document: Document) -> Plan | None:
    """The ways that the resolution implies, to be tried in their order; None where it implies none."""
    ways: list[Plan] = []
    for section in _resolving(document.sections):
        for i, block in enumerate(section.blocks):
            if isinstance(block, Paragraph):
                code = section.blocks[i + 1 : i + 2]
                shown = render(code[0]) if code and isinstance(code[0], Code) else ""
                end = code[0].end if shown else block.end
                ways += [way for way in [_way(block, shown, Span(block.start, end))] if way is not None]
    return alternatives(ways)


def _resolving(sections: tuple[Section, ...]) -> list[Section]:
    found: list[Section] = []
    for section in sections:
        if section.heading.kind in ("resolution", "workaround", "text", "heading", "method"):
            found += [section, *_resolving(section.children)]
    return found


def _way(block: Paragraph, code: str, span: Span) -> Action | None:
    for sentence in sentences(block.text):
        order = _order(plain_words(sentence.text).rstrip(". "))
        if order:
            context = tuple(part for part in (prose(block.text), code) if part)
            return Action(title_of(first_words(order, 110)), span, context=context, risk=risk_of(order))
    return None


_HANGING = re.compile(r" depending on (?:if|whether) .*$")


def _order(sentence: str) -> str:
    for pattern in _IMPLIED:
        match = pattern.search(sentence)
        if match is None:
            continue
        found = match.groupdict()
        order = found.get("order") or ""
        if found.get("doing"):
            order = f"{base_of_gerund(found['doing'])} {found['rest']}"
        if found.get("done"):
            order = f"{_DONE[found['done'].lower()]} {found['thing']}"
        if is_verb(order.split(" ", 1)[0].lower()):
            return order[:1].upper() + _HANGING.sub("", order[1:])
    return ""
