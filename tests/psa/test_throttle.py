from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from time_machine import Traveller

from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaCall, PsaConnection
from flowpilot.psa.ports import RateLimited
from flowpilot.psa.throttle import HOUR, LONGEST_CALL, LONGEST_WAIT, PACES, leave_alone, turn, used
from tests.factories import Cast, make_cast

BUDGET = PACES["autotask"].per_hour or 0


def connected(cast: Cast, provider: str = "autotask") -> PsaConnection:
    row: PsaConnection = PsaConnection.objects.create(
        account=cast.account, provider=provider, name=f"Our {provider}"
    )
    return row


@pytest.fixture
def autotask(cast: Cast) -> Iterator[PsaConnection]:
    row = connected(cast)
    with account_scope(cast.account.pk):
        yield row


def asked(row: PsaConnection, calls: int, *, ago: timedelta = timedelta()) -> None:
    PsaCall.objects.bulk_create(
        PsaCall(
            account_id=row.account_id,
            connection=row,
            endpoint="Tickets",
            created_at=timezone.now() - ago,
            ended_at=timezone.now(),
        )
        for _call in range(calls)
    )


def refused(row: PsaConnection, endpoint: str = "Tickets") -> RateLimited:
    with pytest.raises(RateLimited) as caught, turn(row, endpoint, patience=0):
        raise AssertionError("It was asked.")
    return caught.value


def test_calls_of_the_last_hour_and_what_is_left_of_the_budget_are_told(autotask: PsaConnection) -> None:
    asked(autotask, 5, ago=2 * HOUR)
    asked(autotask, 3, ago=HOUR / 2)
    with turn(autotask, "Tickets"):
        pass

    told = used(autotask)
    assert (told.calls, told.budget, told.left) == (4, BUDGET, BUDGET - 4)
    assert PsaCall.objects.count() == 4  # what is older is not kept


def test_a_vendor_without_a_published_limit_is_counted_all_the_same(cast: Cast) -> None:
    row = connected(cast, "rt")
    with ExitStack() as running:
        for _call in range(5):
            running.enter_context(turn(row, "ticket", patience=0))

    assert (used(row).calls, used(row).left) == (5, None)


def test_a_budget_that_is_used_up_has_room_when_its_first_call_is_an_hour_old(
    autotask: PsaConnection, time_machine: Traveller
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    asked(autotask, 1, ago=timedelta(minutes=59))
    asked(autotask, BUDGET - 1, ago=timedelta(minutes=20))

    said = refused(autotask)
    assert said.retry_after == 60
    assert str(said) == "The 1000 calls that are allowed in an hour are used up. Try again in 1 minute."

    time_machine.shift(timedelta(seconds=61))
    with turn(autotask, "Tickets", patience=0):
        pass
    assert refused(autotask).retry_after == 40 * 60 - 61


def test_three_calls_run_at_an_endpoint_and_another_endpoint_is_free(autotask: PsaConnection) -> None:
    with ExitStack() as running:
        for _call in range(3):
            running.enter_context(turn(autotask, "Tickets", patience=0))
        assert str(refused(autotask)) == "Too many calls of this system are running."
        with turn(autotask, "TimeEntries", patience=0):
            pass

    with turn(autotask, "Tickets", patience=0):
        pass


def test_calls_of_a_process_that_died_give_their_place_back(
    autotask: PsaConnection, time_machine: Traveller
) -> None:
    for _call in range(3):
        PsaCall.objects.create(account=autotask.account, connection=autotask, endpoint="Tickets")
    refused(autotask)

    time_machine.move_to(timezone.now() + LONGEST_CALL)
    with turn(autotask, "Tickets", patience=0):
        assert used(autotask).calls == 4


def test_a_call_that_fails_counts_and_gives_its_place_back(autotask: PsaConnection) -> None:
    for _call in range(4):
        with pytest.raises(ConnectionError), turn(autotask, "Tickets", patience=0):
            raise ConnectionError

    assert used(autotask).calls == 4


@pytest.mark.parametrize(("seconds", "waited"), [(90, 90), (10**9, 3600), (-5, 1)])
def test_a_system_that_asks_to_wait_is_left_alone_by_whoever_asks_next(
    autotask: PsaConnection, time_machine: Traveller, seconds: int, waited: int
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    with pytest.raises(RateLimited), turn(autotask, "Tickets"):
        raise RateLimited("Too many requests", retry_after=seconds)

    other_process = PsaConnection.objects.get()
    assert refused(other_process, "Companies").retry_after == waited <= LONGEST_WAIT.total_seconds()
    time_machine.shift(timedelta(seconds=waited))
    with turn(other_process, "Companies", patience=0):
        pass


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_never_run_more_than_three_and_never_overdraw_the_budget() -> None:
    cast = make_cast("acme")
    row = connected(cast)
    asked(row, BUDGET - 12)
    together = Barrier(20, timeout=300)
    running: list[int] = []

    def ask(_number: int) -> bool:
        together.wait()
        try:
            with account_scope(cast.account.pk), turn(row, "Tickets", patience=60):
                running.append(PsaCall.objects.filter(ended_at=None).count())
                return True
        except RateLimited:
            return False
        finally:
            database.close()

    with ThreadPoolExecutor(max_workers=20) as pool:
        ran = list(pool.map(ask, range(20)))

    assert (sum(ran), len(running), max(running) <= 3) == (12, 12, True)
    with account_scope(cast.account.pk):
        assert (used(row).left, PsaCall.objects.filter(ended_at=None).count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_call_within_a_transaction_is_refused_because_nobody_else_would_see_it() -> None:
    cast = make_cast("acme")
    row = connected(cast)

    inside = (account_scope(cast.account.pk), transaction.atomic())
    with inside[0], inside[1], pytest.raises(RuntimeError), turn(row, "Tickets"):
        raise AssertionError("It was asked.")


@pytest.mark.django_db
def test_who_was_told_to_wait_long_waits_so_long_whatever_another_is_told(cast: Cast) -> None:
    row, now = connected(cast), timezone.now()
    leave_alone(row, 600, now=now)
    leave_alone(row, 5, now=now)

    assert row.asked_to_wait_until == now + timedelta(seconds=600)
