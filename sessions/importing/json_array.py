"""Elements of a JSON array, one at a time, with the line on which each begins.

Own code although `ijson` exists: it does not tell where an element stands, and a bad row must be reported
with its line. The decoding itself is the standard library's.
"""

import json
from collections.abc import Iterator

from django.utils.translation import gettext as _

from sessions.importing.errors import UnusableFile
from sessions.importing.lines import PhysicalLines

CHUNK = 64 * 1024
MAX_ELEMENT = 8_000_000
"""Characters that one element may take."""

_decoder = json.JSONDecoder()


class _Buffer:
    """A window on the text: grows while an element is incomplete, forgets what was consumed."""

    def __init__(self, lines: PhysicalLines) -> None:
        self.text = ""
        self.position = 0
        self.line = 1
        self.ended = False
        self._lines = lines

    def grow(self) -> None:
        """Read as much again as there is, so that retries cost no more than twice the reading."""
        more = self._lines.read(max(CHUNK, len(self.text)))
        self.ended = not more
        self.text += more

    def consume(self, to: int) -> None:
        self.line += self.text.count("\n", self.position, to)
        self.position = to
        if self.position > CHUNK:
            self.text, self.position = self.text[self.position :], 0

    def peek(self) -> str:
        """The next character that is not white space, empty at the end of the file."""
        while True:
            at = self.position
            while at < len(self.text) and self.text[at].isspace():
                at += 1
            self.consume(at)
            if self.position < len(self.text):
                return self.text[self.position]
            self.grow()
            if self.ended:
                return ""


def array_elements(lines: PhysicalLines, skip: int = 0) -> Iterator[tuple[int, object]]:
    """Yield (line, element). `skip` characters stand before the opening bracket.

    Raises `UnusableFile` where the array cannot be read any further: what comes behind a broken element
    of an array cannot be told apart from it.
    """
    buffer = _Buffer(lines)
    buffer.line += lines.number
    buffer.grow()
    buffer.consume(skip)
    buffer.peek()
    buffer.consume(buffer.position + 1)
    separator = buffer.peek()
    while separator and separator != "]":
        line = buffer.line
        element, end = _element(buffer)
        buffer.consume(end)
        yield line, element
        separator = buffer.peek()
        if separator == ",":
            buffer.consume(buffer.position + 1)
            buffer.peek()
        elif separator != "]":
            break
    if separator != "]":
        raise UnusableFile(
            _("Line %(line)d: a comma or the end of the array is missing.") % {"line": buffer.line}
        )


def _element(buffer: _Buffer) -> tuple[object, int]:
    """Decode the element at the buffer's position, reading on while it is incomplete."""
    while True:
        try:
            element, end = _decoder.raw_decode(buffer.text, buffer.position)
        except RecursionError as error:
            raise UnusableFile(_("Line %(line)d: nested too deeply.") % {"line": buffer.line}) from error
        except ValueError as error:
            if buffer.ended or len(buffer.text) - buffer.position > MAX_ELEMENT:
                raise UnusableFile(
                    _("Line %(line)d: not a JSON element, or longer than %(limit)d characters: %(reason)s.")
                    % {"line": buffer.line, "limit": MAX_ELEMENT, "reason": error}
                ) from error
        else:
            if end < len(buffer.text) or buffer.ended:
                return element, end
        buffer.grow()
