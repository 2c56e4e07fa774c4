from datetime import UTC, datetime

import pytest

from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import LoginRefused, Named, NewNote, Refused, TicketNote, TicketNotFound, TicketQuery
from flowpilot.psa.rt import RequestTrackerConnector
from tests.psa.simulator.rt import RequestTracker
from tests.psa.simulator.server import Reply, Simulator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback")]
MARKER = "FP-7K3Q9W2MX4TBA"


@pytest.fixture
def half() -> RequestTracker:
    return RequestTracker()


@pytest.fixture
def provider() -> str:
    return "rt"


@pytest.fixture
def rt(row: PsaConnection) -> RequestTrackerConnector:
    return RequestTrackerConnector(row)


def test_a_check_tells_the_version_and_choices_are_queues_and_statuses(rt: RequestTrackerConnector) -> None:
    told = rt.check()
    assert (told.system, told.version, told.missing) == ("Request Tracker", "5.0.3", ())
    assert rt.choices("boards") == [Named("General", "General"), Named("Network", "Network")]
    assert [row.id for row in rt.choices("statuses")] == ["new", "open", "stalled", "resolved", "rejected"]


def test_what_a_token_may_not_see_is_missing_and_a_wrong_token_is_refused(
    rt: RequestTrackerConnector, half: RequestTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"/REST/2.0/rt": Reply({"Version": "5.0.3"}), "/REST/2.0/queues/all": Reply({"items": []})}
    forbidden = Reply({"message": "No permission"}, 403)
    monkeypatch.setattr(half, "answer", lambda call: answers.get(call.path, forbidden))
    assert rt.check().missing == ("See a queue (SeeQueue)", "Search tickets (ShowTicket)")

    monkeypatch.setattr(half, "answer", lambda call: Reply({"message": "Unauthorized"}, 401))
    with pytest.raises(LoginRefused, match="Unauthorized"):
        rt.check()


@pytest.mark.parametrize(
    ("text", "ticket_id"),
    [
        ("12", "12"),
        ("#0012", "12"),
        ("RT #12", "12"),
        ("ticket 12", "12"),
        ("[example.com #12]", "12"),
        ("{url}/Ticket/Display.html?id=12", "12"),
        ("https://rt.example.org/Ticket/Display.html?id=12", None),
        ("{url}/Ticket/Display.html?id=x", None),
        ("{url}/Ticket/Display.html?id=٣", None),
        ("//[", None),
        ("printer 12", None),
    ],
)
def test_a_ticket_is_named_by_its_number_or_a_page_of_this_server(
    rt: RequestTrackerConnector, server: Simulator, text: str, ticket_id: str | None
) -> None:
    assert rt.reference(text.format(url=server.url)) == ticket_id
    assert server.calls == []


def test_a_ticket_comes_with_its_conversation(rt: RequestTrackerConnector, half: RequestTracker) -> None:
    for number in range(101):
        half.write(1, "EmailRecord", f"<{number}@rt>", "", 0)
    rt.add_note("1", NewNote("Changed the drum.", MARKER))

    found = rt.ticket("1")

    assert (found.number, found.title, found.status) == ("1", "Outlook asks for the password", "new")
    assert (found.board, found.contact, found.assignee) == ("General", "jane@contoso.test", "")
    assert rt.reference(found.url) == "1"
    at = datetime(2026, 11, 22, 11, 5, 14, tzinfo=UTC)
    assert rt.notes("1") == [
        TicketNote(at, "Enoch Root", "It blinks red.", internal=False),
        TicketNote(at, "Enoch Root", "Changed the drum.", internal=True),
    ]


def test_a_search_holds_no_orders_of_its_own(rt: RequestTrackerConnector, server: Simulator) -> None:
    assert [row.id for row in rt.search(TicketQuery(words="outlook"))] == ["2", "1"]
    assert [row.id for row in rt.search(TicketQuery(limit=1))] == ["2"]
    rt.search(TicketQuery(words="a' OR 1", board="it's \\", closed=True))
    assert server.calls[-1].query["query"] == (
        "id > 0 AND Queue = 'it\\'s \\\\'"
        " AND ( Subject LIKE 'a' OR Requestor.EmailAddress LIKE 'a' )"
        " AND ( Subject LIKE 'OR' OR Requestor.EmailAddress LIKE 'OR' )"
        " AND ( Subject LIKE '1' OR Requestor.EmailAddress LIKE '1' OR id = 1 )"
    )


def test_one_write_carries_note_and_minutes_and_its_subject_the_marker(
    rt: RequestTrackerConnector, server: Simulator, half: RequestTracker
) -> None:
    inside = rt.add_note("1", NewNote(f"Fixed. {MARKER}", MARKER, minutes=15))
    rt.add_note("2", NewNote("Fixed, dear customer.", "FP-AAAAAAAAAAAAA", internal=False))

    assert [(call.path, call.body) for call in server.calls] == [
        (
            "/REST/2.0/ticket/1/comment",
            {
                "Subject": f"FlowPilot {MARKER}",
                "Content": f"Fixed. {MARKER}",
                "ContentType": "text/plain",
                "TimeTaken": 15,
            },
        ),
        (
            "/REST/2.0/ticket/2/correspond",
            {
                "Subject": "FlowPilot FP-AAAAAAAAAAAAA",
                "Content": "Fixed, dear customer.",
                "ContentType": "text/plain",
            },
        ),
    ]
    assert [*rt.find_marker("1", MARKER), *rt.find_marker("2", MARKER)] == [inside]


def test_a_status_is_refused_in_words_though_the_server_answers_with_success(
    rt: RequestTrackerConnector, half: RequestTracker
) -> None:
    with pytest.raises(Refused, match="isn't a valid status"):
        rt.set_status("1", "nonsense")
    rt.set_status("1", "resolved")
    rt.set_status("1", "resolved")
    assert half.tickets[1]["Status"] == "resolved"
    with pytest.raises(Refused, match="closed there meanwhile"):
        rt.set_status("1", "open")


@pytest.mark.parametrize("counts_pages", [True, False], ids=["pages", "next page"])
def test_a_marker_is_found_however_long_the_history(
    rt: RequestTrackerConnector, half: RequestTracker, counts_pages: bool
) -> None:
    half.counts_pages = counts_pages
    written = rt.add_note("1", NewNote(f"Fixed. {MARKER}", MARKER))
    for number in range(700):
        half.write(1, "EmailRecord", f"<{number}@rt>", "", 0)
    last = rt.add_note("1", NewNote("Again.", "FP-AAAAAAAAAAAAA"))

    assert list(rt.find_marker("1", MARKER)) == [written]
    assert next(rt.find_marker("1", "FP-AAAAAAAAAAAAA")) == last
    assert rt.notes("1")[-1].text == "Again."


def test_a_customer_who_answers_to_a_note_is_no_second_one(
    rt: RequestTrackerConnector, half: RequestTracker
) -> None:
    written = rt.add_note("1", NewNote(f"Fixed. {MARKER}", MARKER, internal=False))
    half.write(1, "Correspond", f"Re: [example.com #1] FlowPilot {MARKER}", "Thanks!", 0)

    assert list(rt.find_marker("1", MARKER)) == [written]


@pytest.mark.parametrize("ticket_id", ["999", "", "1/../2", "-1", "1" * 30])
def test_what_is_no_ticket_is_not_found(rt: RequestTrackerConnector, ticket_id: str) -> None:
    with pytest.raises(TicketNotFound):
        rt.ticket(ticket_id)
    with pytest.raises(TicketNotFound):
        rt.add_note(ticket_id, NewNote("x", MARKER))
