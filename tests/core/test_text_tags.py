"""How values become words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from flowpilot.core.templatetags import text

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.8333, "83.3%"),
        (1, "100.0%"),
        (0, "0.0%"),
        ("0.5", "50.0%"),
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        ("many", "–"),
    ],
)
def test_rates_have_one_decimal_and_nothing_is_a_dash(value: object, shown: str) -> None:
    assert text.rate(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (14, "14 min"),
        (0.4, "under 1 min"),
        (60, "1 h"),
        (125.2, "2 h 5 min"),
        (None, "–"),
        (-3, "–"),
        ("soon", "–"),
    ],
)
def test_minutes_read_like_a_clock(value: object, shown: str) -> None:
    assert text.minutes(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("requesting_escalation", "Requesting escalation"),
        ("sev-2", "Sev 2"),
        ("", "Unknown"),
        (None, "Unknown"),
        (3, "3"),
    ],
)
def test_keys_read_as_words(value: object, shown: str) -> None:
    assert text.label(value) == shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maya Ruiz", "MR"),
        ("Ana Maria de Sousa", "AS"),
        ("maya.ruiz@example.test", "MR"),
        ("Cher", "C"),
        ("", ""),
    ],
)
def test_initials_are_of_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert text.initials(name) == letters


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (NOW - timedelta(seconds=40), "just now"),
        (NOW - timedelta(minutes=5), "5 min ago"),
        (NOW - timedelta(hours=2, minutes=50), "2 h ago"),
        (NOW - timedelta(days=1, hours=3), "1 day ago"),
        (NOW - timedelta(days=12), "12 days ago"),
        (NOW - timedelta(days=90), "24 Aug 2026"),
        (NOW + timedelta(days=3, minutes=1), "in 3 days"),
    ],
)
def test_times_are_told_from_now(moment: datetime, shown: str) -> None:
    assert text.relative(moment, NOW) == shown


def test_the_exact_time_is_in_the_readers_zone() -> None:
    moment = datetime(2020, 6, 1, 22, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Berlin")):
        html = text.ago(moment)
    assert html == (
        '<time datetime="2020-06-02T00:30:00+02:00" title="2 Jun 2020, 00:30 CEST">2 Jun 2020</time>'
    )


def test_no_time_is_a_dash() -> None:
    assert text.ago(None) == "–"


def test_markdown_of_nothing_is_nothing() -> None:
    assert Template("{% load text %}[{{ body|markdown }}]").render(Context({"body": None})) == "[]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.2, "0.2 s"), (9.96, "10.0 s"), (42.4, "42 s"), (90, "2 min"), (None, "–"), (-1, "–")],
)
def test_seconds_become_minutes_in_time(value: object, shown: str) -> None:
    assert text.seconds(value) == shown


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(minutes=-5), "due"),
        (timedelta(seconds=30), "within a minute"),
        (timedelta(minutes=4, seconds=30), "in 4 min"),
        (timedelta(hours=3, minutes=30), "in 3 h"),
    ],
)
def test_what_is_to_come_says_when(ahead: timedelta, shown: str) -> None:
    assert f">{shown}</time>" in text.due(timezone.now() + ahead)


def test_what_is_not_to_come_is_a_dash() -> None:
    assert text.due(None) == "–"
