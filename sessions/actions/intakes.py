"""Verbs of the intake that an engineer has in work, up to the session that comes of it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.redaction import MASK, SecretMasker
from flowpilot.core.uploads import store
from flowpilot.core.uploads.intake import Prepared
from flowpilot.psa.lookup import FoundTicket
from sessions.actions.attachments import AT_ONCE, adopt, columns_of, holds, refuse_without_room
from sessions.actions.opening import open_session
from sessions.models import AISession, IntakeDraft, IntakeFile
from sessions.rules import Incomplete

LOG_KEPT = 500_000
"""Characters of a log that are kept with an intake; what is longer is an attachment."""


@dataclass(frozen=True)
class Typed:
    """What stands in the form, as it came."""

    text: str = ""
    log: str = ""
    ticket: str = ""
    client: Client | None = None
    team: Team | None = None


@dataclass(frozen=True)
class Pen:
    """Which form writes: its own key, and that of the form whose draft it was filled with."""

    key: UUID | None = None
    after: UUID | None = None

    def is_out_of(self, draft: IntakeDraft) -> bool:
        """Whether another tab has the draft in work."""
        return draft.pen not in (None, self.key, self.after) and draft.is_in_work


class HeldElsewhere(Exception):
    """Another tab has an intake in work, which is not written over; the message says so."""

    def __init__(self) -> None:
        super().__init__(
            _("Another tab has an intake in work, which is kept. What stands here is kept when it is sent.")
        )


@dataclass(frozen=True)
class Given:
    """What a session is opened with: what was typed, and the ticket as it was read."""

    typed: Typed = field(default_factory=Typed)
    ticket: FoundTicket | None = None
    pen: Pen = field(default_factory=Pen)
    """The form that was sent: the same one opens one session."""


@transaction.atomic
def keep(typed: Typed, *, pen: Pen, by: User) -> IntakeDraft:
    """Keep what stands in the form, secrets masked. What was under way as the form was sent is no draft."""
    draft, masker = _held_by(pen, by), SecretMasker()
    if pen.key is not None and draft.spent_key == pen.key:
        return draft
    draft.pen = pen.key
    draft.text, draft.log = masker.mask(typed.text).text, masker.mask(typed.log).text
    draft.ticket, draft.client, draft.team = masker.mask(typed.ticket).text, typed.client, typed.team
    draft.save()
    return draft


@transaction.atomic
def keep_files(files: Sequence[Prepared], *, pen: Pen, by: User) -> list[IntakeFile]:
    """Keep files until the session is opened: all of them or none."""
    draft = _held_by(pen, by)
    if draft.pen != pen.key:
        draft.pen = pen.key
        draft.save(update_fields=["pen", "updated_at"])
    return _stored(draft, files)


def _stored(draft: IntakeDraft, files: Sequence[Prepared]) -> list[IntakeFile]:
    if draft.files.count() + len(files) > AT_ONCE:
        raise Incomplete("uploads", _("At most %(count)d files at once.") % {"count": AT_ONCE})
    refuse_without_room(draft.account_id, files)
    return [IntakeFile.objects.create(draft=draft, **columns_of(draft.account_id, file)) for file in files]


@transaction.atomic
def drop_file(file: IntakeFile) -> None:
    """Take a file away, content and all."""
    IntakeFile.objects.filter(pk=file.pk).delete()
    transaction.on_commit(partial(store.remove, file.account_id, file.stored_as))


@transaction.atomic
def open_from_intake(given: Given, *, files: Sequence[Prepared] = (), by: User) -> AISession:
    """Open the session that the intake describes, with its files and those kept before, and begin anew.

    A form that was sent twice opens one session, whichever arrives first; sent again with something else in
    it, another one.
    """
    draft, key = own_draft(by), given.pen.key
    if key is not None and draft.spent_key == key and _brings_nothing_new(draft.opened, given, files):
        assert draft.opened is not None
        return draft.opened
    of_another_tab = given.pen.is_out_of(draft)
    new = _stored(draft, files)
    kept = new if of_another_tab else list(draft.files.all())
    content = _content(given, kept)
    session = open_session(
        user=by,
        team=given.typed.team,
        client=given.typed.client,
        intake_type=_type_of(given.typed, given.ticket, kept, log=content["log_content"]),
        intake_content=content,
        ticket_data=content["ticket_data"],
        psa_connection=given.ticket.connection if given.ticket else None,
    )
    adopt(session, kept, by=by)
    if not of_another_tab:
        draft.text = draft.log = draft.ticket = ""
        draft.pen = None
    # A ticket brings its own client: the next problem need not be of the same one.
    draft.client, draft.team = (None if given.ticket else given.typed.client), given.typed.team
    draft.spent_key, draft.opened = key, session
    draft.save()
    return session


def _brings_nothing_new(opened: AISession | None, given: Given, files: Sequence[Prepared]) -> bool:
    if opened is None:
        return False
    stood, masker = opened.intake_content, SecretMasker()
    text, log = (_unnumbered(masker.mask(each).text) for each in (given.typed.text, given.typed.log))
    ticket = given.ticket is None or str(given.ticket.data.get("number")) == opened.psa_ticket_id
    told = text == _unnumbered(stood.get("text", "")) and log in _unnumbered(stood.get("log_content", ""))
    return told and ticket and holds(opened.attachments.filter(step=None), files)


def _unnumbered(text: str) -> str:
    """What a mask is numbered with hangs on what was masked before it."""
    return MASK.sub("", text)


def _held_by(pen: Pen, by: User) -> IntakeDraft:
    draft = own_draft(by)
    if pen.is_out_of(draft):
        raise HeldElsewhere
    return draft


def own_draft(by: User) -> IntakeDraft:
    """The person's own, locked; made if there is none."""
    if by.account_id is None:
        raise NotAllowed(_("Superusers belong to no account and cannot hold sessions."))
    IntakeDraft.objects.get_or_create(user=by, defaults={"account_id": by.account_id})
    draft: IntakeDraft = IntakeDraft.objects.select_for_update(of=("self",)).get(user=by)
    return draft


def _content(given: Given, files: Sequence[IntakeFile]) -> dict[str, Any]:
    """As SHAPES has it. A log that came as a file is read like a pasted one, and before it: what is too long
    loses its beginning."""
    log = "\n".join(dict.fromkeys(text for text in (*_texts(files), given.typed.log) if text))
    return {
        "text": given.typed.text,
        "image_urls": [],
        "log_content": log[-LOG_KEPT:],
        "ticket_data": given.ticket.data if given.ticket else None,
    }


def _texts(files: Sequence[IntakeFile]) -> list[str]:
    found = []
    for file in files:
        if not file.is_image:
            with suppress(store.NotThere):
                found.append(store.read(file.account_id, file.stored_as).decode())
    return found


def _type_of(typed: Typed, ticket: FoundTicket | None, files: Sequence[IntakeFile], *, log: str) -> str:
    kinds = {
        AISession.Intake.FREE_TEXT: bool(typed.text),
        AISession.Intake.PSA_TICKET: ticket is not None,
        AISession.Intake.SCREENSHOT: any(file.is_image for file in files),
        AISession.Intake.LOG_PASTE: bool(log),
    }
    there = [kind for kind, given in kinds.items() if given]
    if not there:
        raise Incomplete("problem", _("Describe the problem, or add a ticket, a screenshot or a log."))
    return there[0] if len(there) == 1 else AISession.Intake.COMBINED
