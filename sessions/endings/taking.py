"""A waiting escalation as it is offered to somebody. Whoever comes second may not see the session any more,
for it can have gone into another team; they are told who was first, by a proof that it was theirs to take."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from sessions.models import AISession
from sessions.rules import TakenOver

OFFERED: Final = "offered"
"""The parameter that carries the proof."""
_SALT: Final = "sessions.offered"
_HOLDS: Final = timedelta(days=1)


def offered(user: User, session_id: UUID) -> str:
    """The query of an address at which this user may take this session over."""
    return urlencode({OFFERED: signing.dumps([str(user.pk), str(session_id)], salt=_SALT)})


def why_not_any_more(user: User, session_id: UUID, proof: str) -> str:
    """What became of a session offered to the user and is not theirs to see now; without proof ""."""
    try:
        given = signing.loads(proof, salt=_SALT, max_age=_HOLDS)
    except signing.BadSignature:
        return ""
    rows = AISession.objects.for_account(user.account_id).select_related("escalated_to")
    session = rows.filter(pk=session_id).first()
    if session is None or given != [str(user.pk), str(session_id)]:
        return ""
    if session.status == AISession.Status.ACTIVE and session.escalated_to is not None:
        return str(TakenOver(session.escalated_to))
    return _("It does not wait for you any more: it was taken back, or has gone on.")
