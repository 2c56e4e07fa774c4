"""The verb behind the import: batches, refusals, two at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from flowpilot.accounts.models import Account, User
from flowpilot.core.scope import account_scope
from sessions.importing.rows import TicketRow
from sessions.importing.write import Target, Written, import_tickets
from sessions.models import AISession, AISessionStep, SessionEvent


def ticket(number: int, title: str = "Printer offline") -> TicketRow:
    return TicketRow(
        line=number + 1,
        external_id=str(number),
        has_id=True,
        title=title,
        description="",
        resolution="1. Restarted the spooler\n2. Printed a test page",
        category="",
        status="closed",
        client="",
        assignee="",
        priority="",
        opened_at=None,
        closed_at=None,
        unread_dates=(),
    )


@pytest.fixture
def target() -> Target:
    account = Account.objects.create(name="North IT", slug="north")
    user = User.objects.create_user("boss@north.example", account=account, name="B", account_admin=True)
    return Target(account=account, user=user, team=None, source="test", clients={})


@pytest.mark.django_db
def test_row_that_the_database_refuses_is_reported_and_the_others_go_in(target: Target) -> None:
    rows = [ticket(1), ticket(2, title="NUL \x00 inside"), ticket(3), ticket(3)]
    written = import_tickets(rows, target)
    assert (written.imported, written.duplicates) == (2, 1)
    assert [rejected.line for rejected in written.rejected] == [3]
    assert written.rejected[0].error.startswith("refused by the database: ")
    assert set(AISession.objects.values_list("external_id", flat=True)) == {"1", "3"}
    assert (AISessionStep.objects.count(), SessionEvent.objects.count()) == (4, 2)


@pytest.mark.django_db
def test_repeat_within_a_batch_goes_in_once(target: Target) -> None:
    assert import_tickets([ticket(1), ticket(1)], target) == Written(imported=1, duplicates=1)
    assert (AISession.objects.count(), AISessionStep.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_bring_every_ticket_in_once(target: Target) -> None:
    start = Barrier(2)

    def one(_worker: int) -> Written:
        try:
            start.wait(timeout=300)
            with account_scope(target.account.pk):
                return import_tickets([ticket(number) for number in range(60)], target)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(one, range(2)))
    assert [sum(w.imported for w in written), sum(w.duplicates for w in written)] == [60, 60]
    assert written[0].rejected + written[1].rejected == ()
    assert (AISession.objects.count(), SessionEvent.objects.count()) == (60, 60)
