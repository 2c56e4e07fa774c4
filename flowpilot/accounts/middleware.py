"""Per request: the account's scope and the reader's time zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

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


class AccountScopeMiddleware:
    """Open the account's scope for the request. Superusers and strangers run without one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account_id = getattr(request.user, "account_id", None)
        zone = zone_of(request)
        with account_scope(account_id), timezone.override(zone or timezone.get_default_timezone()):
            return self.get_response(request)
