"""Physical lines with their numbers, none of them longer than memory allows."""

import zlib
from collections.abc import Callable, Iterator
from typing import TextIO

from django.utils.translation import gettext as _

from sessions.importing.errors import UnusableFile

MAX_LINE = 4_000_000
"""Characters. A longer line is skipped as a whole and reported."""


class LineTooLong(Exception):
    pass


class PhysicalLines(Iterator[str]):
    """Iterates over lines with their ends; `number` is the number of the line returned last."""

    def __init__(self, stream: TextIO, limit: int = MAX_LINE) -> None:
        self.number = 0
        self.exhausted = False
        self._stream = stream
        self._limit = limit
        self._returned: str | None = None

    def __next__(self) -> str:
        if self._returned is not None:
            line, self._returned = self._returned, None
        else:
            line = self._read(self._limit + 1)
        if not line:
            self.exhausted = True
            raise StopIteration
        self.number += 1
        if len(line) > self._limit and not line.endswith(("\n", "\r")):
            self._skip_rest()
            raise LineTooLong(_("the line has more than %(limit)d characters") % {"limit": self._limit})
        return line

    def push_back(self, line: str) -> None:
        """Make the line returned last the next one again."""
        self._returned = line
        self.number -= 1

    def read(self, characters: int) -> str:
        """The next characters regardless of lines, for formats in which lines mean nothing."""
        returned, self._returned = self._returned or "", None
        return returned + self._guarded(lambda: self._stream.read(characters))

    def skip_to_closing_quote(self) -> None:
        """Go on behind a quoted cell that was given up in its middle."""
        while (line := self._read(self._limit)) and line.count('"') % 2 == 0:
            self.number += line.endswith(("\n", "\r"))
        self.number += bool(line)

    def _skip_rest(self) -> None:
        while (rest := self._read(self._limit)) and not rest.endswith(("\n", "\r")):
            pass

    def _read(self, limit: int) -> str:
        return self._guarded(lambda: self._stream.readline(limit))

    def _guarded(self, read: Callable[[], str]) -> str:
        try:
            return read()
        except (OSError, EOFError, zlib.error) as error:
            raise UnusableFile(
                _("The file is damaged after line %(line)d: %(reason)s.")
                % {"line": self.number, "reason": error}
            ) from error
