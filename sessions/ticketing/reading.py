"""What the pages show of what a session told its ticket."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from flowpilot.psa.models import PsaPush
from sessions.models import AISession

STATUS: Final = PsaPush.Kind.STATUS


@dataclass(frozen=True)
class Told:
    """`may_decide`: whoever holds the session or answers for it may send again what did not arrive."""

    session: AISession
    pushes: list[PsaPush]
    may_decide: bool

    @property
    def waits(self) -> bool:
        """Whether the statuses that are to be written wait for a person to decide about a note."""
        notes = [push for push in self.pushes if push.kind != STATUS]
        return any(note.is_to_come and note.is_for_people for note in notes)

    @property
    def under_way(self) -> bool:
        """Whether something changes without anybody's doing."""
        open_states = (PsaPush.State.PENDING, PsaPush.State.SENDING)
        moving = [push for push in self.pushes if not push.is_held_up]
        own = [push for push in moving if not (self.waits and push.kind == STATUS)]
        return any(push.state in open_states or (push.is_miscounted and push.count_again_at) for push in own)


def told(session: AISession, user: User, typed: PsaPush | None = None) -> Told:
    """`typed` stands in the place of its row."""
    rows = [typed if row == typed else row for row in _pushes(session)]
    return Told(session, rows, may_decide(session, user))


def push_of(session: AISession, key: UUID) -> PsaPush:
    """404 when the session told nothing under this key."""
    push: PsaPush | None = _pushes(session).filter(pk=key).first()
    if push is None:
        raise Http404
    return push


def may_decide(session: AISession, user: User) -> bool:
    return user.pk == session.holder_id or administers(user, session)


def _pushes(session: AISession) -> QuerySet[PsaPush]:
    rows: QuerySet[PsaPush] = PsaPush.objects.for_account(session.account_id).filter(session_id=session.pk)
    return rows.select_related("connection").order_by("created_at", "id")
