"""How programs show who they are, and who of many is signed in still."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from flowpilot.accounts.models import User


class SignedIn(SessionAuthentication):
    """The browser's sign-in. Naming a scheme makes the answer to strangers a 401 instead of a 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


def still_signed_in(claimed: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], User]:
    """Of pairs of a browser session's key and whose it is said to be, those that are so, with the person and
    the account: two queries, however many. A sign-in ends with its session, its time and the password."""
    lasting = Session.objects.filter(
        session_key__in={key for key, _user in claimed}, expire_date__gt=timezone.now()
    )
    sessions = {row.session_key: row.get_decoded() for row in lasting}
    users = User.objects.select_related("account").in_bulk({user for _key, user in claimed})
    return {
        (key, user_id): users[user_id]
        for key, user_id in claimed
        if user_id in users and _is_of(sessions.get(key, {}), users[user_id])
    }


def _is_of(session: dict[str, object], user: User) -> bool:
    if not user.is_active or session.get(SESSION_KEY) != str(user.pk):
        return False
    return constant_time_compare(str(session.get(HASH_SESSION_KEY, "")), user.get_session_auth_hash())
