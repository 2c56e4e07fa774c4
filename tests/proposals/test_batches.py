"""The learning job asks by batch where it may: what waits, and what becomes of it when settings change."""

from decimal import Decimal

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.jobs import look_after_calls
from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from proposals import actions
from proposals.models import FlowProposal
from tests.ai.wire.vendor import Vendor
from tests.factories import Cast, make_resolved
from tests.proposals.batches import FLOW, Batches, Json, analysis_of, pass_over, succeeded

pytestmark = pytest.mark.usefixtures("noon")


def test_a_session_waits_for_the_batch_and_becomes_a_proposal(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")

    pass_over()

    waiting = analysis_of(session)
    assert (waiting.state, waiting.attempts) == ("submitted", 1)
    session.refresh_from_db()
    assert session.analysis_status == "pending"

    look_after_calls()
    assert [len(ids) for ids in batches.sent] == [1]
    batches.returns(succeeded(FLOW))
    look_after_calls()
    pass_over()

    proposal = FlowProposal.objects.get()
    assert (proposal.title, proposal.current_draft.engine) == ("Toner is empty", "anthropic")
    assert (analysis_of(session).state, analysis_of(session).outcome) == ("completed", "new_flow")
    assert AIQuestion.objects.count() == 0
    assert AIBatch.objects.get().request_id == "req_b"
    call = AICall.objects.get()
    # Half of (200 × $2 + 1000 × $0.10 + 50 × $10) per million.
    assert (call.cost_usd, call.batch.state, call.error_class) == (Decimal("0.0005"), "collected", "")
    assert AIUse.objects.get().reserved_usd == 0


def test_what_waits_for_a_batch_is_not_taken_over(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast)
    pass_over()
    look_after_calls()
    batches.ended = False

    look_after_calls()
    pass_over()

    assert (analysis_of(session).state, analysis_of(session).attempts) == ("submitted", 1)
    assert actions.claim(cast.account.pk, limit=9, alone=True).sessions == ()
    assert len(batches.sent) == 1


NO_BATCHES = pytest.mark.parametrize(
    ("change", "engine"),
    [
        pytest.param({"ai_batch_allowed": False}, "anthropic", id="no batches"),
        pytest.param({"ai_mode": "offline"}, "offline", id="rules only"),
    ],
)


def change_settings(cast: Cast, change: Json, server: HTTPServer) -> None:
    """From now on questions are not to go by batch; those that are asked at once get the same answer."""
    Account.objects.filter(pk=cast.account.pk).update(**change)
    Vendor(server).says(FLOW)


@NO_BATCHES
def test_an_account_that_wants_no_batches_is_answered_at_once(
    cast: Cast, batches: Batches, httpserver: HTTPServer, change: Json, engine: str
) -> None:
    change_settings(cast, change, httpserver)
    session = make_resolved(cast, problem_summary="Toner is empty")

    pass_over()

    assert analysis_of(session).state == "completed"
    assert analysis_of(session).engine == engine
    assert AIQuestion.objects.count() == 0


@NO_BATCHES
def test_what_waits_when_batches_are_forbidden_is_not_sent_but_answered_at_once(
    cast: Cast, batches: Batches, httpserver: HTTPServer, change: Json, engine: str
) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    change_settings(cast, change, httpserver)
    assert questions.prepare(cast.account.pk) is None  # not even by a round that has read the old settings

    look_after_calls()
    pass_over()

    assert batches.sent == []
    assert (analysis_of(session).state, AIQuestion.objects.count()) == ("completed", 0)
    assert analysis_of(session).engine == engine
    assert AIUse.objects.get().reserved_usd == 0


@NO_BATCHES
def test_what_expires_after_batches_are_forbidden_is_not_sent_again(
    cast: Cast, batches: Batches, httpserver: HTTPServer, change: Json, engine: str
) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    batches.returns({"type": "expired"})
    change_settings(cast, change, httpserver)

    look_after_calls()
    pass_over()

    assert [len(ids) for ids in batches.sent] == [1]
    assert (analysis_of(session).state, AIBatch.objects.get().state) == ("completed", "collected")
    assert analysis_of(session).engine == engine


def test_a_batch_under_way_is_collected_though_no_other_is_to_be_sent(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    look_after_calls()
    batches.returns(succeeded(FLOW))
    Account.objects.filter(pk=cast.account.pk).update(ai_batch_allowed=False)

    look_after_calls()
    pass_over()

    assert analysis_of(session).outcome == "new_flow"
    assert FlowProposal.objects.get().current_draft.engine == "anthropic"


def test_the_kill_switch_has_the_rules_answer_what_waits(
    cast: Cast, batches: Batches, settings: Settings
) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    pass_over()
    settings.AI_ENABLED = False

    look_after_calls()
    pass_over()

    assert (batches.sent, analysis_of(session).state) == ([], "completed")
    assert analysis_of(session).engine == "offline"
