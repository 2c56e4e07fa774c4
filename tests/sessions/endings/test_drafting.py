"""What a resolution is drafted from, and how long somebody worked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from sessions.endings.drafting import draft
from sessions.endings.worked import minutes_worked
from sessions.models import AISessionStep

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def step(kind: str, title: str, response: str = "", outcome: str = "", **extra: object) -> AISessionStep:
    given = {"answered_at": timezone.now(), **extra}
    return AISessionStep(kind=kind, title=title, response=response, outcome=outcome, **given)


def test_the_last_step_that_worked_did_it_and_the_last_answers_led_there() -> None:
    steps = [
        *(step("question", f"Question {number}?", f"Answer {number}") for number in range(5)),
        step("action", "Restart the server", outcome="did_not_work"),
        step("action", "Restart the queue", "Mail moves.", outcome="worked"),
        step("note", "Told the user"),
    ]

    made = draft("Mail is late", steps)

    assert made.action == "Restart the queue"
    assert made.summary == (
        "Mail is late.\nFound: Question 2? – Answer 2; Question 3? – Answer 3; Question 4? – Answer 4.\n"
        "What fixed it: Restart the queue – Mail moves."
    )


def test_nothing_is_claimed_that_the_thread_does_not_say() -> None:
    script = step("script", "List the hotfixes", "None since spring")
    replaced = step("action", "Restart", outcome="worked", superseded_at=timezone.now())
    waiting = step("action", "Restart the queue", answered_at=None)

    made = draft("Mail is late!", [script, replaced, waiting])

    assert (made.summary, made.action) == (
        "Mail is late!\nFound: List the hotfixes – None since spring.",
        "",
    )


def at(minutes: int) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("changes", "signs", "until", "expected"),
    [
        ([(0, "active")], [10, 20], 25, 25),
        ([(0, "active")], [10], 400, 40),
        ([(0, "active"), (10, "paused"), (200, "active")], [205], 210, 20),
        ([(0, "active"), (10, "requesting_escalation"), (90, "active")], [95], 100, 20),
        ([(0, "active"), (10, "resolved"), (900, "active")], [], 905, 15),
        ([(0, "active")], [], 0, 1),
    ],
    ids=["all of it", "a long gap", "a pause", "waiting for others", "reopened", "at least one"],
)
def test_minutes_worked_leave_out_pauses_waiting_and_long_gaps(
    changes: list[tuple[int, str]], signs: list[int], until: int, expected: int
) -> None:
    marks = [(at(minute), state) for minute, state in changes]

    assert minutes_worked(marks, [at(sign) for sign in signs], at(until)) == expected
