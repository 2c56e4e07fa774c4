"""Keyset pages for the screens: no COUNT, no OFFSET, the same cost at any depth."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from flowpilot.core.moments import moment_of

PAGE_SIZE = 25


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor of those that follow; an empty cursor says these were the last."""

    rows: list[Any]
    next_cursor: str


def page_of(rows: QuerySet[Any], cursor: str = "", *, size: int = PAGE_SIZE) -> Page:
    """One page of rows ordered by (created_at, id), newest first, after the cursor's row.

    A cursor that was not made here is ignored: the first page is a better answer than an error.
    """
    after = _decode(cursor)
    ordered = rows.order_by("-created_at", "-id")
    if after:
        created_at, pk = after
        ordered = ordered.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=pk))
        ordered = ordered.filter(created_at__lte=created_at)
    found = list(ordered[: size + 1])
    more = len(found) > size
    return Page(found[:size], _encode(found[size - 1]) if more else "")


def _encode(row: Any) -> str:
    raw = json.dumps([row.created_at.isoformat(), str(row.pk)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, UUID] | None:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        created_at, pk = json.loads(raw)
        return moment_of(created_at), UUID(pk)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        return None
