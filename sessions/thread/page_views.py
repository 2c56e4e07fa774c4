"""The page of a session: its thread, to go on with or to read, and what stands beside it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import Account
from flowpilot.ai.router import hindrance, wants_claude
from sessions import reading as rooms
from sessions.forms import AttachForm
from sessions.thread import reading


def page(
    request: Request,
    pk: UUID,
    *,
    error: str = "",
    typed: str | None = None,
    attach_form: AttachForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """For whoever holds it while it is open the console, else the same thread to read. `error`: why what was
    sent was refused; `typed`: what stands in the field."""
    shown = rooms.detail(request.user, pk)
    session = shown.session
    events = [each.event for each in shown.events]
    context: dict[str, Any] = {
        "shown": shown,
        "session": session,
        "thread": reading.thread(session, request.user, events=events, files=shown.attachments),
        "attach_form": attach_form or AttachForm(),
        "error": error,
        "typed": session.draft_answer if typed is None else typed,
        "models_off": models_off(session.account),
    }
    works = session.is_open and session.holder_id == request.user.pk
    return render(
        request, "sessions/thread/page.html" if works else "sessions/detail.html", context, status=status
    )


def models_off(account: Account) -> str:
    """Why no model suggests anything; "" when one does."""
    reason = hindrance(account)
    if reason:
        return reason.sentence
    return "" if wants_claude(account) else _("This account works by the rules alone.")
