import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from flowpilot.core.api import problem as refused
from flowpilot.core.ids import uuid7
from flowpilot.flows.api import FlowDetailSerializer, FlowSerializer
from proposals.api import ProposalDetailSerializer, ProposalSerializer
from sessions.api import SessionDetailSerializer, SessionSerializer, SessionViewSet
from tests.factories import (
    Cast,
    add_answered,
    make_proposal,
    make_resolved,
    make_session,
    make_user,
    make_version,
    small_tree,
)
from tests.screens import signed_in

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Thing:
    """What the API offers under one name."""

    name: str
    make: Callable[..., Any]
    fields: tuple[str, ...]
    detail_fields: tuple[str, ...]

    @property
    def list_url(self) -> str:
        return reverse(f"api-{self.name}-list")

    def url(self, pk: object) -> str:
        return reverse(f"api-{self.name}-detail", args=[pk])


def make_flow(cast: Cast, **extra: Any) -> Any:
    return make_version(cast, **extra).flow


THINGS = [
    Thing("session", make_resolved, SessionSerializer.Meta.fields, SessionDetailSerializer.Meta.fields),
    Thing("proposal", make_proposal, ProposalSerializer.Meta.fields, ProposalDetailSerializer.Meta.fields),
    Thing("flow", make_flow, FlowSerializer.Meta.fields, FlowDetailSerializer.Meta.fields),
]
each_thing = pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)


