"""Files of a session: who adds and removes them, what is kept where, how they are served and swept."""

import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.uploads import store
from flowpilot.core.uploads.intake import Prepared
from sessions import actions
from sessions.actions import attachments
from sessions.jobs import sweep_uploads
from sessions.models import AISession, Attachment
from sessions.rules import IllegalTransition, Incomplete
from tests.factories import Cast, make_attachment, make_session, picture
from tests.screens import HTMX, signed_in, words

LOG = Prepared("app.log", "text/plain", b"line one\nline two")


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    settings.UPLOADS = tmp_path / "uploads"
    return tmp_path / "uploads"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def at(name: str, session: AISession, *file: Attachment) -> str:
    return reverse(f"sessions:{name}", args=[session.pk, *(each.pk for each in file)])


def send(client: Client, session: AISession, *files: tuple[str, bytes], **options: Any) -> Any:
    given = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(at("attach", session), {"uploads": given}, **options)


# --- the verbs -------------------------------------------------------------------------------------


def test_the_holder_adds_files(cast: Cast, uploads: Path) -> None:
    session = make_session(cast)

    image = make_attachment(session)
    attachments.attach(session, files=[LOG], by=cast.engineer)

    rows = session.attachments.values_list("name", "kind", "media_type", "size", "uploaded_by")
    assert list(rows) == [
        ("error.png", "image", "image/png", image.size, cast.engineer.pk),
        ("app.log", "text", "text/plain", 17, cast.engineer.pk),
    ]
    session.refresh_from_db()
    assert session.intake_content["image_urls"] == [str(image.pk)]
    assert [event.verb for event in session.events.all()] == ["open", "attach", "attach"]
    assert [event.reason for event in session.events.all()][1:] == ["error.png", "app.log"]
    for row in session.attachments.all():
        path = uploads / str(cast.account.pk) / row.stored_as[:2] / row.stored_as
        assert path.stat().st_size == row.size
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_taken_away_is_gone(
    cast: Cast, uploads: Path, django_capture_on_commit_callbacks: Any
) -> None:
    session = make_session(cast)
    image, other = make_attachment(session), make_attachment(session, "other.png")

    with django_capture_on_commit_callbacks(execute=True):
        attachments.detach(image, by=cast.engineer)

    assert list(session.attachments.all()) == [other]
    assert [path.name for path in files_in(uploads)] == [other.stored_as]
    session.refresh_from_db()
    assert session.intake_content["image_urls"] == [str(other.pk)]
    assert session.events.last().verb == "detach"


def test_only_the_holder_does(cast: Cast, uploads: Path) -> None:
    session = make_session(cast)
    image = make_attachment(session)

    for person in (cast.colleague, cast.team_admin, cast.account_admin):
        with pytest.raises(NotAllowed):
            attachments.attach(session, files=[LOG], by=person)
        with pytest.raises(NotAllowed):
            attachments.detach(image, by=person)

    assert len(files_in(uploads)) == 1


def test_an_ended_session_keeps_its_files_as_they_are(cast: Cast) -> None:
    session = make_session(cast)
    image = make_attachment(session)
    actions.abandon(session, reason="the user called back", by=cast.engineer)

    with pytest.raises(IllegalTransition):
        attachments.attach(session, files=[LOG], by=cast.engineer)
    with pytest.raises(IllegalTransition):
        attachments.detach(image, by=cast.engineer)


def test_files_are_bounded_by_number(cast: Cast) -> None:
    session = make_session(cast)
    for _number in range(4):
        attachments.attach(session, files=[LOG] * 5, by=cast.engineer)

    for files, said in (
        ([], "Choose a file."),
        ([LOG] * 6, "At most 5 files at once."),
        ([LOG], "A session has at most 20 files."),
    ):
        with pytest.raises(Incomplete, match=said):
            attachments.attach(session, files=files, by=cast.engineer)

    assert session.attachments.count() == 20


def test_files_of_an_account_are_bounded_by_size(cast: Cast, outsiders: Cast, settings: Settings) -> None:
    settings.UPLOAD_QUOTA_BYTES = 2 * len(LOG.content)
    theirs, own = make_session(outsiders), make_session(cast)
    attachments.attach(theirs, files=[LOG] * 2, by=outsiders.engineer)
    attachments.attach(own, files=[LOG], by=cast.engineer)
    attachments.attach(make_session(cast), files=[LOG], by=cast.engineer)

    with pytest.raises(Incomplete, match="The account's files fill their 0 MB"):
        attachments.attach(own, files=[LOG], by=cast.engineer)

    assert own.attachments.count() == 1


# --- the page --------------------------------------------------------------------------------------


def test_files_are_added_and_removed_on_the_page(cast: Cast) -> None:
    session, client = make_session(cast), signed_in(cast.engineer)

    answer = send(client, session, ("Fehler.PNG", picture()), ("app.log", b"<script>alert(1)</script>"))
    page = client.get(answer.url)

    assert (answer.status_code, answer.url) == (303, at("detail", session) + "#attachments")
    shown = words(page)
    assert "Fehler.PNG" in shown
    assert "app.log" in shown
    assert 'alt="Screenshot Fehler.PNG"' in page.content.decode()
    for row in session.attachments.all():
        assert client.post(at("detach", session, row)).status_code == 303
    assert "No files yet." in words(client.get(at("detail", session)))


