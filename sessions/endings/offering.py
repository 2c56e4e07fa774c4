"""Which verbs a session's page offers: hidden if never the reader's, disabled with the reason if not now."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from sessions.endings.taking import offered
from sessions.models import AISession

Status = AISession.Status


@dataclass(frozen=True)
class Button:
    """What is always so: the route's name after `sessions:`, word, icon, key, and whether it asks first."""

    name: str
    word: str | Promise
    icon: str
    key: str = ""
    look: str = ""
    asks: bool = True


PAUSE = Button("pause", gettext_lazy("Pause"), "player-pause", "p")
RESUME = Button("resume", gettext_lazy("Resume"), "player-play", "p", "btn-primary", asks=False)
ESCALATE = Button("escalate", gettext_lazy("Escalate"), "arrow-up-right", "E")
CANCEL = Button("cancel-escalation", gettext_lazy("Take the escalation back"), "arrow-back-up", asks=False)
ACCEPT = Button("accept", gettext_lazy("Take over"), "hand-stop", "A", "btn-primary")
DECLINE = Button("decline", gettext_lazy("Return"), "arrow-back-up")
RESOLVE = Button("resolve", gettext_lazy("Resolve"), "circle-check", "R", "btn-primary")
ABANDON = Button("abandon", gettext_lazy("Abandon"), "x", look="btn-quiet-danger")
REOPEN = Button("reopen", gettext_lazy("Reopen"), "refresh")
RATE = Button("rate", gettext_lazy("Rate"), "star")


@dataclass(frozen=True)
class Offer:
    """A button for one session. `not_now`: why it cannot be pressed, "" when it can."""

    button: Button
    url: str
    not_now: str = ""

    @property
    def pressed_with(self) -> str:
        """The key as people read it."""
        key = self.button.key
        return f"⇧{key}" if key.isupper() else key.upper()


def offers(session: AISession, user: User) -> list[Offer]:
    found = _open(session, user) if session.is_open else _ended(session, user)
    return [Offer(button, _url(button, session.pk, user), not_now) for button, not_now in found]


def _open(session: AISession, user: User) -> Iterator[tuple[Button, str]]:
    waiting = session.status == Status.REQUESTING_ESCALATION
    if session.holder_id != user.pk:
        if waiting:
            yield ACCEPT, ""
            if session.asked_user_id == user.pk:
                yield DECLINE, ""
        return
    asked = _("Somebody is asked to take it over. Take that back first.") if waiting else ""
    yield (RESUME, "") if session.status == Status.PAUSED else (PAUSE, asked)
    yield (CANCEL, "") if waiting else (ESCALATE, "")
    yield ABANDON, ""
    # One button stands out: of a paused session it is the one that goes on.
    yield (replace(RESOLVE, look="") if session.status == Status.PAUSED else RESOLVE), ""


def _ended(session: AISession, user: User) -> Iterator[tuple[Button, str]]:
    holds = session.holder_id == user.pk
    if session.status == Status.RESOLVED and (holds or administers(user, session)):
        yield REOPEN, _too_late(session, user)
    if holds:
        yield RATE, ""


def _too_late(session: AISession, user: User) -> str:
    """The reader is of the session's account, which a request has read already."""
    days = user.account.reopen_days if user.account else 0
    late = session.resolved_at and timezone.now() - session.resolved_at > timedelta(days=days)
    said = _("Sessions can be reopened within %(days)s days of their resolution.")
    return said % {"days": days} if late else ""


def _url(button: Button, pk: UUID, user: User) -> str:
    address = reverse(f"sessions:{button.name}", args=[pk])
    return f"{address}?{offered(user, pk)}" if button is ACCEPT else address
