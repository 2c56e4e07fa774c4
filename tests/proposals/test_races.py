"""Two reviewers at the same moment: one decides, the other is told, every time."""

from collections import Counter
from collections.abc import Callable
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection

from flowpilot.accounts.models import User
from flowpilot.core.scope import account_scope
from flowpilot.flows.models import FlowVersion
from proposals import actions
from proposals.models import FlowProposal, ProposalDecision
from tests.factories import Cast, make_cast, make_proposal

RACES = 100
PATIENCE_SECONDS = 300
Verb = Callable[[FlowProposal, UUID, User], object]


def approve(proposal: FlowProposal, draft: UUID, by: User) -> object:
    return actions.approve(proposal, draft=draft, by=by)


def reject(proposal: FlowProposal, draft: UUID, by: User) -> object:
    return actions.reject(proposal, draft=draft, reason_code="other", by=by)


def race(proposals: list[FlowProposal], contenders: list[tuple[Verb, User]]) -> Counter[str]:
    """Every contender decides about every proposal, all starting each one together; counts what came. Whoever
    fails lets the others go."""
    start, outcomes = Barrier(len(contenders), timeout=PATIENCE_SECONDS), Counter[str]()

    def decide(verb: Verb, by: User) -> None:
        try:
            with account_scope(by.account_id):
                for proposal in proposals:
                    mine = FlowProposal.objects.get(pk=proposal.pk)
                    start.wait()
                    try:
                        verb(mine, proposal.current_draft_id, by)
                        outcomes["decided"] += 1
                    except actions.AlreadyDecided:
                        outcomes["told"] += 1
        except BaseException:
            start.abort()
            raise
        finally:
            connection.close()

    threads = [Thread(target=decide, args=contender) for contender in contenders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", [approve, reject])
def test_a_hundred_races_end_in_exactly_one_decision_each(second: Verb) -> None:
    cast: Cast = make_cast("acme")
    proposals = [make_proposal(cast) for _ in range(RACES)]

    outcomes = race(proposals, [(approve, cast.team_admin), (second, cast.account_admin)])

    assert outcomes == {"decided": RACES, "told": RACES}
    assert ProposalDecision.objects.count() == RACES
    approved = FlowProposal.objects.filter(status="approved").count()
    assert FlowVersion.objects.count() == approved
    assert FlowProposal.objects.filter(status="pending").count() == 0
