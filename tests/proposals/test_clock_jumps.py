"""The clock is set forward or back by an hour while the learning job is at work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult
from proposals import actions
from proposals.models import FlowProposal, ProposalDraft, ProposalEvidence
from tests.factories import Cast, make_resolved
from tests.proposals.test_learning_job import Recorder, analysis_of, pass_over

HOUR = timedelta(hours=1)


class JumpingClock(Recorder):
    """While it thinks, the clock jumps, and another pass begins by the new time."""

    def __init__(self, cast: Cast, jump: timedelta, *, alone: bool) -> None:
        super().__init__()
        self.cast, self.jump, self.alone = cast, jump, alone
        self.second = Recorder()

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        result = super().analyse(request)
        pass_over(self.cast, self.second, now=timezone.now() + self.jump, alone=self.alone)
        return result


@pytest.mark.parametrize("alone", [True, False], ids=["with the lock", "without it"])
@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
def test_whatever_a_second_pass_makes_of_it_each_session_is_written_once(
    jump: timedelta, alone: bool, cast: Cast
) -> None:
    rows = [make_resolved(cast, problem_summary=f"{word} is empty") for word in ("Toner", "Queue")]

    pass_over(cast, JumpingClock(cast, jump, alone=alone))
    pass_over(cast, Recorder(), now=timezone.now() + jump, alone=True)

    assert {analysis_of(row).state for row in rows} == {"completed"}
    spoken = ProposalEvidence.objects.values_list("session", flat=True)
    assert sorted(spoken) == sorted(row.pk for row in rows)
    assert sum(FlowProposal.objects.values_list("evidence_count", flat=True)) == len(rows)
    assert ProposalDraft.objects.count() == len(rows), "each was written down once"


def test_clock_set_back_does_not_lengthen_the_pause_before_the_next_attempt(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Toner poison")
    pass_over(cast, Recorder())
    assert actions.claim(cast.account.pk, limit=9).sessions == (), "it pauses"

    back = actions.claim(cast.account.pk, limit=9, now=timezone.now() - HOUR)

    assert back.again == (session.pk,)


def test_clock_set_forward_only_shortens_the_pause(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Toner poison")
    pass_over(cast, Recorder())

    forward = actions.claim(cast.account.pk, limit=9, now=timezone.now() + HOUR)

    assert forward.again == (session.pk,)
    assert analysis_of(session).attempts == 2


def test_clock_set_back_frees_what_a_dead_pass_held(cast: Cast) -> None:
    session = make_resolved(cast)
    actions.claim(cast.account.pk, limit=9)

    back = actions.claim(cast.account.pk, limit=9, now=timezone.now() - HOUR)

    assert back.again == (session.pk,)


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
def test_request_by_hand_ends_whatever_the_clock_does(jump: timedelta, cast: Cast) -> None:
    session = make_resolved(cast)
    by_hand = actions.claim_by_hand([session], by=cast.team_admin)

    pass_over(cast, Recorder(), now=timezone.now() + jump, alone=True)

    assert session.analyses.get(request_no=by_hand.request_no).state == "failed"
    assert session.analyses.get(request_no=0).state == "completed"
    session.refresh_from_db()
    assert session.analysis_status == "completed"


def test_request_by_hand_is_not_taken_from_who_works_on_it(cast: Cast) -> None:
    session = make_resolved(cast)
    by_hand = actions.claim_by_hand([session], by=cast.team_admin)

    pass_over(cast, Recorder(), alone=True)

    assert session.analyses.get(request_no=by_hand.request_no).claim_token == by_hand.token
