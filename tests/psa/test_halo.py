"""What is HaloPSA's own: tokens, lists around everything, ids that begin anew in each ticket, Basic."""

from base64 import b64encode
from random import Random

import pytest

from flowpilot.psa.halo.connector import HaloConnector
from flowpilot.psa.halo.webhook import verified
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import BadSignature, LoginRefused, Named, Refused, TicketQuery, Unreachable
from tests.psa.notes import MARKER, marked_note
from tests.psa.simulator.halo import Halo, ticket
from tests.psa.simulator.server import Reply, Simulator


@pytest.fixture
def half() -> Halo:
    return Halo()


@pytest.fixture
def provider() -> str:
    return "halopsa"


def test_a_ticket_is_told_by_names_and_dates_that_mean_none_are_none(row: PsaConnection) -> None:
    told = HaloConnector(row).ticket("301")

    assert (told.status, told.priority, told.board, told.client) == (
        "New",
        "P3 Medium",
        "1st Line",
        "Contoso Ltd",
    )
    assert (told.assignee, told.assets, told.is_closed) == ("Jo Smith", ("PRN-01",), False)
    assert told.opened_at is not None
    assert told.opened_at.isoformat() == "2026-11-22T10:00:00.640000+00:00"


def test_nobody_is_nobody_and_a_date_of_closing_closes(row: PsaConnection, half: Halo) -> None:
    half.tickets[303] = ticket(303, agent_id=1, team=None, dateclosed="2026-11-22T12:00:00.21", summary="")

    told = HaloConnector(row).ticket("303")

    assert (told.assignee, told.board, told.title, told.is_closed) == ("", "", "", True)


def test_one_token_serves_until_it_is_refused_and_is_renewed_once(
    row: PsaConnection, half: Halo, server: Simulator
) -> None:
    HaloConnector(row).ticket("301")
    HaloConnector(row).ticket("302")
    assert len([call for call in server.calls if call.path == "/auth/token"]) == 1

    half.void()
    HaloConnector(row).add_note("301", marked_note())

    assert server.written == {MARKER: 1}
    assert len([call for call in server.calls if call.path == "/auth/token"]) == 2


def test_a_login_that_is_not_found_says_nothing_of_a_ticket(
    row: PsaConnection, half: Halo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half, "answer", lambda call: Reply(status=404))

    with pytest.raises(Unreachable, match="address of its API"):
        HaloConnector(row).ticket("301")


def test_a_secret_that_was_changed_is_tried_at_once_and_not_the_old_token(row: PsaConnection) -> None:
    HaloConnector(row).ticket("301")
    row.credentials = {"client_id": "client", "client_secret": "another"}

    with pytest.raises(LoginRefused, match="credentials are invalid"):
        HaloConnector(row).ticket("301")


def test_note_and_hours_are_one_action_in_escaped_html(row: PsaConnection, half: Halo) -> None:
    written = HaloConnector(row).add_note("301", marked_note("<b>Fuser</b> & belt", minutes=15))

    action = half.actions[-1]
    assert (written, action["timetaken"], action["hiddenfromuser"]) == ("301:2", 0.25, True)
    assert str(action["note_html"]).startswith("<p>&lt;b&gt;Fuser&lt;/b&gt; &amp; belt<br><br>FlowPilot ref")
    assert action["outcome"] == "Private Note"


def test_an_action_is_of_the_chosen_outcome_and_agent(row: PsaConnection, half: Halo) -> None:
    row.mapping = {"note_type": "12", "member": "3"}
    HaloConnector(row).add_note("301", marked_note(internal=False))

    action = half.actions[-1]
    assert (action["outcome_id"], action["who_agentid"], action["hiddenfromuser"]) == (12, 3, False)
    assert "outcome" not in action


def test_an_outcome_that_the_customer_does_not_have_is_refused_in_halos_words(row: PsaConnection) -> None:
    row.mapping = {"note_type": "Call"}

    with pytest.raises(Refused, match="The outcome does not exist"):
        HaloConnector(row).add_note("301", marked_note())


