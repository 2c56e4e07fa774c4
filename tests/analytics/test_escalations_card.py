"""The card of escalations: by kind, by words, and by who took over."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from analytics.actions import rollups
from flowpilot.core.scope import account_scope
from sessions import actions, sets
from sessions.models import AISession
from tests.analytics.looking import behind, built, counted
from tests.analytics.planting import put
from tests.factories import Cast, make_session
from tests.screens import signed_in, text


@pytest.fixture
def desk(cast: Cast) -> Iterator[Cast]:
    """Eight sessions that were passed on: five out of FlowPilot, four to a colleague, and one is both. Two
    more were reassigned, and one of those went out of FlowPilot later."""
    with account_scope(cast.account.pk):
        begun = timezone.now() - timedelta(days=9)
        outside: dict[str, Any] = {"begun": begun, "status": "escalated"}
        outside |= {"escalation_reason": "Needs hands", "escalation_destination": "Field"}
        put(cast, 3, escalation_code="on_site", **outside)
        put(cast, 1, **outside, escalated_to=cast.colleague)
        taken = {"escalated_to": cast.team_admin, "escalation_requested_at": begun}
        put(cast, 1, escalation_code="access", **outside, **taken)
        put(cast, 2, begun=begun, escalation_code="access", **taken)
        by_admin = {**taken, "escalated_to": cast.account_admin}
        put(cast, 1, begun=begun, team=cast.other_team, escalation_reason="", **by_admin)
        put(cast, 1, begun=begun, escalated_to=cast.colleague)
        put(cast, 4, begun=begun)
        rollups.catch_up(cast.account)
        yield cast


def table(desk: Cast, number: int) -> list[tuple[str, int]]:
    rows = built(desk.account_admin, "compare=none", "escalations").tables[number].rows
    return [(str(row[0].text), row[1].value) for row in rows]


@pytest.mark.django_db
def test_escalations_are_counted_by_their_kind_and_those_taken_over_are_among_them(desk: Cast) -> None:
    card = built(desk.account_admin, "", "escalations")

    assert [(fact.label, fact.value) for fact in card.facts] == [
        ("Escalated or handed over", 8),
        ("Escalated", 5 / 13),
        ("Handed over", 4),
    ]
    assert table(desk, 0) == [
        ("Access or rights are missing", 3),
        ("Somebody has to be there", 3),
        ("Not said", 2),
    ]
    links = counted(card)
    assert links == [(url, behind(url, desk.account_admin)) for url, _count in links]
    assert len([url for url, _count in links if "code=" in url]) == 3


@pytest.mark.django_db
def test_destinations_are_those_outside_and_the_people_and_teams_that_took_over(desk: Cast) -> None:
    assert table(desk, 2) == [("Field", 5)]
    assert table(desk, 3) == [(desk.team_admin.name, 3), (desk.account_admin.name, 1)]
    assert table(desk, 4) == [(desk.team.name, 3), (desk.other_team.name, 1)]
    links = [row[1].url for row in built(desk.account_admin, "", "escalations").tables[3].rows]
    assert [behind(url, desk.account_admin) for url in links] == [3, 1]


@pytest.mark.django_db
def test_a_session_is_handed_over_when_it_was_asked_for_and_accepted_and_not_by_an_admin(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        asked, left = make_session(cast), make_session(cast)
        actions.request_escalation(asked, reason="Needs rights", by=cast.engineer)
        before = AISession.objects.filter(sets.passed_on(timezone.now())).count()

        actions.accept_escalation(asked, by=cast.colleague)
        actions.reassign(left, to=cast.colleague, by=cast.team_admin)

        for name in ("passed_on", "handed_over"):
            rows = AISession.objects.filter(sets.named(name).condition(timezone.now()))
            assert (before, [row.pk for row in rows]) == (0, [asked.pk])


@pytest.mark.django_db
def test_nothing_said_is_one_line_and_who_is_of_no_team_is_not_unsaid(desk: Cast) -> None:
    AISession.objects.filter(escalated_to=desk.account_admin).update(team=None)

    assert table(desk, 1) == [("Needs hands", 5), ("Not said", 3)]
    assert table(desk, 4) == [(desk.team.name, 3), ("No team", 1)]


@pytest.mark.django_db
def test_the_kind_of_an_escalation_is_in_the_list_the_file_and_the_api(desk: Cast) -> None:
    client = signed_in(desk.account_admin)
    on_site = {
        str(pk) for pk in AISession.objects.filter(escalation_code="on_site").values_list("pk", flat=True)
    }

    found = client.get("/api/v1/sessions/", {"code": "on_site"}).json()["results"]
    exported = client.post(reverse("sessions:export"), {"query": "code=on_site", "format": "json"}).json()

    assert {row["id"] for row in found} == on_site
    assert [(row["escalation_code"], row["escalation_destination"]) for row in found] == [
        ("on_site", "Field")
    ] * 3
    rows = exported["sessions"] if isinstance(exported, dict) else exported
    assert [row["escalation_code"] for row in rows] == ["on_site"] * 3
    assert "Kind of escalation: Somebody has to be there" in text(
        client.get("/sessions/", {"code": "on_site"})
    )
