"""What is Autotask's own: zones, numbers of the customer's lists, pages, time in the name of somebody."""

import hmac
from base64 import b64encode
from random import Random

import pytest

from flowpilot.psa.autotask.connector import AutotaskConnector
from flowpilot.psa.autotask.server import _explain
from flowpilot.psa.autotask.webhook import HEADER, verified
from flowpilot.psa.client import Answer
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    BadSignature,
    Forbidden,
    LoginRefused,
    Named,
    Refused,
    TicketNote,
    TicketNotFound,
    TicketQuery,
    Uncertain,
    Unreachable,
    WebhookEvent,
)
from tests.psa.notes import MARKER, marked_note
from tests.psa.simulator.autotask import Autotask, ticket
from tests.psa.simulator.server import Reply, Simulator


@pytest.fixture
def half() -> Autotask:
    return Autotask()


@pytest.fixture
def provider() -> str:
    return "autotask"


def test_numbers_are_told_by_the_customers_names(row: PsaConnection) -> None:
    told = AutotaskConnector(row).ticket("T20261122.0201")

    assert (told.id, told.number, told.client, told.contact) == (
        "201",
        "T20261122.0201",
        "Contoso Ltd",
        "Ada Miller",
    )
    assert (told.status, told.priority, told.board, told.assignee, told.assets) == (
        "New",
        "High",
        "Help desk",
        "Jo Smith",
        ("PRN-01",),
    )


def test_names_and_lists_are_asked_for_once_an_hour(row: PsaConnection, server: Simulator) -> None:
    AutotaskConnector(row).search(TicketQuery())
    asked = len(server.calls)
    AutotaskConnector(row).search(TicketQuery())

    assert {call.path.rpartition("V1.0/")[2] for call in server.calls[asked:]} == {"Tickets/query"}


def test_a_customer_who_was_moved_to_another_zone_is_found_there(
    row: PsaConnection, half: Autotask, server: Simulator
) -> None:
    AutotaskConnector(row).ticket("201")
    half.zone = 1

    AutotaskConnector(row).add_note("201", marked_note())

    assert [entry["description"] for entry in half.rows["TicketNotes"]][-1] == marked_note().text
    assert server.written == {MARKER: 1}


def test_a_zone_that_is_not_found_says_nothing_of_a_ticket(
    row: PsaConnection, half: Autotask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half, "answer", lambda call: Reply(status=404))

    with pytest.raises(Unreachable, match="address of its API"):
        AutotaskConnector(row).ticket("201")


def test_the_login_is_given_to_no_server_that_is_not_autotasks(row: PsaConnection, half: Autotask) -> None:
    connector = AutotaskConnector(row)
    ours = {"https://webservices5.autotask.net/ATServicesRest/": True, row.base_url: True}
    for url in ("https://autotask.net.evil.test/", "http://webservices5.autotask.net/", "//[", ""):
        ours[url] = False

    assert {url: connector._server.is_ours(url) for url in ours} == ours


def test_pages_are_followed_to_the_end_and_the_newest_come_first(row: PsaConnection, half: Autotask) -> None:
    half.page = 2
    half.rows["Tickets"] += [
        ticket(number, createDate=f"2026-11-2{number - 209}T08:00:00Z") for number in (210, 211, 212)
    ]

    found = AutotaskConnector(row).search(TicketQuery(limit=3))

    assert [told.id for told in found] == ["212", "202", "201"]


def test_words_are_looked_for_in_the_names_of_clients_too(row: PsaConnection, half: Autotask) -> None:
    half.rows["Companies"].append({"id": 9, "companyName": "Fabrikam"})
    half.rows["Tickets"].append(ticket(203, "No sound", companyID=9))

    found = AutotaskConnector(row).search(TicketQuery(words="sound fabrikam"))

    assert [told.client for told in found] == ["Fabrikam"]


def test_what_rules_wrote_is_left_out_of_the_conversation(row: PsaConnection) -> None:
    assert [(said.by, said.text, said.internal) for said in AutotaskConnector(row).notes("201")] == [
        ("Jo Smith", "It blinks red.", False)
    ]


def test_minutes_go_as_a_time_entry_that_carries_the_note(row: PsaConnection, half: Autotask) -> None:
    written = AutotaskConnector(row).add_note("201", marked_note(minutes=15, internal=False))

    (entry,) = half.rows["TimeEntries"]
    assert written == f"time-{entry['id']}"
    assert (entry["resourceID"], entry["roleID"], entry["hoursWorked"]) == (10, 8, 0.25)
    assert (entry["summaryNotes"], "internalNotes" in entry) == (marked_note().text, False)
    told = AutotaskConnector(row).notes("201")[-1]
    assert (told.by, told.text, told.internal) == ("Jo Smith", marked_note().text, False)


def test_without_a_role_minutes_stay_out_and_the_note_is_the_members_own(
    row: PsaConnection, half: Autotask
) -> None:
    row.mapping = {"member": "10"}
    AutotaskConnector(row).add_note("201", marked_note(minutes=15))

    assert half.rows["TimeEntries"] == []
    assert half.rows["TicketNotes"][-1]["creatorResourceID"] == 10


def test_time_in_a_role_that_the_member_does_not_have_is_refused(row: PsaConnection) -> None:
    row.mapping = {"member": "10", "role": "9"}

    with pytest.raises(Refused, match="does not work in this role"):
        AutotaskConnector(row).add_note("201", marked_note(minutes=15))
    assert [one.name for one in AutotaskConnector(row).choices("roles", "10")] == ["Technician"]
    assert AutotaskConnector(row).choices("roles", "11") == []


