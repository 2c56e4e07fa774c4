"""Physical lines with their numbers, none of them longer than memory allows."""

import re
import zlib
from collections.abc import Callable, Iterator
from typing import TextIO

from django.utils.translation import gettext as _

from sessions.importing.errors import UnusableFile

MAX_LINE = 4_000_000
"""Characters. A longer line is skipped as a whole and reported."""
HEAD = 64 * 1024

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


class LineTooLong(Exception):
    pass


class PhysicalLines(Iterator[str]):
    """Iterates over lines with their ends; `number` is the number of the line returned last."""

    def __init__(self, stream: TextIO, limit: int = MAX_LINE) -> None:
        self.number = 0
        self.exhausted = False
        self.quotes = 0
        """Quotation marks in the lines returned, for whoever resets it at the start of a record."""
        self._stream = stream
        self._limit = limit
        self._ahead = ""

    def __next__(self) -> str:
        line = self._read(self._limit + 1)
        if not line:
            self.exhausted = True
            raise StopIteration
        self.number += 1
        self.quotes += line.count('"')
        if len(line) > self._limit and not line.endswith(("\n", "\r")):
            self._skip_rest()
            raise LineTooLong(_("the line has more than %(limit)d characters") % {"limit": self._limit})
        return line

    def head(self) -> str:
        """The first characters, which stay unread."""
        if not self._ahead:
            self._ahead = self._guarded(lambda: self._stream.read(HEAD))
            if self._ahead.endswith("\r"):  # its newline is part of the same line end
                self._ahead += self._guarded(lambda: self._stream.read(1))
        return self._ahead

    def push_back(self, line: str) -> None:
        """Make the line returned last the next one again."""
        self._ahead = line + self._ahead
        self.number -= 1

    def read(self, characters: int) -> str:
        """The next characters regardless of lines, for formats in which lines mean nothing."""
        ahead, self._ahead = self._ahead, ""
        return ahead or self._guarded(lambda: self._stream.read(characters))

    def skip_to_closing_quote(self) -> None:
        """Go on behind a quoted cell that was given up in its middle; do nothing outside of one."""
        if self.quotes % 2 == 0:
            return
        while (line := self._read(self._limit)) and line.count('"') % 2 == 0:
            self.number += line.endswith(("\n", "\r"))
        self.number += bool(line)

    def _skip_rest(self) -> None:
        while (rest := self._read(self._limit)) and not rest.endswith(("\n", "\r")):
            pass

    def _read(self, limit: int) -> str:
        start = _LINE.match(self._ahead)[0] if self._ahead else ""  # type: ignore[index]
        self._ahead = self._ahead[len(start) :]
        if start.endswith(("\n", "\r")):
            return start
        return start + self._guarded(lambda: self._stream.readline(limit - len(start)))

    def _guarded(self, read: Callable[[], str]) -> str:
        try:
            return read()
        except (OSError, EOFError, zlib.error) as error:
            raise UnusableFile(
                _("The file is damaged after line %(line)d: %(reason)s.")
                % {"line": self.number, "reason": error}
            ) from error
