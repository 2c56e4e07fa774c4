"""What every door does the same way: fetch what the viewer may see, answer with a page or a fragment."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_filters import FilterSet
from django_htmx.http import trigger_client_event

from flowpilot.core.models import TenantModel, TenantQuerySet, Viewer
from flowpilot.core.paging import NEWEST_FIRST, Sort, page_of

Row = TypeVar("Row", bound=TenantModel)


def visible(model: type[Row], viewer: Viewer) -> TenantQuerySet:
    """All rows of a tenant-owned model that the viewer may read."""
    queryset: TenantQuerySet = model.objects.visible_to(viewer)
    return queryset


def find(rows: type[Row] | models.QuerySet[Row], viewer: Viewer, pk: UUID) -> Row:
    """The row, or 404 when it does not exist or is not the viewer's to see: the two look alike."""
    queryset = rows if isinstance(rows, models.QuerySet) else rows.objects.all()
    found: Row | None = queryset.visible_to(viewer).filter(pk=pk).first()  # type: ignore[union-attr]
    if found is None:
        raise Http404
    return found


def wants_fragment(request: HttpRequest) -> bool:
    """True for an HTMX request that swaps a part. History requests get the whole page, and so do boosted
    links without a target, which swap the body; with one they spare a list a second address in each row."""
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return False
    return not htmx.boosted or bool(htmx.target)


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page, or under HTMX the very file that the page includes; both vary on the header."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


class SeeOther(HttpResponseRedirect):
    """After a POST: look there with GET, whatever the method was."""

    status_code = 303


def see_other(url: str) -> HttpResponse:
    """Where a form that was sent without HTMX leads when it is done."""
    return SeeOther(url)


def fragments(
    request: HttpRequest,
    templates: list[str],
    context: Mapping[str, Any],
    *,
    status: int = 200,
    event: str | None = None,
) -> HttpResponse:
    """Several fragments in one answer: the swapped one first, then those that go out-of-band.

    `event` is sent to the page as `HX-Trigger`, in the past tense ("proposal-decided").
    """
    response = HttpResponse(status=status)
    for template in templates:
        response.write(render(request, template, dict(context)).content)
    patch_vary_headers(response, ["HX-Request"])
    return trigger_client_event(response, event, {}) if event else response


def list_page(
    request: HttpRequest,
    filters: type[FilterSet],
    rows: models.QuerySet[Any],
    *,
    page: str,
    fragment: str,
    beside: Sequence[str] = (),
    sorts: Mapping[str, Sort] | None = None,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A list narrowed by what the address asks for, newest first, as a page or as its rows. `sorts`: other
    orders, by what `?sort=` names them; `more`: what else the templates need.

    With rows that were filtered anew go the filters that are on, out-of-band, and what else is named in
    `beside`; with those that follow (`?after=`) nothing. A filter that cannot be read narrows nothing, and
    the page says so. `more` is what the templates need beside the page.
    """
    cursor = request.GET.get("after", "")
    narrowed = filters(request.GET, queryset=rows, request=request)
    sort = (sorts or {}).get(request.GET.get("sort", ""), NEWEST_FIRST)
    context = {
        "filter": narrowed,
        "page": page_of(narrowed.qs if narrowed.is_valid() else rows, cursor, sort=sort),
        "filtered": narrowed.form.has_changed(),
        "following_page": cursor,
        **(more or {}),
    }
    if not wants_fragment(request):
        return page_or_fragment(request, page, fragment, context)
    return fragments(
        request, [fragment] if cursor else [fragment, "components/_filtered.html", *beside], context
    )