def test_a_marker_is_not_denied_where_not_all_actions_were_seen(
    row: PsaConnection, half: Halo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowpilot.psa.halo.connector.ACTIONS", 1)
    half.actions.append({"id": 2, "ticket_id": 301, "note": MARKER})
    assert list(HaloConnector(row).find_marker("301", MARKER)) == ["301:2"]

    half.most_actions = 1
    with pytest.raises(Refused, match="more actions"):
        list(HaloConnector(row).find_marker("301", MARKER))


def test_only_what_is_open_is_searched_unless_closed_ones_count(row: PsaConnection, half: Halo) -> None:
    half.tickets[302]["status_id"] = 9

    open_ones = HaloConnector(row).search(TicketQuery())
    every = HaloConnector(row).search(TicketQuery(closed=True, board="13", assignee="3"))

    assert ([told.id for told in open_ones], [told.id for told in every]) == (["301"], ["302", "301"])


def test_a_check_names_what_the_login_may_not_read(row: PsaConnection, half: Halo) -> None:
    half.forbidden = ("Outcome", "Team")

    info = HaloConnector(row).check()

    assert info.missing == (
        "Read teams (all:standard)",
        "Read outcomes of actions (all:standard)",
    )
    assert info.details == ("Signed in as FlowPilot.",)


def test_lists_to_choose_from_are_the_customers_own(row: PsaConnection) -> None:
    chosen = HaloConnector(row).choices

    assert chosen("members") == [Named("1", "Unassigned"), Named("3", "Jo Smith")]
    assert chosen("note_types") == [Named("12", "Private Note"), Named("13", "Public Note")]
    assert chosen("work_types") == []


BODY = b'{"event":"Ticket Updated","ticket":{"id":301,"summary":"x"},"action":{"id":2,"ticket_id":301}}'
PASSWORD = "a password of the webhook"  # noqa: S105 - made up


def login(password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"flowpilot:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("raw", "tickets"),
    [
        (BODY, ["301"]),
        (b'[{"ticket":{"id":301}},{"ticket_id":302},{"ticket":{"id":301}}]', ["301", "302"]),
        (b'{"events":[{"action":{"ticket_id":303}}]}', ["303"]),
        (b'{"ticket":{"id":"7; DROP"}}', []),
        (b'"text"', []),
    ],
)
def test_a_call_with_the_password_names_its_tickets_once_each(raw: bytes, tickets: list[str]) -> None:
    assert [event.ticket_id for event in verified(login(), raw, password=PASSWORD)] == tickets


def test_of_a_thousand_changed_logins_none_is_believed() -> None:
    chance, genuine = Random(4), login()["Authorization"]
    for _time in range(1_000):
        changed = bytearray(genuine.encode())
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(7)
        with pytest.raises(BadSignature):
            verified({"Authorization": changed.decode("latin-1")}, BODY, password=PASSWORD)
    for headers in ({}, login(""), login(PASSWORD + "x")):
        with pytest.raises(BadSignature):
            verified(headers, BODY, password=PASSWORD)


@pytest.mark.parametrize(
    "named", ["https://evil.example/auth", "http://auth.halopsa.com", "https://[::1", "x"]
)
def test_the_secret_is_given_to_no_server_that_is_neither_halos_nor_the_connections(
    row: PsaConnection, half: Halo, server: Simulator, named: str
) -> None:
    half.auth_url = named

    with pytest.raises(LoginRefused, match="authorisation server"):
        HaloConnector(row).check()

    assert half.tokens == []
    row.credentials = {**half_login(row), "auth_url": f"{server.url}/auth/"}
    assert HaloConnector(row).check().system == "HaloPSA"


def half_login(row: PsaConnection) -> dict[str, str]:
    assert row.credentials is not None
    return dict(row.credentials.reveal())


def test_a_token_that_is_for_reading_only_is_named_as_what_is_missing(row: PsaConnection, half: Halo) -> None:
    assert HaloConnector(row).check().untried == ("Write actions and statuses (edit:tickets)",)
    half.scope = "read:tickets all:standard"

    told = HaloConnector(row).check()

    assert (told.missing, told.untried) == (("Write actions and statuses (edit:tickets)",), ())
