"""Lines to blocks: paragraphs, nested lists, fenced code, notes, quotes and tables."""

import re
from collections.abc import Sequence
from dataclasses import replace

from flowpilot.ai.offline.text.buttons import with_buttons
from flowpilot.ai.offline.text.joining import joined
from flowpilot.ai.offline.text.model import (
    Block,
    Code,
    Item,
    Line,
    ListBlock,
    Note,
    NoteKind,
    Paragraph,
    Quote,
    Table,
)
from flowpilot.ai.offline.text.values import with_values

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*([\w+#-]*)")
_ITEM = re.compile(
    r"^(?P<lead>\s*)(?P<mark>[-*•·o]|\+(?!\s+(?:CategoryInfo|FullyQualifiedError\w+|PSComputerName)\b)"
    r"|\d{1,3}[.)]|[a-z][.)])(?P<gap>\s+|$)(?P<rest>.*)$"
)
_NOTE_WORDS = r"note|notes|tip|important|warning|caution|attention|hinweis|danger"
_NOTE_LINE = re.compile(
    rf"^\s*(?:>\s*)?(?:\[\s*!?)?(?:\*\*)?(?P<word>{_NOTE_WORDS})(?:\*\*)?!?\]?\s*:?(?:\*\*)?\s*$",
    re.IGNORECASE,
)
_NOTE_INLINE = re.compile(
    rf"^\s*(?:\*\*)?(?P<word>{_NOTE_WORDS})(?:\*\*)?\s*(?:(?::(?:\*\*)?|\s[-–—])\s+"
    r"|(?-i:(?<=ote|OTE)\*{0,2}\s+(?=[A-Z])|(?:(?<=aution)|(?<=arning)|(?<=mportant))\*{0,2}\s+"
    r"(?=(?:This|These|If|Do|The|Make|You|Follow|Before|When|Use|We|It|To)\b)))(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_NOTE_KINDS: dict[str, NoteKind] = {
    "tip": "tip",
    "important": "important",
    "warning": "warning",
    "caution": "caution",
    "attention": "important",
    "danger": "warning",
}
_COMMAND_LINE = re.compile(
    r"^\s*(?:(?:PS )?[A-Z]:\\[^>]*>\s*)?(?:Get|Set|New|Remove|Add|Enable|Disable|Test|Start|Stop|Restart"
    r"|Import|Export|Update|Connect|Install|Uninstall|Invoke|Move|Resume|Suspend|Clear|Reset|Repair|Grant"
    r"|Mount|Dismount)"
    r"-[A-Z]\w+(?:\s+(?:[-|\"'$<({*@].*|\S+\s+[-|].*|\S+))?[^.:]$"
)
"""A cmdlet with its arguments, alone on a line: code, fence or no fence."""
_QUOTE = re.compile(r"^\s*>\s?")


DEEPEST = 8
"""Lists and quotations inside one another that are told apart; what lies deeper is plain paragraphs."""
LONGEST_PARAGRAPH = 4_000
"""Characters; more than that without a blank line is a log, read on as a further paragraph."""
_MARKS = re.compile(r"^(?:\s|>|[-*+•·]\s|\d{1,3}[.)]\s)+")


def blocks_of(lines: Sequence[Line], depth: int = 0) -> tuple[Block, ...]:
    """Blocks of these lines, in order; adjacent ordered lists that count on are one list."""
    if depth > DEEPEST:
        return _flat([_with(line, _MARKS.sub("", line.text)) for line in lines])
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        if lines[at].blank:
            at += 1
            continue
        block, at = _block_at(lines, at, depth)
        if block is not None:
            blocks.append(block)
    return with_values(joined(with_buttons(blocks)))


def _flat(lines: Sequence[Line]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        if lines[at].blank:
            at += 1
            continue
        block, at = _paragraph(lines, at)
        blocks.append(block)
    return tuple(blocks)


def _with(line: Line, text: str) -> Line:
    """The line with another text; much quicker than `dataclasses.replace`."""
    return Line(text, line.start, line.end)


def _block_at(lines: Sequence[Line], at: int, depth: int) -> tuple[Block | None, int]:
    text = lines[at].text
    if _is_fence(text):
        return _code(lines, at)
    if _NOTE_LINE.match(text):
        return _note(lines, at, depth)
    if _NOTE_INLINE.match(text):
        return _inline_note(lines, at)
    if _QUOTE.match(text):
        return _quote(lines, at, depth)
    if text.lstrip().startswith("|"):
        return _table(lines, at)
    if _ITEM.match(text) and not _is_rule(text):
        return _list(lines, at, depth)
    if _COMMAND_LINE.match(text):
        return _commands(lines, at)
    return _fields(lines, at) or _paragraph(lines, at)


_FIELD = re.compile(
    r"^\s*(?:DWORD|QWORD|REG_\w+|String|Value|Key|Name|Type|Data|Header)\b"
    r"(?:[^=:.]{0,24}=|(?: (?:name|type|data|path))?:)\s*`?(?:\S{1,80}(?: \S+){0,3}|HKEY_[^`]+)`?$",
    re.IGNORECASE,
)
"""A field of a registry value on a line of its own: "DWORD = EnableTray"."""


_FEWEST_FIELDS = 2


def _fields(lines: Sequence[Line], at: int) -> tuple[Block, int] | None:
    """Two such lines or more, nothing else below them, are copied as they stand."""
    end = at
    while end < len(lines) and _FIELD.match(lines[end].text):
        end += 1
    if end - at < _FEWEST_FIELDS or (end < len(lines) and not lines[end].blank):
        return None
    text = "\n".join(line.text.strip().replace("`", "") for line in lines[at:end])
    return Code(text, "", lines[at].start, lines[end - 1].end), end


def _commands(lines: Sequence[Line], at: int) -> tuple[Block | None, int]:
    end = at
    while end < len(lines) and _COMMAND_LINE.match(lines[end].text):
        end += 1
    text = "\n".join(line.text.strip() for line in lines[at:end])
    return Code(text, "powershell", lines[at].start, lines[end - 1].end), end


_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$")


def _is_rule(text: str) -> bool:
    return bool(_RULE.match(text))


def _code(lines: Sequence[Line], at: int) -> tuple[Block | None, int]:
    opening = _FENCE.match(lines[at].text)
    mark, language = (opening[1], opening[2]) if opening else ("```", "")
    end = at + 1
    while end < len(lines) and not lines[end].text.strip().startswith(mark):
        end += 1
    inner = list(lines[at + 1 : end])
    while inner and inner[0].blank:
        inner.pop(0)
    while inner and inner[-1].blank:
        inner.pop()
    if not inner:
        return None, end + 1
    margin = min(line.indent for line in inner if not line.blank)
    text = "\n".join(line.text[margin:] if not line.blank else "" for line in inner)
    text = _ESCAPED_HOLE.sub("", text.rstrip())
    return Code(text, language.lower(), inner[0].start, inner[-1].end), end + 1


_ESCAPED_HOLE = re.compile(r"(?<=[\s\"'(=])\\(?=<[A-Za-z])")
"""A placeholder escaped as in prose: `Set-Ramp \\<name>` is run without the backslash."""


def _note(lines: Sequence[Line], at: int, depth: int) -> tuple[Block | None, int]:
    match = _NOTE_LINE.match(lines[at].text)
    kind = _NOTE_KINDS.get(match["word"].lower(), "note") if match else "note"
    after = at + 1
    if after < len(lines) and _QUOTE.match(lines[after].text):
        inner, end = _quoted(lines, after)
    else:
        inner, end = _until_blank(lines, after)
    blocks = blocks_of(inner, depth + 1)
    if not blocks:
        return None, end
    return Note(kind, blocks, lines[at].start, inner[-1].end), end


def _until_blank(lines: Sequence[Line], at: int) -> tuple[list[Line], int]:
    while at < len(lines) and lines[at].blank:
        at += 1
    end = at
    while end < len(lines) and not lines[end].blank:
        end += 1
    return list(lines[at:end]), end


_LEADS = re.compile(r"\s*(?:To \w|Follow |Here)[^.]*:\s*$")
"""Below a note of one line: leads to the steps, no part of the note."""


def _inline_note(lines: Sequence[Line], at: int) -> tuple[Block | None, int]:
    match = _NOTE_INLINE.match(lines[at].text)
    kind = _NOTE_KINDS.get(match["word"].lower(), "note") if match else "note"
    led = next((i for i in range(at + 1, len(lines)) if lines[i].blank or _LEADS.match(lines[i].text)), at)
    paragraph, end = _paragraph(lines[:led] if led > at else lines, at)
    if match is None or paragraph is None:
        return paragraph, end
    text = paragraph.text[match.start("rest") - (len(lines[at].text) - len(lines[at].text.lstrip())) :]
    return Note(kind, (replace(paragraph, text=text),), paragraph.start, paragraph.end), end


def _quoted(lines: Sequence[Line], at: int) -> tuple[list[Line], int]:
    """The lines behind the quote marks; a line that lazily continues a quote's paragraph belongs to it."""
    inner = []
    while at < len(lines) and not lines[at].blank:
        text = lines[at].text
        led = text.rstrip().endswith(":") and at + 1 < len(lines) and lines[at + 1].blank
        if not _QUOTE.match(text) and (led or _starts_block(text)):
            break
        inner.append(_with(lines[at], _QUOTE.sub("", text, count=1)))
        at += 1
    return inner, at


def _starts_block(text: str) -> bool:
    return bool(
        _is_fence(text) or _ITEM.match(text) or _NOTE_LINE.match(text) or text.lstrip().startswith(("|", "#"))
    )


_PRINTED = re.compile(r"(?:WARNING|ERROR|CAUTION): ")
"""A warning as a console prints it is what a program says, no warning of the text."""


def _quote(lines: Sequence[Line], at: int, depth: int) -> tuple[Block | None, int]:
    inner, end = _quoted(lines, at)
    first = next((line for line in inner if not line.blank), None)
    if first is not None and _NOTE_LINE.match(first.text):
        note, _ = _note(_unmarked(inner), 0, depth + 1)
        return note, end
    blocks = blocks_of(inner, depth + 1)
    ran = any(isinstance(b, Code) for b in blocks) and not any(_is_fence(line.text) for line in inner)
    printed = any(_PRINTED.match(line.text) for line in inner)
    if printed or (ran and len(blocks) > 1):
        # A cmdlet among the lines of a message is what was run, not to be run.
        blocks = _flat(inner)
    return (Quote(blocks, lines[at].start, inner[-1].end) if blocks else None), end


def _unmarked(inner: Sequence[Line]) -> list[Line]:
    """A note written inside a quote: its blank lines do not end it."""
    rest = [line for line in inner if not line.blank or line is not inner[0]]
    while rest and rest[0].blank:
        rest.pop(0)
    return [rest[0], *(_with(line, f"> {line.text}") for line in rest[1:])]


def _table(lines: Sequence[Line], at: int) -> tuple[Block | None, int]:
    end = at
    while end < len(lines) and lines[end].text.lstrip().startswith("|"):
        end += 1
    rows = tuple(line.text.strip() for line in lines[at:end])
    return Table(rows, lines[at].start, lines[end - 1].end), end


def _paragraph(lines: Sequence[Line], at: int) -> tuple[Paragraph, int]:
    end, size = at + 1, len(lines[at].text)
    while end < len(lines) and not lines[end].blank and not _starts_block(lines[end].text):
        size += len(lines[end].text)
        if (
            size > LONGEST_PARAGRAPH
            or _QUOTE.match(lines[end].text)
            or _NOTE_INLINE.match(lines[end].text)
            or _COMMAND_LINE.match(lines[end].text)
        ):
            break
        end += 1
    text = "\n".join(line.text.strip() for line in lines[at:end])
    return Paragraph(text, lines[at].start, lines[end - 1].end), end


def _list(lines: Sequence[Line], at: int, depth: int) -> tuple[Block | None, int]:
    first = _ITEM.match(lines[at].text)
    ordered = bool(first and first["mark"][0].isalnum() and first["mark"] != "o")
    number = _counted(first["mark"]) if first and ordered else 1
    margin = lines[at].indent
    items: list[Item] = []
    start = at
    while at < len(lines):
        match = _ITEM.match(lines[at].text)
        if match is None or _is_other_list(lines[at], match, margin, ordered=ordered):
            break
        end = _item_end(lines, at, margin)
        item = _item(lines[at:end], match, depth)
        if item is not None:
            items.append(item)
        at = end
    while at > start and lines[at - 1].blank:
        at -= 1
    if not items:
        return None, max(at, start + 1)
    return ListBlock(ordered, tuple(items), items[0].start, items[-1].end, number), at


def _counted(mark: str) -> int:
    """The number of an entry: 3 for "3." and for "c)"."""
    return int(mark[:-1]) if mark[0].isdigit() else ord(mark[0]) - ord("a") + 1


def _is_other_list(line: Line, match: re.Match[str], margin: int, *, ordered: bool) -> bool:
    alnum = match["mark"][0].isalnum() and match["mark"] != "o"
    return alnum != ordered or abs(line.indent - margin) > 1


def _item_end(lines: Sequence[Line], at: int, margin: int) -> int:
    """Index after the last line of the item: deeper lines, and lazy lines right below."""
    end, fenced, after_blank = at + 1, _is_fence(_rest(lines[at].text)), False
    while end < len(lines):
        line = lines[end]
        fence, blank = _is_fence(line.text), line.blank
        if not fenced and not blank and _is_no_deeper(line, margin):
            lazy = (
                not after_blank and not fence and not _starts_block(line.text) and not _QUOTE.match(line.text)
            )
            if not lazy:
                break
        if fence:
            fenced = not fenced
        after_blank = blank
        end += 1
    return end


def _is_fence(text: str) -> bool:
    """Asked of every line on every level of a list, so the expression only where it may match."""
    return ("```" in text or "~~~" in text) and bool(_FENCE.match(text))


def _is_no_deeper(line: Line, margin: int) -> bool:
    """Whether it begins where the list's items do; an item may stand one column to the right."""
    indent = line.indent
    return indent <= margin or (indent == margin + 1 and bool(_ITEM.match(line.text)))


def _rest(text: str) -> str:
    match = _ITEM.match(text)
    return match["rest"] if match else text


def _item(lines: Sequence[Line], match: re.Match[str], depth: int) -> Item | None:
    head = _with(lines[0], match["rest"])
    inner = [head, *_dedented(lines[1:])]
    blocks = blocks_of(inner, depth + 1)
    if not blocks:
        return None
    first, rest = (blocks[0].text, blocks[1:]) if isinstance(blocks[0], Paragraph) else ("", blocks)
    last = next(line for line in reversed(lines) if not line.blank)
    return Item(first, rest, lines[0].start, last.end)


def _dedented(lines: Sequence[Line]) -> list[Line]:
    indents = [line.indent for line in lines]
    margin = min((own for own, line in zip(indents, lines, strict=True) if own and not line.blank), default=0)
    if not margin:
        return list(lines)
    return [
        _with(line, line.text.expandtabs(4)[min(margin, own) :]) if own else line
        for own, line in zip(indents, lines, strict=True)
    ]
