"""Verbs of connections, for account admins; each stands in the audit, secrets as dots."""

from collections.abc import Mapping as Values
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.actions.changing import change
from flowpilot.accounts.models import User
from flowpilot.accounts.refusals import Changed, NameTaken, StillInUse
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.sealing import SHOWN
from flowpilot.psa import outbox
from flowpilot.psa.addresses import origin_of
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models import PsaConnection, PsaPush
from flowpilot.psa.registry import connector_class

LOGIN: Final = ("name", "base_url")
in_use: Final = Signal()
"""Asks the rooms above, by `connection`, whether something there is about tickets of it that is not over."""
State = PsaConnection.State


def add(provider: str, values: Values[str, str], credentials: Values[str, Any], *, by: User) -> PsaConnection:
    """A new connection of the admin's account. Raises `NameTaken`."""
    refuse_unless_admin(by)
    connection = PsaConnection(account=by.account, provider=provider, **values)
    connection.credentials = dict(credentials) or None
    try:
        with transaction.atomic():
            connection.save(force_insert=True)
            _record(audit.Verb.CREATED, connection, by=by)
    except IntegrityError as error:
        raise NameTaken(_("There is one named “%s” already.") % connection) from error
    return connection


def change_login(
    connection: PsaConnection,
    values: Values[str, str],
    credentials: Values[str, Any],
    *,
    seen: str,
    by: User,
) -> None:
    """Another name, address or credentials; `seen` as in `changing.change`, of `LOGIN`. Raises `StillInUse`
    for those of another system, as long as something here is about tickets of this one."""
    refuse_unless_admin(by, connection)
    if _is_another_system(connection, values, credentials):
        _refuse_while_in_use(connection)
    try:
        with transaction.atomic():
            change(connection, values, seen=seen, account_id=connection.account_id, by=by)
            _replace(connection, credentials, by)
    except IntegrityError as error:
        raise NameTaken(_("There is one named “%s” already.") % values["name"]) from error


def change_mapping(connection: PsaConnection, mapping: Mapping, *, seen: str, by: User) -> None:
    """What FlowPilot does there; `seen` of the column `mapping`."""
    refuse_unless_admin(by, connection)
    values = {"mapping": mapping.stored()}
    change(connection, values, seen=seen, account_id=connection.account_id, by=by)


def change_note(connection: PsaConnection, template: str, *, internal: bool, seen: str, by: User) -> None:
    """Another text of notes, or other readers; `seen` of the columns `note_template` and `mapping`."""
    refuse_unless_admin(by, connection)
    stored = {**Mapping.of(connection.mapping).stored(), "internal": internal}
    values = {"note_template": template, "mapping": stored}
    change(connection, values, seen=seen, account_id=connection.account_id, by=by)


@transaction.atomic
def pause(connection: PsaConnection, *, by: User) -> None:
    """Nothing is asked of it and nothing written there; what is to be written waits. Raises `Changed`."""
    refuse_unless_admin(by, connection)
    _move(connection, State.PAUSED, frm=[State.OK, State.FAILED])
    _record(audit.Verb.CHANGED, connection, by=by, changes={"state": ("", State.PAUSED)})


@transaction.atomic
def resume(connection: PsaConnection, *, by: User) -> None:
    """Go on, and write what has waited. Raises `Changed`."""
    refuse_unless_admin(by, connection)
    _move(connection, State.OK, frm=[State.PAUSED, State.FAILED])
    _record(audit.Verb.CHANGED, connection, by=by, changes={"state": ("", State.OK)})
    outbox.deliver_after_commit(connection.account_id)


@transaction.atomic
def delete(connection: PsaConnection, *, by: User) -> None:
    """With what was and is to be written there. Sessions keep their tickets as they were read."""
    refuse_unless_admin(by, connection)
    _record(audit.Verb.DELETED, connection, by=by)
    connection.delete()


def refuse_unless_admin(by: User, connection: PsaConnection | None = None) -> None:
    own = connection is None or connection.account_id == by.account_id
    if not own or by.account_id is None or not by.account_admin:
        raise NotAllowed(_("That takes an account admin."))


def _is_another_system(
    connection: PsaConnection, values: Values[str, str], credentials: Values[str, Any]
) -> bool:
    kept = connection.credentials.reveal() if connection.credentials is not None else {}
    naming = [told.name for told in connector_class(connection.provider).login if told.names_system]
    renamed = any(name in credentials and credentials[name] != (kept.get(name) or "") for name in naming)
    return renamed or _origin(connection.base_url) != _origin(values.get("base_url", ""))


def _origin(address: str) -> object:
    try:
        return origin_of(address)
    except ValueError:
        return address


def _refuse_while_in_use(connection: PsaConnection) -> None:
    """Ticket 7 there is another one than ticket 7 here."""
    coming = [PsaPush.State.PENDING, PsaPush.State.SENDING]
    users = [answer for _receiver, answer in in_use.send(PsaConnection, connection=connection) if answer]
    if users or connection.pushes.filter(state__in=coming).exists():
        raise StillInUse(
            _(
                "This is another system, and open sessions or what is to be written are about tickets of the"
                " one before. Make a new connection for it."
            )
        )


def _move(connection: PsaConnection, state: str, *, frm: list[Any]) -> None:
    rows = PsaConnection.objects.for_account(connection.account_id).filter(pk=connection.pk, state__in=frm)
    if not rows.update(state=state, trouble=""):
        raise Changed
    connection.state, connection.trouble = state, ""


def _replace(connection: PsaConnection, credentials: Values[str, Any], by: User) -> None:
    locked = PsaConnection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    kept = locked.credentials.reveal() if locked.credentials is not None else {}
    changed = sorted(name for name in credentials if (kept.get(name) or "") != credentials[name])
    if changed:
        connection.credentials = {**kept, **credentials}
        connection.save(update_fields=["credentials"])
        changes = {name: (SHOWN if kept.get(name) else "", SHOWN) for name in changed}
        _record(audit.Verb.CHANGED, connection, by=by, changes=changes)


def _record(verb: str, connection: PsaConnection, *, by: User, changes: audit.Changes | None = None) -> None:
    audit.record(verb, account_id=connection.account_id, subject=connection, changes=changes, by=by)
