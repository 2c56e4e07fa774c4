"""Saved views: `?view=slug` brings a list's filters back, on its screen and in the API."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowpilot.accounts.actions import saving
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.refusals import NameTaken, TooMany
from flowpilot.accounts.roles import NotAllowed
from flowpilot.accounts.saved_view_views import SCREENS
from tests.factories import Cast, make_resolved, make_session, make_view
from tests.screens import HTMX, said, signed_in, text, words

LIST = reverse("sessions:list")
SAVE = reverse("views:save")


def shown(page: str) -> list[str]:
    return re.findall(r"data-row-link>(.*?)</a>", page)


def kept() -> list[tuple[str, str, str, bool]]:
    return list(SavedView.objects.order_by("created_at").values_list("name", "slug", "query", "shared"))


def test_a_view_brings_its_filters_back_on_the_screen_and_in_the_api(cast: Cast) -> None:
    opened = make_session(cast, problem_summary="Mail is late")
    make_resolved(cast, problem_summary="Printer is offline")
    view = make_view(cast, "Still open")
    client = signed_in(cast.engineer)
    api = reverse("api-session-list")

    page = text(client.get(LIST, {"view": view.slug}))
    make_view(cast, "Active ones", query="status=active")
    found = client.get(api, {"view": "active-ones"}).json()["results"]

    assert shown(page) == ["Mail is late"]
    assert re.findall(r'<a class="fp-chip" href="([^"]+)">([^<]+)', page) == [(LIST, "Status: Open")]
    assert 'href="?view=still-open" aria-current="true"' in page
    assert [row["id"] for row in found] == [str(opened.pk)]


@pytest.mark.parametrize("name", ["session", "proposal", "flow"])
def test_every_list_of_the_api_takes_a_view_of_its_screen(cast: Cast, name: str) -> None:
    screen = {"session": "sessions", "proposal": "review", "flow": "library"}[name]
    make_view(cast, "Of this list", screen=screen, query="q=nothing")
    client, address = signed_in(cast.engineer), reverse(f"api-{name}-list")

    assert client.get(address, {"view": "of-this-list"}).json()["results"] == []
    assert client.get(address, {"view": "of-another"}).status_code == 400


def test_a_parameter_beside_the_view_wins_over_the_kept_one(cast: Cast) -> None:
    make_session(cast, problem_summary="Mail is late")
    make_resolved(cast, problem_summary="Printer is offline")
    make_view(cast, "Still open")

    page = text(signed_in(cast.engineer).get(LIST, {"view": "still-open", "status": "resolved"}))

    assert shown(page) == ["Printer is offline"]


def test_a_view_that_is_not_there_is_told_of_and_narrows_nothing(cast: Cast) -> None:
    make_session(cast, problem_summary="Mail is late")
    make_view(cast, "Mine alone", shared=False)
    client = signed_in(cast.colleague)

    page = client.get(LIST, {"view": "mine-alone"})
    refused = client.get(reverse("api-session-list"), {"view": "mine-alone"})

    assert shown(text(page)) == ["Mail is late"]
    assert "There is no view “mine-alone” here, or it is not shared any more." in words(page)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["view"])


def test_filters_are_saved_without_the_place_in_the_list_and_open_by_their_name(cast: Cast) -> None:
    client = signed_in(cast.engineer)
    given = {
        "screen": "sessions",
        "query": "?status=open&q=&after=abc&view=x",
        "name": "My day",
        "shared": "on",
    }

    saved = client.post(SAVE, given)
    dialog = client.get(SAVE, {"screen": "sessions", "query": "tier=guided"}, headers=HTMX)
    again = client.post(SAVE, {**given, "name": "Another"}, headers=HTMX)

    assert (saved.status_code, saved["Location"]) == (303, f"{LIST}?view=my-day")
    assert kept()[0] == ("My day", "my-day", "status=open", True)
    assert 'name="query" value="tier=guided"' in text(dialog)
    assert again["HX-Redirect"] == f"{LIST}?view=another"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "MINE"}, "There is a view named “MINE” already."),
        ({"query": "q=" + "a" * 2_000}, "These are more filters than a view can keep."),
        ({"screen": "nothing"}, "It does not say which list the filters are of."),
    ],
    ids=["no name", "a name that is taken", "too long", "no such screen"],
)
def test_what_cannot_be_saved_comes_back_with_the_reason(
    cast: Cast, given: dict[str, str], told: str
) -> None:
    make_view(cast, "Mine")
    asked = {"screen": "sessions", "query": "status=open", "name": "Other", **given}

    answer = signed_in(cast.engineer).post(SAVE, asked, headers=HTMX)

    assert answer.status_code == 422
    assert told in words(answer)
    assert len(kept()) == 1


def test_the_word_in_the_address_is_free_of_views_that_one_does_not_see(cast: Cast) -> None:
    make_view(cast, "Mine", shared=False)

    other = saving.save("Mine", screen="sessions", query="", by=cast.colleague)

    assert other.slug == "mine-2"
    with pytest.raises(NameTaken):
        saving.save("mine", screen="sessions", query="", by=cast.colleague)


def test_nobody_keeps_more_views_of_a_list_than_allowed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 1)
    make_view(cast, "One")

    with pytest.raises(TooMany):
        make_view(cast, "Two")


def test_its_owner_renames_shares_and_removes_a_view(cast: Cast) -> None:
    view = make_view(cast, "Mine")
    client = signed_in(cast.engineer)
    change = reverse("views:change", args=[view.pk])

    assert said(client.post(change, {"name": "Ours"})) == ["Changed the view “Ours”."]
    assert kept() == [("Ours", "mine", "status=open", False)]

    client.post(reverse("views:delete", args=[view.pk]))
    assert kept() == []


def test_only_its_owner_and_for_shared_ones_account_admins_change_a_view(cast: Cast, outsiders: Cast) -> None:
    view = make_view(cast, "Ours")
    change = reverse("views:change", args=[view.pk])

    assert signed_in(cast.colleague).post(change, {"name": "Theirs"}).status_code == 403
    assert signed_in(outsiders.account_admin).post(change, {"name": "Theirs"}).status_code == 404
    with pytest.raises(NotAllowed):
        saving.delete(view, by=outsiders.account_admin)
    assert signed_in(cast.account_admin).post(change, {"name": "Everybody's"}).status_code == 303
    assert kept() == [("Everybody's", "ours", "status=open", False)]


def test_every_view_is_listed_with_what_may_be_done_to_it(cast: Cast) -> None:
    make_view(cast, "Ours")
    make_view(cast, "Flows of mine", screen="library", shared=False)

    own = words(signed_in(cast.engineer).get(reverse("views:list")))
    other = signed_in(cast.colleague).get(reverse("views:list"))

    assert "Flows of mine Yours alone" in own
    assert "Ours Shared by Engineer" in words(other)
    assert "Flows of mine" not in words(other)
    assert "Remove “Ours”" not in text(other)


def test_every_screen_with_views_has_its_list() -> None:
    found = {screen: reverse(name) for screen, name in SCREENS.items()}
    assert found == {
        "sessions": "/sessions/",
        "review": "/review/",
        "library": "/flows/",
        "analytics": "/analytics/",
    }


def test_a_page_reads_its_views_once_with_the_one_that_is_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowpilot.accounts.reading.VIEWS_SHOWN", 2)
    for name in ("Another", "Before", "Then"):
        make_view(cast, name)
    client = signed_in(cast.engineer)
    client.get(LIST)

    with CaptureQueriesContext(connection) as queries:
        page = text(client.get(LIST, {"view": "then"}))

    assert re.findall(r'<a href="\?view=([\w-]+)"( aria-current="true")?', page) == [
        ("another", ""),
        ("then", ' aria-current="true"'),
    ]
    assert sum('FROM "accounts_savedview"' in query["sql"] for query in queries) == 1
