"""HTML as ticket systems send it, turned into the same lines as markdown, offsets kept."""

import re
from html import unescape
from html.parser import HTMLParser

from flowpilot.ai.offline.text.model import Line

_STRUCTURE = re.compile(
    r"</?(?:p|br|div|li|ul|ol|table|tr|td|th|h[1-6]|span|html|body|strong|pre|blockquote)\b[^<>]*>",
    re.IGNORECASE,
)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
_BLOCKS_WORDS = """
p div li ul ol table tr h1 h2 h3 h4 h5 h6 blockquote pre br hr section article header footer
"""
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_SKIPPED = frozenset(("script", "style", "head", "title", "noscript", "template"))
_KNOWN_WORDS = """
a abbr address area article aside audio b base bdi bdo big blockquote body br button caption center
cite code col colgroup data dd del details dfn dialog div dl dt em embed fieldset figcaption figure
font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li
link main map mark meta nav noscript object ol option p param picture pre progress q s samp script
section select small source span strike strong style sub summary sup svg table tbody td template
textarea tfoot th thead time title tr tt u ul var video wbr
"""
_KNOWN = frozenset(_KNOWN_WORDS.split())
"""Anything else in angle brackets is a placeholder of the text, such as <user name>."""
_DEEPEST = 8
"""Lists and quotations within one another that are shown as such."""
_AMBIGUOUS = frozenset(("address", "data", "label", "link", "map", "object", "source", "time", "title"))
"""Elements whose names are as often placeholders: they are tags where something closes them."""
_INLINE = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "kbd": "`", "tt": "`", "samp": "`"}


def looks_like_html(source: str) -> bool:
    """Whether tags make the structure: not markup shown as code, nor a few `<br>` in a markdown text."""
    if "<" not in source:
        return False
    tags = len(_STRUCTURE.findall(_CODE.sub("", source)))
    return tags >= 2 and tags * 2 >= source.count("\n") + 1


def html_lines(source: str) -> list[Line]:
    """Markdown-like lines of an HTML text; scripts, styles and pictures are dropped."""
    reader = _Reader(source)
    reader.feed(source)
    reader.close()
    return reader.finish()


class _Reader(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lower = source.lower()
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", source))]
        self._lines: list[Line] = []
        self._parts: list[str] = []
        self._start: int | None = None
        self._end = 0
        self._lists: list[int | None] = []
        self._prefix = ""
        self._skip = 0
        self._pre = False
        self._quotes = 0

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def _flush(self) -> None:
        text = "".join(self._parts)
        text = text if self._pre else re.sub(r"\s+", " ", text).strip()
        if text.strip() and self._start is not None:
            quote = "> " * min(self._quotes, _DEEPEST)
            for part in text.split("\n") if self._pre else (text,):
                self._lines.append(Line(f"{quote}{self._margin()}{part}", self._start, self._end))
            self._prefix = ""
        self._parts, self._start = [], None

    def _margin(self) -> str:
        depth = min(len(self._lists), _DEEPEST)
        if self._prefix:
            return "   " * (depth - 1) + self._prefix
        return "   " * depth

    def _break(self) -> None:
        """One blank line, however many blocks begin and end there."""
        self._flush()
        if self._lines and not self._lines[-1].blank:
            at = self._lines[-1].end
            self._lines.append(Line("", at, at))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _KNOWN or (tag in _AMBIGUOUS and not attrs and f"</{tag}>" not in self._lower):
            raw = self.get_starttag_text() or ""
            self._add(raw, len(raw))
        elif tag in _SKIPPED:
            self._skip += 1
        elif tag in _INLINE:
            self._mark(tag)
        elif tag in ("td", "th"):
            self._parts.append(" | " if self._parts else "")
        elif tag in _BLOCKS:
            self._open_block(tag)

    def _mark(self, tag: str) -> None:
        if not self._pre and not self._skip:
            self._parts.append(_INLINE[tag])

    def _open_block(self, tag: str) -> None:
        if tag in ("br", "tr"):
            self._flush()
        else:
            self._break()
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            self._prefix = self._marker()
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._lines.append(Line(f"{self._margin()}```", self._offset(), self._offset()))
            self._pre = True
        elif tag[0] == "h" and tag[1:].isdigit():
            self._prefix = "#" * int(tag[1:]) + " "

    def _marker(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number + 1}. "

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skip = max(0, self._skip - 1)
        elif tag in _INLINE:
            self._mark(tag)
        elif tag in _BLOCKS and tag not in ("br", "tr", "li"):
            self._close_block(tag)
        elif tag in ("tr", "li"):
            self._flush()

    def _close_block(self, tag: str) -> None:
        self._flush()
        if tag == "pre" and self._pre:
            self._pre = False
            self._lines.append(Line(f"{self._margin()}```", self._offset(), self._offset()))
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        self._break()

    def _add(self, text: str, length: int) -> None:
        if self._skip:
            return
        at = self._offset()
        if self._start is None and text.strip():
            self._start = at
        self._parts.append(text)
        self._end = at + length

    def handle_data(self, data: str) -> None:
        self._add(data, len(data))

    def handle_entityref(self, name: str) -> None:
        self._add(unescape(f"&{name};").replace("\xa0", " "), len(name) + 2)

    def handle_charref(self, name: str) -> None:
        self._add(unescape(f"&#{name};").replace("\xa0", " "), len(name) + 3)

    def finish(self) -> list[Line]:
        self._flush()
        return self._lines
