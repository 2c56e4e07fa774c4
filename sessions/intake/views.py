"""The doors of the console's home."""

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.edge.bodies import takes
from flowpilot.core.uploads import download as files
from flowpilot.core.web import page_or_fragment, see_other, wants_fragment
from sessions.actions import intakes
from sessions.attachment_views import UPLOAD_MEGABYTES
from sessions.intake import opening, reading
from sessions.intake.forms import IntakeForm, TypedForm
from sessions.rules import Incomplete

AGAIN = ("look_up", "use", "drop")
"""Buttons that open nothing yet, for browsers without scripts: ask for the ticket, take one of those that
were found, take a kept file away."""


@takes(UPLOAD_MEGABYTES)
@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def home(request: Request) -> HttpResponse:
    """The intake, and below it what waits; sent, it opens a session."""
    if request.method == "POST":
        return _sent(request)
    kept = reading.kept(request.user)
    asked = request.GET.get("ticket", "")[:200]
    initial = kept.initial | ({"ticket": asked} if asked else {})
    form = IntakeForm(initial=initial, user=request.user, kept=len(kept.files))
    return _shown(request, form, kept)


@require_POST
@requires(Role.ENGINEER)
def draft(request: Request) -> HttpResponse:
    """Keep what is being typed, and say what was found in it."""
    form = TypedForm(request.POST, user=request.user)
    if not form.is_valid():
        return render(request, "sessions/intake/_unread.html", {"form": form}, status=422)
    try:
        intakes.keep(form.typed, pen=form.pen, by=request.user)
    except intakes.HeldElsewhere as refusal:
        form.add_error(None, str(refusal))
        return render(request, "sessions/intake/_unread.html", {"form": form}, status=409)
    context = {"look": reading.look(form.typed, request.user)}
    return render(request, "sessions/intake/_look.html", context)


@require_GET
@requires(Role.ENGINEER)
def ticket(request: Request) -> HttpResponse:
    """What the ticket systems know by a number, an address or words; under HTMX the part below the field."""
    asked = request.GET.get("ref") or request.GET.get("ticket", "")
    preview = reading.preview(asked[:200], request.user)
    pages = "sessions/intake/ticket.html", "sessions/intake/_ticket_preview.html"
    return page_or_fragment(request, *pages, {"preview": preview})


@require_GET
@requires(Role.ENGINEER)
def image(request: Request, file: UUID) -> HttpResponse:
    """The pixels of a screenshot that is kept for the own intake."""
    found = reading.kept_file(request.user, file)
    return files.image(found.account_id, found.stored_as, media_type=found.media_type)


@require_POST
@requires(Role.ENGINEER)
def drop(request: Request, file: UUID) -> HttpResponse:
    """Take a kept file away."""
    intakes.drop_file(reading.kept_file(request.user, file))
    if wants_fragment(request):
        return render(request, "sessions/intake/_kept.html", {"kept": reading.kept(request.user)})
    return see_other(reverse("console:home"))


def _sent(request: Request) -> HttpResponse:
    kept = reading.kept(request.user)
    form = IntakeForm(request.POST, request.FILES, user=request.user, team=kept.team, kept=len(kept.files))
    valid = form.is_valid()
    if any(button in request.POST for button in AGAIN):
        return _once_more(request, form)
    if valid:
        try:
            opened = opening.open_from(form, request.user)
        except Incomplete as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            for said in opened.said:
                messages.info(request, said)
            address = reverse("sessions:detail", args=[opened.session.pk])
            return HttpResponseClientRedirect(address) if request.htmx else see_other(address)
    opening.keep_refused(form, request.user)
    return _shown(request, form, reading.kept(request.user), status=422)


def _once_more(request: Request, form: IntakeForm) -> HttpResponse:
    """Keep everything, do what the button says, and show the page again."""
    opening.keep_refused(form, request.user, ticket=request.POST.get("use", ""))
    if form.non_field_errors():
        return _shown(request, form, reading.kept(request.user), status=422)
    with suppress(ValueError, Http404):
        intakes.drop_file(reading.kept_file(request.user, UUID(request.POST.get("drop", ""))))
    for problems in form.errors.values():
        for problem in problems:
            messages.error(request, str(problem))
    return see_other(f"{reverse('console:home')}?look_up=1#ticket-preview")


def _shown(request: Request, form: IntakeForm, kept: reading.Kept, *, status: int = 200) -> HttpResponse:
    asked = str(form["ticket"].value() or "")
    looks = "look_up" in request.GET or status != 200
    context = {
        "form": form,
        "kept": kept,
        "asked": asked,
        "preview": reading.preview(asked, request.user) if looks else None,
        "home": None if wants_fragment(request) else reading.home(request.user),
    }
    pages = "sessions/intake/home.html", "sessions/intake/_intake.html"
    return page_or_fragment(request, *pages, context, status=status)
