"""The console page and its doors."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sessions.actions.following import follow
from sessions.actions.replying import keep_draft
from sessions.models import AISession
from tests.factories import Cast, add_answered, make_session, make_turn, make_version
from tests.screens import signed_in, text, words

HTMX = {"HX-Request": "true"}


@pytest.fixture
def session(cast: Cast) -> AISession:
    made = make_session(cast)
    follow(made, version=make_version(cast, title="Printer"), probability=0.9, by=cast.engineer)
    return made


@pytest.fixture
def engineer(cast: Cast) -> Client:
    return signed_in(cast.engineer)


def address(name: str, session: AISession, *more: Any) -> str:
    return reverse(f"sessions:{name}", args=[session.pk, *more])


def test_the_step_that_waits_has_its_answers_on_keys_and_says_where_it_is(
    engineer: Client, session: AISession
) -> None:
    page = engineer.get(address("detail", session))
    assert re.findall(r'name="option" value="(\w+)".*?data-hotkey="(\d)"', text(page)) == [
        ("o1", "1"),
        ("o2", "2"),
        ("none", "0"),
    ]
    assert "Question · Step 1 of at most 2 Does the printer show an error?" in words(page)
    assert "Guided Exploring Discovery 90.0% The flow fits with a probability of 90 %; nothing was" in words(
        page
    )


def test_without_scripts_an_answer_leads_to_the_next_step(engineer: Client, session: AISession) -> None:
    answer = engineer.post(address("say", session), {"expected_step": 1, "option": "o1"})
    assert (answer.status_code, answer["Location"]) == (303, address("detail", session) + "#now")
    page = words(engineer.get(address("detail", session)))
    assert (
        "Does the printer show an error? Question · Flow · confidence then 91.8% Chosen: Yes No "
        "Yes Engineer, just now Change answer"
    ) in page
    assert "Step 2 of at most 2 Restart the print spooler" in page


def test_with_scripts_the_thread_comes_with_what_stands_beside_it(
    engineer: Client, session: AISession
) -> None:
    answer = engineer.post(address("say", session), {"expected_step": 1, "option": "o2"}, headers=HTMX)
    parts = re.findall(r'id="([\w-]+)"[^>]*hx-swap-oob="true"', text(answer))
    assert (parts, answer["HX-Trigger"]) == (
        ["confidence", "flow-progress", "expected-step"],
        '{"thread-moved": {}, "thread-said": {}}',
    )
    assert "The flow ends here: hand over Hand over with the error text" in words(answer)
    assert f'href="{address("detail", session)}escalate/"' in text(answer)


def test_an_old_page_is_told_and_keeps_what_was_typed(engineer: Client, session: AISession) -> None:
    given = {"expected_step": 1, "option": "o1", "response": "Error 0x97"}
    assert engineer.post(address("say", session), given, headers=HTMX).status_code == 200
    again = engineer.post(address("say", session), given, headers=HTMX)
    plain = engineer.post(address("say", session), given)
    assert (again.status_code, plain.status_code, session.steps.count()) == (409, 409, 2)
    assert "This thread has gone on meanwhile" in words(again)
    assert "Restart the print spooler" in words(again)
    assert ">Error 0x97</textarea>" in text(plain)


def test_what_cannot_be_read_is_refused_by_name_and_kept(engineer: Client, session: AISession) -> None:
    plain = engineer.post(address("say", session), {"expected_step": 1, "response": "Full moon"})
    assert (plain.status_code, session.steps.get().answered_at) == (422, None)
    assert "could not be read as one of the answers" in words(plain)
    assert ">Full moon</textarea>" in text(plain)


def test_what_was_being_typed_is_there_after_signing_in_again(
    cast: Cast, engineer: Client, session: AISession
) -> None:
    kept = engineer.post(address("draft", session), {"response": "Half a sen"}, headers=HTMX)
    assert kept.status_code == 204
    late = Client().post(
        address("say", session),
        {"response": "Half a sentence"},
        headers={**HTMX, "HX-Current-URL": f"http://testserver{address('detail', session)}"},
    )
    assert late["HX-Redirect"].endswith(f"?next={address('detail', session).replace('/', '%2F')}")
    assert ">Half a sen</textarea>" in text(signed_in(cast.engineer).get(address("detail", session)))


def test_a_session_without_a_flow_asks_the_engine(cast: Cast, engineer: Client) -> None:
    session = make_session(cast)
    page = words(engineer.get(address("detail", session)))
    assert "Start without a flow" in page
    answer = words(engineer.post(address("next", session), headers=HTMX))
    step = session.steps.get()
    assert step.source == "offline"
    assert "The rules of FlowPilot · rests on a general playbook" in answer
    assert step.title in answer


def test_leaving_and_coming_back_are_lines_of_the_thread(engineer: Client, session: AISession) -> None:
    answer = engineer.post(address("leave", session), {"reason": "Another model"}, headers=HTMX)
    assert answer["HX-Trigger"] == '{"thread-moved": {}}'
    left = words(answer)
    assert "Left the flow: Another model Guided now Exploring" in left
    assert "Left here: Does the printer show an error? Back to the flow" in left
    back = words(engineer.post(address("come-back", session), headers=HTMX))
    assert "Back in the flow" in back
    assert "Step 1 of at most 2" in back


def test_an_answer_is_changed_and_the_old_way_is_kept_as_history(
    engineer: Client, session: AISession
) -> None:
    engineer.post(address("say", session), {"expected_step": 1, "option": "o1"})
    first = session.steps.get(step_order=1)
    changed = words(engineer.post(address("change", session, first.pk), headers=HTMX))
    assert "2 steps that count no more" in changed
    assert engineer.post(address("change", session, first.pk), headers=HTMX).status_code == 409


def test_a_turn_under_way_is_watched_and_stopped(cast: Cast, engineer: Client) -> None:
    session = make_session(cast)
    turn = make_turn(session)
    page = text(engineer.get(address("detail", session)))
    assert f'data-stream="{address("stream", session, turn.pk)}"' in page
    streamed = engineer.get(address("stream", session, turn.pk))
    assert (streamed["Content-Type"], streamed["X-Accel-Buffering"], streamed["Cache-Control"]) == (
        "text/event-stream",
        "no",
        "no-cache, no-transform",
    )
    engineer.post(address("stop", session, turn.pk), headers=HTMX)
    turn.refresh_from_db()
    assert turn.stop_requested_at is not None
    assert signed_in(cast.team_admin).post(address("stop", session, turn.pk)).status_code == 403


def test_whoever_does_not_hold_it_reads_and_cannot_write(cast: Cast, session: AISession) -> None:
    lead = signed_in(cast.team_admin)
    keep_draft(session, "Mine alone", by=cast.engineer)
    page = text(lead.get(address("detail", session)))
    assert ('id="say"' in page, "Mine alone" in page) == (False, False)
    for name in ("say", "next", "leave", "come-back", "draft"):
        given = {"expected_step": 1, "option": "o1", "response": "x"}
        assert lead.post(address(name, session), given).status_code == 403
    assert session.steps.get().answered_at is None


def test_an_answered_step_costs_the_same_queries_after_thirty_steps(
    cast: Cast, engineer: Client, session: AISession
) -> None:
    def cost(other: AISession) -> int:
        given = {"expected_step": other.steps.latest("step_order").step_order, "option": "o1"}
        with CaptureQueriesContext(connection) as queries:
            assert engineer.post(address("say", other), given, headers=HTMX).status_code == 200
        return len(queries)

    long = make_session(cast)
    for number in range(30):
        add_answered(long, f"Seen {number}")
    version = session.flow_version
    assert version is not None
    follow(long, version=version, by=cast.engineer)
    assert cost(long) == cost(session) <= 36


def test_the_console_asks_the_same_few_queries_after_thirty_steps(
    cast: Cast, engineer: Client, session: AISession
) -> None:
    def cost(other: AISession) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert engineer.get(address("detail", other)).status_code == 200
        return len(queries)

    long = make_session(cast)
    for number in range(30):
        add_answered(long, f"Seen {number}")
    make_turn(long)
    assert (cost(session), cost(long)) == (8, 9)
