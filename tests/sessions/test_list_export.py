"""The list narrowed by how sessions ended, and taken away as a file."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts.models import AuditEvent
from flowpilot.core import export
from sessions import actions
from sessions.models import AISession
from tests.factories import Cast, make_resolved, make_session, make_version, make_view
from tests.screens import signed_in, text, words
from tests.sessions.test_list_screen import LIST, titles

EXPORT = reverse("sessions:export")


@pytest.fixture
def several(cast: Cast) -> Cast:
    """Four sessions that differ in all that the filters look at."""
    made = make_session(cast, problem_summary="Resolved", flow_version=make_version(cast))
    actions.resolve(
        made,
        summary="=cmd|calc",
        action="Restarted",
        root_cause="software",
        worked_minutes=20,
        flow_helped=True,
        by=cast.engineer,
    )
    actions.rate(made, rating=2, by=cast.engineer)
    old = make_resolved(cast, problem_summary="Old")
    long_ago = timezone.now() - timedelta(days=40)
    AISession.objects.filter(pk=old.pk).update(ended_at=long_ago)
    make_session(cast, problem_summary="Ticket", intake_type="psa_ticket", ticket_data={"number": "4711"})
    make_session(cast, problem_summary="Foreign", user=cast.colleague)
    return cast


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"mine": "on"}, ["Ticket", "Old", "Resolved"]),
        ({"intake": "psa_ticket"}, ["Ticket"]),
        ({"ticket": "yes"}, ["Ticket"]),
        ({"ticket": "no"}, ["Foreign", "Old", "Resolved"]),
        ({"cause": "software"}, ["Resolved"]),
        ({"helped": "yes"}, ["Resolved"]),
        ({"helped": "no"}, []),
        ({"rating": "2"}, ["Resolved"]),
        ({"ended_since": "today"}, ["Resolved"]),
        ({"ended_until": "past"}, ["Old"]),
    ],
    ids=lambda value: (
        "-".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, dict) else ""
    ),
)
def test_the_list_is_narrowed_by_how_sessions_came_and_ended(
    several: Cast, asked: dict[str, str], expected: list[str]
) -> None:
    days = {"today": timezone.now() - timedelta(days=1), "past": timezone.now() - timedelta(days=30)}
    asked = {
        name: days[value].date().isoformat() if value in days else value for name, value in asked.items()
    }

    assert titles(signed_in(several.engineer).get(LIST, asked)) == expected


def table_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text(response).removeprefix("\ufeff"))))


def test_the_filtered_list_is_exported_with_formulas_made_harmless_and_noted(several: Cast) -> None:
    client = signed_in(several.engineer)

    header, *rows = table_of(client.post(EXPORT, {"query": "status=resolved&rating=2", "format": "csv"}))
    as_json = client.post(EXPORT, {"query": "mine=on", "format": "json"}).json()

    row = dict(zip(header, rows[0], strict=True))
    assert len(rows) == 1
    assert (row["problem"], row["what_fixed_it"], row["worked_minutes"], row["root_cause"]) == (
        "Resolved",
        "'=cmd|calc",
        "20",
        "software",
    )
    assert [each["problem"] for each in as_json] == ["Ticket", "Old", "Resolved"]
    notes = AuditEvent.objects.filter(verb="exported").order_by("created_at").values_list("note", "actor")
    assert list(notes) == [("1 session", several.engineer.pk), ("3 sessions", several.engineer.pk)]


def test_an_export_holds_what_its_reader_may_see(several: Cast, outsiders: Cast) -> None:
    make_resolved(outsiders, problem_summary="Of a rival")

    rows = table_of(signed_in(several.other_team_admin).post(EXPORT, {"query": "", "format": "csv"}))

    assert len(rows) == 1


def test_an_export_that_cannot_be_made_says_why(several: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(several.engineer)
    unreadable = client.post(EXPORT, {"query": "rating=nine"})
    monkeypatch.setattr(export, "LARGEST", 2)
    too_large = client.post(EXPORT, {"query": ""})

    assert (unreadable.status_code, too_large.status_code) == (422, 422)
    assert "A filter cannot be read." in words(unreadable)
    assert "narrow the list, then export again." in words(too_large)
    assert AuditEvent.objects.filter(verb="exported").count() == 0


def test_a_shared_view_of_mine_shows_everybody_their_own(several: Cast) -> None:
    make_view(several, "My day", query="mine=on")

    def seen(user: Any) -> list[str]:
        return titles(signed_in(user).get(LIST, {"view": "my-day"}))

    assert (seen(several.colleague), len(seen(several.engineer))) == (["Foreign"], 3)
