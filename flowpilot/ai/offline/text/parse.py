"""A ticket's or resolution's text as a tree of sections with typed blocks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flowpilot.ai.offline.text.blocks import blocks_of
from flowpilot.ai.offline.text.headings import BARE_LEVEL, heading_of, label_of
from flowpilot.ai.offline.text.lines import lines_of
from flowpilot.ai.offline.text.model import Document, Heading, Line, Section

_FENCE = re.compile(r"^\s*(?:>\s*)?(?:[-*]\s+|\d+[.)]\s+)?(`{3,}|~{3,})")
_SHORT = ("cause", "symptoms", "status")
_TEXT = Heading("text", None, None, "", 0)


@dataclass
class _Open:
    heading: Heading
    start: int
    end: int
    lines: list[Line] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)
    labels: bool = False
    """A label such as "Cause: …" on one line: it ends with its paragraph."""

    def closed(self) -> Section:
        return Section(self.heading, blocks_of(self.lines), tuple(self.children), self.start, self.end)


def parse_document(source: str) -> Document:
    """Read markdown-like text, HTML or plain mail. Offsets of every part count characters of `source`."""
    return Document(source, _sections(_bounded(lines_of(source))))


_LONGEST_LINE = 4_000


def _bounded(lines: Sequence[Line]) -> list[Line]:
    """Overlong lines cut at blanks, so that reading takes time in proportion; code stays whole."""
    result: list[Line] = []
    fenced = False
    for line in lines:
        if _FENCE.match(line.text):
            fenced = not fenced
        result += [line] if fenced or len(line.text) <= _LONGEST_LINE else _cut(line)
    return result


def _cut(line: Line) -> list[Line]:
    parts, text, start = list[Line](), line.text, line.start
    while len(text) > _LONGEST_LINE:
        at = text.rfind(" ", 1, _LONGEST_LINE) + 1 or _LONGEST_LINE
        parts.append(Line(text[:at].rstrip(), start, min(start + at, line.end)))
        text, start = text[at:], min(start + at, line.end)
    return [*parts, Line(text, start, line.end)]


def _sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    root = _Open(replace(_TEXT, level=-1), 0, 0)
    stack = [root, _Open(_TEXT, lines[0].start if lines else 0, 0)]
    fenced = False
    for line in lines:
        if _FENCE.match(line.text):
            fenced = not fenced
        heading = None if fenced or line.blank else heading_of(line.text)
        if heading is not None:
            heading = _below_its_cause(heading, stack)
            _close_to(stack, heading.level)
            stack.append(_Open(heading, line.start, line.end))
            continue
        label = None if fenced or line.blank else label_of(line.text)
        if label is not None:
            _close_to(stack, label[0].level)
            stack.append(_Open(label[0], line.start, line.end, labels=label[0].kind in _SHORT))
            line = replace(line, text=line.text[label[1] :])
        elif line.blank and stack[-1].labels and stack[-1].lines:
            _close_to(stack, BARE_LEVEL)
            stack.append(_Open(_TEXT, line.end, line.end))
        stack[-1].lines.append(line)
        if not line.blank:
            stack[-1].end = line.end
    _close_to(stack, 0)
    return tuple(
        section for section in root.children if section.blocks or section.children or section.heading.title
    )


def _below_its_cause(heading: Heading, stack: Sequence[_Open]) -> Heading:
    """A bare "Resolution:" under one of the causes that a resolution counts is what is done against it."""
    *above, last = [one.heading for one in stack]
    counted = last.kind == "cause" and last.number is not None
    if not counted or heading.kind not in _REMEDIES or heading.level > BARE_LEVEL or heading.target:
        return heading
    inside = any(one.kind in _REMEDIES for one in above)
    return replace(heading, level=last.level + 1) if inside and heading.number is None else heading


_REMEDIES = ("resolution", "workaround")


def _close_to(stack: list[_Open], level: int) -> None:
    """Close every open section of this rank or deeper; the text before any heading closes at any heading."""
    while len(stack) > 1 and (stack[-1].heading.level >= level or stack[-1].heading.kind == "text"):
        done = stack.pop()
        stack[-1].end = max(stack[-1].end, done.end)
        stack[-1].children.append(done.closed())
