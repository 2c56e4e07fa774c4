from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from flowpilot.core.scope import account_scope
from flowpilot.psa.connectwise.connector import ConnectWiseConnector
from flowpilot.psa.connectwise.server import api_origin
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    LoginRefused,
    Named,
    NewNote,
    Refused,
    TicketNote,
    TicketNotFound,
    TicketQuery,
    Uncertain,
    Unreachable,
)
from tests.factories import Cast
from tests.psa.simulator.connectwise import ConnectWise, ticket
from tests.psa.simulator.server import Reply, Simulator
from tests.psa.simulator.vendors import connect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback")]
MARKER = "FP-7K3Q9W2MX4TBA"


@pytest.fixture
def half() -> ConnectWise:
    return ConnectWise()


@pytest.fixture
def provider() -> str:
    return "connectwise"


@pytest.fixture
def cw(row: PsaConnection) -> ConnectWiseConnector:
    return ConnectWiseConnector(row)


def mapped(cast: Cast, server: Simulator, **mapping: Any) -> ConnectWiseConnector:
    connection = connect(cast.account, "connectwise", server)
    connection.mapping = mapping
    return ConnectWiseConnector(connection)


def test_a_check_says_who_answers_and_what_these_keys_may_not_do(
    cw: ConnectWiseConnector, half: ConnectWise
) -> None:
    told = cw.check()
    assert (told.system, told.version, told.details) == ("ConnectWise PSA", "v2026.1", ("Acme MSP",))
    assert told.missing == ()

    half.forbidden = ("time/entries",)
    assert [words.split(" (")[0] for words in cw.check().missing] == ["Read time"]


@pytest.mark.parametrize("wrong", [{"private_key": "x"}, {"client_id": ""}, {"company": "nobody"}])
def test_wrong_keys_and_companies_are_a_refused_login(
    cast: Cast, server: Simulator, wrong: dict[str, str]
) -> None:
    connection = connect(cast.account, "connectwise", server)
    connection.credentials = {**connection.credentials.reveal(), **wrong}
    with account_scope(cast.account.pk), pytest.raises(LoginRefused):
        ConnectWiseConnector(connection).check()


def test_a_company_that_is_not_found_says_nothing_of_a_ticket(
    cw: ConnectWiseConnector, half: ConnectWise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half, "answer", lambda call: Reply(status=404))

    with pytest.raises(Unreachable, match="address of its API"):
        cw.ticket("101")


def test_choices_are_the_boards_statuses_people_and_work_types_of_the_customer(
    cw: ConnectWiseConnector,
) -> None:
    assert cw.choices("boards") == [Named("1", "Help desk"), Named("2", "Network")]
    assert cw.choices("statuses", "1") == [Named("5", "New", "1"), Named("6", ">Closed", "1")]
    assert [row.name for row in cw.choices("statuses")] == [
        "Help desk › New",
        "Help desk › >Closed",
        "Network › New",
    ]
    assert cw.choices("members") == [Named("jsmith", "Jo Smith")]
    assert cw.choices("work_types") == [Named("1", "Remote")]
    assert cw.choices("roles") == []


@pytest.mark.parametrize(
    ("text", "ticket_id"),
    [
        ("101", "101"),
        (" #00101 ", "101"),
        ("Ticket #101", "101"),
        ("{url}/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid=101", "101"),
        ("{url}/v4_6_release/ConnectWise.aspx?routeTo=ServiceFV&recid=101", "101"),
        ("https://na.myconnectwise.net/x?service_recid=101", None),
        ("{url}/x?service_recid=1e9", None),
        ("printer 101", None),
        ("T20260101.0001", None),
    ],
)
def test_a_ticket_is_named_by_its_number_or_a_page_of_this_server(
    cw: ConnectWiseConnector, server: Simulator, text: str, ticket_id: str | None
) -> None:
    assert cw.reference(text.format(url=server.url)) == ticket_id
    assert server.calls == []


