"""What the whole API shares: problems as JSON (RFC 9457) and keyset pages, newest first."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler


class NewestFirst(CursorPagination):
    """Keyset pages on (created_at, id): no COUNT, no OFFSET, the same cost at any depth."""

    ordering = ("-created_at", "-id")
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `application/problem+json`: type, title, status, detail, and errors by field."""
    response = exception_handler(error, context)
    if response is None:
        return None
    fields = response.data if isinstance(error, APIException) and isinstance(error.detail, dict) else {}
    detail = "" if fields else str(response.data.get("detail", ""))
    response.data = {
        "type": "about:blank",
        "title": getattr(error, "default_detail", None) or type(error).__name__,
        "status": response.status_code,
        "detail": detail or None,
        "errors": fields or None,
    }
    if response.status_code == status.HTTP_403_FORBIDDEN:
        response.data["title"] = "You may not do this."
    response.content_type = "application/problem+json"
    return response
