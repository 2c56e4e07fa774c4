"""Records of an export, one at a time, whatever the file's format."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from django.utils.translation import gettext as _

from sessions.importing.columns import recognised
from sessions.importing.errors import Rejected, UnusableFile
from sessions.importing.json_array import array_elements
from sessions.importing.lines import LineTooLong, PhysicalLines

MAX_CELL = 1_000_000
"""Characters of one CSV cell. Rows beyond the limits of `rows` are refused there, by name."""

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*$', re.I)
_WRAPPER = re.compile(
    r'\s*\{(?:\s*"\w{1,40}"\s*:\s*(?:-?[\d.]{1,20}|"[^"]{0,200}"|null|true|false)\s*,){0,20}'
    r'\s*"(?:tickets|items|results|records|data|value|issues|requests)"\s*:\s*(?=\[)'
)


@dataclass(frozen=True)
class Record:
    line: int
    values: Mapping[str, object]


def read_records(lines: PhysicalLines, path: Path) -> Iterator[Record | Rejected]:
    """Yield the records in order, and in their places the ones that cannot be read.

    The format is told by the first character and the suffix: a JSON array (also inside an object, as APIs
    answer), JSON lines, else a table whose delimiter is found from its header.
    """
    head = lines.head().lstrip()
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if suffixes & {".csv", ".tsv"}:
        return _table(lines)
    if head.startswith("["):
        return _array(lines)
    if head.startswith("{") or suffixes & {".jsonl", ".ndjson"}:
        wrapper = _WRAPPER.match(lines.head())
        return _array(lines, skip=wrapper.end()) if wrapper else _json_lines(lines)
    return _table(lines)


def _first_line(lines: PhysicalLines) -> str:
    """The first line that has something on it; it stays the next one."""
    try:
        for line in lines:
            if line.strip():
                lines.push_back(line)
                return line
    except LineTooLong as error:
        raise UnusableFile(
            _("Line %(line)d: %(reason)s.") % {"line": lines.number, "reason": error}
        ) from error
    raise UnusableFile(_("The file has no content."))


def _array(lines: PhysicalLines, skip: int = 0) -> Iterator[Record | Rejected]:
    for line, element in array_elements(lines, skip):
        if isinstance(element, dict):
            yield Record(line, element)
        else:
            yield Rejected(line, _("not a JSON object but %(type)s") % {"type": type(element).__name__})


def _json_lines(lines: PhysicalLines) -> Iterator[Record | Rejected]:
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except LineTooLong as error:
            yield Rejected(lines.number, str(error))
            continue
        if line.strip():
            yield _json_line(line, lines.number)


def _json_line(line: str, number: int) -> Record | Rejected:
    try:
        value = json.loads(line)
    except RecursionError:
        return Rejected(number, _("nested too deeply"))
    except ValueError as error:
        return Rejected(number, _("not JSON: %(reason)s") % {"reason": error})
    if not isinstance(value, dict):
        return Rejected(number, _("not a JSON object but %(type)s") % {"type": type(value).__name__})
    return Record(number, value)


def _table(lines: PhysicalLines) -> Iterator[Record | Rejected]:
    csv.field_size_limit(MAX_CELL)
    first = _first_line(lines)
    separator = _SEPARATOR_LINE.match(first)
    if separator:
        next(lines)
        first = _first_line(lines)
    delimiter = separator[1] if separator else delimiter_of(first)
    reader = csv.reader(lines, delimiter=delimiter)
    names: list[str] = []
    for line, cells in _cells(lines, reader):
        if isinstance(cells, str):
            yield Rejected(line, cells)
        elif not names:
            names = _unique(cells)
        elif len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            yield Rejected(
                line,
                _("%(cells)d cells, but the header has %(names)d")
                % {"cells": len(cells), "names": len(names)},
            )
        else:
            yield Record(line, dict(zip_longest(names, cells[: len(names)], fillvalue="")))


def _cells(lines: PhysicalLines, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | str]]:
    """Each record's first line with its cells, or with what is wrong with it."""
    while True:
        start, lines.quotes = lines.number + 1, 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except LineTooLong as error:
            yield start, str(error)
        except csv.Error as error:
            lines.skip_to_closing_quote()
            yield start, _("not a CSV record: %(reason)s") % {"reason": error}
        else:
            if lines.exhausted:
                yield start, _("a quoted cell that begins in this record is never closed")
            elif any(cell.strip() for cell in cells):
                yield start, cells


def delimiter_of(header: str) -> str:
    """The delimiter that makes the most known column names of the header, else the most cells."""

    def score(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return recognised(cells), len(cells)

    return max(_DELIMITERS, key=score)


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for name in (each.strip() for each in names):
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique
