"""Teams and clients: made, renamed, put away, taken back. History goes on naming them: none is deleted."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.actions.changing import change
from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.refusals import Changed, NameTaken, StillInUse
from flowpilot.accounts.roles import NotAllowed

Place = TypeVar("Place", Team, Client)


def create(kind: type[Place], values: Mapping[str, Any], *, by: User) -> Place:
    """A new team or client of the admin's account."""
    _refuse_unless_admin(by)
    place = kind(account=by.account, **values)
    try:
        with transaction.atomic():
            place.save(force_insert=True)
            audit.record(audit.Verb.CREATED, account_id=place.account_id, subject=place, by=by)
    except IntegrityError as error:
        raise NameTaken(_("There is one named “%s” already.") % place) from error
    return place


def update(place: Team | Client, values: Mapping[str, Any], *, seen: str, by: User) -> None:
    """Another name, other references; `seen` as in `changing.change`."""
    _refuse_unless_admin(by, place)
    try:
        with transaction.atomic():
            change(place, values, seen=seen, account_id=place.account_id, by=by)
    except IntegrityError as error:
        raise NameTaken(_("There is one named “%s” already.") % values["name"]) from error


def archive(place: Team | Client, *, by: User) -> None:
    """Put away: it is not offered any more. A team has nobody in it then who can sign in."""
    _refuse_unless_admin(by, place)
    with transaction.atomic():
        locked = type(place)._default_manager.select_for_update().get(pk=place.pk)
        if isinstance(locked, Team) and locked.memberships.filter(user__is_active=True).exists():
            raise StillInUse(_("People are in “%s”. Take them out of it first.") % place)
        _set_archived(place, archived=True, by=by)


def restore(place: Team | Client, *, by: User) -> None:
    """Take back from the archive."""
    _refuse_unless_admin(by, place)
    with transaction.atomic():
        _set_archived(place, archived=False, by=by)


def _set_archived(place: Team | Client, *, archived: bool, by: User) -> None:
    rows = type(place)._default_manager.filter(pk=place.pk, archived_at__isnull=archived)
    if not rows.update(archived_at=timezone.now() if archived else None):
        raise Changed
    verb = audit.Verb.ARCHIVED if archived else audit.Verb.RESTORED
    audit.record(verb, account_id=place.account_id, subject=place, by=by)


def _refuse_unless_admin(by: User, place: Team | Client | None = None) -> None:
    own = place is None or place.account_id == by.account_id
    if not own or by.account_id is None or not by.account_admin:
        raise NotAllowed(_("That takes an account admin."))
