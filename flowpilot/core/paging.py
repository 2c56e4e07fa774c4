"""Keyset pages for the screens: no COUNT, no OFFSET, the same cost at any depth."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from flowpilot.core.moments import moment_of

PAGE_SIZE = 25
LARGEST: Final = 1e12
"""Of the numbers that rows are ordered by."""


@dataclass(frozen=True)
class Order:
    """By which column rows are listed, those that share a value by their ids; an index should hold it."""

    field: str = "created_at"
    descending: bool = True

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}{self.field}", f"{sign}id")

    def behind(self, rows: QuerySet[Any], value: Any, pk: UUID) -> QuerySet[Any]:
        """The rows that come after the one with this value and id. The bound on the column alone is what an
        index is entered by."""
        way = "lt" if self.descending else "gt"
        later = Q(**{f"{self.field}__{way}": value}) | Q(**{self.field: value, f"id__{way}": pk})
        return self.sorted(rows).filter(later).filter(**{f"{self.field}__{way}e": value})


NEWEST: Final = Order()


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor of those that follow; an empty cursor says these were the last."""

    rows: list[Any]
    next_cursor: str


def page_of(rows: QuerySet[Any], cursor: str = "", *, size: int = PAGE_SIZE, order: Order = NEWEST) -> Page:
    """One page of rows in their order, by default newest first, after the cursor's row.

    A cursor that was not made here is ignored: the first page is a better answer than an error.
    """
    after = _decode(cursor, order)
    ordered = order.behind(rows, *after) if after else order.sorted(rows)
    found = list(ordered[: size + 1])
    more = len(found) > size
    return Page(found[:size], _encode(found[size - 1], order) if more else "")


def _encode(row: Any, order: Order) -> str:
    value = getattr(row, order.field)
    told = value.isoformat() if isinstance(value, datetime) else value
    raw = json.dumps([told, str(row.pk)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Order) -> tuple[datetime | float, UUID] | None:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        value, pk = json.loads(raw)
        return (moment_of(value) if order.field.endswith("_at") else _number(value)), UUID(pk)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError, OverflowError):
        return None


def _number(value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not isfinite(value)
        or abs(value) > 1e12
    ):
        raise ValueError("no number that a row can have")
    return value
