"""From raw text to lines with offsets: greetings, signatures and quoted mail taken off."""

import re
from collections.abc import Sequence

from flowpilot.ai.offline.text.debris import is_debris_line
from flowpilot.ai.offline.text.html_lines import html_lines, looks_like_html
from flowpilot.ai.offline.text.model import Line

_FENCE = re.compile(r"^\s*(?:[-*]\s+|\d+[.)]\s+|>\s*)*(`{3,}|~{3,})")
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings)\b[^.:?]{0,40}[,!.]?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\s*(?:(?:best|kind|warm|many)? ?regards|sincerely|cheers|many thanks|thanks(?: again| so much| a lot)?"
    r"|thank you(?: very much)?|yours \w+|best wishes|best)(?: and \w+)?[,.!]?\s*$",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^\s*(?:>\s*)?On .{6,120} wrote:\s*$")
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:original message|forwarded message|begin forwarded).*$", re.IGNORECASE
)
_MAIL_HEADER = re.compile(r"^\s*\*{0,2}(from|sent|date|to|cc|subject):\*{0,2}\s", re.IGNORECASE)
_SIGNATURE_MARK = re.compile(r"^--\s*$")
_DISCLAIMER = re.compile(
    r"^\s*(?:this (?:e-?mail|message)(?: and any| is (?:intended|confidential|private|for|sent)"
    r"| (?:may contain|contains) (?:confidential|privileged|private|information))|confidentiality notice"
    r"|caution: external)",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 8


def lines_of(source: str) -> list[Line]:
    """Lines of a ticket's text, whatever it is written in; offsets always count in `source`."""
    lines = html_lines(source) if looks_like_html(source) else _plain_lines(source)
    return [line for line in _without_mail(lines) if not is_debris_line(line.text)]


def _plain_lines(source: str) -> list[Line]:
    lines, position = [], 0
    for raw in source.splitlines(keepends=True):
        text = raw.rstrip("\r\n\x0b\x0c\u2028\u2029\x85")
        lines.append(Line(text.rstrip(), position, position + len(text)))
        position += len(raw)
    return lines


def _without_mail(lines: Sequence[Line]) -> list[Line]:
    kept = list(lines[: _quoted_mail_at(lines)])
    kept = _without_signature(kept)
    first = next((i for i, line in enumerate(kept) if not line.blank), None)
    if first is not None and _GREETING.match(kept[first].text):
        kept = kept[first + 1 :]
    return kept


def _quoted_mail_at(lines: Sequence[Line]) -> int:
    """Index of the line at which quoted mail begins, or the number of lines."""
    fenced = False
    for i, line in enumerate(lines):
        if _FENCE.match(line.text):
            fenced = not fenced
        elif not fenced and (
            _REPLY.match(line.text) or _ORIGINAL.match(line.text) or _is_header_block(lines, i)
        ):
            return i
    return len(lines)


def _is_header_block(lines: Sequence[Line], at: int) -> bool:
    names = []
    for line in lines[at : at + 6]:
        match = _MAIL_HEADER.match(line.text)
        if match is None:
            break
        names.append(match.group(1).lower())
    return bool(names) and names[0] == "from" and bool({"sent", "date"} & set(names)) and "to" in names


def _without_signature(lines: list[Line]) -> list[Line]:
    """Cut at the first line that closes the mail; it stands among the last ones that say anything."""
    written = [i for i, line in enumerate(lines) if not line.blank]
    for i in written[-_SIGNATURE_LINES - 1 :]:
        text = lines[i].text
        if _DISCLAIMER.match(text) or (i > 0 and (_CLOSING.match(text) or _SIGNATURE_MARK.match(text))):
            return lines[:i]
    return lines
