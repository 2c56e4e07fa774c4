"""A whole import: read, check, write in batches, count. Memory does not grow with the file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from sessions.importing.columns import Columns, require, resolve
from sessions.importing.encoding import TextFile, open_text
from sessions.importing.errors import Rejected, UnusableFile, UnusableRow
from sessions.importing.lines import PhysicalLines
from sessions.importing.records import Record, read_records
from sessions.importing.rows import Reading, TicketRow, ticket_row
from sessions.importing.write import Target, already_imported, import_tickets

BATCH = 500
MAX_REJECTED = 10_000
"""So many rejected rows are listed; beyond them they are only counted."""

Progress = Callable[[TextFile], None]


@dataclass
class Report:
    read: int = 0
    imported: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    rejected_count: int = 0
    unread_dates: int = 0
    first_unread_date: str = ""
    stopped: str = ""
    """Why the file could not be read to its end; empty when it was."""

    def reject(self, rejected: Rejected) -> None:
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(rejected)


@dataclass(frozen=True)
class Options:
    reading: Reading
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Field → column name, from --map."""
    dry_run: bool = False


class _Headers:
    """Columns of the records seen so far; JSON records may each have their own keys."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = chosen
        self._known: dict[tuple[str, ...], Columns] = {}

    def columns(self, record: Record) -> Columns:
        names = tuple(record.values)
        if names not in self._known:
            columns = resolve(names, self._present(names))
            if not self._known:
                require(columns, names)
            if len(self._known) > 1000:
                self._known.clear()
            self._known[names] = columns
        return self._known[names]

    def _present(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """All chosen columns for the first record, which names a wrong one; later ones may lack some."""
        if not self._known:
            return self._chosen
        return {name: column for name, column in self._chosen.items() if column in names}


def import_file(path: Path, target: Target, options: Options, progress: Progress | None = None) -> Report:
    """Import `path` for `target`. Raises `UnusableFile` when nothing of it can be read.

    A file that breaks off later gives a report with `stopped`: what stands before has been imported, and
    importing the repaired file again adds only the rest.
    """
    report = Report()
    write = _DryRun(target) if options.dry_run else _Writer(target)
    source = open_text(path)
    try:
        for batch in _batches(source, path, options, report):
            write(batch, report)
            if progress:
                progress(source)
    except UnusableFile as error:
        if not report.read:
            raise
        report.stopped = str(error)
    finally:
        source.close()
    return report


def _batches(source: TextFile, path: Path, options: Options, report: Report) -> Iterator[list[TicketRow]]:
    batch: list[TicketRow] = []
    try:
        for row in _rows(source, path, options, report):
            batch.append(row)
            if len(batch) >= BATCH:
                yield batch
                batch = []
    except UnusableFile as error:
        if not report.read:
            raise
        report.stopped = str(error)
    if batch:
        yield batch


def _rows(source: TextFile, path: Path, options: Options, report: Report) -> Iterator[TicketRow]:
    headers = _Headers(options.chosen)
    for record in read_records(PhysicalLines(source.text), path):
        if isinstance(record, Rejected):
            report.read += 1
            report.reject(record)
            continue
        columns = headers.columns(record)
        report.read += 1
        try:
            row = ticket_row(record.line, record.values, columns, options.reading)
        except UnusableRow as error:
            report.reject(Rejected(record.line, str(error)))
        else:
            _note_dates(row, report)
            yield row


def _note_dates(row: TicketRow, report: Report) -> None:
    report.unread_dates += len(row.unread_dates)
    if row.unread_dates and not report.first_unread_date:
        report.first_unread_date = row.unread_dates[0]


class _Writer:
    def __init__(self, target: Target) -> None:
        self._target = target

    def __call__(self, batch: list[TicketRow], report: Report) -> None:
        written = import_tickets(batch, self._target)
        report.imported += written.imported
        report.duplicates += written.duplicates
        for rejected in written.rejected:
            report.reject(rejected)


class _DryRun:
    """Counts what an import would do. Keeps 8 bytes of each id, to find repeats within the file."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._seen: set[int] = set()

    def __call__(self, batch: list[TicketRow], report: Report) -> None:
        known = already_imported(batch, self._target)
        for row in batch:
            digest = int.from_bytes(blake2b(row.external_id.encode(), digest_size=8).digest())
            if row.external_id in known or digest in self._seen:
                report.duplicates += 1
            else:
                report.imported += 1
            self._seen.add(digest)
