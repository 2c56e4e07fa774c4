"""The flows that may answer a session: how they are told, and what starting with one does."""

from typing import Any

import pytest
from django.urls import reverse

from flowpilot.flows import actions as flow_actions
from flowpilot.flows.models import FlowVersion
from sessions import actions
from sessions.jobs import index_history
from sessions.models import AISession
from tests.factories import Cast, make_resolved, make_session, make_version, small_tree
from tests.screens import HTMX, signed_in, text, words

pytestmark = pytest.mark.django_db

PROBLEM = "Outlook asks for the password again and again since the update this morning"


def asked(session: AISession, user: Any, **more: Any) -> Any:
    return signed_in(user).get(reverse("sessions:matches", args=[session.pk]), headers=HTMX, **more)


def started(session: AISession, user: Any, version: object, *, htmx: bool = False) -> Any:
    address = reverse("sessions:start", args=[session.pk])
    return signed_in(user).post(address, {"version": str(version)}, headers=HTMX if htmx else {})


def about_outlook(cast: Cast, **extra: Any) -> AISession:
    return make_session(cast, problem_summary=None, intake_content={"text": PROBLEM}, **extra)


@pytest.fixture
def version(cast: Cast) -> FlowVersion:
    return make_version(
        cast,
        small_tree("Does Outlook ask for the password?"),
        title="Outlook keeps asking for the password",
        summary="Outlook asks for the password again and again.",
    )


def test_a_flow_is_told_in_words_and_figures_with_what_became_of_its_sessions(
    cast: Cast, version: FlowVersion
) -> None:
    for _number in range(2):
        make_resolved(cast, flow_version=version)
    lost = make_session(cast, flow_version=version)
    actions.abandon(lost, reason="No answer", by=cast.engineer)
    make_session(cast, flow_version=version)

    part = asked(about_outlook(cast), cast.engineer)

    assert "<html" not in text(part)
    assert "Outlook keeps asking for the password" in words(part)
    assert "resolved 2 of 3 (66.7%)" in words(part)
    assert "In its title: " in words(part)
    assert f'name="version" value="{version.pk}"' in text(part)


def test_nobody_followed_it_yet_is_no_rate(cast: Cast, version: FlowVersion) -> None:
    assert "followed by nobody yet: –" in words(asked(about_outlook(cast), cast.engineer))


def test_without_a_flow_that_fits_it_says_so(cast: Cast) -> None:
    said = words(asked(about_outlook(cast), cast.engineer))
    assert "No published flow has anything in common with this problem" in said
    assert "Discovery" in said


def test_past_sessions_tell_what_fixed_them_and_short_texts_what_they_lack(cast: Cast) -> None:
    past = make_resolved(
        cast, problem_summary="Outlook asks for the password", intake_content={"text": PROBLEM}
    )
    index_history()

    long = asked(about_outlook(cast), cast.engineer)
    short = asked(make_session(cast, intake_content={"text": "Outlook broken"}), cast.engineer)

    assert reverse("sessions:detail", args=[past.pk]) in text(long)
    assert "restarting the service fixed it" in words(long)
    assert "the exact words of the error message, or its code" in words(short)
    assert "It would help to know" not in words(long)


def test_starting_pins_the_version_and_scores_by_its_match(cast: Cast, version: FlowVersion) -> None:
    session = about_outlook(cast)

    answer = started(session, cast.engineer, version.pk)

    session.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, reverse("sessions:detail", args=[session.pk]))
    assert (session.flow_version, session.matched_flow) == (version, version.flow)
    assert session.match_score is not None
    assert session.match_probability is not None
    assert session.confidence_score == pytest.approx(session.match_probability, abs=0.02)
    assert session.scored_at is not None
    assert session.steps.get().title == "Does Outlook ask for the password?"


def test_htmx_is_led_to_the_session(cast: Cast, version: FlowVersion) -> None:
    session = about_outlook(cast)
    answer = started(session, cast.engineer, version.pk, htmx=True)
    assert answer["HX-Redirect"] == reverse("sessions:detail", args=[session.pk])


def test_a_version_that_is_no_longer_in_force_starts_nothing(cast: Cast, version: FlowVersion) -> None:
    session = about_outlook(cast)
    old = version.pk
    from_now_on = make_second_version(cast, version)

    answer = started(session, cast.engineer, old, htmx=True)

    session.refresh_from_db()
    assert (answer.status_code, session.flow_version) == (409, None)
    assert "That version is no longer in force" in words(answer)
    assert f'value="{from_now_on.pk}"' in text(answer)


def make_second_version(cast: Cast, version: FlowVersion) -> FlowVersion:
    return flow_actions.publish_version(
        version.flow, small_tree("Does Outlook still ask?"), base=version, by=cast.team_admin
    )


@pytest.mark.parametrize("version_given", ["", "nonsense"])
def test_a_start_without_a_flow_named_is_refused(cast: Cast, version_given: str) -> None:
    answer = started(about_outlook(cast), cast.engineer, version_given)
    assert answer.status_code == 422
    assert "Choose one of the flows." in words(answer)


def test_only_the_holder_is_offered_the_start_and_may_do_it(cast: Cast, version: FlowVersion) -> None:
    session = about_outlook(cast)
    assert 'name="version"' not in text(asked(session, cast.colleague))
    assert started(session, cast.colleague, version.pk).status_code == 403
    actions.pause(session, by=cast.engineer)
    assert started(session, cast.engineer, version.pk).status_code == 409
    session.refresh_from_db()
    assert session.flow_version is None


def test_flows_of_others_are_neither_shown_nor_followed(cast: Cast, outsiders: Cast) -> None:
    foreign = make_version(outsiders, title="Outlook asks for the password, a rival's", team=None)
    session = about_outlook(cast)
    assert "rival" not in text(asked(session, cast.engineer))
    assert started(session, cast.engineer, foreign.pk).status_code == 409
