"""What comes back from a batch, expired, missing, odd or refused: nothing is lost and nothing paid twice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from flowpilot.ai import questions
from flowpilot.ai.jobs import look_after_calls
from flowpilot.ai.ledger import Outcome
from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from flowpilot.ai.prices import Tokens
from tests.factories import Cast, make_resolved
from tests.proposals.batches import FLOW, Batches, Json, analysis_of, pass_over, succeeded

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"type": "expired"}, id="expired"),
        pytest.param(
            {
                "type": "errored",
                "error": {
                    "type": "error",
                    "request_id": "r",
                    "error": {"type": "overloaded_error", "message": "x"},
                },
            },
            id="overloaded",
        ),
    ],
)
def test_what_expired_is_sent_once_more(cast: Cast, batches: Batches, result: Json) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    batches.returns(result)

    look_after_calls()
    assert [len(ids) for ids in batches.sent] == [1, 1]
    batches.returns(succeeded(FLOW))
    look_after_calls()
    pass_over()

    assert analysis_of(session).outcome == "new_flow"
    assert AICall.objects.count() == 2
    assert AIUse.objects.get().reserved_usd == 0


def test_results_are_fetched_where_the_installation_asks_wherever_they_are_said_to_be(
    cast: Cast, batches: Batches
) -> None:
    """A gateway may pass on the vendor's own address, and an answer may name any: the key is for neither."""
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    batches.returns(succeeded(FLOW))
    with HTTPServer() as other:
        batches.names_results_at = other.url_for("/v1/messages/batches/batch_1/results")
        look_after_calls()
        assert other.log == []
    pass_over()

    assert analysis_of(session).outcome == "new_flow"


def test_a_result_that_is_missing_has_expired(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    look_after_calls()
    batches.counts = 0

    look_after_calls()

    assert [len(ids) for ids in batches.sent] == [1, 1]


def test_results_that_end_early_are_read_again_and_not_paid_twice(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()

    look_after_calls()  # the vendor counts one result, its file has none
    assert (AIBatch.objects.get().state, len(batches.sent)) == ("submitted", 1)
    batches.returns(succeeded(FLOW))
    look_after_calls()
    pass_over()

    assert (len(batches.sent), analysis_of(session).outcome) == (1, "new_flow")


def test_an_odd_result_costs_its_question_alone(cast: Cast, batches: Batches) -> None:
    odd = make_resolved(cast, problem_summary="Outlook asks for a password")
    pass_over()
    good = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    assert [len(ids) for ids in batches.sent] == [2]
    batches.returns(succeeded(FLOW))
    asked = AIQuestion.objects.get(call__session_id=odd.pk)
    batches.results[asked.pk.hex] = {"type": "succeeded", "message": None}

    look_after_calls()
    pass_over()

    assert analysis_of(good).state == "completed"
    asked.refresh_from_db()
    assert (asked.state, asked.attempts, len(batches.sent)) == ("sent", 2, 2)


def test_a_batch_that_cannot_be_read_keeps_no_other(cast: Cast, batches: Batches) -> None:
    make_resolved(cast, problem_summary="Outlook asks for a password")
    pass_over()
    look_after_calls()
    make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    batches.is_odd = True

    look_after_calls()

    assert [len(ids) for ids in batches.sent] == [1, 1]


def test_a_batch_that_the_vendor_refused_is_sent_again(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    batches.refuses = 529
    look_after_calls()
    batches.refuses = 0

    look_after_calls()

    assert [batch.state for batch in AIBatch.objects.order_by("created_at")] == ["failed", "submitted"]
    assert [len(ids) for ids in batches.sent] == [1]
    assert (AIQuestion.objects.get().attempts, AICall.objects.count()) == (1, 1)


def test_a_question_with_a_secret_left_in_it_keeps_no_other_from_being_sent(
    cast: Cast, batches: Batches
) -> None:
    make_resolved(cast, problem_summary="Outlook asks for a password")
    pass_over()
    key = "AKIA" + "IOSFODNN7" + "ABCDEFG"
    AIQuestion.objects.update(body={"messages": [{"role": "user", "content": f"It is {key}"}]})
    make_resolved(cast, problem_summary="Toner is empty")
    pass_over()

    look_after_calls()

    assert [len(ids) for ids in batches.sent] == [1]
    assert list(AIQuestion.objects.order_by("created_at").values_list("state", flat=True)) == [
        "failed",
        "sent",
    ]


def test_an_answer_to_an_earlier_batch_is_not_taken_for_the_later_ones(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    look_after_calls()
    held = AIQuestion.objects.get()
    batches.returns({"type": "expired"})
    look_after_calls()

    questions.answer(cast.account, held, questions.Answered(Outcome(Tokens()), error="expired"))

    assert AIQuestion.objects.get().state == "sent"


def test_what_reserves_and_what_answers_take_their_locks_in_one_order(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    look_after_calls()
    nothing = questions.Answered(Outcome(Tokens()), error="expired", again=True)

    with CaptureQueriesContext(connection) as seen:
        questions.answer(cast.account, AIQuestion.objects.get(), nothing)

    asked = [query["sql"] for query in seen]
    first = {
        name: next(n for n, sql in enumerate(asked) if name in sql) for name in ("advisory", "FOR UPDATE")
    }
    assert sorted(first, key=lambda name: first[name]) == ["advisory", "FOR UPDATE"]


def test_the_rules_answer_what_the_kill_switch_left_at_the_vendor(
    cast: Cast, batches: Batches, settings: Settings
) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    settings.AI_ENABLED = False

    look_after_calls()
    assert AIBatch.objects.get().state == "submitted"  # it may be switched on again
    AIBatch.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    look_after_calls()
    pass_over()

    assert (analysis_of(session).state, analysis_of(session).engine) == ("completed", "offline")
    call = AICall.objects.get(engine="anthropic")
    assert (call.cost_usd, AIUse.objects.get().reserved_usd) == (call.reserved_usd, 0)
