"""Per request: who may go on, the account's scope and the reader's time zone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.entering import entry_of
from flowpilot.accounts.second_factor import lacks_second_factor
from flowpilot.core.moments import known_zone
from flowpilot.core.scope import account_scope
from flowpilot.core.web import wants_fragment

SECOND_FACTOR_PAGES = ("account_reauthenticate", "account_logout")
"""Beside those whose names begin with `mfa_`: what setting one up needs, and the way out."""


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """The reader's own zone, else the account's, else None for the server's default."""
    user = request.user
    if not user.is_authenticated:
        return None
    return known_zone(user.time_zone or (user.account.time_zone if user.account else ""))


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


class SignInFirst(LoginRequiredMiddleware):
    """Django's own; a fragment that HTMX asks for is not the place for a login page, so the whole page goes
    there, and comes back to where it was."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        if not wants_fragment(request):
            return super().handle_no_permission(request, view_func)
        page = request.htmx.current_url_abs_path or reverse("home")  # type: ignore[attr-defined]
        address = f"{reverse('account_login')}?{urlencode({'next': page})}"
        return HttpResponseClientRedirect(address)  # type: ignore[return-value]


class SecondFactorFirst:
    """Whoever must have a second factor and has none gets nothing but the pages to set one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        user = request.user
        if not user.is_authenticated or _is_open(request, view) or not lacks_second_factor(user):
            return None
        if wants_fragment(request):
            return HttpResponseClientRedirect(reverse("mfa_index"))
        return HttpResponseRedirect(reverse("mfa_index"))


def _is_open(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Pages for strangers and those about the second factor. The API answers for itself (`InAccount`)."""
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    return not getattr(view, "login_required", True) or name.startswith("mfa_") or name in SECOND_FACTOR_PAGES
