"""Where a person is signed in, as allauth notes it, and ending that."""

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession

from flowpilot.accounts.models import User


def logins_of(person: User) -> list[UserSession]:
    """Every browser in which the person is signed in, the newest first; those that ended are cleared away."""
    alive: list[UserSession] = UserSession.objects.purge_and_list(person)
    return sorted(alive, key=lambda login: login.created_at, reverse=True)


def end_one(person: User, pk: int) -> bool:
    """Sign the person out in one browser; False when that was over already."""
    found = list(UserSession.objects.filter(user_id=person.pk, pk=pk))
    get_adapter().end_sessions(found)
    return bool(found)


def end_others(person: User, *, kept: str) -> int:
    """Sign the person out everywhere but where the browser's session has the key `kept`; returns how many."""
    found = list(UserSession.objects.filter(user_id=person.pk).exclude(session_key=kept))
    get_adapter().end_sessions(found)
    return len(found)


def end_all(person: User) -> None:
    get_adapter().end_sessions(UserSession.objects.filter(user_id=person.pk))
