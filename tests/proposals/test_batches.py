"""The learning job asks by batch: nothing is lost and nothing written twice, whatever breaks off."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flowpilot.accounts.models import Account
from flowpilot.ai.jobs import look_after_calls
from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from proposals import actions, jobs
from proposals.models import FlowProposal, SessionAnalysis
from sessions import actions as sessions
from sessions.models import AISession
from tests.ai.wire.vendor import message
from tests.factories import Cast, make_resolved

Json = dict[str, Any]

FLOW: Json = {
    "kind": "new_flow",
    "title": "Toner is empty",
    "summary": "What to do when a printer says that its toner is empty.",
    "why": "The session shows how it was found and what helped.",
    "domain": "printing",
    "root": "n1",
    "nodes": [
        {
            "id": "n1",
            "kind": "question",
            "title": "Is there toner in the store room?",
            "body": "",
            "shell": "none",
            "script": "",
            "risk": "none",
            "undo": "",
            "options": [
                {"id": "o1", "label": "Yes", "next": "n2"},
                {"id": "o2", "label": "No", "next": "n3"},
            ],
            "sources": ["s1.text"],
        },
        {
            "id": "n2",
            "kind": "resolution",
            "title": "Replace it",
            "body": "",
            "shell": "none",
            "script": "",
            "risk": "none",
            "undo": "",
            "options": [],
            "sources": ["s1.resolution"],
        },
        {
            "id": "n3",
            "kind": "escalation",
            "title": "Order one",
            "body": "",
            "shell": "none",
            "script": "",
            "risk": "none",
            "undo": "",
            "options": [],
            "sources": [],
        },
    ],
    "questions": [],
    "confidence": 0.9,
    "suspected_injection": False,
}


class Batches:
    """The vendor's batch interface: what was sent, and what comes back."""

    def __init__(self, server: HTTPServer) -> None:
        self.sent: list[list[str]] = []
        self.ended = True
        self.broken = False
        self.results: dict[str, Json] = {}
        self._server = server
        server.expect_request("/v1/messages/batches", method="POST").respond_with_handler(self._create)
        for number in (1, 2, 3):
            address = f"/v1/messages/batches/batch_{number}"
            server.expect_request(address, method="GET").respond_with_handler(self._retrieve)
            server.expect_request(f"{address}/results").respond_with_handler(self._results)

    def returns(self, result: Json) -> None:
        """For every question of the newest batch."""
        self.results |= {custom_id: result for custom_id in self.sent[-1]}

    def _create(self, request: Request) -> Response:
        if self.broken:
            return Response("{}", 500, content_type="application/json")
        asked = json.loads(request.get_data())["requests"]
        self.sent.append([one["custom_id"] for one in asked])
        return self._told(f"batch_{len(self.sent)}", "in_progress")

    def _retrieve(self, request: Request) -> Response:
        return self._told(request.path.split("/")[-1], "ended" if self.ended else "in_progress")

    def _results(self, request: Request) -> Response:
        number = int(request.path.split("/")[-2].removeprefix("batch_"))
        ids = reversed(self.sent[number - 1])
        told = [{"custom_id": pk, "result": self.results[pk]} for pk in ids if pk in self.results]
        return Response("\n".join(map(json.dumps, told)), content_type="application/x-jsonl")

    def _told(self, vendor_id: str, status: str) -> Response:
        now = timezone.now()
        body = {
            "id": vendor_id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0},
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(hours=24)).isoformat(),
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": self._server.url_for(f"/v1/messages/batches/{vendor_id}/results"),
        }
        return Response(json.dumps(body), content_type="application/json")


def succeeded(answer: Json) -> Json:
    return {"type": "succeeded", "message": message(json.dumps(answer))}


@pytest.fixture
def batches(cast: Cast, httpserver: HTTPServer, settings: Settings) -> Batches:
    settings.ANTHROPIC_API_KEY = "test-key"
    settings.ANTHROPIC_BASE_URL = httpserver.url_for("").rstrip("/")
    settings.AI_ANALYSIS_MODE = "batch"
    Account.objects.filter(pk=cast.account.pk).update(ai_batch_allowed=True)
    return Batches(httpserver)


def analysis_of(session: AISession) -> SessionAnalysis:
    return session.analyses.get()


def pass_over() -> None:
    jobs.analyse_pending()


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


def test_an_account_that_does_not_allow_batches_is_asked_at_once(cast: Cast, batches: Batches) -> None:
    Account.objects.filter(pk=cast.account.pk).update(ai_batch_allowed=False, ai_mode="offline")
    session = make_resolved(cast)

    pass_over()

    assert analysis_of(session).state == "completed"
    assert AIQuestion.objects.count() == 0


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


def test_a_result_that_is_missing_has_expired(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    look_after_calls()

    look_after_calls()

    assert [len(ids) for ids in batches.sent] == [1, 1]


def test_a_batch_that_never_reached_the_vendor_is_sent_again(cast: Cast, batches: Batches) -> None:
    make_resolved(cast)
    pass_over()
    batches.broken = True
    look_after_calls()
    batches.broken = False

    look_after_calls()

    assert [batch.state for batch in AIBatch.objects.order_by("created_at")] == ["failed", "submitted"]
    assert [len(ids) for ids in batches.sent] == [1]


def test_a_crash_between_sending_and_writing_down_sends_again_after_a_while(
    cast: Cast, batches: Batches
) -> None:
    make_resolved(cast)
    pass_over()
    look_after_calls()
    AIBatch.objects.update(state="prepared", vendor_id="")

    look_after_calls()
    assert len(batches.sent) == 1
    AIBatch.objects.update(created_at=timezone.now() - timedelta(hours=1))
    look_after_calls()

    assert [len(ids) for ids in batches.sent] == [1, 1]
    assert batches.sent[0] == batches.sent[1]


def test_a_pass_that_breaks_off_over_an_answer_is_taken_over(cast: Cast, batches: Batches) -> None:
    session = make_resolved(cast)
    pass_over()
    look_after_calls()
    batches.returns(succeeded(FLOW))
    look_after_calls()
    actions.resume(cast.account.pk, AIQuestion.objects.get().pk)  # and then the process dies

    pass_over()
    assert (analysis_of(session).state, analysis_of(session).attempts) == ("submitted", 3)
    look_after_calls()
    batches.returns(succeeded(FLOW))
    look_after_calls()
    pass_over()

    assert (FlowProposal.objects.count(), analysis_of(session).state) == (1, "completed")
    assert AIQuestion.objects.count() == 0


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
