"""Per request: the account's scope and the reader's time zone."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts.entering import entry_of
from flowpilot.core.scope import account_scope


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """The reader's own zone, else the account's, else None for the server's default."""
    user = request.user
    if not user.is_authenticated:
        return None
    name = user.time_zone or (user.account.time_zone if user.account else "")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def account_of(request: HttpRequest) -> UUID | None:
    """The account on whose behalf the request runs: the user's own; for a superuser in the Django admin the
    one that was entered; else none."""
    user = request.user
    if not user.is_authenticated or user.account_id:
        return getattr(user, "account_id", None)
    if not request.path.startswith(reverse("admin:index")):
        return None
    request.entry = entry_of(user, request.session)  # type: ignore[attr-defined]
    return request.entry.account_id if request.entry else None  # type: ignore[attr-defined]


class AccountScopeMiddleware:
    """Open the account's scope for the request. Strangers, and superusers outside of an account that they
    entered, run without one: the database refuses them every row that belongs to an account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = zone_of(request)
        with account_scope(account_of(request)), timezone.override(zone or timezone.get_default_timezone()):
            return self.get_response(request)
