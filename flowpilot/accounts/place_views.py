"""The doors of teams and clients. Both are made, changed, put away and taken back in the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts import reading
from flowpilot.accounts.actions import places
from flowpilot.accounts.actions.changing import state_of
from flowpilot.accounts.doing import do
from flowpilot.accounts.filters import PlaceFilter
from flowpilot.accounts.forms import ClientForm, TeamForm
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.refusals import Changed, Refused
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, list_page, see_other


@dataclass(frozen=True)
class Kind:
    """What differs between teams and clients for these doors: words, fields and where the pages are."""

    model: Any
    rows: Callable[[User], QuerySet[Any]]
    form: type[ModelForm[Any]]
    fields: tuple[str, ...]
    list_url: str
    page_url: str
    new: Promise


TEAM = Kind(Team, reading.teams, TeamForm, ("name",), "people:teams", "people:team", gettext_lazy("New team"))
CLIENT = Kind(
    Client,
    reading.clients,
    ClientForm,
    ("name", "external_refs"),
    "settings:clients",
    "settings:client",
    gettext_lazy("New client"),
)


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def list_teams(request: Request) -> HttpResponse:
    rows = reading.teams(request.user)
    return list_page(request, PlaceFilter, rows, page="accounts/teams.html", fragment="accounts/_teams.html")


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def list_clients(request: Request) -> HttpResponse:
    rows = reading.clients(request.user)
    return list_page(
        request, PlaceFilter, rows, page="accounts/clients.html", fragment="accounts/_clients.html"
    )


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def create_team(request: Request) -> HttpResponse:
    return _create(request, TEAM)


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def create_client(request: Request) -> HttpResponse:
    return _create(request, CLIENT)


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def team(request: Request, pk: UUID) -> HttpResponse:
    return _change(request, TEAM, pk)


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def client(request: Request, pk: UUID) -> HttpResponse:
    return _change(request, CLIENT, pk)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def archive_team(request: Request, pk: UUID) -> HttpResponse:
    return _archive(request, TEAM, pk)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def archive_client(request: Request, pk: UUID) -> HttpResponse:
    return _archive(request, CLIENT, pk)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def restore_team(request: Request, pk: UUID) -> HttpResponse:
    return _restore(request, TEAM, pk)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def restore_client(request: Request, pk: UUID) -> HttpResponse:
    return _restore(request, CLIENT, pk)


def _create(request: Request, kind: Kind) -> HttpResponse:
    form = kind.form(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return _page(request, kind, form, status=200 if request.method == "GET" else 422)
    try:
        place = places.create(kind.model, form.cleaned_data, by=request.user)
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return _page(request, kind, form, status=422)
    messages.success(request, _("“%s” is there now.") % place)
    return see_other(reverse(kind.list_url))


def _change(request: Request, kind: Kind, pk: UUID) -> HttpResponse:
    place = find(kind.model, request.user, pk)
    if request.method == "GET":
        return _page(request, kind, kind.form(instance=place), place)
    form = kind.form(request.POST, instance=find(kind.model, request.user, pk))
    if not form.is_valid():
        return _page(request, kind, form, place, status=422)
    try:
        places.update(place, form.cleaned_data, seen=request.POST.get("seen", ""), by=request.user)
    except Changed as refusal:
        form.add_error(None, str(refusal))
        return _page(request, kind, form, place, status=409)
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return _page(request, kind, form, place, status=422)
    messages.success(request, _("Saved."))
    return see_other(reverse(kind.list_url))


def _archive(request: Request, kind: Kind, pk: UUID) -> HttpResponse:
    place = find(kind.model, request.user, pk)
    said = _("“%s” is archived. What names it stays as it is.") % place
    return do(
        request,
        lambda: places.archive(place, by=request.user),
        said=said,
        then=reverse(kind.page_url, args=[pk]),
    )


def _restore(request: Request, kind: Kind, pk: UUID) -> HttpResponse:
    place = find(kind.model, request.user, pk)
    said = _("“%s” is in use again.") % place
    return do(
        request,
        lambda: places.restore(place, by=request.user),
        said=said,
        then=reverse(kind.page_url, args=[pk]),
    )


def _page(
    request: Request, kind: Kind, form: ModelForm[Any], place: Any = None, *, status: int = 200
) -> HttpResponse:
    """The form of a team or client; `place` is the row as it stands, None for a new one."""
    context = {
        "form": form,
        "place": place,
        "title": str(place) if place else kind.new,
        "seen": state_of(place, kind.fields) if place else "",
        "list_url": reverse(kind.list_url),
        "is_team": kind is TEAM,
    }
    return render(request, "accounts/place.html", context, status=status)
