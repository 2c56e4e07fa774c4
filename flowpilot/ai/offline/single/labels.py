"""Conditions as labels: answers to choose from, and paragraphs that only say for whom the next blocks are."""

import re
from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Paragraph
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words

CONTENT_LIST = re.compile(
    r"\b(?:following|any of the|one of the)\b.{0,40}\b(?:conditions?|permissions?|values?|settings?"
    r"|examples?|information|articles?|locations?|folders?|files?|products?|versions?|"
    r"items|entries|attributes|properties|requirements|limitations|keys?|subkeys?|reasons|symptoms"
    r"|views|layouts|formats|modes|types|addresses|ports|roles|prerequisites|parameters)\b",
    re.IGNORECASE,
)

LABEL_LIMIT = 90


_LABEL = re.compile(r"^(?:for|in|on|if|when|with)\b[^.]{3,110}:$", re.IGNORECASE)


def label_text(text: str) -> str:
    """A condition as an answer to choose: "For Windows 8:" becomes "Windows 8"."""
    text = plain_words(text).strip(" .:;,")
    text = re.sub(r"^(?:for|in|on|with)\s+(?:the\s+)?(?=\S)", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^(?:if|when)\s+", "", text, flags=re.IGNORECASE)
    text = first_words(text, LABEL_LIMIT)
    return text[:1].upper() + text[1:]


def by_label(blocks: Many[Block]) -> list[tuple[str, Span, list[Block]]] | None:
    """Blocks grouped under paragraphs such as "For Outlook 2016:", when there are at least two of them."""
    groups: list[tuple[str, Span, list[Block]]] = [("", Span(0, 0), [])]
    told = _told_inline(blocks)
    for i, block in enumerate(blocks):
        if i in told:
            label, rest = told[i]
            groups.append((label, Span(block.start, block.end), [Paragraph(rest, block.start, block.end)]))
        elif isinstance(block, Paragraph) and _is_label(block.text):
            groups.append((label_text(block.text), Span(block.start, block.end), []))
        else:
            groups[-1][2].append(block)
    labels = [label.casefold() for label, _, _ in groups[1:]]
    usable = len(labels) >= 2 and len(set(labels)) == len(labels) and all(group[2] for group in groups[1:])
    return groups if usable else None


_VERSION = re.compile(
    r"\b(?:20\d\d|365|xp|vista|windows \d|version|update|cu\d|sp\d|earlier|later|\d+-bit|click-to-run"
    r"|msi)\b",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"^(?:to \w+ (?:this|the) \w+ )?"
    r"(?P<label>(?:if you(?:'re| are| have| use| run)|for|if your) [^,.:]{4,90}), "
    r"(?P<rest>.{12,})$",
    re.IGNORECASE | re.DOTALL,
)


def _told_inline(blocks: Many[Block]) -> dict[int, tuple[str, str]]:
    """Label and order of paragraphs such as "If you use Outlook 2016, install …", several in a row."""
    found: dict[int, tuple[str, str]] = {}
    for i, block in enumerate(blocks):
        match = _INLINE.match(block.text) if isinstance(block, Paragraph) else None
        order = order_of(match["rest"]) if match is not None else None
        if match is not None and order is not None and order.text and _VERSION.search(match["label"]):
            rest = match["rest"]
            found[i] = (label_text(match["label"]), rest[:1].upper() + rest[1:])
    return found if len(found) > 1 and max(found) - min(found) < 2 * len(found) else {}


def _is_label(text: str) -> bool:
    plain = plain_words(text)
    return (
        bool(_LABEL.match(plain))
        and order_of(plain) is None
        and not CONTENT_LIST.search(plain)
        and "example" not in plain.lower()
    )


def choice_title(labels: Many[str]) -> str:
    """What to ask so that these labels answer it."""
    if labels and all(_VERSION.search(label) for label in labels):
        return "Which version or edition is in use?"
    return "Which of these applies?"
