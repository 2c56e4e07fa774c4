"""A proof that somebody was just shown a turn under way: it opens the stream the short way (`middleware`).

It is for one turn and one sign-in of one browser, and lasts a minute. It is no right by itself: whether the
person still may is asked all the same (`admitting`).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner

from flowpilot.accounts.models import User
from sessions.models import Turn

LASTS: Final = timedelta(minutes=1)
PARAMETER: Final = "proof"
_HEX: Final = 32
"""Letters of a key."""


@dataclass(frozen=True)
class Proof:
    """Who was shown what, in which sign-in (the key of the browser's session)."""

    session_id: UUID
    turn_id: UUID
    account_id: UUID
    user_id: UUID
    login: str


def prove(turn: Turn, user: User, login: str) -> str:
    """For the page that shows a turn to a person of its account."""
    return _signer(turn.session_id, turn.pk, login).sign(f"{turn.account_id.hex}{user.pk.hex}")


def proven(said: str, session_id: UUID, turn_id: UUID, login: str) -> Proof | None:
    """What a proof says, or None: of another turn or sign-in, too old, or no proof at all."""
    try:
        keys = _signer(session_id, turn_id, login).unsign(said, max_age=LASTS)
    except BadSignature:
        return None
    return Proof(session_id, turn_id, UUID(keys[:_HEX]), UUID(keys[_HEX:]), login)


def _signer(session_id: UUID, turn_id: UUID, login: str) -> TimestampSigner:
    return TimestampSigner(salt=f"stream:{session_id}:{turn_id}:{login}")
