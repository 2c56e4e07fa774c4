from uuid import RFC_4122

import pytest

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
