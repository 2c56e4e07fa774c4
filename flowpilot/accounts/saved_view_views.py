"""The doors of saved views: keep one, change it, remove it, see them all."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.actions import saving as actions
from flowpilot.accounts.forms import NewViewForm, ViewForm
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.reading import views_of
from flowpilot.accounts.refusals import Refused
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, page_or_fragment, see_other, wants_fragment

SCREENS = {
    SavedView.Screen.SESSIONS: "sessions:list",
    SavedView.Screen.REVIEW: "proposals:queue",
    SavedView.Screen.LIBRARY: "flows:library",
    SavedView.Screen.ANALYTICS: "analytics:overview",
}
"""Where the list of each screen is."""


@require_GET
@requires(Role.ENGINEER)
def list_views(request: Request) -> HttpResponse:
    """All views that one sees, by screen, to be opened, changed and removed."""
    groups = [(screen.label, _listed(request, screen)) for screen in SCREENS]
    return render(request, "accounts/saved_views.html", {"groups": [group for group in groups if group[1]]})


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def save(request: Request) -> HttpResponse:
    """Keep the filters of a list (`screen`, `query`) under a name; then the list by that name."""
    if request.method == "GET":
        return _dialog(request, NewViewForm(initial=request.GET.dict()))
    form = NewViewForm(request.POST)
    if not form.is_valid():
        return _dialog(request, form, status=422)
    try:
        view = actions.save(**form.cleaned_data, by=request.user)
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return _dialog(request, form, status=422)
    messages.success(request, _("Saved the view “%s”.") % view)
    return _go(request, address(view))


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def change(request: Request, pk: UUID) -> HttpResponse:
    """Another name, shared or not."""
    view = find(SavedView, request.user, pk)
    if request.method == "GET":
        return _dialog(request, ViewForm(initial={"name": view.name, "shared": view.shared}), view)
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _dialog(request, form, view, status=422)
    try:
        actions.rename(view, form.cleaned_data["name"], by=request.user)
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return _dialog(request, form, view, status=422)
    actions.share(view, shared=form.cleaned_data["shared"], by=request.user)
    messages.success(request, _("Changed the view “%s”.") % view)
    return _go(request, reverse("views:list"))


@require_POST
@requires(Role.ENGINEER)
def delete(request: Request, pk: UUID) -> HttpResponse:
    view = find(SavedView, request.user, pk)
    actions.delete(view, by=request.user)
    messages.success(request, _("Removed the view “%s”.") % view)
    return _go(request, reverse("views:list"))


def address(view: SavedView) -> str:
    return f"{reverse(SCREENS[SavedView.Screen(view.screen)])}?view={view.slug}"


def _listed(request: Request, screen: str) -> list[dict[str, Any]]:
    return [
        {"view": view, "url": address(view), "may_change": actions.may_change(view, request.user)}
        for view in views_of(request.user, screen)
    ]


def _go(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if wants_fragment(request) else see_other(url)


def _dialog(
    request: Request, form: NewViewForm | ViewForm, view: SavedView | None = None, *, status: int = 200
) -> HttpResponse:
    url = reverse("views:change", args=[view.pk]) if view else reverse("views:save")
    context = {"form": form, "view": view, "url": url}
    return page_or_fragment(
        request, "accounts/saved_view.html", "accounts/_saved_view.html", context, status=status
    )
