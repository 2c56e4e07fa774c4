"""A numbered list whose entries check or mend different things: each is a way of its own, not a step."""

import re

from flowpilot.ai.offline.single.titles import CHANGING, CLICKS, first_word, told, worth
from flowpilot.ai.offline.text.cues import condition_of, is_fallback
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Item, ListBlock
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

_LOOKS = re.compile(
    r"^(?:(?:please|first|then|next|also),? )?(?:make sure|check|verify|ensure|confirm|examine|validate)\b"
    r"|^(?:do|perform|run) an? (?:[\w-]+ ){0,2}(?:check|lookup|test)\b"
    r"|\bto (?:check|verify|examine|make sure|confirm)\b"
    r"|\bto (?:do|perform) an? (?:[\w-]+ ){0,2}(?:check|lookup|test)\b"
    r"|\band (?:then )?(?:check|verify|confirm|make sure) (?:that|whether|if)\b",
    re.IGNORECASE,
)
_TICKS = re.compile(r"^check (?:the |this )?[^.]{0,60}\b(?:check ?box|box|option)\b", re.IGNORECASE)
_TRIED = re.compile(r"\btroubleshoot\b|\btry the following\b", re.IGNORECASE)
"""A lead that says: one of these may be it."""
_BY_NUMBER = re.compile(r"\bsteps? \d", re.IGNORECASE)
_MOST = 6


def separate_checks(block: ListBlock, lead: str) -> list[list[Item]] | None:
    """The entries, each with those that only say what to do about it; None for a procedure.

    More than half of them look after something of their own, and the others change something.
    """
    if not block.ordered or len(block.items) > _MOST:
        return None
    groups: list[list[Item]] = []
    for part in block.items:
        if groups and _follows(part):
            groups[-1].append(part)
        elif _looks(part) or _changes(part) or _for_one_case(part) or (groups and _last_try(part)):
            groups.append([part])
        else:
            return None
    looking = sum(1 for group in groups if _looks(group[0]))
    standing = sum(1 for group in groups if _looks(group[0]) or _for_one_case(group[0]))
    telling = sum(1 for group in groups if len(group) > 1 or _says_how(group[0]))
    told = telling * 2 >= len(groups) or bool(_TRIED.search(lead))
    return groups if looking and standing > 1 and standing * 2 > len(groups) and told else None


def _first(part: Item) -> str:
    found = sentences(part.text.split("\n", 1)[0])
    return plain_words(found[0].text).strip() if found else ""


def _looks(part: Item) -> bool:
    first = _first(part)
    condition = condition_of(first) if part.blocks else None
    ordered = condition[1] if condition is not None else first
    return bool(_LOOKS.search(ordered)) and not _TICKS.match(ordered)


def _changes(part: Item) -> bool:
    order = order_of(_first(part))
    title = told(order.text) if order is not None and not order.generic else ""
    return worth(title) >= CHANGING and first_word(title) not in CLICKS


def _last_try(part: Item) -> bool:
    orders = (order_of(sentence.text) for sentence in sentences(part.text))
    return is_fallback(_first(part)) and any(orders)


def _for_one_case(part: Item) -> bool:
    """ "If the folder is used by many, follow these steps", with the steps below it."""
    stepwise = any(isinstance(block, ListBlock) and block.ordered for block in part.blocks)
    return stepwise and condition_of(_first(part)) is not None


def _follows(part: Item) -> bool:
    """ "If it is off, turn it on" belongs to the check before it."""
    return condition_of(_first(part)) is not None and not _for_one_case(part) and not _looks(part)


def _says_how(part: Item) -> bool:
    return bool(part.blocks) or len(sentences(part.text)) > 1
