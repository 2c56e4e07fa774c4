"""The door to the note that an ending would write into the ticket, before it is written."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment
from sessions.endings import reading
from sessions.endings.forms import NoteForm
from sessions.rules import refuse_unless_holder


@require_POST
@requires(Role.ENGINEER)
def note(request: Request, pk: UUID) -> HttpResponse:
    """By what is typed so far. Sent by POST: what is in an address ends up in logs."""
    session = reading.session_of(request.user, pk)
    refuse_unless_holder(session, request.user)
    form = NoteForm(request.POST)
    if session.psa_connection is None:
        form.add_error(None, _("This session came from no ticket: nothing is written."))
    text = reading.note_before(session, request.user, form.cleaned_data) if form.is_valid() else ""
    pages = "sessions/endings/note.html", "sessions/endings/_note.html"
    context = {"session": session, "text": text, "form": form}
    return page_or_fragment(request, *pages, context, status=200 if text else 422)