def test_a_ticket_comes_with_its_first_text_conversation_and_configuration_items(
    cw: ConnectWiseConnector, half: ConnectWise, server: Simulator
) -> None:
    half.times.append(
        {"id": 9, "chargeToId": 101, "notes": "Changed the drum.", "timeStart": "2026-11-22T12:00:00Z"}
        | {"member": {"id": 3, "name": "Jo Smith"}, "addToInternalAnalysisFlag": True}
    )

    found = cw.ticket("101")

    assert (found.number, found.title, found.body) == ("101", "Printer <b>offline</b>", "It blinks red.")
    assert (found.status, found.is_closed, found.board) == ("New", False, "Help desk")
    assert (found.client, found.contact, found.assignee) == ("Contoso Ltd", "Ada", "jsmith,bob")
    assert (found.priority, found.assets) == ("Priority 3", ("PRN-01",))
    assert found.opened_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert cw.reference(found.url) == "101"
    assert cw.notes("101") == [
        TicketNote(datetime(2026, 11, 22, 10, tzinfo=UTC), "Ada", "It blinks red.", internal=False),
        TicketNote(datetime(2026, 11, 22, 12, tzinfo=UTC), "Jo Smith", "Changed the drum.", internal=True),
    ]


def test_what_these_keys_may_not_see_of_a_ticket_is_left_out(
    cw: ConnectWiseConnector, half: ConnectWise
) -> None:
    half.forbidden = ("time/entries", "service/tickets/101/configurations")
    assert cw.ticket("101").assets == ()
    assert len(cw.notes("101")) == 1


def test_a_search_is_by_number_and_words_and_holds_no_orders_of_its_own(
    cw: ConnectWiseConnector, half: ConnectWise, server: Simulator
) -> None:
    half.tickets[7] = ticket(7, "Mail is down", closedFlag=True, status={"id": 6, "name": ">Closed"})

    assert [row.id for row in cw.search(TicketQuery())] == ["102", "101"]
    assert [row.id for row in cw.search(TicketQuery(words="mail", closed=True))] == ["7"]
    assert cw.search(TicketQuery(words="mail")) == []
    assert len(cw.search(TicketQuery(limit=1))) == 1
    cw.search(TicketQuery(words='a" or id>0 [%*]', board="1 or 2", assignee='jo"'))
    assert server.calls[-1].query["conditions"] == (
        'closedFlag=false and (owner/identifier="jo" or resources contains "jo")'
        ' and (summary contains "a" or company/name contains "a")'
        ' and (summary contains "or" or company/name contains "or")'
        ' and (summary contains "id" or company/name contains "id")'
        ' and (summary contains "0" or company/name contains "0" or id=0)'
    )


def test_a_note_without_time_is_a_note_and_one_with_time_an_entry_of_whoever_is_mapped(
    cast: Cast, half: ConnectWise, server: Simulator
) -> None:
    cw = mapped(cast, server, member="jsmith", work_type="1", note_type="resolution")
    with (
        account_scope(cast.account.pk),
        time_machine.travel(datetime(2026, 11, 23, 9, 30, tzinfo=UTC), tick=False),
    ):
        note = cw.add_note("101", NewNote(f"Fixed. {MARKER}", MARKER, internal=False))
        time = cw.add_note("102", NewNote(f"Fixed. {MARKER}", MARKER, minutes=20))
        found = [
            *cw.find_marker("101", MARKER),
            *cw.find_marker("102", MARKER),
            *cw.find_marker("101", "FP-X"),
        ]

    assert found == [note, time]
    assert (note, time) == (f"note-{half.notes[-1]['id']}", f"time-{half.times[-1]['id']}")
    assert {name: half.notes[-1][name] for name in ("text", "processNotifications")} == {
        "text": f"Fixed. {MARKER}",
        "processNotifications": False,
    }
    assert half.notes[-1]["detailDescriptionFlag"] is half.notes[-1]["resolutionFlag"] is True
    sent = half.times[-1]
    assert (sent["timeStart"], sent["timeEnd"]) == ("2026-11-23T09:10:00Z", "2026-11-23T09:30:00Z")
    assert (sent["actualHours"], sent["workType"]) == (0.33, {"id": 1})
    assert (sent["addToInternalAnalysisFlag"], sent["addToDetailDescriptionFlag"]) == (True, False)
    assert (sent["chargeToId"], sent["member"]) == (102, {"identifier": "jsmith"})
    assert half.violations == []