def asked(client: Client, url: str) -> int:
    """How many queries the answer costs somebody who has asked before."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def problem(answer: Any) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == PROBLEM
    said: dict[str, Any] = json.loads(answer.content)
    assert set(said) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert said.pop("request_id") == answer.headers["X-Request-ID"]
    assert said["status"] == answer.status_code
    return said


def test_the_root_says_what_there_is(cast: Cast) -> None:
    answer = signed_in(cast.engineer).get(reverse("api-root"))

    assert answer.json() == {
        f"{name}s": f"http://testserver{reverse(f'api-{name}-list')}"
        for name in ("session", "proposal", "flow")
    }


@each_thing
def test_lists_and_details_have_their_fields(cast: Cast, thing: Thing) -> None:
    row = thing.make(cast)
    client = signed_in(cast.engineer)

    listed = next(each for each in client.get(thing.list_url).json()["results"] if each["id"] == str(row.pk))
    detail = client.get(thing.url(row.pk)).json()

    assert set(listed) == set(thing.fields)
    assert set(detail) == set(thing.detail_fields)
    plain = set(thing.fields) - {"current_version"}
    assert {name: detail[name] for name in plain} == {name: listed[name] for name in plain}


def test_a_session_comes_with_its_steps_and_its_outcome(cast: Cast) -> None:
    session = make_session(cast, problem_summary="Printer is offline", problem_domain="printing")
    add_answered(session, "Look at the cable", outcome="did_not_work", response="It is fine")

    said = signed_in(cast.engineer).get(THINGS[0].url(session.pk)).json()

    assert (said["problem_summary"], said["status"], said["scored_at"]) == (
        "Printer is offline",
        "active",
        None,
    )
    assert (said["user"], said["team"], said["client"]) == (
        str(cast.engineer.pk),
        str(cast.team.pk),
        str(cast.client.pk),
    )
    assert [(step["title"], step["outcome"], step["response"]) for step in said["steps"]] == [
        ("Look at the cable", "did_not_work", "It is fine")
    ]


def test_a_session_keeps_its_prompts_and_vendor_messages_to_itself(cast: Cast) -> None:
    said = signed_in(cast.engineer).get(THINGS[0].url(make_session(cast).pk)).json()

    assert {"system_prompt_snapshot", "conversation_messages"} & set(said) == set()


def test_a_failure_of_ours_is_a_problem_with_the_number_of_the_request(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionViewSet, "get_queryset", lambda view: 1 / 0)
    client = signed_in(cast.engineer)
    client.raise_request_exception = False

    answer = client.get(THINGS[0].list_url)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert "ZeroDivision" not in answer.content.decode()


def test_a_flow_comes_with_the_tree_of_its_current_version(cast: Cast) -> None:
    flow = make_flow(cast)

    said = signed_in(cast.engineer).get(THINGS[2].url(flow.pk)).json()

    assert said["current_version"]["number"] == 1
    assert said["current_version"]["tree_structure"] == small_tree().to_json()


def test_a_proposal_comes_with_its_draft_and_evidence(cast: Cast) -> None:
    proposal = make_proposal(cast)

    said = signed_in(cast.engineer).get(THINGS[1].url(proposal.pk)).json()

    assert said["current_draft"]["tree"] == small_tree().to_json()
    assert said["evidence"] == [
        {"session": str(row.session_id), "resolution_no": 1} for row in proposal.evidence.all()
    ]
    assert said["decisions"] == []


@each_thing
def test_pages_follow_each_other_by_cursor_without_a_count(cast: Cast, thing: Thing) -> None:
    made = [str(thing.make(cast).pk) for _number in range(5)]
    client = signed_in(cast.engineer)

    pages = [client.get(thing.list_url, {"page_size": 2}).json()]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())

    found = [row["id"] for page in pages for row in page["results"]]
    assert {frozenset(page) for page in pages} == {frozenset(("next", "previous", "results"))}
    assert [pk for pk in found if pk in made] == list(reversed(made))
    assert len(found) == len(set(found))
    assert client.get(pages[-1]["previous"]).json()["results"] == pages[-2]["results"]


@each_thing
def test_a_page_holds_at_most_a_hundred_rows(cast: Cast, thing: Thing) -> None:
    client = signed_in(cast.engineer)

    assert client.get(thing.list_url, {"page_size": 100_000}).status_code == 200
    assert client.get(thing.list_url, {"page_size": "many"}).status_code == 200


@pytest.mark.parametrize(
    ("thing", "query", "expected"),
    [
        (THINGS[0], "q=mail", ["Mail is late"]),
        (THINGS[0], "domain=printing", ["Printer is offline"]),
        (THINGS[0], "status=resolved&status=active", ["Mail is late", "Printer is offline"]),
        (THINGS[0], "status=escalated", []),
        (THINGS[1], "q=mail", ["Mail is late"]),
        (THINGS[1], "status=pending&type=new_flow&domain=printing", ["Printer is offline"]),
        (THINGS[1], "status=dismissed", []),
        (THINGS[2], "q=mail", ["Mail is late"]),
        (THINGS[2], "status=published&domain=printing", ["Printer is offline"]),
        (THINGS[2], "status=retired", []),
    ],
)
def test_lists_take_the_filters_of_the_screens(
    cast: Cast, thing: Thing, query: str, expected: list[str]
) -> None:
    key = "problem_summary" if thing.name == "session" else "title"
    domain = "domain" if thing.name == "flow" else "problem_domain"
    for title, of in (("Printer is offline", "printing"), ("Mail is late", "email")):
        thing.make(cast, **{key: title, domain: of})

    rows = signed_in(cast.engineer).get(f"{thing.list_url}?{query}").json()["results"]

    assert [row[key] for row in rows] == expected


@each_thing
def test_a_filter_that_cannot_be_read_is_a_problem_of_that_field(cast: Cast, thing: Thing) -> None:
    said = problem(signed_in(cast.engineer).get(thing.list_url, {"team": "nonsense", "status": "odd"}))

    assert said["status"] == 400
    assert set(said["errors"]) == {"team", "status"}


@each_thing
def test_a_cursor_that_is_not_ours_is_a_problem(cast: Cast, thing: Thing) -> None:
    assert problem(signed_in(cast.engineer).get(thing.list_url, {"cursor": "nonsense"}))["status"] == 404


@each_thing
@pytest.mark.parametrize(
    "position",
    [
        "garbage",
        "2020",
        "2020-01-01",
        "2020-01-01T00:00:00",
        "0001-01-01T00:00:00+23:59",
        "\x00",
        "",
        "\u0660",
    ],
)
def test_a_cursor_whose_position_is_no_moment_is_a_problem(cast: Cast, thing: Thing, position: str) -> None:
    cursor = b64encode(urlencode({"p": position}).encode()).decode()

    said = problem(signed_in(cast.engineer).get(thing.list_url, {"cursor": cursor}))

    assert (said["status"], said["title"]) == (404, "Not found.")
    assert said["detail"] == "This cursor is not one of ours: start again without it."


@each_thing
def test_a_search_that_is_too_long_is_a_problem_of_that_field(cast: Cast, thing: Thing) -> None:
    client = signed_in(cast.engineer)

    said = problem(client.get(thing.list_url, {"q": "-" * 5000}))

    assert said["errors"] == {"q": ["Ensure this value has at most 200 characters (it has 5000)."]}


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("created_after", "0001-01-01T00:00:00+23:59"),
        ("created_before", "9999-12-31T23:59:59-23:59"),
        ("created_after", "yesterday"),
    ],
)
def test_a_moment_that_cannot_be_is_a_problem_of_that_field(cast: Cast, name: str, moment: str) -> None:
    said = problem(signed_in(cast.engineer).get(THINGS[0].list_url, {name: moment}))

    assert said["errors"] == {name: ["Enter a valid date/time."]}


@pytest.mark.parametrize("path", ["nothing/", "flows/a.b/", "sessions/1/2/3/", "v2/"])
def test_an_address_that_is_none_is_a_problem(cast: Cast, path: str) -> None:
    address = reverse("api-root") + path

    for client in (Client(), signed_in(cast.engineer)):
        for answer in (client.get(address), client.post(address), client.get(address[:-1], follow=True)):
            assert problem(answer) == {
                "type": "about:blank",
                "title": "Not found.",
                "status": 404,
                "detail": "Not found.",
                "errors": None,
            }


def test_an_address_without_its_last_slash_leads_to_the_one_with_it(cast: Cast) -> None:
    answer = signed_in(cast.engineer).get(THINGS[0].list_url[:-1])

    assert (answer.status_code, answer.headers["Location"]) == (301, THINGS[0].list_url)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Http404(), ("Not found.", 404, "Not found.", None)),
        (
            PermissionDenied(),
            ("You may not do this.", 403, "You do not have permission to perform this action.", None),
        ),
        (ValidationError(["One.", "Two."]), ("Invalid input.", 400, "One. Two.", None)),
        (ValidationError({"q": ["No."]}), ("Invalid input.", 400, None, {"q": ["No."]})),
    ],
    ids=lambda given: type(given).__name__,
)
def test_every_refusal_is_told_in_words(error: Exception, told: tuple[Any, ...]) -> None:
    answer = refused(error, {})

    assert answer is not None
    assert (answer.data["title"], answer.status_code, answer.data["detail"], answer.data["errors"]) == told


@each_thing
@pytest.mark.parametrize("pk", [uuid7(), "nonsense"])
def test_what_does_not_exist_is_a_problem(cast: Cast, thing: Thing, pk: object) -> None:
    assert problem(signed_in(cast.engineer).get(thing.url(pk)))["status"] == 404


@each_thing
def test_the_outsider_finds_nothing(cast: Cast, outsiders: Cast, thing: Thing) -> None:
    client = signed_in(outsiders.account_admin)

    assert problem(client.get(thing.url(thing.make(cast).pk)))["status"] == 404
    assert client.get(thing.list_url).json()["results"] == []


@pytest.mark.parametrize("thing", THINGS[:2], ids=lambda thing: thing.name)
def test_what_another_team_works_on_is_not_found(cast: Cast, thing: Thing) -> None:
    client = signed_in(cast.other_team_admin)

    assert problem(client.get(thing.url(thing.make(cast).pk)))["status"] == 404
    assert client.get(thing.list_url).json()["results"] == []


@each_thing
def test_strangers_are_told_to_sign_in(cast: Cast, thing: Thing) -> None:
    for url in (thing.list_url, thing.url(thing.make(cast).pk)):
        answer = Client().get(url)
        assert problem(answer)["status"] == 401
        assert answer.headers["WWW-Authenticate"] == "Session"


@each_thing
def test_superusers_belong_to_no_account_and_may_not_ask(cast: Cast, thing: Thing) -> None:
    client = signed_in(make_user(None, "root", is_superuser=True, is_staff=True))

    for url in (thing.list_url, thing.url(thing.make(cast).pk)):
        assert problem(client.get(url))["status"] == 403


@each_thing
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(cast: Cast, thing: Thing, method: str) -> None:
    row = thing.make(cast)
    client = signed_in(cast.account_admin)

    for url in (thing.list_url, thing.url(row.pk)):
        assert problem(getattr(client, method)(url, {}, content_type="application/json"))["status"] == 405
    assert type(row).objects.filter(pk=row.pk).exists()


@each_thing
def test_a_list_costs_the_same_queries_for_one_row_as_for_thirty(cast: Cast, thing: Thing) -> None:
    client = signed_in(cast.engineer)
    url = f"{thing.list_url}?page_size=50"
    thing.make(cast)
    one = asked(client, url)
    for _number in range(29):
        thing.make(cast)

    assert asked(client, url) == one <= 6


def test_a_session_costs_the_same_queries_for_one_step_as_for_thirty(cast: Cast) -> None:
    client = signed_in(cast.engineer)
    session = make_session(cast)
    add_answered(session, "Step 0")
    one = asked(client, THINGS[0].url(session.pk))
    for number in range(1, 30):
        add_answered(session, f"Step {number}")

    assert asked(client, THINGS[0].url(session.pk)) == one <= 6
