"""Where a person is signed in, as allauth notes it, and ending that."""

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User

# The first that is found counts: others name themselves after those that come later.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


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


def browser_of(login: UserSession) -> str:
    """Browser and system in words, as far as the browser tells: "Firefox, Windows"."""
    told: str = login.user_agent
    found = [
        next((name for sign, name in known.items() if sign in told), "") for known in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or told or _("Unknown browser")
