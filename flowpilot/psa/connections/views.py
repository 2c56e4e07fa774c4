"""The doors of the connections to ticket systems."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts.actions.changing import state_of
from flowpilot.accounts.doing import do
from flowpilot.accounts.http import Request
from flowpilot.accounts.refusals import Changed, NameTaken, Refused
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment, see_other
from flowpilot.psa.connections import actions, checking, reading
from flowpilot.psa.connections.forms import LoginForm
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.registry import PROVIDERS, provider_name
from flowpilot.psa.webhooks import receiving
from flowpilot.psa.webhooks.addresses import token_of
from flowpilot.psa.webhooks.signatures import USER


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def list_connections(request: Request) -> HttpResponse:
    rows = [(row, provider_name(row.provider)) for row in reading.connections(request.user)]
    context = {"rows": rows, "providers": reading.providers()}
    return render(request, "psa/connections/list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def new(request: Request, provider: str) -> HttpResponse:
    """A connection to a system of this vendor; 422 when something does not fit."""
    if provider not in PROVIDERS:
        raise Http404
    form = LoginForm(request.POST or None, provider=provider)
    if request.method == "GET" or not form.is_valid():
        return _login_page(request, form, provider, status=200 if request.method == "GET" else 422)
    try:
        made = actions.add(provider, form.values, form.credentials, by=request.user)
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return _login_page(request, form, provider, status=422)
    messages.success(request, _("“%s” is there now. Test it before you rely on it.") % made)
    return see_other(reverse("connections:one", args=[made.pk]))


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def one(request: Request, pk: UUID) -> HttpResponse:
    """How it goes with the connection."""
    return _page(request, reading.connection(request.user, pk))


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def login(request: Request, pk: UUID) -> HttpResponse:
    """Name, address, credentials; 409 when somebody else changed them first."""
    row = _known(reading.connection(request.user, pk))
    form = LoginForm(request.POST or None, provider=row.provider, connection=row)
    if request.method == "GET" or not form.is_valid():
        return _login_page(request, form, row.provider, row, status=200 if request.method == "GET" else 422)
    try:
        seen = request.POST.get("seen", "")
        actions.change_login(row, form.values, form.credentials, seen=seen, by=request.user)
    except Refused as refusal:
        changed = isinstance(refusal, Changed)
        form.add_error("name" if isinstance(refusal, NameTaken) else None, str(refusal))
        return _login_page(request, form, row.provider, row, status=409 if changed else 422)
    messages.success(request, _("Saved."))
    return see_other(reverse("connections:one", args=[pk]))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def check(request: Request, pk: UUID) -> HttpResponse:
    """Ask the system; under HTMX the part with what came of it."""
    row = _known(reading.connection(request.user, pk))
    return _page(request, row, examined=checking.examine(row))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def pause(request: Request, pk: UUID) -> HttpResponse:
    row = reading.connection(request.user, pk)
    said = _("“%s” is paused. What is to be written there waits.") % row
    return do(request, lambda: actions.pause(row, by=request.user), said=said, then=_at(pk))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def resume(request: Request, pk: UUID) -> HttpResponse:
    row = reading.connection(request.user, pk)
    said = _("“%s” is in use again.") % row
    return do(request, lambda: actions.resume(row, by=request.user), said=said, then=_at(pk))


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def delete(request: Request, pk: UUID) -> HttpResponse:
    """Asks before it deletes, and says what goes with it."""
    row = reading.connection(request.user, pk)
    if request.method == "GET":
        return render(request, "psa/connections/delete.html", {"row": row})
    actions.delete(row, by=request.user)
    messages.success(request, _("“%s” is deleted.") % row)
    return see_other(reverse("connections:list"))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def new_secret(request: Request, pk: UUID) -> HttpResponse:
    """Shows it this once."""
    row = _known(reading.connection(request.user, pk))
    actions.refuse_unless_admin(request.user, row)
    return _page(request, row, secret=receiving.new_secret(row, by=request.user))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def new_address(request: Request, pk: UUID) -> HttpResponse:
    row = reading.connection(request.user, pk)
    actions.refuse_unless_admin(request.user, row)
    receiving.new_address(row, by=request.user)
    messages.success(request, _("The address is a new one. Tell it to the system."))
    return see_other(_at(pk))


def _page(
    request: Request,
    row: PsaConnection,
    *,
    examined: checking.Examined | None = None,
    secret: str = "",
) -> HttpResponse:
    kind = reading.known(row)
    context = {
        "row": row,
        "provider": provider_name(row.provider),
        "health": reading.health(row),
        "examined": examined,
        "listens": kind is not None and kind.capabilities.signed_webhooks,
        "steps": getattr(kind, "webhook_steps", ()),
        "takes_secret": kind is not None and kind.capabilities.webhook_secret,
        "address": request.build_absolute_uri(reverse("psa:hook", args=[token_of(row)])),
        "has_secret": reading.has_secret(row),
        "secret": secret,
        "secret_user": USER,
        "known": kind is not None,
    }
    return page_or_fragment(request, "psa/connections/one.html", "psa/connections/_examined.html", context)


def _login_page(
    request: Request, form: LoginForm, provider: str, row: Any = None, *, status: int = 200
) -> HttpResponse:
    seen = state_of(row, actions.LOGIN) if row else ""
    context = {"form": form, "row": row, "provider": provider_name(provider), "seen": seen}
    return render(request, "psa/connections/login.html", context, status=status)


def _known(row: PsaConnection) -> PsaConnection:
    """404 for a connection whose vendor this installation has no connector for: nothing can be asked."""
    if reading.known(row) is None:
        raise Http404
    return row


def _at(pk: UUID) -> str:
    return reverse("connections:one", args=[pk])
