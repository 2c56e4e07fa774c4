"""The doors of the dashboard."""

from typing import Any

from django.db.models import Min
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from analytics.dashboard import CARDS, FIRST, LATER
from analytics.models import RollupState, TeamDay
from analytics.parts import Card, Spec, file_rows
from analytics.scope import Scope, ScopeForm, scope_of, told
from analytics.seen import Seen
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.export import csv_file
from flowpilot.core.web import fragments, page_or_fragment, visible, wants_fragment

PAGE, DASH = "analytics/overview.html", "analytics/_dash.html"
CHIPS = "analytics/_filtered.html"


@require_GET
@requires(Role.TEAM_ADMIN)
@restores_view(SavedView.Screen.ANALYTICS)
def overview(request: Request) -> HttpResponse:
    """The cards that stand on the counted days at once; the page asks for the others by itself."""
    context = _context(request)
    seen = Seen(context["scope"])
    context["cards"] = [(spec, spec.build(context["scope"], seen)) for spec in FIRST]
    context["later"] = [spec for spec in LATER if _may_see(spec, request)]
    if wants_fragment(request):
        return fragments(request, [DASH, CHIPS], context)
    return page_or_fragment(request, PAGE, DASH, context)


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


def _built(spec: Spec, scope: Scope) -> Card:
    return spec.build(scope, Seen(scope))


def _spec(request: Request, key: str) -> Spec:
    spec = CARDS.get(key)
    if spec is None or not _may_see(spec, request):
        raise Http404
    return spec


def _may_see(spec: Spec, request: Request) -> bool:
    return request.user.account_admin or not spec.account_only


def _context(request: Request) -> dict[str, Any]:
    form = ScopeForm(request.GET, user=request.user)
    state = visible(RollupState, request.user).first()
    first = None
    if request.GET.get("range") == "all":
        first = visible(TeamDay, request.user).aggregate(first=Min("day"))["first"]
    scope = scope_of(form, request.user, state, first)
    query = request.GET.urlencode()
    return {
        "form": form,
        "scope": scope,
        "range_told": told(scope),
        "state": state,
        "query": f"?{query}" if query else "",
    }
