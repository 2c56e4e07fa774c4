"""What people do with their own profile and logins."""

from django.db import transaction

from flowpilot.accounts import audit, logins
from flowpilot.accounts.models import User


@transaction.atomic
def change_profile(person: User, *, name: str, time_zone: str, single_key_shortcuts: bool) -> None:
    """The name is what others see, so a new one stands in the audit."""
    before = User.objects.values_list("name", flat=True).get(pk=person.pk)
    person.name, person.time_zone, person.single_key_shortcuts = name, time_zone, single_key_shortcuts
    person.save(update_fields=["name", "time_zone", "single_key_shortcuts"])
    if name != before and person.account_id:
        audit.record(
            audit.Verb.CHANGED,
            account_id=person.account_id,
            subject=person,
            changes={"name": (before, name)},
            by=person,
        )


def end_login(person: User, pk: int) -> bool:
    """Sign out in another browser; False when that was over already."""
    ended = logins.end_one(person, pk)
    if ended:
        _tell_of_ending(person)
    return ended


def end_other_logins(person: User, *, kept: str) -> int:
    """Sign out everywhere but here; returns in how many browsers."""
    count = logins.end_others(person, kept=kept)
    if count:
        _tell_of_ending(person)
    return count


def _tell_of_ending(person: User) -> None:
    if person.account_id:
        audit.record(audit.Verb.LOGINS_ENDED, account_id=person.account_id, subject=person, by=person)
