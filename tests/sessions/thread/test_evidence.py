"""Files that show a step: sent with an answer, with a note, or alone."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from flowpilot.core.uploads import store
from sessions.actions.following import follow
from sessions.models import AISession, Attachment
from tests.factories import Cast, make_session, make_version, picture
from tests.screens import HTMX, said, signed_in, text, words

LOG = ("spooler.log", b"10:31 error 0x97\npassword: hunter2hunter2\n")


@pytest.fixture
def session(cast: Cast) -> AISession:
    made = make_session(cast)
    follow(made, version=make_version(cast), probability=0.9, by=cast.engineer)
    return made


@pytest.fixture
def engineer(cast: Cast, settings: Settings, tmp_path: Path) -> Client:
    settings.UPLOADS = tmp_path / "uploads"
    return signed_in(cast.engineer)


def send(
    client: Client, session: AISession, *files: tuple[str, bytes], htmx: bool = True, **given: Any
) -> Any:
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    url = reverse("sessions:say", args=[session.pk])
    return client.post(url, {**given, "uploads": uploads}, headers=HTMX if htmx else {})


def shown(session: AISession) -> list[tuple[str, int | None]]:
    rows = Attachment.objects.filter(session=session).order_by("created_at")
    return list(rows.values_list("name", "step__step_order"))


def test_an_answer_brings_its_evidence_and_what_is_secret_in_it_is_masked(
    engineer: Client, session: AISession
) -> None:
    answer = send(engineer, session, LOG, ("error.png", picture()), expected_step=1, option="o1")

    assert shown(session) == [("spooler.log", 1), ("error.png", 1)]
    assert "Yes spooler.log error.png Engineer, just now" in words(answer)
    kept = Attachment.objects.get(name="spooler.log")
    assert store.read(kept.account_id, kept.stored_as) == b"10:31 error 0x97\npassword: <SECRET_1>\n"
    assert session.intake_content.get("image_urls") is None


def test_evidence_without_a_word_is_shown_by_the_step_that_goes_on_waiting(
    engineer: Client, session: AISession
) -> None:
    plain = send(engineer, session, LOG, htmx=False, expected_step=1)

    assert (plain.status_code, session.steps.get().answered_at, shown(session)) == (
        303,
        None,
        [("spooler.log", 1)],
    )
    page = text(engineer.get(reverse("sessions:detail", args=[session.pk])))
    card = page[page.index('id="now"') : page.index('class="fp-options"')]
    assert "spooler.log" in card


def test_a_note_has_its_evidence_and_files_alone_name_it(cast: Cast, engineer: Client) -> None:
    session = make_session(cast)
    send(engineer, session, LOG, kind="note", response="It says 0x97")
    send(engineer, session, ("a.png", picture()), ("b.png", picture()), kind="note")

    notes = session.steps.filter(kind="note").order_by("step_order")
    assert [note.title for note in notes] == ["It says 0x97", "a.png, b.png"]
    assert shown(session) == [
        ("spooler.log", notes[0].step_order),
        ("a.png", notes[1].step_order),
        ("b.png", notes[1].step_order),
    ]


def test_a_file_that_is_refused_says_which_and_why_and_nothing_is_lost(
    engineer: Client, session: AISession
) -> None:
    given = {"expected_step": 1, "option": "o1", "response": "Seen at noon"}
    refused = send(engineer, session, LOG, ("run.exe", b"MZ"), ("empty.log", b""), **given)
    plain = send(engineer, session, ("run.exe", b"MZ"), htmx=False, **given)
    many = send(engineer, session, *[(f"{n}.log", b"x") for n in range(6)], **given)

    assert [answer.status_code for answer in (refused, plain, many)] == [422, 422, 422]
    assert "“run.exe” is of a kind that is not taken. Taken are:" in words(refused)
    assert "“empty.log” is empty." in words(refused)
    assert "At most 5 files at once." in words(many)
    assert ">Seen at noon</textarea>" in text(plain)
    assert said(plain) == ["The files have to be chosen again."]
    assert (session.steps.get().answered_at, shown(session)) == (None, [])


def test_an_old_page_brings_no_evidence_to_another_step(engineer: Client, session: AISession) -> None:
    send(engineer, session, expected_step=1, option="o1")
    late = send(engineer, session, LOG, expected_step=1, option="o1")

    assert (late.status_code, shown(session)) == (409, [])


def test_what_is_sent_where_no_step_waits_is_a_note(engineer: Client, session: AISession) -> None:
    send(engineer, session, expected_step=1, option="o2")
    send(engineer, session, expected_step=0, response="The vendor calls back at four")

    note = session.steps.get(kind="note")
    assert (note.title, session.follows) == ("The vendor calls back at four", True)
