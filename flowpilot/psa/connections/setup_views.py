"""The doors of what FlowPilot does in a ticket system: where to, in whose name, in which words."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from flowpilot.accounts.actions.changing import state_of
from flowpilot.accounts.http import Request
from flowpilot.accounts.refusals import Changed
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment, see_other
from flowpilot.psa.connections import actions, checking, reading
from flowpilot.psa.connections.forms import MappingForm, NoteForm
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.templating import PLACEHOLDERS, default_template, parsed

NOTE = ("note_template", "mapping")


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def mapping(request: Request, pk: UUID) -> HttpResponse:
    """Board, statuses, work type, who writes; `?board=` shows the statuses of another board."""
    row = reading.connection(request.user, pk)
    if reading.known(row) is None:
        raise Http404
    present = Mapping.of(row.mapping)
    board = (request.POST if request.method == "POST" else request.GET).get("board", present.board)
    choices, troubles = checking.choices_of(row, board)
    initial = {"board": board}
    form = MappingForm(request.POST or None, settings=present, choices=choices, initial=initial)
    status = 200
    if request.method == "POST":
        status = _saved_mapping(request, row, form)
        if status == 200:
            messages.success(request, _("Saved."))
            return see_other(reverse("connections:mapping", args=[pk]))
    context = {
        "row": row,
        "form": form,
        "troubles": troubles,
        "seen": state_of(row, ["mapping"]),
        "no_time": reading.writes_no_time(row),
    }
    pages = "psa/connections/mapping.html", "psa/connections/_mapping_form.html"
    return page_or_fragment(request, *pages, context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def note(request: Request, pk: UUID) -> HttpResponse:
    """The text of notes and who reads them; 422 names line and placeholder."""
    row = reading.connection(request.user, pk)
    if request.method == "POST":
        form = NoteForm(request.POST)
        status = _saved_note(request, row, form)
        if status == 200:
            messages.success(request, _("Saved."))
            return see_other(reverse("connections:note", args=[pk]))
    else:
        present = {"template": row.note_template or default_template()}
        form = NoteForm(initial={**present, "internal": Mapping.of(row.mapping).internal})
        status = 200
    context = {
        "row": row,
        "form": form,
        "seen": state_of(row, NOTE),
        "placeholders": PLACEHOLDERS.items(),
        "no_time": reading.writes_no_time(row),
        **_shown(form),
    }
    return render(request, "psa/connections/note.html", context, status=status)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def preview(request: Request, pk: UUID) -> HttpResponse:
    """How a note would look; what is wrong with the text is said in its place."""
    row = reading.connection(request.user, pk)
    form = NoteForm(request.POST)
    form.is_valid()
    context = {"row": row, "form": form, "no_time": reading.writes_no_time(row), **_shown(form)}
    return render(request, "psa/connections/_preview.html", context)


def _saved_mapping(request: Request, row: PsaConnection, form: MappingForm) -> int:
    if not form.is_valid():
        return 422
    try:
        seen = request.POST.get("seen", "")
        actions.change_mapping(row, form.mapping, seen=seen, by=request.user)
    except Changed as refusal:
        form.add_error(None, str(refusal))
        return 409
    return 200


def _saved_note(request: Request, row: PsaConnection, form: NoteForm) -> int:
    if not form.is_valid():
        return 422
    given = form.cleaned_data
    try:
        actions.change_note(
            row,
            given["template"],
            internal=given["internal"],
            seen=request.POST.get("seen", ""),
            by=request.user,
        )
    except Changed as refusal:
        form.add_error(None, str(refusal))
        return 409
    return 200


def _shown(form: NoteForm) -> dict[str, object]:
    """The note as it would be of each ending; none while the text cannot be read."""
    if form.is_bound and "template" in form.errors:
        return {"shown": [], "internal": bool(form["internal"].value())}
    text = form.cleaned_data["template"] if form.is_bound else str(form["template"].value() or "")
    template = parsed(text or default_template())
    shown = [(ending, template.filled(values)) for ending, values in reading.samples()]
    return {"shown": shown, "internal": bool(form["internal"].value())}
