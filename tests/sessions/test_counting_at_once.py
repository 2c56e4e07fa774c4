"""Flows are counted anew while a session of theirs is in somebody's hands: neither waits for ever."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from flowpilot.core.scope import account_scope
from flowpilot.flows.models import Flow
from sessions import actions, flow_stats
from sessions.actions.writing import lock
from sessions.models import AISession, FlowCount
from tests.factories import Cast, make_cast, make_session, make_version
from tests.locks import until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST_WAIT = "SET lock_timeout = '20s'"
"""So that who would wait for ever fails instead."""


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast("acme")


def resolved(cast: Cast) -> AISession:
    session = make_session(cast, flow_version=make_version(cast))
    actions.resolve(session, summary="The spooler hung.", action="Restart it", by=cast.engineer)
    return session


def uses() -> list[tuple[int, int]]:
    return list(Flow.objects.values_list("uses", "resolved"))


def test_counting_anew_does_not_wait_for_a_session_that_is_being_reopened(cast: Cast) -> None:
    session = resolved(cast)

    def recount() -> int:
        try:
            with account_scope(cast.account.pk):
                with connection.cursor() as cursor:
                    cursor.execute(LONGEST_WAIT)
                return flow_stats.recount(cast.account.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock(session)
        counted = pool.submit(recount).result()
        assert (counted, uses()) == (1, [(1, 1)])
        actions.reopen(session, by=cast.engineer)

    assert (uses(), FlowCount.objects.count()) == ([(0, 0)], 0)


def test_a_session_that_is_reopened_while_all_is_counted_anew_waits_and_is_taken_back(cast: Cast) -> None:
    key = resolved(cast).pk

    def reopen() -> None:
        try:
            with account_scope(cast.account.pk):
                actions.reopen(AISession.objects.get(pk=key), by=cast.team_admin)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            flow_stats.recount(cast.account.pk)
            reopened = pool.submit(reopen)
            until_somebody_waits()
        reopened.result()

    assert (uses(), FlowCount.objects.count()) == ([(0, 0)], 0)
