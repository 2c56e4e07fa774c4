"""The doors to the files of a session."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.edge.bodies import takes
from flowpilot.core.uploads import download as files
from flowpilot.core.web import find, fragments, see_other, wants_fragment
from sessions import reading
from sessions.actions import attachments
from sessions.forms import AttachForm
from sessions.models import AISession
from sessions.rules import IllegalTransition, Incomplete
from sessions.thread.page_views import page

UPLOAD_MEGABYTES = 52
"""Five files of ten megabytes, and the form around them."""


@takes(UPLOAD_MEGABYTES)
@require_POST
@requires(Role.ENGINEER)
def attach(request: Request, pk: UUID) -> HttpResponse:
    """Add files: all that were sent, or none with the reason."""
    session = find(AISession, request.user, pk)
    form, status = AttachForm(request.POST, request.FILES), 422
    if form.is_valid():
        try:
            attachments.attach(session, files=form.cleaned_data["uploads"], by=request.user)
        except (Incomplete, IllegalTransition) as refusal:
            form.add_error("uploads", str(refusal))
            status = 422 if isinstance(refusal, Incomplete) else 409
        else:
            return _attachments_of(request, pk)
    return _shown(request, pk, form, status=status)


@require_POST
@requires(Role.ENGINEER)
def detach(request: Request, pk: UUID, file: UUID) -> HttpResponse:
    """Take a file away."""
    found = reading.attachment(request.user, pk, file)
    try:
        attachments.detach(found, by=request.user)
    except IllegalTransition as refusal:
        messages.error(request, str(refusal))
        return _shown(request, pk, AttachForm(), status=409)
    return _attachments_of(request, pk)


@require_GET
@requires(Role.ENGINEER)
def download(request: Request, pk: UUID, file: UUID) -> HttpResponse:
    """A file to take away; never shown in its own right."""
    found = reading.attachment(request.user, pk, file)
    return files.download(found.account_id, found.stored_as, name=found.name, media_type=found.media_type)


@require_GET
@requires(Role.ENGINEER)
def image(request: Request, pk: UUID, file: UUID) -> HttpResponse:
    """The pixels of a screenshot, for the page of its session."""
    found = reading.attachment(request.user, pk, file)
    return files.image(found.account_id, found.stored_as, media_type=found.media_type)


def _attachments_of(request: Request, pk: UUID) -> HttpResponse:
    """The card as it is now; without HTMX the session's page."""
    if wants_fragment(request):
        return _shown(request, pk, AttachForm())
    messages.success(request, _("The files of the session were changed."))
    return see_other(reverse("sessions:detail", args=[pk]) + "#attachments")


def _shown(request: Request, pk: UUID, form: AttachForm, *, status: int = 200) -> HttpResponse:
    if not wants_fragment(request):
        return page(request, pk, attach_form=form, status=status)
    context = {"shown": reading.detail(request.user, pk), "attach_form": form}
    return fragments(request, ["sessions/_attachments.html"], context, status=status)
