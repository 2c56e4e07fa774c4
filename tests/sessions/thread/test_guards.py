"""Old pages and double clicks: each verb is refused with the thread as it stands, or done once."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from sessions.actions import turns
from sessions.actions.following import follow, leave
from sessions.models import AISession
from sessions.thread import watching
from tests.factories import Cast, make_session, make_turn, make_version
from tests.screens import HTMX, signed_in, text, words
from tests.sessions.thread.test_replying import GUIDED


@pytest.fixture
def session(cast: Cast) -> AISession:
    made = make_session(cast)
    follow(made, version=make_version(cast), probability=0.9, by=cast.engineer)
    return made


@pytest.fixture
def engineer(cast: Cast) -> Client:
    return signed_in(cast.engineer)


def post(client: Client, name: str, session: AISession, *more: Any, **given: Any) -> Any:
    return client.post(reverse(f"sessions:{name}", args=[session.pk, *more]), given, headers=HTMX)


def test_who_leaves_the_flow_on_an_old_page_is_shown_the_step_that_came_since(
    engineer: Client, session: AISession
) -> None:
    assert post(engineer, "say", session, expected_step=1, option="o1").status_code == 200

    late = post(engineer, "leave", session, expected_step=1, reason="By choice.")

    session.refresh_from_db()
    assert (late.status_code, session.follows) == (409, True)
    assert "This thread has gone on meanwhile" in words(late)
    assert "Restart the print spooler" in words(late)
    assert post(engineer, "leave", session, expected_step=2).status_code == 200
    session.refresh_from_db()
    assert not session.follows


@pytest.mark.parametrize("verb", ["change", "start", "action", "note"])
def test_an_old_page_does_nothing_to_a_step_that_it_did_not_show(
    cast: Cast, engineer: Client, session: AISession, verb: str
) -> None:
    other = make_version(cast, title="Printer on the second floor prints nothing since this morning")
    first = session.steps.get()
    assert post(engineer, "say", session, expected_step=1, option="o1").status_code == 200

    def ask(seen: int) -> Any:
        if verb == "change":
            return post(engineer, "change", session, first.pk, expected_step=seen)
        if verb == "start":
            return post(engineer, "start", session, version=other.pk, expected_step=seen)
        return post(engineer, "say", session, expected_step=seen, kind=verb, response="Swapped the cable")

    late = ask(seen=1)

    waits = session.steps.get(superseded_at=None, answered_at=None)
    assert (late.status_code, waits.title) == (409, "Restart the print spooler")
    assert "has gone on meanwhile" in words(late)
    assert "Restart the print spooler" in words(late)
    assert session.steps.count() == 2
    assert ask(seen=2).status_code == 200


def test_pages_say_with_each_verb_which_step_they_show(engineer: Client, session: AISession) -> None:
    post(engineer, "say", session, expected_step=1, option="o1")

    thread = text(engineer.get(reverse("sessions:detail", args=[session.pk])))
    matches = text(engineer.get(reverse("sessions:matches", args=[session.pk])))

    for verb in ("change/", "leave/"):
        form = thread.split(verb + '" hx-target')[1].split("</form>")[0]
        assert re.findall(r'name="expected_step"[^>]* value="(\d+)"', form) == ["2"]
    assert re.findall(r'name="expected_step" value="(\d+)"', matches) == ["2"]


def test_leaving_and_coming_back_on_a_double_click_happen_once(engineer: Client, session: AISession) -> None:
    def twice(verb: str, step: int) -> list[int]:
        return [post(engineer, verb, session, expected_step=step).status_code for _click in range(2)]

    left = twice("leave", 1)
    waits = session.steps.filter(superseded_at=None, answered_at=None).get().step_order
    back = twice("come-back", waits)

    assert (left, back) == ([200, 409], [200, 409])
    moved = session.events.filter(verb__in=["leave_flow", "rejoin_flow"]).order_by("created_at")
    assert list(moved.values_list("verb", flat=True)) == ["leave_flow", "rejoin_flow"]


def test_a_note_that_is_sent_twice_is_noted_once(engineer: Client, session: AISession) -> None:
    for _twice in range(2):
        post(engineer, "say", session, expected_step=1, kind="note", response="The tray is open")
    for _twice in range(2):
        secret = {"response": "password: hunter2hunter2", "own_outcome": "worked"}
        post(engineer, "say", session, expected_step=1, kind="note", **secret)

    notes = session.steps.filter(kind="note").order_by("step_order")
    assert [note.title for note in notes] == ["The tray is open", "password: <SECRET_1>"]


def test_a_draft_that_comes_after_its_words_were_sent_is_none(engineer: Client, session: AISession) -> None:
    post(engineer, "say", session, expected_step=1, kind="note", response="The tray is open")
    kept = []
    for draft in ("The tray is", "The tray is shut"):
        post(engineer, "draft", session, response=draft)
        session.refresh_from_db()
        kept.append(session.draft_answer)

    assert kept == ["", "The tray is shut"]


def test_the_same_words_with_another_outcome_or_file_are_said_again(
    engineer: Client, session: AISession
) -> None:
    said = {"kind": "action", "response": "Restarted it"}
    for outcome in ("did_not_work", "worked", "worked"):
        assert post(engineer, "say", session, **said, own_outcome=outcome).status_code == 200
    for name, content in (("a.log", b"372"), ("b.log", b"372"), ("b.log", b"372"), ("b.log", b"373")):
        shown = SimpleUploadedFile(name, b"Event " + content)
        assert post(engineer, "say", session, **said, own_outcome="worked", uploads=shown).status_code == 200

    own = session.steps.filter(source="engineer").order_by("step_order")
    assert [(step.outcome, [file.name for file in step.evidence.all()]) for step in own] == [
        ("did_not_work", []), ("worked", []), ("worked", ["a.log"]), *[("worked", ["b.log"])] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["come-back", "start", "pause", "abandon"])
def test_what_is_being_thought_of_ends_when_the_session_goes_another_way(
    cast: Cast, engineer: Client, session: AISession, verb: str
) -> None:
    leave(session, reason="By choice.", by=cast.engineer)
    turn = make_turn(session)
    other = make_version(cast, title="Another printer")
    given = {"version": other.pk, "reason": "Gone", "expected_step": 0}
    assert post(engineer, verb, session, **given).status_code < 400

    turns.finish(turn, GUIDED)

    turn.refresh_from_db()
    assert (turn.state, session.steps.filter(source__in=["ai", "offline"]).count()) == ("stopped", 0)


def test_the_next_step_is_asked_for_once(cast: Cast, engineer: Client) -> None:
    session = make_session(cast)
    make_turn(session)
    assert post(engineer, "next", session).status_code == 200
    assert session.turns.count() == 1
    session.turns.update(state="stopped", ended_at=session.created_at)
    for _twice in range(2):
        assert post(engineer, "next", session).status_code == 200
    assert (session.turns.count(), session.steps.count()) == (2, 1)


def test_the_flow_is_changed_from_within_the_thread(cast: Cast, engineer: Client, session: AISession) -> None:
    page = engineer.get(reverse("sessions:detail", args=[session.pk]))
    assert f'href="{reverse("sessions:matches", args=[session.pk])}">Change the flow</a>' in text(page)
    post(engineer, "say", session, expected_step=1, option="o1")
    other = make_version(cast, title="Printer on the second floor prints nothing since this morning")

    started = [post(engineer, "start", session, version=other.pk).status_code for _twice in range(2)]

    session.refresh_from_db()
    assert (started, session.flow_version) == ([200, 409], other)
    waiting = session.steps.get(superseded_at=None, answered_at=None)
    assert (waiting.of_version, waiting.node_id) == (other.pk, "n1")
    assert session.steps.get(step_order=1).chosen_option == "o1"


def test_who_watches_too_much_at_once_is_told_and_others_are_not(
    cast: Cast, engineer: Client, settings: Settings
) -> None:
    settings.STREAMS_PER_PERSON = 1
    turn = make_turn(make_session(cast))
    url = reverse("sessions:stream", args=[turn.session_id, turn.pk])

    async def forever() -> AsyncGenerator[str, None]:
        while True:
            yield "retry: 2000\n\n"
            await asyncio.sleep(0)

    async def while_one_is_open() -> list[Any]:
        stream = watching.counted(cast.engineer.pk, forever())
        await anext(stream)
        full = [watching.has_enough(cast.engineer.pk), watching.has_enough(cast.colleague.pk)]
        await stream.aclose()
        return [*full, watching.has_enough(cast.engineer.pk)]

    assert async_to_sync(while_one_is_open)() == [True, False, False]
    assert engineer.get(url).status_code == 200
    settings.STREAMS_PER_PERSON = 0
    refused = engineer.get(url)
    assert (refused.status_code, text(refused)) == (
        429,
        "You watch 0 threads at once already: close some of their pages.",
    )
