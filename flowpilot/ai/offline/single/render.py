"""Blocks as the Markdown of a node's body: debris left out, what is exact set as code, notes kept."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from flowpilot.ai.offline.text.cues import VERSION_LINE, is_support
from flowpilot.ai.offline.text.debris import is_debris_sentence, plain_inline, without_trailers
from flowpilot.ai.offline.text.exact import with_code_marks
from flowpilot.ai.offline.text.model import Block, Code, Item, ListBlock, Note, Paragraph, Quote, Table
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

_NOTE_LABELS = {
    "note": "Note",
    "tip": "Tip",
    "important": "Important",
    "warning": "Warning",
    "caution": "Caution",
}
_DEAD_ITEM = re.compile(
    r"^(?:(?:see|go to|refer to|visit)\s*\[?https?://\S+\]?|\d{6,7}:? (?:[-–] )?[\"A-Z][^.:]{10,200})$",
    re.IGNORECASE,
)
"""Points at a page: by its address, or by the number and title of an article."""


@lru_cache(maxsize=1024)
def inline(text: str) -> str:
    """One run of text: links reduced, pictures gone, commands and paths as code."""
    text = without_trailers(plain_inline(text))
    return with_code_marks(re.sub(r"[ \t]+", " ", text)).strip()


_OR_A_PAGE = re.compile(
    r",? or (?:go to|see|visit|refer to) the following (?:[\w-]+ ){0,3}"
    r"(?:web ?sites?|articles?|topics?|pages?)\s*[:.]?$",
    re.IGNORECASE,
)


def kept_sentences(text: str) -> list[str]:
    """Sentences that say something here: not debris, and not "contact support" (the escalation has that)."""
    kept: list[str] = []
    pointed = False
    for found in sentences(text):
        dropped = is_debris_sentence(found.text) or (
            pointed and not found.text.endswith((".", ":", "!", "?"))
        )
        pointed = dropped and found.text.endswith(":")
        kept += [] if dropped else [found.text]
    return kept


def prose(text: str, *, support: bool = True) -> str:
    """A paragraph without debris; empty when nothing is left."""
    text = _OR_A_PAGE.sub(".", text)
    kept = [part for part in kept_sentences(text) if support or not is_support(part)]
    whole = len(kept) == len(sentences(text))
    shown = inline(text if whole else " ".join(kept))
    return shown if whole else shown[:1].upper() + shown[1:]


def render(block: Block) -> str:
    """One block as Markdown, without blank lines around it; empty when it was all debris."""
    if isinstance(block, Paragraph):
        return prose(block.text)
    if isinstance(block, Code):
        return fenced(block)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, ListBlock):
        return _list(block)
    if isinstance(block, Quote):
        return quoted(render_all(block.blocks))
    return note(block)


def render_all(blocks: Iterable[Block]) -> str:
    return "\n\n".join(text for text in map(render, without_pointers(tuple(blocks))) if text)


_EMPTY_ROW = re.compile(r"[|\s]*$")
_RULER = re.compile(r"[|\s:-]*$")


def _table(block: Table) -> str:
    """The table without rows that hold nothing; empty when only its heading would be left."""
    rows = [row for row in block.rows if not _EMPTY_ROW.match(row)]
    telling = [row for row in rows if not _RULER.match(row)]
    lost = len(rows) < len(block.rows)
    return "" if lost and len(telling) < _FEWEST_ROWS else "\n".join(map(_row, rows))


def _row(row: str) -> str:
    return "|".join(
        re.sub(r"\S(?:.*\S)?", lambda cell: inline(cell.group(0)), cell) for cell in _CELL.split(row)
    )


_CELL = re.compile(r"(?<!\\)\|")


_FEWEST_ROWS = 2


def fenced(code: Code) -> str:
    mark = "````" if "```" in code.text else "```"
    return f"{mark}{code.language}\n{code.text}\n{mark}"


def note(block: Note) -> str:
    text = render_all(block.blocks)
    text = re.sub(r", as follows:$", ".", text).removeprefix(": ")
    gap = "\n\n" if re.match(r"(?:[-*]|\d+\.|\||`{3})", text) else " "
    return quoted(f"**{_NOTE_LABELS[block.kind]}:**{gap}{text}") if text else ""


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if text else ""


def _list(block: ListBlock) -> str:
    rendered = [text for text in map(item, block.items) if text]
    return numbered(rendered) if block.ordered else bulleted(rendered)


def item(part: Item, shown_as: Callable[[Block], str] = render) -> str:
    """One item with everything under it, each block `shown_as` Markdown; empty when it was debris."""
    text = "" if _DEAD_ITEM.match(part.text) else prose(part.text)
    head = Paragraph(part.text, part.start, part.end)
    below = "\n\n".join(
        shown
        for block in without_pointers((head, *part.blocks))
        if block is not head and (shown := shown_as(block))
    )
    if not below:
        text = without_lead(text)
    return "\n\n".join(piece for piece in (text, below) if piece)


_SHOWS = re.compile(
    r"(?:^|(?<=[.!?*] ))(?:the following|here is|here's|this is|below is) (?:an? )?(?:examples?|samples?)\b"
    r"[^.:]{0,90}[.:]$",
    re.IGNORECASE,
)
_AS_BELOW = re.compile(
    r",? (?:as follows|as shown(?: here| below)?|like this|as in the following example) ?[.:]$"
)


_FROM_PAGE = re.compile(
    r",? (?:(?:by )?(?:using|following)|from|on|at|in) (?:one of )?(?:the|this) (?:following )?"
    r"(?:Microsoft )?(?:Knowledge Base )?"
    r"(?:web ?sites?|articles?|links?|topics?|pages?)[.:]$",
    re.IGNORECASE,
)


def without_lead(text: str) -> str:
    """What stands above nothing, without the words that lead to what did not come along."""
    text = _FROM_PAGE.sub(".", _AS_BELOW.sub(".", _SHOWS.sub("", text).rstrip()))
    if text.endswith(":") and re.search(r"\bfollow|\bas shown|\bsee\b", text):
        text = text[:-1].rstrip() + "."
    return text


def numbered(items: Sequence[str], first: int = 1) -> str:
    return "\n".join(_hung(f"{number}. ", text) for number, text in enumerate(items, start=first))


def bulleted(items: Sequence[str]) -> str:
    return "\n".join(_hung("- ", text) for text in items)


def _hung(mark: str, text: str) -> str:
    """The item's later lines indented under its first."""
    margin = " " * len(mark)
    lines = text.split("\n")
    return "\n".join([mark + lines[0], *(f"{margin}{line}" if line else "" for line in lines[1:])])


