from datetime import UTC, datetime
from uuid import UUID

from flowpilot.ai.contracts import SessionFacts
from proposals.recent import OF_ONE, RecentFacts

THEN, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def facts(number: int, text: str = "") -> SessionFacts:
    return SessionFacts(id=UUID(int=number), title="Printer", text=text, ended_at=THEN)


def test_what_was_kept_is_found_again_while_it_is_the_same_resolution() -> None:
    recent = RecentFacts()
    recent.keep([facts(1)])

    assert recent.of(UUID(int=1), THEN) == facts(1)
    assert recent.of(UUID(int=1), LATER) is None
    assert recent.of(UUID(int=2), THEN) is None


def test_those_asked_for_last_stay() -> None:
    recent = RecentFacts(kept=3 * OF_ONE)
    recent.keep([facts(1), facts(2)])
    recent.of(UUID(int=1), THEN)
    recent.keep([facts(3)])

    assert [recent.of(UUID(int=number), THEN) is not None for number in (1, 2, 3)] == [True, False, True]


def test_a_long_text_takes_the_room_of_many() -> None:
    recent = RecentFacts(kept=10 * OF_ONE)
    recent.keep([facts(number) for number in range(5)])
    recent.keep([facts(9, "x" * 8 * OF_ONE)])

    assert [number for number in range(10) if recent.of(UUID(int=number), THEN)] == [9]
