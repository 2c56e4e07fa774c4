import pytest

from flowpilot.flows.domains import DOMAINS
from sessions.models import AISession
from sessions.triaging import triage_request
from tests.factories import Cast, make_session

TICKET = {
    "number": "4711",
    "title": "RE: VPN drops",
    "body": "It shows error 809 since yesterday.",
    "status": "New",
    "notes": [{"by": "Anna", "text": "rebooted", "internal": True}, {"by": "Anna", "text": ""}, "nonsense"],
    "assets": ["PC-0231", 7],
}


@pytest.mark.django_db
def test_a_session_is_opened_with_what_the_rules_make_of_its_intake(cast: Cast) -> None:
    content = {"text": "Hello,\nnobody can print, the spooler stops with 0x0000011b.\nThanks"}
    session = make_session(cast, problem_summary=None, intake_content=content)
    kept = AISession.objects.get(pk=session.pk)
    assert kept.problem_summary == "Nobody can print, the spooler stops with 0x0000011b"
    assert kept.problem_domain == "printing"


@pytest.mark.django_db
def test_what_is_given_is_not_replaced(cast: Cast) -> None:
    content = {"text": "Nobody can print, the spooler stops."}
    session = make_session(
        cast, problem_summary="Paper jam", problem_domain="hardware", intake_content=content
    )
    assert (session.problem_summary, session.problem_domain) == ("Paper jam", "hardware")


@pytest.mark.django_db
@pytest.mark.parametrize("content", [{}, {"text": ""}, {"text": [], "log_content": None}, {"text": "\n \n"}])
def test_an_intake_that_says_nothing_leaves_both_open(cast: Cast, content: dict[str, object]) -> None:
    session = make_session(cast, problem_summary=None, intake_content=content)
    assert (session.problem_summary, session.problem_domain) == (None, None)


@pytest.mark.django_db
def test_the_tickets_title_and_text_count(cast: Cast) -> None:
    session = make_session(cast, problem_summary=None, intake_content={}, ticket_data=TICKET)
    assert session.problem_summary == "VPN drops (error 809)"
    assert session.problem_domain == "vpn_remote_access"


def test_a_request_holds_what_the_intake_holds() -> None:
    request = triage_request({"text": "a", "log_content": "b"}, TICKET, client="Northwind")
    assert (request.text, request.log, request.client) == ("a", "b", "Northwind")
    assert request.domains == tuple(domain.key for domain in DOMAINS)
    assert request.ticket is not None
    assert [(note.by, note.text, note.internal) for note in request.ticket.notes] == [
        ("Anna", "rebooted", True)
    ]
    assert request.ticket.assets == ("PC-0231",)
    assert triage_request({}, None).ticket is None