def test_where_texts_cannot_be_searched_all_are_read(cw: ConnectWiseConnector, half: ConnectWise) -> None:
    half.searches_text = False
    written = cw.add_note("101", NewNote(f"Fixed. {MARKER}", MARKER))
    half.notes += [{"id": 1_000 + n, "ticketId": 101, "text": "…"} for n in range(400)]
    assert list(cw.find_marker("101", MARKER)) == [written]
    assert list(cw.find_marker("101", "FP-AAAAAAAAAAAAA")) == []


@pytest.mark.parametrize("searches", [True, False])
def test_a_customer_who_quotes_a_note_is_no_second_one(
    cw: ConnectWiseConnector, half: ConnectWise, searches: bool
) -> None:
    half.searches_text = searches
    written = cw.add_note("101", NewNote(f"Fixed. {MARKER}", MARKER))
    quoting = {"id": 900, "ticketId": 101, "text": f"Thanks! > Fixed. {MARKER}", "contact": {"id": 2}}
    half.notes.append(quoting)

    assert list(cw.find_marker("101", MARKER)) == [written]


def test_a_status_is_set_once_and_a_closed_ticket_stays_closed(
    cw: ConnectWiseConnector, half: ConnectWise, server: Simulator
) -> None:
    cw.set_status("101", "6")
    cw.set_status("101", "6")
    changes = [call.body for call in server.calls if call.method == "PATCH"]
    assert changes == [[{"op": "replace", "path": "status", "value": {"id": 6}}]]
    assert half.tickets[101]["status"]["name"] == ">Closed"

    with pytest.raises(Refused, match="closed there meanwhile"):
        cw.set_status("101", "5")
    with pytest.raises(Refused, match=r"Status is not of this board\. status"):
        cw.set_status("102", "8")
    with pytest.raises(Refused, match="is no status"):
        cw.set_status("102", "closed")


@pytest.mark.parametrize("ticket_id", ["999", "", "1/notes", "-1", "1" * 30, "١"])
def test_what_is_no_ticket_is_not_found(cw: ConnectWiseConnector, ticket_id: str) -> None:
    for asked in (cw.ticket, cw.notes):
        with pytest.raises(TicketNotFound):
            asked(ticket_id)
    with pytest.raises(TicketNotFound):
        cw.add_note(ticket_id, NewNote("x", MARKER))


def test_an_answer_without_the_id_of_what_was_written_is_uncertain(
    cw: ConnectWiseConnector, server: Simulator
) -> None:
    server.faults = iter(["garbage after"])
    with pytest.raises(Uncertain):
        cw.add_note("101", NewNote(f"Fixed. {MARKER}", MARKER))
    assert len(list(cw.find_marker("101", MARKER))) == 1


def test_a_server_that_was_updated_is_found_at_its_new_address(
    cw: ConnectWiseConnector, cast: Cast, half: ConnectWise, server: Simulator
) -> None:
    cw.ticket("101")
    half.api = "/v2026_2/apis/3.0"
    later = ConnectWiseConnector(PsaConnection.objects.get())

    assert later.ticket("101").id == "101"
    with pytest.raises(TicketNotFound):
        later.ticket("999")
    assert [call.path for call in server.calls].count("/login/companyinfo/acme") == 2


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://na.myconnectwise.net/", "https://api-na.myconnectwise.net"),
        ("https://API-EU.myconnectwise.net/v4_6_release", "https://api-eu.myconnectwise.net"),
        ("na.myconnectwise.net", "https://api-na.myconnectwise.net"),
        ("https://psa.example.com:8443/x", "https://psa.example.com:8443"),
        ("https://staging.connectwisedev.com", "https://staging.connectwisedev.com"),
    ],
)
def test_the_api_is_found_from_the_address_that_people_know(typed: str, origin: str) -> None:
    assert api_origin(typed) == origin
