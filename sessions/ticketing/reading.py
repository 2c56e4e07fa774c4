"""What the pages show of what a session told its ticket."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from flowpilot.psa.models import PsaPush
from sessions.models import AISession


@dataclass(frozen=True)
class Told:
    """`may_decide`: whoever holds the session or answers for it may send again what did not arrive."""

    session: AISession
    pushes: list[PsaPush]
    may_decide: bool

    @property
    def under_way(self) -> bool:
        return any(push.state in (PsaPush.State.PENDING, PsaPush.State.SENDING) for push in self.pushes)


def told(session: AISession, user: User) -> Told:
    return Told(session, list(_pushes(session)), may_decide(session, user))


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
