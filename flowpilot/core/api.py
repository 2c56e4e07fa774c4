"""What the whole API shares: problems as JSON (RFC 9457) and keyset pages, newest first."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from flowpilot.core.moments import moment_of
from flowpilot.core.trace import current_trace

TITLES = {
    status.HTTP_403_FORBIDDEN: _("You may not do this."),
    status.HTTP_404_NOT_FOUND: _("Not found."),
}
"""By status, where the refusal's own class has no words or too many."""


class NewestFirst(CursorPagination):
    """Keyset pages on (created_at, id): no COUNT, no OFFSET, the same cost at any depth."""

    ordering = ("-created_at", "-id")
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
    invalid_cursor_message = _("This cursor is not one of ours: start again without it.")  # type: ignore[assignment]

    def decode_cursor(self, request: Request) -> Cursor | None:
        """404 also for a position that is no moment, which the parent would hand to the database."""
        cursor: Any = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        try:
            return cursor._replace(position=str(moment_of(cursor.position)))
        except ValueError as error:
            raise NotFound(self.invalid_cursor_message) from error


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `application/problem+json`: type, title, status, detail, errors by field, request."""
    response = exception_handler(error, context)
    if response is None:
        return None
    fields, detail = _told(error, response.data)
    response.data = {
        "type": "about:blank",
        "title": TITLES.get(response.status_code) or getattr(error, "default_detail", response.status_text),
        "status": response.status_code,
        "detail": detail or None,
        "errors": fields or None,
        "request_id": current_trace().request_id,
    }
    response.content_type = "application/problem+json"
    return response


def _told(error: Exception, data: Any) -> tuple[dict[str, Any], str]:
    """Errors by field and the detail: one of them, as an exception is raised with a dict, a list or words."""
    if isinstance(data, list):
        return {}, " ".join(map(str, data))
    if isinstance(error, APIException) and isinstance(error.detail, dict):
        return data, ""
    return {}, str(data.get("detail", ""))