def test_under_htmx_the_card_comes_back(cast: Cast) -> None:
    session, client = make_session(cast), signed_in(cast.engineer)

    added = send(client, session, ("a.png", picture()), headers=HTMX)
    refused = send(client, session, ("a.exe", b"x"), headers=HTMX)

    for answer, status in ((added, 200), (refused, 422)):
        assert answer.status_code == status
        assert answer.content.decode().lstrip().startswith('<section class="fp-card" id="attachments"')
        assert "a.png" in words(answer)
    assert "is of a kind that is not taken" in words(refused)


def test_one_bad_file_and_none_is_added(cast: Cast, uploads: Path) -> None:
    session = make_session(cast)

    answer = send(signed_in(cast.engineer), session, ("a.png", picture()), ("b.png", b"no image"))

    assert answer.status_code == 422
    assert "“b.png” is no image" in words(answer)
    assert files_in(uploads) == []
    assert session.attachments.count() == 0


def test_no_file_at_all_is_told(cast: Cast) -> None:
    answer = send(signed_in(cast.engineer), make_session(cast))

    assert (answer.status_code, "This field is required." in words(answer)) == (422, True)


def test_a_session_that_ended_meanwhile_takes_none(cast: Cast) -> None:
    session = make_session(cast)
    actions.abandon(session, reason="the user called back", by=cast.engineer)

    answer = send(signed_in(cast.engineer), session, ("a.png", picture()))

    assert (answer.status_code, "“attach” is not possible" in words(answer)) == (409, True)


def test_others_of_the_team_see_files_and_cannot_change_them(cast: Cast) -> None:
    session = make_session(cast)
    image, client = make_attachment(session), signed_in(cast.colleague)

    page = client.get(at("detail", session))

    assert "error.png" in words(page)
    assert at("detach", session, image) not in page.content.decode()
    assert send(client, session, ("a.png", picture())).status_code == 403
    assert client.post(at("detach", session, image)).status_code == 403


# --- serving ---------------------------------------------------------------------------------------


def headers_of(answer: Any, *names: str) -> list[str]:
    return [answer.headers[name] for name in names]


def test_a_file_is_served_to_be_saved_and_nothing_else(cast: Cast) -> None:
    session, client = make_session(cast), signed_in(cast.colleague)
    markup = Prepared('a";b.log', "text/plain", b"<script>alert(1)</script>")
    (log,) = attachments.attach(session, files=[markup], by=cast.engineer)

    answer = client.get(at("attachment", session, log))

    assert answer.content == markup.content
    assert headers_of(
        answer, "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy"
    ) == [
        "text/plain; charset=utf-8",
        'attachment; filename="a\\";b.log"',
        "nosniff",
        "default-src 'none'; frame-ancestors 'none'; sandbox",
    ]
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_only_images_are_shown(cast: Cast) -> None:
    session, client = make_session(cast), signed_in(cast.engineer)
    image = make_attachment(session)
    log = make_attachment(session, "a.log", b"text")

    answer = client.get(at("attachment-image", session, image))

    assert headers_of(answer, "Content-Type", "Content-Disposition") == ["image/png", "inline"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get(at("attachment-image", session, log)).status_code == 404


def test_a_file_is_found_under_its_own_session_only(cast: Cast) -> None:
    image, other = make_attachment(make_session(cast)), make_session(cast)

    for name in ("attachment", "attachment-image"):
        assert signed_in(cast.engineer).get(at(name, other, image)).status_code == 404


def test_a_content_that_is_gone_is_not_found(cast: Cast) -> None:
    session = make_session(cast)
    image = make_attachment(session)
    store.remove(image.account_id, image.stored_as)

    assert signed_in(cast.engineer).get(at("attachment", session, image)).status_code == 404


@pytest.mark.parametrize("name", ["../secret_key", "a" * 31, "", "A" * 32, "." * 32])
def test_a_name_that_is_none_leads_nowhere(name: str) -> None:
    with pytest.raises(store.NotThere):
        store.read(uuid4(), name)


# --- sweeping --------------------------------------------------------------------------------------


def aged(path: Path) -> Path:
    old = time.time() - store.GRACE_SECONDS - 60
    os.utime(path, (old, old))
    return path


def test_what_no_row_names_is_swept_after_an_hour(cast: Cast, outsiders: Cast, uploads: Path) -> None:
    kept = [make_attachment(make_session(each)).stored_as for each in (cast, outsiders)]
    left = store.keep(cast.account.pk, b"left over")
    fresh = store.keep(cast.account.pk, b"its row is being written")
    gone = store.keep(uuid4(), b"of an account that is gone")
    for path in files_in(uploads):
        if path.name != fresh:
            aged(path)

    assert sweep_uploads() == "removed 2"

    assert {path.name for path in files_in(uploads)} == {*kept, fresh}
    assert left != gone


def test_the_files_of_a_deleted_session_are_swept(cast: Cast, uploads: Path) -> None:
    session = make_session(cast)
    make_attachment(session)
    session.delete()
    for path in files_in(uploads):
        aged(path)

    assert sweep_uploads() == "removed 1"
    assert files_in(uploads) == []


def test_uploads_lie_outside_of_what_is_served() -> None:
    served = [Path(django_settings.STATIC_ROOT), *map(Path, django_settings.STATICFILES_DIRS)]

    assert not hasattr(django_settings, "MEDIA_URL") or django_settings.MEDIA_URL in ("", "/")
    for folder in served:
        assert not Path(django_settings.UPLOADS).is_relative_to(folder)
