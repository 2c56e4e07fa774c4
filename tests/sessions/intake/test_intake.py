"""The intake: what each kind of it opens, what is refused, and that nothing typed is lost."""

import re
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from flowpilot.accounts.models import Client as Customer
from flowpilot.accounts.models import User
from flowpilot.core.uploads import store
from flowpilot.flows import favourites
from sessions import actions
from sessions.models import AISession, Attachment, IntakeDraft, IntakeFile
from tests.factories import (
    Cast,
    join,
    make_intake_file,
    make_practice_ticket,
    make_session,
    make_version,
    picture,
)
from tests.screens import HTMX, said, signed_in, text, words

pytestmark = pytest.mark.django_db

HOME, DRAFT = reverse("console:home"), reverse("console:draft")
BEARER = "Authorization: Bearer a8Hk29dkAb37sLq0Zx81"
PROBLEM = "Nobody on the second floor can print since the update of this morning."
LOG = "\n".join(
    [*(f"09:{n:02d}:00 INFO heartbeat {n}" for n in range(20)), "09:21:00 ERROR spooler 0x0000011b"]
)


def sent(by: User | Client, **given: Any) -> Any:
    """The form as somebody sends it, or as a browser that is signed in already does."""
    return (by if isinstance(by, Client) else signed_in(by)).post(HOME, given)


def shot(name: str = "error.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture())


def log_file(content: str = LOG) -> SimpleUploadedFile:
    return SimpleUploadedFile("system.log", content.encode())


def opened() -> AISession:
    return AISession.objects.get()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("free_text", {"problem": PROBLEM}),
        ("psa_ticket", {"ticket": "#4711"}),
        ("psa_ticket", {"problem": "4711"}),
        ("screenshot", {"uploads": shot}),
        ("log_paste", {"log": LOG}),
        ("log_paste", {"uploads": log_file}),
        ("combined", {"problem": PROBLEM, "log": LOG}),
        ("combined", {"ticket": "4711", "uploads": shot}),
        ("combined", {"problem": PROBLEM, "ticket": "4711", "log": LOG, "uploads": shot}),
    ],
)
def test_what_was_given_tells_the_kind_of_the_intake(cast: Cast, kind: str, fields: dict[str, Any]) -> None:
    make_practice_ticket(cast, number=4711)

    answer = sent(
        cast.engineer, **{name: value() if callable(value) else value for name, value in fields.items()}
    )

    session = opened()
    assert (answer.status_code, answer["Location"]) == (303, reverse("sessions:detail", args=[session.pk]))
    assert (session.intake_type, session.user, session.team) == (kind, cast.engineer, cast.team)
    assert session.status == "active"


def test_text_log_ticket_and_files_stand_where_they_belong(cast: Cast) -> None:
    ticket = make_practice_ticket(cast, number=4711, client="northwind", assets=["PC-0231"])

    as_browsers_do = LOG.replace("\n", "\r\n")
    files = [shot("one.png"), log_file()]
    sent(cast.engineer, problem=PROBLEM, log=as_browsers_do, ticket="4711", uploads=files)

    session = opened()
    image, log = session.attachments.order_by("name")
    assert (image.name, log.name) == ("one.png", "system.log")
    assert session.intake_content["text"] == PROBLEM
    assert session.intake_content["log_content"] == LOG
    assert session.intake_content["image_urls"] == [str(image.pk)]
    assert session.ticket_data == session.intake_content["ticket_data"]
    assert session.ticket_data["provider"] == "practice"
    assert (session.ticket_data["number"], session.ticket_data["assets"]) == ("4711", ["PC-0231"])
    assert (session.psa_ticket_id, session.psa_connection) == ("4711", ticket.connection)
    assert session.problem_summary


def test_a_log_that_came_as_a_file_is_read_like_a_pasted_one(cast: Cast) -> None:
    sent(cast.engineer, uploads=log_file())
    assert opened().intake_content["log_content"] == LOG
    assert "0x0000011b" in (opened().problem_summary or "")


