"""A whole import: read, check, write in batches, count. Memory does not grow with the file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path

from django.utils.translation import ngettext

from flowpilot.accounts import audit
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

HEADER_RECORDS = 100
"""So many records are looked at before the columns are judged: JSON leaves out keys without a value."""
MAX_NAMES = 2000

Records = Iterator[Record | Rejected]
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


class _Header:
    """The column names seen so far: all of them in a table's first record, more and more in JSON."""

    def __init__(self, first: Iterable[Record | Rejected], chosen: Mapping[str, str]) -> None:
        self._chosen = chosen
        self._names: dict[str, None] = {}
        for record in first:
            if isinstance(record, Record):
                self._names.update(dict.fromkeys(record.values))
        self._columns = resolve(list(self._names), chosen) if self._names else {}
        if self._names:
            require(self._columns, list(self._names))

    def columns(self, record: Record) -> Columns:
        if record.values.keys() - self._names.keys() and len(self._names) < MAX_NAMES:
            self._names.update(dict.fromkeys(record.values))
            self._columns = resolve(list(self._names), self._chosen)
        return self._columns


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
        if report.imported and not options.dry_run:
            _tell(path, target, report)
    return report


def _tell(path: Path, target: Target, report: Report) -> None:
    """A broken-off import is told too: what it wrote stays."""
    said = ngettext("%(count)s ticket from %(file)s", "%(count)s tickets from %(file)s", report.imported) % {
        "count": report.imported,
        "file": path.name,
    }
    audit.record(
        audit.Verb.HISTORY_IMPORTED, account_id=target.account.pk, subject=target.account, note=said, by=None
    )


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
    first, records = _peeked(read_records(PhysicalLines(source.text), path))
    header = _Header(first, options.chosen)
    for record in chain(first, records):
        if isinstance(record, Rejected):
            report.read += 1
            report.reject(record)
            continue
        report.read += 1
        try:
            row = ticket_row(record.line, record.values, header.columns(record), options.reading)
        except UnusableRow as error:
            report.reject(Rejected(record.line, str(error)))
        else:
            _note_dates(row, report)
            yield row


def _peeked(records: Records) -> tuple[list[Record | Rejected], Records]:
    """The first records and those behind them. An end of readability among the first comes after them."""
    first: list[Record | Rejected] = []
    try:
        for record in islice(records, HEADER_RECORDS):
            first.append(record)
    except UnusableFile as error:
        if first:
            return first, _breaking_off(error)
        raise
    return first, records


def _breaking_off(error: UnusableFile) -> Records:
    yield from ()
    raise error


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
