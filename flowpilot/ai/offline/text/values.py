"""What a sentence announces as the text to enter: "change it to the following value:", and the next line."""

import re
from collections.abc import Sequence
from dataclasses import replace

from flowpilot.ai.offline.text.exact import code_text
from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.model import Block, Code, Paragraph

_VALUE_FOLLOWS = re.compile(
    r"(?<!one of )(?<!any of )\bthe following (?:[\w-]+ ){0,3}?(?:value|text|string|line|name|formula|address"
    r"|URL|path|format|directive|keyword|expression|query)\b(?! error)(?:[^.:\n]|\.(?=\w)){0,70}:\**$",
    re.IGNORECASE,
)
_TEXT_FOLLOWS = re.compile(r"\b(?:copy|paste)\b[^.:\n]*\bthe following\b[^.:\n]*:\**$", re.IGNORECASE)
_LONGEST = 160
_PROSE = re.compile(
    r"[a-z]{2,}[.,;] [A-Za-z]|\b(?:and then|you)\b|[.:;!?]$|\berror\b|\w\*|\*\w.*\*.|https?://"
    r"|^(?:value|dword|string|key|type|data)\b",
    re.IGNORECASE,
)


def with_values(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with such a line as code, and the lines of a file to be made as one code block."""
    result: list[Block] = []
    for i, each in enumerate(blocks):
        block = _with_last_line(each) if isinstance(each, Paragraph) and "\n" in each.text else each
        before = result[-1] if result else None
        if isinstance(block, Paragraph) and _led(before, _VALUE_FOLLOWS) and _is_value(block.text):
            result.append(replace(block, text=_as_value(block.text)))
        elif isinstance(block, Paragraph) and _led(before, _TEXT_FOLLOWS):
            return (*result, *_as_file(blocks[i:]))
        else:
            result.append(block)
    return tuple(result)


def _with_last_line(block: Paragraph) -> Paragraph:
    """The same within a paragraph, whose last line is the value."""
    *above, lead, last = block.text.split("\n")
    if not _VALUE_FOLLOWS.search(lead) or not _is_value(last):
        return block
    return replace(block, text="\n".join([*above, lead, _as_value(last)]))


def _as_value(text: str) -> str:
    return "`" + re.sub(_EMPHASIS, r"\2", text) + "`"


_EMPHASIS = r"^([*_]{1,2})(.+)\1$"


def _led(before: Block | None, lead: re.Pattern[str]) -> bool:
    return isinstance(before, Paragraph) and lead.search(before.text) is not None


def _is_value(text: str) -> bool:
    return not (
        "\n" in text
        or "`" in text
        or len(text) > _LONGEST
        or _PROSE.search(text)
        or begins_with_verb(text.strip("*"))
    )


def _as_file(blocks: Sequence[Block]) -> Sequence[Block]:
    """Several paragraphs up to the end, none of them prose, are the lines of one text."""
    lines = [b for b in blocks if isinstance(b, Paragraph) and "`" not in b.text]
    if len(lines) < len(blocks) or len(lines) < _SEVERAL or any(_SENTENCE.search(b.text) for b in lines):
        return blocks
    return (Code("\n".join(code_text(b.text) for b in lines), "", lines[0].start, lines[-1].end),)


_SEVERAL = 2
_SENTENCE = re.compile(r"[a-z]{2,}\.(?: |$)|[a-z], (?:and|then|or) ")
