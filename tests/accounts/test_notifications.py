"""What people are told inside the product: the bell, the list, reading."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import Notification, User
from flowpilot.accounts.notifications import mark_all_read, notify
from flowpilot.core.scope import account_scope
from tests.factories import Cast, make_notification, make_proposal, make_user
from tests.screens import send, signed_in, text, words

LIST = reverse("notifications:list")


def bell(client: Client) -> str:
    found = re.search(r'fp-bell.*?fp-count">(.*?)<', text(client.get(LIST)), flags=re.S)
    assert found is not None
    return found[1]


def told(person: User) -> list[tuple[str, str]]:
    return list(Notification.objects.filter(user=person).order_by("id").values_list("text", "url"))


def test_what_was_told_stands_in_the_list_until_it_is_read_and_after(cast: Cast) -> None:
    row = make_notification(cast.engineer, "Your session became a flow.")
    client = signed_in(cast.engineer)
    assert bell(client) == "1"

    answer = client.post(reverse("notifications:open", args=[row.pk]))

    assert (answer.status_code, answer.url) == (303, "/flows/")  # type: ignore[attr-defined]
    assert bell(client) == ""
    assert "Your session became a flow." in words(client.get(LIST))


def test_the_first_reading_is_kept(cast: Cast) -> None:
    row = make_notification(cast.engineer)
    client = signed_in(cast.engineer)
    client.post(reverse("notifications:open", args=[row.pk]))
    first = Notification.objects.get(pk=row.pk).read_at

    client.post(reverse("notifications:open", args=[row.pk]))

    assert first is not None
    assert Notification.objects.get(pk=row.pk).read_at == first


def test_all_are_marked_as_read_and_only_ones_own(cast: Cast) -> None:
    for person in (cast.engineer, cast.engineer, cast.colleague):
        make_notification(person, f"Told {Notification.objects.count()}")

    signed_in(cast.engineer).post(reverse("notifications:all-read"))

    assert (bell(signed_in(cast.engineer)), bell(signed_in(cast.colleague))) == ("", "1")


def test_nobody_opens_what_was_told_to_somebody_else(cast: Cast) -> None:
    row = make_notification(cast.engineer)

    answer = signed_in(cast.account_admin).post(reverse("notifications:open", args=[row.pk]))

    assert answer.status_code == 404
    assert Notification.objects.get(pk=row.pk).read_at is None


def test_the_same_is_not_told_twice_before_it_is_read(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        for _time in range(2):
            notify(cast.engineer, kind="idle_warning", text="Still there?", url="/sessions/")
        mark_all_read(cast.engineer)
        notify(cast.engineer, kind="idle_warning", text="Still there?", url="/sessions/")

    assert told(cast.engineer) == [("Still there?", "/sessions/")] * 2


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_notification_leads_nowhere_else(cast: Cast, url: str) -> None:
    with account_scope(cast.account.pk), pytest.raises(ValueError, match="path of the product"):
        notify(cast.engineer, kind="idle_warning", text="Look", url=url)


def test_superusers_and_people_switched_off_are_told_nothing(cast: Cast) -> None:
    gone = make_user(cast.account, "gone", is_active=False)
    with account_scope(cast.account.pk):
        notify(gone, kind="idle_warning", text="Look")
        notify(make_user(None, "root", is_superuser=True), kind="idle_warning", text="Look")

    assert Notification.objects.count() == 0


def test_a_long_text_is_cut(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        notify(cast.engineer, kind="idle_warning", text="x" * 400)

    assert {len(said) for said, _url in told(cast.engineer)} == {300}


def test_the_engineer_is_told_that_the_session_became_a_flow(cast: Cast) -> None:
    proposal = make_proposal(cast)

    send(signed_in(cast.team_admin), "approve", proposal)

    proposal.refresh_from_db()
    version = proposal.published_version
    assert version is not None
    said = f"Your troubleshooting became version 1 of the flow “{version.flow.title}”."
    assert told(cast.engineer) == [(said, reverse("flows:version", args=[version.flow_id, 1]))]
    assert told(cast.team_admin) == []


def test_an_undone_publication_is_not_told_of(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    send(client, "approve", proposal)

    send(client, "undo", proposal)

    assert told(cast.engineer) == []
