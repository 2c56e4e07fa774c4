import os
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest
import time_machine

from flowpilot.core import ids

START = 1_763_900_000_000_999_000  # nanoseconds since 1970, a microsecond before a millisecond ends


def test_keys_made_one_after_the_other_sort_in_that_order_within_a_millisecond_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(START, START + 2_500_000, 500))
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(clock))
    made = [ids.uuid7() for _ in range(5000)]

    assert made == sorted(made)
    assert {(key.version, key.variant) for key in made} == {(7, RFC_4122)}
    assert [key.int >> 80 for key in made[:3]] == [START // 1_000_000] * 2 + [START // 1_000_000 + 1]


def test_keys_of_one_moment_sort_in_the_order_in_which_they_were_made() -> None:
    with time_machine.travel(datetime(2026, 3, 17, 12, tzinfo=UTC), tick=False):
        made = [ids.uuid7() for _ in range(5000)]

    assert made == sorted(made)


def test_a_clock_that_goes_back_a_little_changes_no_order_and_one_that_was_set_is_followed() -> None:
    noon = datetime(2026, 3, 17, 12, tzinfo=UTC)
    made = []
    for late in (0.0, 0.5, 3600.0):
        with time_machine.travel(noon - timedelta(seconds=late), tick=False):
            made += [ids.uuid7(), ids.uuid7()]

    assert made[:4] == sorted(made[:4])
    assert ids.earliest_id(noon) <= made[0] < ids.earliest_id(noon + timedelta(seconds=1))
    hour_before = noon - timedelta(hours=1)
    assert all(ids.earliest_id(hour_before) <= key < ids.earliest_id(noon) for key in made[4:])


def test_a_forked_process_makes_other_keys_although_it_goes_on_from_the_same() -> None:
    reader, writer = os.pipe()
    with time_machine.travel(datetime(2026, 3, 17, 12, tzinfo=UTC), tick=False):
        ids.uuid7()
        if (child := os.fork()) == 0:
            os.write(writer, ids.uuid7().bytes)
            os._exit(0)
        own = ids.uuid7()
    assert os.waitpid(child, 0)[1] == 0
    theirs = os.read(reader, 16)
    os.close(reader)
    os.close(writer)

    assert (theirs[:8], theirs != own.bytes) == (own.bytes[:8], True)