def test_a_note_that_is_too_long_is_cut_before_its_marker(row: PsaConnection, half: Autotask) -> None:
    AutotaskConnector(row).add_note("201", marked_note("x" * 40_000))

    kept = half.rows["TicketNotes"][-1]["description"]
    assert (len(kept), kept[-40:]) == (32_000, f"xxxxxxx\n…\nFlowPilot ref {MARKER}")


def test_a_check_names_the_permission_that_is_missing_and_the_zone(
    row: PsaConnection, half: Autotask
) -> None:
    half.forbidden = ("TimeEntries", "Contacts")

    info = AutotaskConnector(row).check()

    assert info.missing == ("Read time entries", "Write time entries", "Read contacts")
    assert info.details == (
        "Zone 0",
        "123 of 10000 calls of the last hour are used, by all programs together.",
    )
    assert AutotaskConnector(row).ticket("201").contact == ""


def test_a_user_whom_autotask_does_not_know_is_refused(row: PsaConnection) -> None:
    row.credentials = {"user": "nobody", "secret": "s3cret", "integration_code": "CODE1"}

    with pytest.raises(LoginRefused, match="does not know this user"):
        AutotaskConnector(row).check()


@pytest.mark.parametrize(
    ("said", "writing", "meant"),
    [
        ("No message. No matching records found. You may not have the required permissions.", True, "gone"),
        ("The logged in Resource does not have the adequate permissions to perform this action.", True, "in"),
        ("Transaction was deadlocked on lock resources: DEADLOCK victim.", True, "maybe"),
        ("An unexpected error occurred.", False, "again"),
        ("Picklist value 99 is invalid: status.", True, "no"),
    ],
)
def test_what_autotask_says_with_500_decides_what_it_means(said: str, writing: bool, meant: str) -> None:
    kinds = {"gone": TicketNotFound, "in": Forbidden, "maybe": Uncertain, "again": Unreachable}

    error = _explain(Answer(500, {}, b"", {"errors": [said]}), writing)

    assert (type(error), str(error)) == (kinds.get(meant, Refused), said)
    assert _explain(Answer(500, {}, b"<html>", None), writing) is None


def test_lists_to_choose_from_are_the_customers_own(row: PsaConnection) -> None:
    chosen = AutotaskConnector(row).choices

    assert chosen("members") == [Named("10", "Jo Smith")]
    assert chosen("boards") == [Named("5", "Client Portal"), Named("8", "Help desk")]
    assert chosen("work_types") == [Named("3", "Remote")]


BODY = b'{"Action":"Update","Guid":"g-1","EntityType":"Ticket","Id":201,"Fields":{"Status":5}}'
SECRET = "a secret of the webhook"  # noqa: S105 - made up


def signed(raw: bytes, *, hexadecimal: bool = False) -> dict[str, str]:
    digest = hmac.digest(SECRET.encode(), raw, "sha1")
    return {HEADER: "sha1=" + (digest.hex() if hexadecimal else b64encode(digest).decode())}


@pytest.mark.parametrize(
    ("raw", "tickets"),
    [
        (BODY, ["201"]),
        (b'{"Action":"Create","EntityType":"TicketNote","Id":7,"Fields":{"ticketID":201}}', ["201"]),
        (b'{"Action":"Update","EntityType":"Company","Id":201}', []),
        (b'{"Action":"Update","EntityType":"Ticket","Id":"7; DROP"}', []),
        (b"[]", []),
    ],
)
def test_a_signed_call_names_its_ticket(raw: bytes, tickets: list[str]) -> None:
    for headers in (signed(raw), signed(raw, hexadecimal=True), {HEADER.lower(): signed(raw)[HEADER]}):
        events = verified(headers, raw, secret=SECRET)
        assert [event.ticket_id for event in events] == tickets
    deleted = BODY.replace(b"Update", b"Delete")
    told = WebhookEvent("", "201")
    assert verified(signed(deleted), deleted, secret=SECRET) == (told,)


def test_of_a_thousand_changed_calls_none_is_believed() -> None:
    chance, headers = Random(3), signed(BODY)
    for _time in range(1_000):
        parts = [bytearray(headers[HEADER].encode()), bytearray(BODY)]
        part = chance.choice(parts)
        # The name of the algorithm may be missing, nothing else.
        part[chance.randrange(len(b"sha1=") if part is parts[0] else 0, len(part))] ^= 1 << chance.randrange(
            7
        )
        with pytest.raises(BadSignature):
            verified({HEADER: parts[0].decode("latin-1")}, bytes(parts[1]), secret=SECRET)
    with pytest.raises(BadSignature):
        verified({}, BODY, secret=SECRET)


def test_the_conversation_is_in_the_order_of_its_moments(row: PsaConnection, half: Autotask) -> None:
    half.rows["TimeEntries"].append(
        {"id": 4, "ticketID": 201, "resourceID": 10, "startDateTime": "2026-11-22T10:01:00.00Z"}
        | {"summaryNotes": "Looked at it", "internalNotes": "Old fuser"}
    )

    told: list[TicketNote] = AutotaskConnector(row).notes("201")

    assert [(said.text, said.internal) for said in told] == [
        ("Looked at it", False),
        ("Old fuser", True),
        ("It blinks red.", False),
    ]
