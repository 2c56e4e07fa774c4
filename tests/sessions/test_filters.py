from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.core.scope import account_scope
from sessions import actions, reading
from sessions.filters import SessionApiFilter, SessionFilter
from sessions.models import AISession
from tests.factories import Cast, make_resolved, make_session


def found(user: User, query: str, filters: type[SessionFilter] = SessionFilter) -> list[str | None]:
    """The summaries that the filter leaves, in alphabetical order."""
    request = RequestFactory().get("/")
    request.user = user
    narrowed = filters(QueryDict(query), queryset=reading.sessions(user), request=request)
    assert narrowed.is_valid(), narrowed.errors
    return sorted(narrowed.qs.values_list("problem_summary", flat=True))


@pytest.fixture
def states(cast: Cast) -> Cast:
    """One session in each state, called by it."""
    make_session(cast, problem_summary="active")
    actions.pause(make_session(cast, problem_summary="paused"), by=cast.engineer)
    waiting = make_session(cast, problem_summary="requesting")
    actions.request_escalation(waiting, reason="No access", by=cast.engineer)
    handed = make_session(cast, problem_summary="escalated")
    actions.escalate(handed, reason="Vendor fault", destination="Vendor", by=cast.engineer)
    actions.abandon(make_session(cast, problem_summary="abandoned"), reason="Duplicate", by=cast.engineer)
    make_resolved(cast, problem_summary="resolved")
    return cast


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["abandoned", "active", "escalated", "paused", "requesting", "resolved"]),
        ("status=open", ["active", "paused", "requesting"]),
        ("status=paused", ["paused"]),
        ("status=resolved", ["resolved"]),
        ("status=requesting_escalation", ["requesting"]),
        ("analysis=pending", ["resolved"]),
        ("analysis=failed", []),
    ],
)
def test_lists_are_narrowed_by_state(states: Cast, query: str, expected: list[str]) -> None:
    assert found(states.engineer, query) == expected


def test_programs_ask_for_several_states_at_once(states: Cast) -> None:
    query = "status=paused&status=resolved"

    assert found(states.engineer, query, SessionApiFilter) == ["paused", "resolved"]


def test_programs_ask_for_a_span_of_time(cast: Cast) -> None:
    for hour in (8, 9, 10):
        session = make_session(cast, problem_summary=f"at {hour}")
        AISession.objects.filter(pk=session.pk).update(created_at=f"2026-03-01T{hour:02}:00:00Z")
    query = "created_after=2026-03-01T09:00:00Z&created_before=2026-03-01T10:00:00Z"

    assert found(cast.engineer, query, SessionApiFilter) == ["at 9"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tier=guided", ["sure"]),
        ("tier=exploring", ["fair"]),
        ("tier=discovery", ["poor"]),
        ("tier=unscored", ["new"]),
    ],
)
def test_a_session_that_nothing_has_scored_is_in_no_tier(cast: Cast, query: str, expected: list[str]) -> None:
    make_session(cast, problem_summary="new")
    for name, confidence in (("sure", 0.9), ("fair", 0.8), ("poor", 0.1)):
        actions.score(make_session(cast, problem_summary=name), confidence=confidence)

    assert found(cast.engineer, query) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("printer", ["Printers print nothing"]),
        ("print -nothing", []),
        ("48211", ["VPN drops"]),
        ('"vpn drops"', ["VPN drops"]),
        ("vpn or printer", ["Printers print nothing", "VPN drops"]),
        ("'); drop table ai_sessions; --", []),
    ],
)
def test_the_search_reads_summaries_and_ticket_numbers_by_their_stems(
    cast: Cast, words: str, expected: list[str]
) -> None:
    make_session(cast, problem_summary="Printers print nothing")
    make_session(cast, problem_summary="VPN drops", ticket_data={"number": "48211"})
    query = QueryDict(mutable=True)
    query["q"] = words

    with account_scope(cast.account.pk):
        assert found(cast.engineer, query.urlencode()) == expected


def test_lists_are_narrowed_by_domain_team_and_client(cast: Cast) -> None:
    make_session(cast, problem_summary="a", problem_domain="printing")
    make_session(cast, problem_summary="b", problem_domain="email", client=None)
    make_session(cast, problem_summary="c", intake_content={}, team=cast.other_team)
    admin = cast.account_admin

    assert found(admin, "domain=printing") == ["a"]
    assert found(admin, f"team={cast.other_team.pk}") == ["c"]
    assert found(admin, f"client={cast.client.pk}") == ["a", "c"]


def test_an_engineer_finds_what_was_begun_and_what_was_taken_over(cast: Cast) -> None:
    make_session(cast, problem_summary="begun", user=cast.colleague)
    handed = make_session(cast, problem_summary="taken over")
    actions.request_escalation(handed, reason="No access", by=cast.engineer)
    actions.accept_escalation(handed, by=cast.colleague)
    make_session(cast, problem_summary="of somebody else")

    assert found(cast.engineer, f"engineer={cast.colleague.pk}") == ["begun", "taken over"]


def test_lists_are_narrowed_by_how_long_ago_a_session_began(cast: Cast) -> None:
    for days in (0, 5, 20, 90):
        session = make_session(cast, problem_summary=f"{days:02} days")
        AISession.objects.filter(pk=session.pk).update(
            created_at=timezone.now() - timedelta(days=days, hours=1)
        )

    assert found(cast.engineer, "started=1") == ["00 days"]
    assert found(cast.engineer, "started=7") == ["00 days", "05 days"]
    assert found(cast.engineer, "started=30") == ["00 days", "05 days", "20 days"]


@pytest.mark.parametrize("name", ["team", "client", "engineer"])
def test_nobody_can_filter_by_rows_of_another_account(cast: Cast, outsiders: Cast, name: str) -> None:
    request = RequestFactory().get("/")
    request.user = cast.account_admin
    theirs = getattr(outsiders, name).pk

    narrowed = SessionFilter(
        QueryDict(f"{name}={theirs}"), queryset=reading.sessions(cast.account_admin), request=request
    )

    assert list(narrowed.errors) == [name]


@pytest.mark.parametrize(
    "query", ["q=%00", "status=nonsense", "tier=high", "team=1", "started=3", "domain=none"]
)
def test_what_a_filter_does_not_offer_is_an_error_of_that_filter(cast: Cast, query: str) -> None:
    request = RequestFactory().get("/")
    request.user = cast.engineer

    narrowed = SessionFilter(QueryDict(query), queryset=reading.sessions(cast.engineer), request=request)

    assert list(narrowed.errors) == [query.split("=")[0]]
