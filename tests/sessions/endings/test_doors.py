"""The doors of the verbs: a dialog that asks, an answer that says what came of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sessions import actions
from sessions.models import AISession
from tests.factories import Cast, add_answered, make_resolved, make_session, make_version
from tests.screens import said, text, words
from tests.sessions.endings.asking import at, get, send, stands

RESOLUTION = {"summary": "The spooler hung.", "action": "Restart the print spooler"}
ASKING = ["pause", "resolve", "abandon", "escalate", "reopen", "rate", "accept", "decline"]


@pytest.mark.parametrize("name", ASKING)
def test_a_verb_asks_in_the_dialog_and_without_scripts_on_a_page(cast: Cast, name: str) -> None:
    session = make_session(cast)

    dialog, page = get(cast.engineer, name, session), get(cast.engineer, name, session, htmx=False)

    assert ("<html" in text(dialog), "<html" in text(page)) == (False, True)
    assert f'action="{at(name, session)}" hx-post="{at(name, session)}"' in text(dialog)
    assert "hx-post" not in text(page).split('<section class="fp-card fp-narrow"')[1]
    assert "HX-Request" in dialog["Vary"]


def test_a_pause_keeps_its_note_and_offers_to_take_it_back(cast: Cast) -> None:
    session = make_session(cast)

    answer = send(cast.engineer, "pause", session, reason="Waits for the user")

    assert stands(session) == ("paused",)
    assert answer["HX-Redirect"] == at("detail", session)
    assert [message.extra_tags for message in answer.wsgi_request._messages] == [at("resume", session)]
    assert session.events.last().reason == "Waits for the user"
    resumed = send(cast.engineer, "resume", session, htmx=False)
    assert (resumed.status_code, resumed["Location"]) == (303, at("detail", session))
    assert stands(session) == ("active",)


def test_the_dialog_of_a_resolution_is_drafted_from_the_thread(cast: Cast) -> None:
    session = make_session(cast, problem_summary="Printer is offline")
    add_answered(session, "Is the spooler running?", kind="question", response="No, stopped since 8")
    add_answered(session, "Restart the print spooler", outcome="worked", response="It prints again")

    page = text(get(cast.engineer, "resolve", session))

    areas = re.findall(r"<textarea[^>]*>\s*(.*?)</textarea>", page, flags=re.S)
    assert areas[:2] == [
        "Printer is offline.\nFound: Is the spooler running? – No, stopped since 8.\n"
        "What fixed it: Restart the print spooler – It prints again.",
        "Restart the print spooler",
    ]
    assert 'name="worked_minutes" value="1"' in page
    assert "flow_helped" not in page


def test_a_resolution_keeps_all_that_was_said_and_the_rating(cast: Cast) -> None:
    session = make_session(cast, flow_version=make_version(cast))

    answer = send(
        cast.engineer,
        "resolve",
        session,
        **RESOLUTION,
        worked_minutes="25",
        root_cause="software",
        root_cause_note="A driver of 2019",
        flow_helped="no",
        rating="2",
        feedback="Asked too much",
    )

    assert answer["HX-Redirect"] == at("detail", session)
    assert stands(
        session,
        "resolution_summary",
        "resolution_action",
        "worked_minutes",
        "root_cause",
        "root_cause_note",
        "flow_helped",
        "session_rating",
        "session_feedback",
    ) == (
        "resolved",
        "The spooler hung.",
        "Restart the print spooler",
        25,
        "software",
        "A driver of 2019",
        False,
        2,
        "Asked too much",
    )


def test_what_is_optional_in_a_resolution_may_be_left_out(cast: Cast) -> None:
    session = make_session(cast)

    send(cast.engineer, "resolve", session, **RESOLUTION)

    assert stands(session, "worked_minutes", "root_cause", "flow_helped", "session_rating") == (
        "resolved",
        None,
        "",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("resolve", {"summary": "Typed with care", "action": ""}, "This field is required."),
        ("resolve", {**RESOLUTION, "worked_minutes": "-1"}, "greater than or equal to 0"),
        ("resolve", {**RESOLUTION, "root_cause": "bad luck"}, "Select a valid choice."),
        ("resolve", {**RESOLUTION, "feedback": "Typed with care"}, "Choose a rating for your words."),
        ("abandon", {"reason": ""}, "This field is required."),
        (
            "escalate",
            {"code": "access", "reason": "Typed with care", "where": "person"},
            "Choose a colleague.",
        ),
        (
            "escalate",
            {"code": "access", "reason": "No key", "where": "outside"},
            "Say to whom it is handed over.",
        ),
    ],
)
def test_what_is_missing_is_told_and_what_was_typed_is_kept(
    cast: Cast, name: str, given: dict[str, str], told: str
) -> None:
    session = make_session(cast)

    answer = send(cast.engineer, name, session, **given)

    assert answer.status_code == 422
    assert told in words(answer)
    assert ("Typed with care" in text(answer)) == ("Typed with care" in given.values())
    assert stands(session) == ("active",)


def test_a_session_that_moved_on_comes_back_with_how_it_stands_and_what_was_typed(cast: Cast) -> None:
    session = make_session(cast)
    seen = re.findall(r'name="seen" value="([^"]+)"', text(get(cast.engineer, "resolve", session)))[0]
    actions.pause(session, by=cast.engineer)

    stale = send(cast.engineer, "resolve", session, **RESOLUTION, seen=seen)

    assert stale.status_code == 409
    assert "This session moved on while you were typing." in words(stale)
    assert "Paused Engineer, just now ." in words(stale)
    assert "The spooler hung." in text(stale)
    assert stands(session) == ("paused",)
    again = re.findall(r'name="seen" value="([^"]+)"', text(stale))[0]
    assert send(cast.engineer, "resolve", session, **RESOLUTION, seen=again).status_code == 200
    assert stands(session) == ("resolved",)


def test_a_verb_that_is_not_possible_any_more_is_refused_with_the_state(cast: Cast) -> None:
    session = make_resolved(cast)

    answer = send(cast.engineer, "abandon", session, htmx=False, reason="No interest")

    assert answer.status_code == 409
    assert "“abandon” is not possible while a session is resolved." in words(answer)


def test_a_button_that_comes_too_late_says_so_on_the_page(cast: Cast) -> None:
    session = make_session(cast)

    answer = send(cast.engineer, "resume", session, htmx=False)

    assert said(answer) == ["“resume” is not possible while a session is active."]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pause", {}),
        ("resume", {}),
        ("resolve", RESOLUTION),
        ("abandon", {"reason": "Mine"}),
        ("rate", {"rating": "5"}),
        ("escalate", {"code": "other", "reason": "x", "where": "anybody"}),
    ],
)
def test_only_the_holder_does_what_is_the_holders(cast: Cast, name: str, data: dict[str, Any]) -> None:
    session = make_session(cast)
    if name == "resume":
        actions.pause(session, by=cast.engineer)
    before = stands(session)

    assert send(cast.team_admin, name, session, **data).status_code == 403
    assert stands(session) == before


def test_a_session_is_reopened_with_a_reason_and_its_former_end_stays_in_the_history(cast: Cast) -> None:
    session = make_resolved(cast)
    refused = send(cast.team_admin, "reopen", session, reason="")

    send(cast.team_admin, "reopen", session, reason="It came back")

    assert refused.status_code == 422
    assert stands(session) == ("active",)
    told = list(session.events.values_list("verb", "reason"))[-2:]
    assert told[0][1].startswith("The print spooler had stopped")
    assert told[1] == ("reopen", "It came back")
    page = text(get(cast.engineer, "resolve", session))
    assert "The print spooler had stopped after the update" in page


def test_after_the_accounts_days_a_session_stays_resolved(cast: Cast) -> None:
    session = make_resolved(cast)
    AISession.objects.filter(pk=session.pk).update(resolved_at=timezone.now() - timedelta(days=8))

    late = send(cast.engineer, "reopen", session, reason="It came back")

    assert (late.status_code, stands(session)) == (422, ("resolved",))
    assert "Sessions can be reopened within 7 days" in words(late)
    page = words(get(cast.engineer, "detail", session, htmx=False))
    assert "Reopen : Sessions can be reopened within 7 days of their resolution." in page


def test_an_ended_session_is_rated_in_words(cast: Cast) -> None:
    session = make_session(cast)
    actions.abandon(session, reason="The user has left", by=cast.engineer)

    send(cast.engineer, "rate", session, rating="4", feedback="Good questions")

    assert stands(session, "session_rating", "session_feedback") == ("abandoned", 4, "Good questions")


def offered(cast: Cast, session: AISession, who: str) -> list[str]:
    """The verbs on the session's page, with their keys; what is disabled in brackets."""
    page = text(get(getattr(cast, who), "detail", session, htmx=False))
    part = page.partition('id="session-verbs"')[2].partition("</div>")[0]
    found = []
    for tag, inner in re.findall(r"<(?:a|button)\b([^>]*)>(.*?)</(?:a|button)>", part, flags=re.S):
        word = re.sub(r"<svg.*?</svg>|<kbd.*?</kbd>|<span.*?</span>", "", inner, flags=re.S).strip()
        key = re.findall(r'data-hotkey="(.)"', tag)
        found.append(f"({word})" if "aria-disabled" in tag else " ".join([word, *key]))
    return found


def test_the_page_offers_what_is_possible_now(cast: Cast) -> None:
    session = make_session(cast)
    assert offered(cast, session, "engineer") == ["Pause p", "Escalate E", "Abandon", "Resolve R"]
    assert offered(cast, session, "team_admin") == []

    actions.pause(session, by=cast.engineer)
    assert offered(cast, session, "engineer")[0] == "Resume p"

    actions.request_escalation(session, reason="No rights", to=cast.colleague, by=cast.engineer)
    assert offered(cast, session, "engineer") == [
        "(Pause)",
        "Take the escalation back",
        "Abandon",
        "Resolve R",
    ]
    assert offered(cast, session, "colleague") == ["Take over A", "Return"]
    assert offered(cast, session, "team_admin") == ["Take over A"]

    ended = make_resolved(cast)
    assert offered(cast, ended, "engineer") == ["Reopen", "Rate"]
    assert offered(cast, ended, "team_admin") == ["Reopen"]
    assert offered(cast, ended, "colleague") == []
