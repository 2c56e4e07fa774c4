"""When calls are looked into: none is lost to a pause, to a ticket that fails, to a reading that was late."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone

from flowpilot.core.scope import account_scope
from flowpilot.psa import registry
from flowpilot.psa.models import PsaConnection, PsaWebhook
from flowpilot.psa.ports import LoginRefused, PsaError, RateLimited, Ticket, Unreachable
from flowpilot.psa.webhooks import receiving
from flowpilot.psa.webhooks.receiving import AGAIN_AFTER, KEPT
from sessions.actions.ticketing import take_over_ticket
from sessions.models import AISession
from sessions.ticketing import jobs
from sessions.ticketing.jobs import MOST_TRIES, take_all
from tests.factories import Cast, make_session
from tests.psa.system import Clock, FailingSystem

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)


@dataclass
class Desk(FailingSystem):
    """Has every ticket, and answers to some with an error."""

    errors: dict[str, PsaError] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def ticket(self, ticket_id: str) -> Ticket:
        self.read.append(ticket_id)
        self.meanwhile()
        if ticket_id in self.errors:
            raise self.errors[ticket_id]
        return Ticket(ticket_id, ticket_id, "Printer prints nothing", status="Waiting")


class Hearing:
    """A connection to it, with an open session about each ticket that it is said something of."""

    def __init__(self, cast: Cast, system: Desk) -> None:
        self.cast, self.system = cast, system
        self.row = PsaConnection.objects.create(account=cast.account, provider="desk", name="Desk")

    def session(self, ticket_id: str) -> AISession:
        data = {"id": ticket_id, "title": "Printer prints nothing", "status": "New"}
        with account_scope(self.cast.account.pk):
            return make_session(self.cast, psa_connection=self.row, ticket_data=data)

    def said(self, *ticket_ids: str) -> None:
        for ticket_id in ticket_ids:
            self.session(ticket_id)
            PsaWebhook.objects.create(
                account=self.cast.account,
                connection=self.row,
                digest=f"{PsaWebhook.objects.count():064}",
                ticket_id=ticket_id,
            )

    def of(self, ticket_id: str) -> PsaWebhook:
        return PsaWebhook.objects.get(ticket_id=ticket_id)


@pytest.fixture
def desk(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Hearing:
    system = Desk(Clock(timezone.now()))
    monkeypatch.setitem(registry.PROVIDERS, "desk", ("Desk", lambda row: system))
    return Hearing(cast, system)


def test_what_a_paused_connection_was_told_is_looked_into_when_it_goes_on(desk: Hearing) -> None:
    desk.said("1")
    long_ago = timezone.now() - timedelta(days=20)
    PsaWebhook.objects.update(created_at=long_ago, said_at=long_ago, due_at=long_ago)
    PsaConnection.objects.update(state="paused")
    assert take_all() == "looked into 0"
    with account_scope(desk.cast.account.pk):
        assert receiving.sweep() == 0

    PsaConnection.objects.update(state="ok")
    assert take_all() == "looked into 1"

    assert desk.of("1").due_at is None
    PsaWebhook.objects.update(said_at=long_ago - KEPT)
    with account_scope(desk.cast.account.pk):
        assert receiving.sweep() == 1


def test_tickets_that_fail_stand_behind_those_that_did_not(
    desk: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    desk.system.errors = dict.fromkeys(("1", "2"), Unreachable("502 Bad Gateway"))
    desk.said("1", "2", "3")
    assert take_all() == "looked into 0"
    PsaWebhook.objects.update(due_at=timezone.now() - AN_HOUR)

    assert take_all() == "looked into 1"

    assert (desk.of("3").due_at, sorted(desk.system.read)[-1]) == (None, "3")


def test_a_run_asks_for_no_further_ticket_after_its_time(
    desk: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LONGEST", 0.0)
    desk.said("1", "2")

    assert [take_all(), take_all()] == ["looked into 1", "looked into 1"]
    assert desk.system.read == ["1", "2"]


def test_a_ticket_that_cannot_be_read_is_tried_for_a_day(desk: Hearing) -> None:
    desk.system.errors = {"1": Unreachable("502 Bad Gateway")}
    desk.said("1")
    waits: dict[int, int | None] = {}
    for tries in (0, 1, 5, 6, MOST_TRIES - 2, MOST_TRIES - 1):
        PsaWebhook.objects.update(due_at=timezone.now(), tries=tries)
        take_all()
        again = desk.of("1").due_at
        waits[tries] = round((again - timezone.now()) / timedelta(minutes=1)) if again else None

    assert waits == {0: 1, 1: 2, 5: 32, 6: 60, MOST_TRIES - 2: 60, MOST_TRIES - 1: None}


@pytest.mark.parametrize(
    ("error", "tries"), [(RateLimited("Too many requests"), [0, 0]), (LoginRefused("Expired"), [1, 0])]
)
def test_a_system_that_wants_to_be_left_alone_is_asked_for_no_further_ticket(
    desk: Hearing, error: PsaError, tries: list[int]
) -> None:
    desk.system.errors = {"1": error}
    desk.said("1", "2")

    assert take_all() == "looked into 0"

    assert desk.system.read == ["1"]
    assert list(PsaWebhook.objects.order_by("ticket_id").values_list("tries", flat=True)) == tries


def test_what_is_said_while_the_ticket_is_read_is_looked_into_once_more(desk: Hearing) -> None:
    desk.said("1")
    desk.system.meanwhile = lambda: PsaWebhook.objects.update(said_at=timezone.now())

    assert take_all() == "looked into 1"

    due = desk.of("1").due_at
    assert due is not None
    assert due > timezone.now()
    PsaWebhook.objects.update(due_at=timezone.now(), said_at=timezone.now() - AGAIN_AFTER)
    desk.system.meanwhile = lambda: None
    assert take_all() == "looked into 1"
    assert desk.of("1").due_at is None


def test_an_earlier_reading_that_comes_later_changes_nothing(desk: Hearing) -> None:
    """Two workers read: the one that began first is the last to answer."""
    session = desk.session("1")

    def another_reads() -> None:
        desk.system.meanwhile = lambda: None
        with account_scope(session.account_id):
            newer = {"id": "1", "status": "Closed", "read_at": (timezone.now() + AN_HOUR).isoformat()}
            assert take_over_ticket(session, newer) != []

    desk.said("1")
    AISession.objects.exclude(pk=session.pk).delete()
    desk.system.meanwhile = another_reads

    assert take_all() == "looked into 1"

    session.refresh_from_db()
    assert (session.ticket_data or {})["status"] == "Closed"
    assert session.events.filter(verb="ticket_changed").count() == 1


def test_a_reading_without_news_is_known_to_be_the_later_one(desk: Hearing) -> None:
    session = desk.session("1")
    desk.said("1")
    take_all()
    session.refresh_from_db()
    first = dict(session.ticket_data or {})
    PsaWebhook.objects.update(due_at=timezone.now())
    take_all()

    session.refresh_from_db()
    assert (session.ticket_data or {})["read_at"] > first["read_at"]
    assert {**(session.ticket_data or {}), "read_at": ""} == {**first, "read_at": ""}
    assert session.events.filter(verb="ticket_changed").count() == 1
