"""Describing a problem, and what was seen before: what is shown, and to whom."""

import pytest
from django.urls import reverse

from flowpilot.accounts.models import User
from sessions import actions
from sessions.jobs import index_history
from sessions.models import AISession
from sessions.suggestions import suggest
from tests.factories import Cast, make_resolved, make_session, make_version, small_tree
from tests.screens import HTMX, signed_in, text, words

FIND = reverse("finding:flow")
PROBLEM = "Outlook asks for the password again and again since the update this morning"


def seen_before(session: AISession, user: User, *, htmx: bool = True) -> str:
    address = reverse("sessions:seen-before", args=[session.pk])
    return text(signed_in(user).get(address, headers=HTMX if htmx else {}))


def test_the_session_page_loads_what_was_seen_before(cast: Cast) -> None:
    session = make_session(
        cast, problem_summary="Outlook wants the password", intake_content={"text": PROBLEM}
    )
    page = text(signed_in(cast.engineer).get(reverse("sessions:detail", args=[session.pk])))
    assert f'hx-get="{reverse("sessions:seen-before", args=[session.pk])}"' in page


def test_seen_before_names_the_session_and_what_they_have_in_common(cast: Cast) -> None:
    past = make_resolved(
        cast, problem_summary="Outlook asks for the password", intake_content={"text": PROBLEM}
    )
    index_history()
    session = make_session(
        cast, problem_summary="Outlook wants the password", intake_content={"text": PROBLEM}
    )

    part = seen_before(session, cast.engineer)

    assert f'href="{reverse("sessions:detail", args=[past.pk])}"' in part
    assert "restarting the service fixed it" in part
    assert "In common:" in part
    assert "<html" not in part
    assert "<html" in seen_before(session, cast.engineer, htmx=False)


def test_seen_before_shows_nothing_that_the_reader_may_not_open(cast: Cast, outsiders: Cast) -> None:
    make_resolved(outsiders, problem_summary="Outlook password, a rival's", intake_content={"text": PROBLEM})
    make_resolved(
        cast,
        problem_summary="Outlook password, another team's",
        intake_content={"text": PROBLEM},
        team=cast.other_team,
    )
    index_history()
    session = make_session(
        cast, problem_summary="Outlook wants the password", intake_content={"text": PROBLEM}
    )

    part = seen_before(session, cast.engineer)

    assert "No resolved session that you may see resembles it." in part
    assert "rival" not in part
    assert "another team" not in part


def test_a_described_problem_finds_flows_with_tier_and_reasons(cast: Cast) -> None:
    version = make_version(cast, title="Outlook asks for the password again and again")
    make_version(cast, small_tree("Is the paper tray empty?"), title="Plotter refuses paper")

    shown = signed_in(cast.engineer).post(FIND, {"problem": PROBLEM}, headers=HTMX)

    assert f'href="{reverse("flows:detail", args=[version.flow_id])}"' in text(shown)
    assert "In its title: password, Outlook" in words(shown)
    assert "One more detail" not in words(shown)
    assert "Plotter" not in words(shown)


def test_a_short_description_is_asked_for_one_more_detail(cast: Cast) -> None:
    shown = words(signed_in(cast.engineer).post(FIND, {"problem": "printer broken"}))
    assert "One more detail would help" in shown
    assert "the exact words of the error message, or its code" in shown
    assert "No published flow has anything in common with it." in shown


@pytest.mark.parametrize(("problem", "status"), [("", 422), (" ", 422), ("x" * 200_001, 422)])
def test_nothing_to_look_for_is_said_beside_the_field(cast: Cast, problem: str, status: int) -> None:
    shown = signed_in(cast.engineer).post(FIND, {"problem": problem})
    assert shown.status_code == status
    assert "fp-error" in text(shown)


def test_a_long_log_is_looked_for_by_its_beginning(cast: Cast) -> None:
    make_version(cast, title="Print spooler stops with event 7031")
    log = "spooler stopped, event 7031\n" * 4_000
    shown = signed_in(cast.engineer).post(FIND, {"problem": log})
    assert "Same code: event-7031" in words(shown)


def test_sessions_that_were_resolved_with_a_flow_are_a_reason_for_it(cast: Cast) -> None:
    version = make_version(cast, title="Outlook asks for the password again and again")
    past = make_resolved(
        cast, problem_summary="Outlook asks for the password", intake_content={"text": PROBLEM}
    )
    AISession.objects.filter(pk=past.pk).update(matched_flow=version.flow, flow_version=version)
    index_history()

    found = suggest(PROBLEM, cast.engineer)

    assert [each.session for each in found.seen_before] == [past]
    assert found.flows[0].reasons[-1] == "1 similar session was resolved with it"
    assert suggest(PROBLEM, cast.engineer, without=[past.pk]).seen_before == []


def test_a_session_that_was_reopened_is_no_reason(cast: Cast) -> None:
    past = make_resolved(
        cast, problem_summary="Outlook asks for the password", intake_content={"text": PROBLEM}
    )
    index_history()
    actions.reopen(past, reason="came back", by=past.user)
    assert suggest(PROBLEM, cast.engineer).seen_before == []
