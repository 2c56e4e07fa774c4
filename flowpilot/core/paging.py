"""Keyset pages for the screens: no COUNT, no OFFSET, the same cost at any depth."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Literal
from uuid import UUID

from django.db.models import F, Q, QuerySet

from flowpilot.core.moments import moment_of

PAGE_SIZE = 25


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor of those that follow; an empty cursor says these were the last."""

    rows: list[Any]
    next_cursor: str


@dataclass(frozen=True)
class Sort:
    """An order of rows: by one column, then by key the same way; rows without a value come last."""

    field: str
    descending: bool = True
    kind: Literal["moment", "number", "real", "text"] = "moment"
    nullable: bool = False

    def ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self.descending:
            return rows.order_by(self.field, "id")
        last = F(self.field).desc(nulls_last=True) if self.nullable else f"-{self.field}"
        return rows.order_by(last, "-id")

    def after(self, rows: QuerySet[Any], value: Any, pk: UUID) -> QuerySet[Any]:
        way = "lt" if self.descending else "gt"
        if value is None:
            return rows.filter(**{f"{self.field}__isnull": True, f"id__{way}": pk})
        behind = Q(**{f"{self.field}__{way}": value}) | Q(**{self.field: value, f"id__{way}": pk})
        if self.nullable:
            return rows.filter(behind | Q(**{f"{self.field}__isnull": True}))
        # Said once more without OR: an index is entered by this one.
        return rows.filter(behind).filter(**{f"{self.field}__{way}e": value})

    def read(self, value: Any) -> Any:
        """A cursor's value; raises `ValueError` or `TypeError` for one that no row can have."""
        if value is None and self.nullable:
            return None
        if self.kind == "moment":
            return moment_of(value)
        if self.kind == "number":
            return _small_number(value)
        if self.kind == "real":
            return _real(value)
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError(value)
        return value

    def written(self, row: Any) -> object:
        value = getattr(row, self.field)
        return value.isoformat() if isinstance(value, datetime) else value


NEWEST_FIRST = Sort("created_at")


def page_of(
    rows: QuerySet[Any], cursor: str = "", *, size: int = PAGE_SIZE, sort: Sort = NEWEST_FIRST
) -> Page:
    """One page of rows in an order, newest first unless another is given, after the cursor's row.

    A cursor that was not made here is ignored: the first page is a better answer than an error.
    """
    after = _decode(cursor, sort)
    ordered = sort.ordered(rows)
    if after:
        ordered = sort.after(ordered, *after)
    found = list(ordered[: size + 1])
    more = len(found) > size
    return Page(found[:size], _encode(found[size - 1], sort) if more else "")


def _encode(row: Any, sort: Sort) -> str:
    raw = json.dumps([sort.written(row), str(row.pk)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str, sort: Sort) -> tuple[Any, UUID] | None:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        value, pk = json.loads(raw)
        return sort.read(value), UUID(pk)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        return None


def _small_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise ValueError(value)
    return value


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(value)
    return value
