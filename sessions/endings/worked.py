"""How long somebody worked on a session, estimated from what it noted."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sessions.models import AISession, AISessionStep, SessionEvent

LONGEST_GAP: Final = timedelta(minutes=30)
"""Between two signs of work no more than this counts: the rest was lunch, or another ticket."""


def minutes_worked(
    changes: Iterable[tuple[datetime, str]], signs: Iterable[datetime], until: datetime
) -> int:
    """Minutes in which the session was active: pauses and waiting for somebody to accept are left out.

    `changes`: when it came into which state; `signs`: when a step was asked or answered. At least 1.
    """
    marks = sorted([*changes, *((at, "") for at in signs), (until, "")], key=lambda mark: mark[0])
    worked, active = timedelta(), False
    for (at, state), (following, _state) in zip(marks, marks[1:], strict=False):
        active = state == AISession.Status.ACTIVE if state else active
        worked += min(following - at, LONGEST_GAP) if active else timedelta()
    return max(1, round(worked.total_seconds() / 60))


def worked_so_far(events: Iterable[SessionEvent], steps: Iterable[AISessionStep], until: datetime) -> int:
    """Of a session, from its events and its steps, the superseded ones among them."""
    signs = [moment for step in steps for moment in (step.created_at, step.answered_at) if moment]
    return minutes_worked([(event.created_at, event.to_status) for event in events], signs, until)
