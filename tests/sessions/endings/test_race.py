"""Several people accept at the same moment: one holds the session then, the others are told who."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from flowpilot.accounts.models import User
from flowpilot.core.scope import account_scope
from sessions import actions
from sessions.models import AISession
from sessions.rules import TakenOver
from tests.factories import make_cast, make_session

RACES = 15
PATIENCE_SECONDS = 300


@pytest.mark.django_db(transaction=True)
def test_one_of_three_acceptors_wins_every_race_and_the_others_are_told_who() -> None:
    cast = make_cast("acme")
    waiting = [make_session(cast) for _ in range(RACES)]
    for session in waiting:
        actions.request_escalation(session, reason="Stuck", by=cast.engineer)
    takers = [cast.colleague, cast.team_admin, cast.account_admin]
    start, won, told = Barrier(len(takers), timeout=PATIENCE_SECONDS), [], []

    def take(by: User) -> None:
        try:
            with account_scope(by.account_id):
                for session in waiting:
                    mine = AISession.objects.get(pk=session.pk)
                    start.wait()
                    try:
                        actions.accept_escalation(mine, by=by)
                        won.append((session.pk, by.pk))
                    except TakenOver as refusal:
                        told.append((session.pk, str(refusal)))
        except BaseException:
            start.abort()  # the others would wait
            raise
        finally:
            connection.close()

    threads = [Thread(target=take, args=[each]) for each in takers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    holders = {row.pk: row.escalated_to for row in AISession.objects.select_related("escalated_to")}
    assert dict(won) == {pk: holder.pk for pk, holder in holders.items()}
    assert len(won) == RACES
    assert sorted(told) == sorted(
        (pk, f"{holder} has taken it over already.") for pk, holder in holders.items() for _loser in range(2)
    )