def test_a_pasted_log_and_one_that_came_as_a_file_are_both_read(cast: Cast) -> None:
    sent(cast.engineer, log="10:00:00 WARN paper low", uploads=log_file())
    assert opened().intake_content["log_content"] == f"{LOG}\n10:00:00 WARN paper low"


def keys_on(page: Any) -> dict[str, str]:
    """What a form says of itself: its key, and that of the one it was filled from."""
    found = (re.findall(rf'name="{name}"(?: value="([^"]+)")?', text(page))[0] for name in ("key", "after"))
    return dict(zip(("key", "after"), found, strict=True))


def test_what_was_under_way_as_the_form_was_sent_does_not_fill_the_draft_again(cast: Cast) -> None:
    browser = signed_in(cast.engineer)
    form = keys_on(browser.get(HOME))
    assert sent(browser, problem=PROBLEM, **form).status_code == 303

    assert browser.post(DRAFT, {"problem": PROBLEM, **form}).status_code == 200

    assert (IntakeDraft.objects.get().text, PROBLEM in text(browser.get(HOME))) == ("", False)


def test_two_tabs_do_not_write_over_each_other_and_their_files_stay_apart(cast: Cast) -> None:
    browser, other = signed_in(cast.engineer), "The scanner is slow."
    first, second = (keys_on(browser.get(HOME)) for _tab in range(2))
    browser.post(DRAFT, {"problem": PROBLEM, **first})

    late = browser.post(DRAFT, {"problem": other, **second})
    refused = sent(browser, problem=other, ticket="4711", uploads=shot("slow.png"), **second)

    assert late.status_code == 409
    for said_so in (late, refused):
        assert "Another tab has an intake in work, which is kept." in words(said_so)
    assert other in text(refused)
    assert (IntakeDraft.objects.get().text, IntakeFile.objects.count()) == (PROBLEM, 0)
    sent(browser, problem=PROBLEM, ticket="4711", uploads=shot("of the first.png"), **first)
    assert sent(browser, problem=other, uploads=shot("slow.png"), **second).status_code == 303
    assert [
        (each.intake_content["text"], each.attachments.get().name) for each in AISession.objects.all()
    ] == [(other, "slow.png")]
    reloaded = keys_on(browser.get(HOME))
    assert reloaded["after"] == first["key"]
    assert browser.post(DRAFT, {"problem": f"{PROBLEM} Still.", **reloaded}).status_code == 200
    assert sent(browser, problem=PROBLEM, **reloaded).status_code == 303
    assert AISession.objects.latest("created_at").attachments.get().name == "of the first.png"
    assert not IntakeDraft.objects.get().is_in_work


def test_an_empty_intake_is_refused_and_says_what_would_do(cast: Cast) -> None:
    answer = sent(cast.engineer, problem=" \n ")

    assert answer.status_code == 422
    assert "Describe the problem, or add a ticket, a screenshot or a log." in words(answer)
    assert not AISession.objects.exists()


