"""A batch is broken off, by a crash, a fault or a reopened session: nothing is written twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.jobs import look_after_calls
from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from flowpilot.ai.router import engine_for
from proposals import actions, jobs
from proposals.models import FlowProposal, SessionAnalysis
from sessions import actions as sessions
from tests.factories import Cast, make_resolved
from tests.proposals.batches import FLOW, Batches, analysis_of, pass_over, succeeded

pytestmark = pytest.mark.usefixtures("noon")


def later(batches: Batches) -> None:
    batches.made = timezone.now() - questions.PREPARED_FOR - timedelta(seconds=1)
    AIBatch.objects.update(created_at=batches.made)
    look_after_calls()


def crash_after_sending() -> None:
    """The process dies before it notes what the vendor said."""
    pass_over()
    look_after_calls()
    AIBatch.objects.update(state="prepared", vendor_id="")


def fault_after_taking(batches: Batches) -> None:
    """The vendor takes the batch and then answers with a fault."""
    pass_over()
    batches.takes_silently = True
    look_after_calls()
    batches.takes_silently = False


@pytest.mark.parametrize("fault", [False, True], ids=["crash", "fault"])
def test_a_batch_that_arrived_unnoted_is_found_again_and_not_paid_twice(
    cast: Cast, batches: Batches, fault: bool
) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    if fault:
        fault_after_taking(batches)
    else:
        crash_after_sending()
    batches.ended = False

    look_after_calls()
    later(batches)  # it may be ours, and cannot be told yet
    assert AIBatch.objects.get().state == "prepared"
    batches.ended = True
    batches.returns(succeeded(FLOW))
    later(batches)
    assert AIBatch.objects.get().vendor_id == "batch_1"
    look_after_calls()
    pass_over()

    assert [len(ids) for ids in batches.sent] == [1]
    assert (analysis_of(session).outcome, AICall.objects.count()) == ("new_flow", 1)


def test_a_batch_that_never_arrived_is_sent_again_though_others_look_like_it(
    cast: Cast, batches: Batches
) -> None:
    make_resolved(cast)
    pass_over()
    batches.refuses = 500
    look_after_calls()
    batches.refuses = 0
    batches.sent.append(["of-another-installation"])
    batches.results = {"of-another-installation": succeeded(FLOW)}

    look_after_calls()
    assert len(batches.sent) == 1
    later(batches)

    assert [len(ids) for ids in batches.sent] == [1, 1]
    assert [batch.state for batch in AIBatch.objects.order_by("created_at")] == ["failed", "submitted"]


def test_a_pass_that_breaks_off_over_an_answer_is_taken_over(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast)
    pass_over()
    look_after_calls()
    batches.returns(succeeded(FLOW))
    look_after_calls()
    actions.resume(cast.account.pk, AIQuestion.objects.get().pk)  # and then the process dies

    pass_over()

    assert (FlowProposal.objects.count(), analysis_of(session).state) == (1, "completed")
    assert (AIQuestion.objects.count(), len(batches.sent), AICall.objects.count()) == (0, 1, 1)


def test_an_answer_for_which_no_time_is_left_is_kept_for_the_next_pass(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    batches.returns(succeeded(FLOW))
    look_after_calls()

    jobs.run(seconds=60)  # less than asking anew might take, if the answer were no use
    assert (AIQuestion.objects.count(), analysis_of(session).state) == (1, "submitted")
    pass_over()

    assert analysis_of(session).outcome == "new_flow"
    assert (AIQuestion.objects.count(), len(batches.sent), AICall.objects.count()) == (0, 1, 1)


def test_no_analysis_is_asked_for_at_once_that_may_outlive_the_job(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast)

    tally = jobs.run(seconds=60, engine_of=engine_for)
    assert (tally.claimed, AICall.objects.count(), session.analyses.count()) == (0, 0, 0)

    Account.objects.filter(pk=cast.account.pk).update(ai_mode="offline")
    assert jobs.run(seconds=60, engine_of=engine_for).completed == 1


def test_a_session_reopened_while_it_waits_gets_no_proposal(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast)
    pass_over()
    look_after_calls()
    sessions.reopen(session, by=cast.engineer)
    batches.returns(succeeded(FLOW))

    look_after_calls()
    pass_over()

    assert FlowProposal.objects.count() == 0
    assert AIQuestion.objects.count() == 0


def test_a_question_that_nobody_came_to_wait_for_is_dropped(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    AIQuestion.objects.update(state="draft", created_at=timezone.now() - timedelta(hours=2))

    look_after_calls()

    assert (AIQuestion.objects.count(), batches.sent) == (0, [])
    assert AIUse.objects.get().reserved_usd == 0


def test_what_waits_longer_than_any_answer_takes_goes_back_into_the_line(
    cast: Cast, batches: Batches
) -> None:
    session = make_resolved(cast)
    pass_over()
    AIQuestion.objects.all().delete()
    SessionAnalysis.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    pass_over()

    assert (analysis_of(session).state, analysis_of(session).attempts) == ("submitted", 2)
