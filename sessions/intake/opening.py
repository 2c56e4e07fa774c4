"""From the form of the intake to its session, or back to the form with everything kept."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.core.redaction import SecretMasker
from flowpilot.core.redaction.classes import told
from flowpilot.psa.lookup import FoundTicket, look_up
from sessions.actions import intakes
from sessions.actions.intakes import Given, Typed
from sessions.intake.forms import IntakeForm
from sessions.intake.reading import client_of, ticket_named
from sessions.models import AISession
from sessions.rules import Incomplete
from sessions.snapshots import text_in
from sessions.triage_jobs import queue_triage


@dataclass(frozen=True)
class Opened:
    session: AISession
    said: list[str]
    """What the engineer should know about it: what was masked, whose ticket it is."""


def open_from(form: IntakeForm, user: User) -> Opened:
    """Open the session of a form that is valid. Raises `Incomplete` naming the field."""
    typed, found = _with_ticket(form.typed, user)
    client = client_of(found, user) if found else None
    said = _masked(typed, found)
    if client is not None and typed.client not in (None, client):
        said.append(_("The session is for %(client)s, as the ticket says.") % {"client": client})
    typed = replace(typed, client=client or typed.client)
    given = Given(typed=typed, ticket=found, pen=form.pen)
    session = intakes.open_from_intake(given, files=form.taken, by=user)
    queue_triage(session)
    return Opened(session, said)


def keep_refused(form: IntakeForm, user: User, *, ticket: str = "") -> None:
    """Keep what a form brought that opens nothing: its texts, and the files that are fine. `ticket` replaces
    the one that was typed."""
    try:
        if form.readable:
            typed = replace(form.typed, ticket=ticket[:200] or form.typed.ticket)
            intakes.keep(typed, pen=form.pen, by=user)
        if form.taken:
            intakes.keep_files(form.taken, pen=form.pen, by=user)
    except intakes.HeldElsewhere as refusal:
        form.add_error(None, str(refusal))
    except Incomplete as refusal:
        form.add_error(refusal.field, str(refusal))


def _with_ticket(typed: Typed, user: User) -> tuple[Typed, FoundTicket | None]:
    """The ticket that is asked for; a text that is nothing but a reference to one is no text."""
    if not typed.ticket:
        found = None if typed.log else ticket_named(typed.text, user)
        return (replace(typed, text=""), found) if found else (typed, None)
    assert user.account_id is not None
    looked = look_up(user.account_id, typed.ticket)
    if looked.found:
        return typed, looked.found
    if looked.troubles:
        raise Incomplete("ticket", " ".join(looked.troubles))
    if not looked.connected:
        raise Incomplete("ticket", _("No ticket system is connected, so tickets cannot be looked up."))
    said = _("No ticket “%(asked)s” was found. Choose one below, or leave the field empty.")
    raise Incomplete("ticket", said % {"asked": typed.ticket})


def _masked(typed: Typed, found: FoundTicket | None) -> list[str]:
    masker = SecretMasker()
    body = text_in(found.data, "body") if found else ""
    sorts = told([masker.mask(text) for text in (typed.text, typed.log, body)])
    if not sorts:
        return []
    return [_("Masked before it was stored: %(sorts)s.") % {"sorts": ", ".join(sorts)}]
