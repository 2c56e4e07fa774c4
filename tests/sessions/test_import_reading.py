"""From bytes on disk to checked rows."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sessions.importing.columns import parse_map, resolve
from sessions.importing.dates import parse_date
from sessions.importing.encoding import open_text
from sessions.importing.errors import Rejected, UnusableFile, UnusableRow
from sessions.importing.lines import PhysicalLines
from sessions.importing.records import Record, read_records
from sessions.importing.rows import Reading, TicketRow, is_ended, ticket_row

UTC_READING = Reading(UTC)
PLAIN_FIELDS = ("external_id", "title", "description", "resolution", "category", "status")


def records(path: Path) -> list[Record | Rejected]:
    source = open_text(path)
    try:
        return list(read_records(PhysicalLines(source.text), path))
    finally:
        source.close()


def file(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def row(reading: Reading = UTC_READING, **values: object) -> TicketRow:
    given = {"title": "Printer offline", "resolution": "Restarted the spooler", **values}
    return ticket_row(2, given, resolve(list(given), {}), reading)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encoding_is_told_by_the_bytes(tmp_path: Path, encoding: str) -> None:
    path = file(tmp_path, "t.csv", "id,title\n1,Tür – geöffnet €\n", encoding)
    assert records(path) == [Record(2, {"id": "1", "title": "Tür – geöffnet €"})]


def test_file_of_mixed_encodings_is_read_line_by_line(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", b"id,title\n1,T\xc3\xbcr\n2,T\xfcr\n")
    assert [record.values["title"] for record in records(path)] == ["Tür", "Tür"]


def test_gzip_is_told_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", gzip.compress(b"id,title\n1,a\n"))
    assert records(path) == [Record(2, {"id": "1", "title": "a"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_from_the_header(tmp_path: Path, delimiter: str) -> None:
    lines = [("Ticket #", "Summary", "Resolution"), ("7", "a, b; c", "d")]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert records(file(tmp_path, "t.csv", text)) == [
        Record(2, {"Ticket #": "7", "Summary": "a, b; c", "Resolution": "d"})
    ]


def test_separator_line_of_excel_is_obeyed_and_skipped(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", "sep=;\r\nid;title\r\n1;a\r\n")
    assert records(path) == [Record(3, {"id": "1", "title": "a"})]


def test_lines_are_counted_physically_through_quoted_cells_and_blank_lines(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", 'id,title\r\n1,"two\r\nlines"\r\n\r\n2,b\r\n')
    assert records(path) == [
        Record(2, {"id": "1", "title": "two\r\nlines"}),
        Record(5, {"id": "2", "title": "b"}),
    ]


def test_short_rows_are_filled_and_long_ones_rejected(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", "id,title\n1\n2,b,\n3,c,d\n")
    assert records(path) == [
        Record(2, {"id": "1", "title": ""}),
        Record(3, {"id": "2", "title": "b"}),
        Rejected(4, "3 cells, but the header has 2"),
    ]


def test_quoted_cell_that_never_closes_is_rejected_instead_of_swallowing_the_rest(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", 'id,title\n1,a\n2,"b\n3,c\n')
    assert records(path) == [
        Record(2, {"id": "1", "title": "a"}),
        Rejected(3, "a quoted cell that begins in this record is never closed"),
    ]


def test_reading_goes_on_behind_a_cell_that_is_too_large(tmp_path: Path) -> None:
    huge = "z" * 1_000_001
    path = file(tmp_path, "t.csv", f'id,title\n1,"{huge}"\n2,b\n3,"x\n{huge}\ny"\n4,d\n')
    assert records(path) == [
        Rejected(2, "not a CSV record: field larger than field limit (1000000)"),
        Record(3, {"id": "2", "title": "b"}),
        Rejected(4, "not a CSV record: field larger than field limit (1000000)"),
        Record(7, {"id": "4", "title": "d"}),
    ]


def test_line_beyond_the_limit_is_rejected_and_the_next_one_read(tmp_path: Path) -> None:
    path = file(tmp_path, "t.jsonl", '{"title": "' + "z" * 4_000_001 + '"}\n{"title": "b"}\n')
    assert records(path) == [
        Rejected(1, "the line has more than 4000000 characters"),
        Record(2, {"title": "b"}),
    ]


def test_same_column_name_twice_keeps_both(tmp_path: Path) -> None:
    path = file(tmp_path, "t.csv", "id,Note,Note\n1,a,b\n")
    assert records(path) == [Record(2, {"id": "1", "Note": "a", "Note (2)": "b"})]


def test_bad_json_lines_are_rejected_and_the_others_read(tmp_path: Path) -> None:
    lines = ['{"id": 1}', "{oops}", "", "[1]", "[" * 100_000, '{"n": ' + "9" * 5000 + "}", '{"id": 2}']
    found = records(file(tmp_path, "t.jsonl", "\n".join(lines)))
    assert [record.line for record in found] == [1, 2, 4, 5, 6, 7]
    assert [record for record in found if isinstance(record, Record)] == [
        Record(1, {"id": 1}),
        Record(7, {"id": 2}),
    ]


@pytest.mark.parametrize("wrapper", ["{}", '{{"page": 1, "tickets": {}, "more": false}}'])
def test_json_array_gives_each_element_with_its_line(tmp_path: Path, wrapper: str) -> None:
    array = '[\n {"id": 1,\n  "t": "x]"},\n 5,\n\n {"id": 2}]'
    assert records(file(tmp_path, "t.json", wrapper.format(array))) == [
        Record(2, {"id": 1, "t": "x]"}),
        Rejected(4, "not a JSON object but int"),
        Record(6, {"id": 2}),
    ]


def test_json_array_larger_than_the_buffer_is_read_whole(tmp_path: Path) -> None:
    rows = [{"id": number, "text": "ä" * (number * 997 % 90_000)} for number in range(60)]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    assert [record.values for record in records(file(tmp_path, "t.json", text))] == rows


def test_json_array_on_one_line_may_be_longer_than_any_line(tmp_path: Path) -> None:
    rows = [{"id": number, "text": "x" * 50_000} for number in range(100)]
    found = records(file(tmp_path, "t.json", json.dumps(rows)))
    assert [(record.line, record.values) for record in found] == [(1, each) for each in rows]


def test_line_ends_of_old_and_new_systems_count_alike(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        path = file(tmp_path, "t.csv", end.join(["id,title", *(f"{n},{'x' * 50}" for n in range(3000))]))
        assert [record.line for record in records(path)] == list(range(2, 3002))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"id": 1},\n {"id": oops}]', "Line 2: not a JSON element"),
        ('[{"id": 1}\n', "Line 2: a comma or the end of the array is missing"),
        ("[" * 200_000, "Line 1: nested too deeply"),
    ],
)
def test_broken_json_array_says_where(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UnusableFile, match=message):
        records(file(tmp_path, "t.json", content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "is not a text file but Excel / zip"),
        (gzip.compress(b"id,title\n" + bytes(range(256)) * 900)[:-200], "damaged after line"),
        (b"\x1f\x8bno gzip", "Cannot read"),
    ],
)
def test_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UnusableFile, match=message):
        records(file(tmp_path, "t.csv", content))


@pytest.mark.parametrize(
    "header",
    [
        "Ticket #|Summary|Initial Description|Resolution|Board|Status|Company|Date Entered|Date Closed",
        "TICKET NUMBER|Ticket Title|Description|Resolution|Queue|Status|Account|Create Date|Complete Date",
        "Ticket ID|summary|Details|Closure Note|Category 1|Status|Client Name|Date Occurred|Date Closed",
        "ID|Subject|Description|Resolution notes|Type|Ticket status|Organization|Created at|Solved at",
        "Ticket ID|Subject|Description|Resolution Note|Type|Status|Company Name|Created time|Resolved time",
    ],
    ids=["ConnectWise", "Autotask", "HaloPSA", "Zendesk", "Freshdesk"],
)
def test_columns_of_the_usual_exports_are_recognised(header: str) -> None:
    names = header.split("|")
    fields = [*PLAIN_FIELDS, "client", "opened_at", "closed_at"]
    assert resolve(names, {}) == {field: (name,) for field, name in zip(fields, names, strict=True)}


def test_chosen_column_wins_over_the_recognised_one_and_serves_no_other_field() -> None:
    columns = resolve(["Summary", "Details", "Fix"], parse_map(["title=details", "Resolution = Summary"]))
    assert columns == {"title": ("Details",), "description": (), "resolution": ("Summary",)}


def test_wrong_maps_are_named_with_what_exists() -> None:
    with pytest.raises(UnusableFile, match="There is no field “foo”. Fields: external_id, title"):
        parse_map(["foo=Bar"])
    with pytest.raises(UnusableFile, match="“title” is not of the form field=Column"):
        parse_map(["title"])
    with pytest.raises(UnusableFile, match="There is no column “Bar”. Columns: Summary, Fix."):
        resolve(["Summary", "Fix"], {"title": "Bar"})


def test_first_column_with_a_value_counts() -> None:
    assert row(**{"resolution": "", "Closure Note": "Replaced the fuser"}).resolution == "Replaced the fuser"


def test_row_is_cleaned_and_typed() -> None:
    found = row(
        ticket_id=1042,
        title=" Printer\r\n offline\x00 ",
        description="a\r\nb\ud800",
        status=">Closed",
        company={"id": 7, "name": "Acme"},
        resolution=["Restarted", {"text": "Replaced cable"}],
        opened="2025-03-01T08:00:00Z",
        closed="3/2/2025 1:30 PM",
    )
    assert found == TicketRow(
        line=2,
        external_id="1042",
        has_id=True,
        title="Printer offline",
        description="a\nb",
        resolution="Restarted\nReplaced cable",
        category="",
        status=">Closed",
        client="Acme",
        assignee="",
        priority="",
        opened_at=datetime(2025, 3, 1, 8, tzinfo=UTC),
        closed_at=datetime(2025, 3, 2, 13, 30, tzinfo=UTC),
        unread_dates=(),
    )


def test_without_a_title_the_description_names_the_problem() -> None:
    assert row(title="", description="<p>\n</p><b>No sound</b>\nsince today").title == "No sound"


def test_without_an_id_the_content_identifies_the_row() -> None:
    first, same, other = row(), row(status="closed"), row(resolution="Changed the driver")
    assert not first.has_id
    assert first.external_id.startswith("sha256:")
    assert first.external_id == same.external_id != other.external_id


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"title": " \x00"}, "no problem text: title and description are empty"),
        ({"resolution": "?"}, "no resolution"),
        ({"resolution": None}, "no resolution"),
        (
            {"status": "In progress"},
            "the status “In progress” is neither resolved nor closed (--any-status takes it)",
        ),
        ({"resolution": "x" * 100_001}, "resolution has 100001 characters; at most 100000 are allowed"),
        ({"ticket_id": "9" * 191}, "external_id has 191 characters; at most 190 are allowed"),
    ],
)  # fmt: skip
def test_unusable_row_says_why(values: dict[str, object], reason: str) -> None:
    with pytest.raises(UnusableRow) as refused:
        row(**values)
    assert str(refused.value) == reason


def test_any_status_is_taken_on_demand() -> None:
    assert row(Reading(UTC, any_status=True), status="In progress").status == "In progress"


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        ("resolved", True), ("Closed", True), (">Closed", True), ("Solved", True),
        ("Completed - billed", True),
        ("Closed (resolved)", True), ("Complete", True), ("New", False), ("Unresolved", False),
        ("Not closed", False),
        ("Re-opened", False), ("Closed - cancelled", False), ("Pending closed", False), ("5", False),
    ],
)  # fmt: skip
def test_status_is_judged_by_its_words(status: str, ended: bool) -> None:
    assert is_ended(status) is ended


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("2025-03-04", False, "2025-03-03T23:00"),
        ("2025-03-04T05:06:07Z", False, "2025-03-04T05:06"),
        ("2025-03-04 05:06:07.123+02:00", False, "2025-03-04T03:06"),
        ("3/4/2025", False, "2025-03-03T23:00"),
        ("3/4/2025", True, "2025-04-02T22:00"),
        ("04.03.2025 17:30", False, "2025-03-04T16:30"),
        ("3/4/2025 12:05:00 AM", False, "2025-03-03T23:05"),
        ("3/4/25 5:06 PM", False, "2025-03-04T16:06"),
        ("Mar 4, 2025 5:06 PM", False, "2025-03-04T16:06"),
        ("Tuesday, March 4, 2025 at 17:06", False, "2025-03-04T16:06"),
        ("04-Mar-25 05:06:07 PM", False, "2025-03-04T16:06"),
        ("Tue, 04 Mar 2025 05:06:07 +0000", False, "2025-03-04T05:06"),
        ("1741064767", False, "2025-03-04T05:06"),
        ("1741064767000", False, "2025-03-04T05:06"),
        ("29/2/2024", False, None),
        ("31/31/2024", True, None),
        ("1899-12-30T00:00:00", False, None),
        ("2999-01-01", False, None),
        ("March 2025", False, None),
        ("yesterday at 5", False, None),
        ("12", False, None),
    ],
)  # fmt: skip
def test_dates_of_exports_are_read(text: str, day_first: bool, expected: str | None) -> None:
    found = parse_date(text, day_first=day_first, zone=ZoneInfo("Europe/Berlin"))
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == expected


def test_row_goes_in_without_a_date_that_cannot_be_read() -> None:
    found = row(opened="29/2/2024", closed="2024-03-01")
    assert (found.opened_at, found.closed_at) == (None, datetime(2024, 3, 1, tzinfo=UTC))
    assert found.unread_dates == ("29/2/2024",)


def test_opening_after_the_closing_is_dropped() -> None:
    found = row(opened="2024-03-02", closed="2024-03-01")
    assert (found.opened_at, found.closed_at) == (None, datetime(2024, 3, 1, tzinfo=UTC))
    assert found.unread_dates == ()
