"""The doors of import and export: files of flows in, after a look at what they would change, and out."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from flowpilot.accounts import audit
from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, requires
from flowpilot.core.edge.bodies import takes
from flowpilot.core.web import find, see_other, visible
from flowpilot.flows import reading
from flowpilot.flows.actions.importing import Entry, import_flows, planned
from flowpilot.flows.exchange import files, jsonfile
from flowpilot.flows.exchange.packing import packed
from flowpilot.flows.exchange.portable import LARGEST, MOST_FLOWS, FileRefused, PortableFlow, published
from flowpilot.flows.filters import FlowFilter
from flowpilot.flows.forms import ImportForm
from flowpilot.flows.models import Flow


@takes(megabytes=9)
@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def exchange(request: Request) -> HttpResponse:
    """Take files away, and hand some in: first what they would change is shown, then it is done."""
    if request.method == "GET":
        return page(request, ImportForm(user=request.user) if reading.writes(request.user) else None)
    if not reading.writes(request.user):
        raise NotAllowed(_("Only admins of a team can import flows."))
    form = ImportForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return page(request, form, status=422)
    try:
        portables = files.read(*form.content())
    except FileRefused as refusal:
        return page(request, form, status=422, reasons=refusal.reasons)
    return taken_in(request, form, portables)


def taken_in(request: Request, form: ImportForm, portables: list[PortableFlow]) -> HttpResponse:
    assert request.user.account_id is not None
    if not form.cleaned_data["confirmed"]:
        entries = planned(request.user.account_id, portables, by=request.user)
        name, content = form.content()
        return page(request, form, entries=entries, name=name, packed=packed(content))
    team = form.cleaned_data["team"]
    entries = import_flows(request.user.account_id, portables, team=team, by=request.user)
    said = _("Imported: %(new)s new flows, %(changed)s drafts; %(left)s left as they are.")
    new, changed = (sum(entry.what == what for entry in entries) for what in ("new", "change"))
    left = len(entries) - new - changed
    messages.success(request, said % {"new": new, "changed": changed, "left": left})
    return see_other(reverse("flows:library"))


def page(
    request: Request,
    form: ImportForm | None,
    *,
    entries: list[Entry] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"form": form, "entries": entries, "most": MOST_FLOWS, **more}
    return render(request, "flows/exchange.html", context, status=status)


@require_GET
@requires(Role.ENGINEER)
def export(request: Request) -> HttpResponse:
    """Published flows as a file: `?format=json|md|mmd`, one by `?flow=`, else what the filters leave."""
    kind = request.GET.get("format", "json")
    if kind not in files.WRITERS:
        kind = "json"
    portables = [PortableFlow.of(flow) for flow in asked_for(request)[:MOST_FLOWS]]
    content = files.WRITERS[kind](portables).encode()
    if len(content) > LARGEST:
        said = _("The file would have more than %(most)d MB. Narrow the library and export what it shows.")
        messages.warning(request, said % {"most": LARGEST // 2**20})
        return see_other(reverse("flows:exchange"))
    assert request.user.account_id is not None
    audit.record(
        audit.Verb.EXPORTED,
        account_id=request.user.account_id,
        note=_("%(number)s flows, %(kind)s") % {"number": len(portables), "kind": kind},
        by=request.user,
    )
    name = portables[0].slug if len(portables) == 1 else "flows"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(content, content_type=files.CONTENT_TYPES[kind], headers=headers)


def asked_for(request: Request) -> QuerySet[Flow]:
    rows: QuerySet[Flow] = published(visible(Flow, request.user))
    asked = request.GET.get("flow", "")
    if asked:
        return rows.filter(pk=find(rows, request.user, key_of(asked)).pk)
    narrowed = FlowFilter(request.GET, queryset=rows, request=request)
    return narrowed.qs if narrowed.is_valid() else rows


def key_of(asked: str) -> UUID:
    """A key that no row has stands in for what is none: both are not found."""
    try:
        return UUID(asked)
    except ValueError:
        return UUID(int=0)


@require_GET
@requires(Role.ENGINEER)
def schema(request: Request) -> HttpResponse:
    """The JSON Schema of the JSON files."""
    return JsonResponse(jsonfile.JSON_SCHEMA, json_dumps_params={"indent": 1})