_POINTER = re.compile(
    r"\b(?:see|go to|visit|refer to|check|read|review|in|on|from) (?:any of |one of )?(?:the following"
    r"|these|the)(?: \w+){0,4}? (?:articles?|topics?|web ?sites?|links?|resources?|pages?|documents?"
    r"|posts?|documentation|guides?|blogs?)\b[^.]{0,30}:?$"
    r"|\bin the following (?:\w+ )?(?:articles?|topics?)\b[^.]{0,60}\.$"
    r"|(?:^|[.!] )(?:for more|for additional|see also|related|references?)\b[^.]*:$"
    r"|\b(?:in|see|at|to|from|on|visit) (?:the|this) following (?:\w+ ){0,3}(?:articles?|web ?sites?"
    r"|topics?|pages?"
    r"|links?|blogs?)\b"
    r"|(?:^|[.!] )the following (?:articles?|topics?|blog posts?|blogs?|videos?|links?|web ?sites?)"
    r" (?:lists?|shows?|describes?|contains?|provides?|explains?|discuss(?:es)?)\b[^.]*[.:]$"
    r"|\bknowledge base article:?$|\bby using (?:the|this) following article:$",
    re.IGNORECASE,
)


def without_pointers(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without "see the following articles:" and the titles that it leads to."""
    kept: list[Block] = []
    pointing = False
    for block in blocks:
        if pointing and _is_target(block) and not _is_for_version(block):
            continue
        pointing = isinstance(block, Paragraph) and (
            bool(_POINTER.search(block.text.strip())) or names_pages(block.text)
        )
        if not (pointing and isinstance(block, Paragraph) and _order_free(block.text)):
            kept.append(block)
    return kept


def names_pages(lead: str) -> bool:
    """Whether pages are named below a text whose last sentence only points at them."""
    return bool(_PAGES.search(lead)) and is_debris_sentence(sentences(lead)[-1].text)


_PAGES = re.compile(
    r"\b(?:see|visit|refer to|go to|articles?|resources?|web ?sites?|topics?)\b[^.:]*:$", re.IGNORECASE
)


def _is_for_version(block: Block) -> bool:
    """ "Gate 2016: Change the lamp" names what is done in that version, though it is a page's title too."""
    found = VERSION_LINE.match(block.text) if isinstance(block, Paragraph) else None
    return found is not None and (found["kb"] is not None or order_of(found["rest"]) is not None)


def _order_free(text: str) -> bool:
    """Whether every sentence only points elsewhere."""
    found = sentences(text)
    return all(is_debris_sentence(s.text) or _POINTER.search(s.text) for s in found)


_LONG_TITLE = 160


def _names_a_page(block: Block) -> bool:
    """A bare cmdlet in a list of pages is the page's name."""
    return isinstance(block, Code) and re.fullmatch(r"[A-Z][a-z]+-[A-Z]\w+", block.text) is not None


def _is_target(block: Block) -> bool:
    if isinstance(block, ListBlock):
        return not block.ordered and all(
            len(part.text) < _LONG_TITLE and all(_names_a_page(below) for below in part.blocks)
            for part in block.items
        )
    if isinstance(block, Code):
        return _names_a_page(block)
    return (
        isinstance(block, Paragraph)
        and all(len(line) < 140 for line in block.text.split("\n"))
        and not block.text.rstrip().endswith((".", ":"))
    )
