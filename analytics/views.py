"""The doors of the dashboard."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics.dashboard import CARDS, ENGINEERS, FLOWS, OVERVIEW, OWN, TABS, Tab
from analytics.parts import Card, Spec, file_rows
from analytics.scope import OwnForm, Scope, ScopeForm, counted_until, scope_of, told
from analytics.seen import Seen
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.export import csv_file
from flowpilot.core.web import fragments, page_or_fragment, wants_fragment

PAGE, DASH = "analytics/overview.html", "analytics/_dash.html"
CHIPS = "analytics/_filtered.html"
LONGEST_PAGE = 3
"""Digits of the number of a page."""


@require_GET
@requires(Role.TEAM_ADMIN)
@restores_view(SavedView.Screen.ANALYTICS)
def overview(request: Request) -> HttpResponse:
    """The cards that stand on the counted days at once; the page asks for the others by itself."""
    return _tab(request, OVERVIEW)


@require_GET
@requires(Role.TEAM_ADMIN)
@restores_view(SavedView.Screen.ANALYTICS)
def flows(request: Request) -> HttpResponse:
    """The library at work, and how it grows."""
    return _tab(request, FLOWS)


@require_GET
@requires(Role.TEAM_ADMIN)
@restores_view(SavedView.Screen.ANALYTICS)
def engineers(request: Request) -> HttpResponse:
    """The people whom the reader looks after."""
    return _tab(request, ENGINEERS)


@require_GET
@requires(Role.ENGINEER)
def own(request: Request) -> HttpResponse:
    """What everybody sees of themselves, and nobody else's."""
    context = _context(request, OwnForm(request.GET, user=request.user))
    context["cards"] = _drawn(OWN, context["scope"])
    if wants_fragment(request):
        return fragments(request, [DASH, CHIPS], context)
    return page_or_fragment(request, "analytics/own.html", DASH, context)


def _tab(request: Request, tab: Tab) -> HttpResponse:
    """A saved view says on which tab it was kept: elsewhere it leads there."""
    kept = TABS.get(request.GET.get("tab", ""), tab)
    if kept is not tab:
        view = getattr(request, "saved_view", None)
        query = urlencode({"view": view.slug}) if view else request.GET.urlencode()
        return redirect(f"{reverse(f'analytics:{kept.key}')}?{query}")
    context = _context(request)
    context["tab"] = tab
    context["kept"] = {} if tab is OVERVIEW else {"tab": tab.key}
    context["cards"] = _drawn(tab.first, context["scope"])
    context["later"] = [spec for spec in tab.later if _may_see(spec, request)]
    if wants_fragment(request):
        return fragments(request, [DASH, CHIPS], context)
    return page_or_fragment(request, PAGE, DASH, context)


def _drawn(specs: Iterable[Spec], scope: Scope) -> list[tuple[Spec, Card]]:
    seen = Seen(scope)
    return [(spec, spec.build(scope, seen)) for spec in specs]


@require_GET
@requires(Role.TEAM_ADMIN)
def card(request: Request, key: str) -> HttpResponse:
    """One card; as a page of its own for who has no script."""
    spec, context = _spec(request, key), _context(request)
    context.update(spec=spec, card=_built(spec, context["scope"]))
    return page_or_fragment(request, "analytics/card.html", "analytics/_card.html", context)


@require_GET
@requires(Role.TEAM_ADMIN)
def export(request: Request, key: str) -> HttpResponse:
    """The figures and tables of a card as CSV."""
    spec, scope = _spec(request, key), _context(request)["scope"]
    header, *rows = file_rows(_built(spec, scope))
    return csv_file(f"{spec.key}-{scope.since}-{scope.until}", [str(name) for name in header], rows)


def _page(asked: str) -> int:
    """From 1 on; what cannot be read is the first."""
    readable = asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_PAGE
    return max(1, int(asked)) if readable else 1


def _built(spec: Spec, scope: Scope) -> Card:
    return spec.build(scope, Seen(scope))


def _spec(request: Request, key: str) -> Spec:
    spec = CARDS.get(key)
    if spec is None or not _may_see(spec, request):
        raise Http404
    return spec


def _may_see(spec: Spec, request: Request) -> bool:
    return request.user.account_admin or not spec.account_only


def _context(request: Request, form: ScopeForm | None = None) -> dict[str, Any]:
    form = form or ScopeForm(request.GET, user=request.user)
    state = counted_until(request.user)
    scope = scope_of(form, request.user, state, state.first_day if state else None)
    scope = replace(scope, page=_page(request.GET.get("page", "")))
    asked = request.GET.copy()
    for name in ("tab", "page"):
        asked.pop(name, None)
    query = asked.urlencode()
    return {
        "form": form,
        "scope": scope,
        "range_told": told(scope),
        "state": state,
        "query": f"?{query}" if query else "",
        "more": f"&{query}" if query else "",
    }