def test_an_unknown_ticket_is_refused_and_what_was_typed_is_there_on_another_day(cast: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow")

    answer = sent(cast.engineer, problem=PROBLEM, ticket="scanner", log=LOG)

    assert answer.status_code == 422
    assert "No ticket “scanner” was found." in words(answer)
    assert 'name="use" value="4711"' in text(answer), "those with the word are offered"
    for page in (answer, signed_in(cast.engineer).get(HOME)):
        assert PROBLEM in text(page)
        assert "spooler 0x0000011b" in text(page)
        assert 'value="scanner"' in text(page)


def test_without_a_ticket_system_a_ticket_is_refused_by_that_reason(cast: Cast) -> None:
    answer = sent(cast.engineer, ticket="4711")
    assert (answer.status_code, opened_count()) == (422, 0)
    assert "No ticket system is connected, so tickets cannot be looked up." in words(answer)


def opened_count() -> int:
    return AISession.objects.count()


def test_a_file_that_is_refused_takes_no_other_with_it(cast: Cast) -> None:
    client = signed_in(cast.engineer)
    fake = SimpleUploadedFile("holiday.png", b"no picture")

    answer = sent(client, problem=PROBLEM, uploads=[shot("good.png"), fake])

    assert answer.status_code == 422
    assert "“holiday.png” is no image of the kinds" in words(answer)
    assert "those that were refused have to be chosen again" in words(answer)
    assert [file.name for file in IntakeFile.objects.all()] == ["good.png"]
    assert sent(client, problem=PROBLEM).status_code == 303
    assert [file.name for file in opened().attachments.all()] == ["good.png"]
    assert not IntakeFile.objects.exists()


def test_more_than_five_files_are_refused_with_both_numbers(cast: Cast) -> None:
    for number in range(4):
        make_intake_file(cast.engineer, f"{number}.png")

    answer = sent(cast.engineer, problem=PROBLEM, uploads=[shot("a.png"), shot("b.png")])

    assert answer.status_code == 422
    assert "At most 5 files: 4 are kept already, 2 came with this form." in words(answer)
    assert (IntakeFile.objects.count(), opened_count()) == (4, 0)


def test_an_account_whose_files_are_full_opens_nothing_and_keeps_the_text(cast: Cast, settings: Any) -> None:
    settings.UPLOAD_QUOTA_BYTES = 10

    answer = sent(cast.engineer, problem=PROBLEM, uploads=shot())

    assert (answer.status_code, opened_count()) == (422, 0)
    assert "The account’s files fill" in words(answer).replace("&#x27;", "’")
    assert IntakeDraft.objects.get().text == PROBLEM


def test_secrets_are_masked_and_the_engineer_is_told_of_which_sort(cast: Cast) -> None:
    client = signed_in(cast.engineer)

    answer = sent(client, problem=f"{PROBLEM} The password is Hunter2!x9", log=BEARER)

    kept = opened().intake_content
    assert "Hunter2" not in str(kept)
    assert "a8Hk29dk" not in str(kept)
    assert said(answer) == ["Masked before it was stored: 1 password, 1 API key or token."]
    assert "SECRET" not in (opened().problem_summary or "")


def test_a_form_that_is_sent_twice_opens_one_session(cast: Cast) -> None:
    client, key = signed_in(cast.engineer), str(uuid4())

    answers = [sent(client, problem=PROBLEM, key=key) for _turn in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"] == reverse("sessions:detail", args=[opened().pk])


def test_a_form_that_is_sent_again_with_something_else_in_it_loses_nothing(cast: Cast) -> None:
    client, key = signed_in(cast.engineer), str(uuid4())
    first = {"problem": f"{PROBLEM} {BEARER}", "log": f"{LOG} {BEARER}"}
    forms: list[dict[str, Any]] = [
        first,
        first,
        {**first, "log": f"{LOG} then 372"},
        {**first, "problem": PROBLEM},
    ]

    opened = [sent(client, **form, uploads=[log_file("a")], key=key)["Location"] for form in forms]
    opened.append(sent(client, **forms[-1], uploads=[log_file("b")], key=key)["Location"])

    assert [opened.index(one) for one in opened] == [0, 0, 2, 3, 4]


def test_htmx_is_led_to_the_session_and_gets_a_refusal_as_the_form(cast: Cast) -> None:
    client = signed_in(cast.engineer)

    refused = client.post(HOME, {"problem": ""}, headers=HTMX)
    led = client.post(HOME, {"problem": PROBLEM}, headers=HTMX)

    assert (refused.status_code, "<html" in text(refused), 'id="intake"' in text(refused)) == (
        422,
        False,
        True,
    )
    assert led["HX-Redirect"] == reverse("sessions:detail", args=[opened().pk])


def test_the_client_of_the_ticket_counts_and_is_told(cast: Cast) -> None:
    other = Customer.objects.create(account=cast.account, name="Contoso")
    make_practice_ticket(cast, number=4711, client="NORTHWIND")

    answer = sent(cast.engineer, ticket="4711", client=other.pk)

    assert opened().client == cast.client
    assert said(answer) == ["The session is for Northwind, as the ticket says."]
    assert IntakeDraft.objects.get().client is None, "the next problem need not be of the same one"


def test_client_and_team_are_remembered(cast: Cast) -> None:
    join(cast.engineer, cast.other_team)
    client = signed_in(cast.engineer)

    sent(client, problem=PROBLEM, client=cast.client.pk, team=cast.other_team.pk)

    assert (opened().client, opened().team) == (cast.client, cast.other_team)
    page = text(client.get(HOME))
    assert f'<option value="{cast.client.pk}" selected>' in page
    assert f'<option value="{cast.other_team.pk}" selected>' in page
    assert PROBLEM not in page


def test_teams_and_clients_of_others_cannot_be_chosen(cast: Cast, outsiders: Cast) -> None:
    join(cast.engineer, cast.other_team)
    for field, row in (("client", outsiders.client), ("team", outsiders.team)):
        answer = sent(cast.engineer, **{"problem": PROBLEM, field: row.pk})
        assert (answer.status_code, opened_count()) == (422, 0)


def test_what_is_being_typed_is_kept_masked_and_looked_into(cast: Cast) -> None:
    client = signed_in(cast.engineer)

    answer = client.post(DRAFT, {"problem": f"{PROBLEM} password: Hunter2!x9", "log": LOG})

    assert "Masked before anything is stored or sent: 1 password." in words(answer)
    assert 'data-line="21"' in text(answer)
    assert "×20" in text(answer)
    draft = IntakeDraft.objects.get()
    assert (draft.text, draft.log) == (f"{PROBLEM} password: <SECRET_1>", LOG)
    assert PROBLEM in text(signed_in(cast.engineer).get(HOME)), "after another sign-in"


def test_a_text_that_is_a_ticket_number_is_told_to_be_one(cast: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow")
    answer = signed_in(cast.engineer).post(DRAFT, {"problem": "#4711"})
    assert "This is ticket #4711, Scanner is slow" in words(answer)


def test_what_is_too_long_to_keep_is_told(cast: Cast) -> None:
    answer = signed_in(cast.engineer).post(DRAFT, {"problem": "x" * 100_001})
    assert answer.status_code == 422
    assert "at most 100000 characters" in words(answer)
    assert not IntakeDraft.objects.exists()


def test_nobody_sees_what_another_one_types_or_sends(cast: Cast) -> None:
    signed_in(cast.engineer).post(DRAFT, {"problem": PROBLEM})
    file = make_intake_file(cast.engineer)

    for other in (cast.colleague, cast.account_admin):
        client = signed_in(other)
        assert PROBLEM not in text(client.get(HOME))
        assert client.get(reverse("console:file", args=[file.pk])).status_code == 404
        assert client.post(reverse("console:drop-file", args=[file.pk])).status_code == 404


def test_a_kept_screenshot_is_shown_and_taken_away_content_and_all(cast: Cast) -> None:
    client, file = signed_in(cast.engineer), make_intake_file(cast.engineer)
    shown = client.get(reverse("console:file", args=[file.pk]))
    assert Image.open(BytesIO(shown.content)).size == (40, 30)

    answer = client.post(reverse("console:drop-file", args=[file.pk]), headers=HTMX)

    assert file.name not in text(answer)
    assert not IntakeFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_content_of_a_dropped_file_is_gone(cast: Cast) -> None:
    file = make_intake_file(cast.engineer)
    signed_in(cast.engineer).post(reverse("console:drop-file", args=[file.pk]))
    with pytest.raises(store.NotThere):
        store.read(file.account_id, file.stored_as)


def test_files_of_an_intake_become_those_of_the_session_with_their_content(cast: Cast) -> None:
    file = make_intake_file(cast.engineer)
    sent(cast.engineer, problem=PROBLEM)
    assert Attachment.objects.get().stored_as == file.stored_as
    assert store.read(file.account_id, file.stored_as)


def test_without_scripts_a_ticket_is_looked_up_and_taken_with_everything_kept(cast: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow")
    client = signed_in(cast.engineer)

    looked = client.post(
        HOME, {"problem": PROBLEM, "ticket": "scanner", "look_up": "1", "uploads": shot()}, follow=True
    )
    taken = client.post(HOME, {"problem": PROBLEM, "ticket": "scanner", "use": "4711"}, follow=True)

    assert 'name="use" value="4711"' in text(looked)
    assert "error.png" in text(looked)
    assert "Scanner is slow" in text(taken)
    assert 'name="use"' not in text(taken)
    assert (PROBLEM in text(taken), opened_count()) == (True, 0)
    dropped = client.post(HOME, {"problem": PROBLEM, "drop": IntakeFile.objects.get().pk}, follow=True)
    assert ("error.png" in text(dropped), PROBLEM in text(dropped)) == (False, True)


def test_a_ticket_is_shown_before_it_is_taken(cast: Cast, outsiders: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow", client="Northwind")
    make_practice_ticket(outsiders, number=4712, title="Secret of a rival")
    client, address = signed_in(cast.engineer), reverse("console:ticket")

    found = client.get(address, {"ref": "http://testserver/psa/practice/4711/"}, headers=HTMX)

    assert "Scanner is slow" in text(found)
    assert f'data-ticket-client="{cast.client.pk}"' in text(found)
    assert "No open ticket has “4712”" in words(client.get(address, {"ticket": "4712"}, headers=HTMX))
    assert "rival" not in text(client.get(address, {"ref": "secret"}))


def test_home_shows_own_work_what_waits_and_favourites(cast: Cast, outsiders: Cast) -> None:
    paused = make_session(cast, problem_summary="Own paused")
    actions.pause(paused, by=cast.engineer)
    make_session(cast, problem_summary="Own recent")
    waiting = make_session(cast, user=cast.colleague, problem_summary="Waits for somebody")
    actions.request_escalation(waiting, reason="No access", by=cast.colleague)
    make_session(cast, user=cast.colleague, problem_summary="A colleague's own")
    favourites.star(make_version(cast, title="Flow with a star").flow, by=cast.engineer)
    favourites.star(make_version(cast, title="Flow of a colleague").flow, by=cast.colleague)
    make_session(outsiders, problem_summary="A rival's")

    page = text(signed_in(cast.engineer).get(HOME))

    for title in ("Own paused", "Own recent", "Waits for somebody", "Flow with a star"):
        assert title in page
    for title in ("colleague", "rival"):
        assert title not in page.lower().replace("· colleague", "").replace("<small>colleague", "")
    assert f'action="{reverse("sessions:resume", args=[paused.pk])}"' in page


def test_home_asks_the_same_few_queries_however_much_waits(cast: Cast) -> None:
    browser = signed_in(cast.engineer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(HOME).status_code == 200
        return len(queries)

    cost()
    empty = cost()
    for _more in range(4):
        actions.pause(make_session(cast), by=cast.engineer)
        actions.request_escalation(make_session(cast, user=cast.colleague), reason="Stuck", by=cast.colleague)
        favourites.star(make_version(cast).flow, by=cast.engineer)
    assert cost() == empty == 12


def test_engineers_begin_in_the_console(cast: Cast) -> None:
    assert signed_in(cast.engineer).get("/").headers["Location"] == HOME
    assert signed_in(cast.team_admin).get("/").headers["Location"] == reverse("proposals:queue")
