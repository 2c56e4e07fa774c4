"""Tables as files to take away."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from django.http import HttpResponse

LARGEST = 50_000
"""Rows of one export. It is written as a whole, inside the request and its account's scope: a streamed
answer is read after that scope is closed."""

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""The wide signs of East Asian writing count for some spreadsheets as well."""


class TooManyRows(Exception):
    """More rows than one export may have; the message says how many are allowed."""

    def __init__(self) -> None:
        super().__init__(f"{LARGEST:,}")


def plain_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it.

    Source: OWASP, "CSV Injection".
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A CSV with a byte order mark, which spreadsheets need in order to read it as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow([plain_cell(value) for value in row])
    return _attachment(f"{name}.csv", "text/csv; charset=utf-8", "\ufeff" + text.getvalue())


def json_file(name: str, rows: Sequence[Mapping[str, object]]) -> HttpResponse:
    text = json.dumps(list(rows), ensure_ascii=False, indent=1, default=str)
    return _attachment(f"{name}.json", "application/json", text)


def _attachment(name: str, content_type: str, text: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
