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
from flowpilot.core.redaction import SecretMasker
from flowpilot.core.uploads import store
from flowpilot.core.uploads.intake import Prepared
from flowpilot.psa.lookup import FoundTicket
from sessions.actions.attachments import AT_ONCE, adopt, columns_of, refuse_without_room
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
class Given:
    """What a session is opened with: what was typed, and the ticket as it was read."""

    typed: Typed = field(default_factory=Typed)
    ticket: FoundTicket | None = None
    key: UUID | None = None
    """Of the form that was sent: the same form opens one session."""


@transaction.atomic
def keep(typed: Typed, *, by: User) -> IntakeDraft:
    """Keep what stands in the form, secrets masked."""
    draft, masker = own_draft(by), SecretMasker()
    draft.text, draft.log = masker.mask(typed.text).text, masker.mask(typed.log).text
    draft.ticket, draft.client, draft.team = masker.mask(typed.ticket).text, typed.client, typed.team
    draft.save()
    return draft


@transaction.atomic
def keep_files(files: Sequence[Prepared], *, by: User) -> list[IntakeFile]:
    """Keep files until the session is opened: all of them or none."""
    draft = own_draft(by)
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

    A form that was sent twice opens one session, whichever arrives first.
    """
    draft = own_draft(by)
    if given.key is not None and draft.spent_key == given.key and draft.opened is not None:
        return draft.opened
    if files:
        keep_files(files, by=by)
    kept = list(draft.files.all())
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
    draft.text = draft.log = draft.ticket = ""
    # A ticket brings its own client: the next problem need not be of the same one.
    draft.client, draft.team = (None if given.ticket else given.typed.client), given.typed.team
    draft.spent_key, draft.opened = given.key, session
    draft.save()
    return session


def own_draft(by: User) -> IntakeDraft:
    """The person's own, locked; made if there is none."""
    if by.account_id is None:
        raise NotAllowed(_("Superusers belong to no account and cannot hold sessions."))
    IntakeDraft.objects.get_or_create(user=by, defaults={"account_id": by.account_id})
    draft: IntakeDraft = IntakeDraft.objects.select_for_update(of=("self",)).get(user=by)
    return draft


def _content(given: Given, files: Sequence[IntakeFile]) -> dict[str, Any]:
    """As SHAPES has it. A log that came as a file is read like a pasted one."""
    log = given.typed.log or "\n".join(_texts(files))
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
