"""The learning job asks by batch: nothing is lost and nothing written twice, whatever breaks off."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.jobs import look_after_calls
from flowpilot.ai.ledger import Outcome
from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from flowpilot.ai.prices import Tokens
from flowpilot.ai.router import engine_for
from proposals import actions, jobs
from proposals.models import FlowProposal, SessionAnalysis
from sessions import actions as sessions
from sessions.models import AISession
from tests.ai.wire.vendor import Vendor, message
from tests.factories import Cast, make_resolved

pytestmark = pytest.mark.usefixtures("noon")

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
        self.made = timezone.now()
        self.refuses = 0
        """The status with which batches are refused."""
        self.takes_silently = False
        """Whether a batch is taken, but answered with a fault."""
        self.is_odd = False
        """Whether what is told of a batch is no batch."""
        self.names_results_at: str | None = None
        """The address of results that it tells, if not its own."""
        self.results: dict[str, Json] = {}
        self.counts: int | None = None
        """How many results the vendor says there are; all that were sent unless told."""
        self._server = server
        server.expect_request("/v1/messages/batches", method="POST").respond_with_handler(self._create)
        server.expect_request("/v1/messages/batches", method="GET").respond_with_handler(self._list)
        for number in (1, 2, 3):
            address = f"/v1/messages/batches/batch_{number}"
            server.expect_request(address, method="GET").respond_with_handler(self._retrieve)
            server.expect_request(f"{address}/results").respond_with_handler(self._results)

    def returns(self, result: Json) -> None:
        """For every question of the newest batch."""
        self.results |= {custom_id: result for custom_id in self.sent[-1]}

    def _create(self, request: Request) -> Response:
        if self.refuses:
            return Response("{}", self.refuses, content_type="application/json")
        asked = json.loads(request.get_data())["requests"]
        self.sent.append([one["custom_id"] for one in asked])
        if self.takes_silently:
            return Response("{}", 500, content_type="application/json")
        return self._answer(self._told(f"batch_{len(self.sent)}", "in_progress"))

    def _retrieve(self, request: Request) -> Response:
        told = self._told(request.path.split("/")[-1], self._status)
        return self._answer({**told, "request_counts": None} if self.is_odd else told)

    def _list(self, request: Request) -> Response:
        told = [self._told(f"batch_{number}", self._status) for number in range(len(self.sent), 0, -1)]
        ends = {"first_id": None, "last_id": None, "has_more": False}
        return self._answer({"data": told, **ends})

    @property
    def _status(self) -> str:
        return "ended" if self.ended else "in_progress"

    def _results(self, request: Request) -> Response:
        number = int(request.path.split("/")[-2].removeprefix("batch_"))
        ids = reversed(self.sent[number - 1])
        told = [{"custom_id": pk, "result": self.results[pk]} for pk in ids if pk in self.results]
        return Response("\n".join(map(json.dumps, told)), content_type="application/x-jsonl")

    @staticmethod
    def _answer(body: Json) -> Response:
        return Response(json.dumps(body), content_type="application/json", headers={"request-id": "req_b"})

    def _told(self, vendor_id: str, status: str) -> Json:
        now = self.made
        sent = len(self.sent[int(vendor_id.removeprefix("batch_")) - 1])
        count = sent if self.counts is None else self.counts
        at = f"/v1/messages/batches/{vendor_id}/results"
        return {
            "id": vendor_id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {
                "processing": 0,
                "succeeded": count,
                "errored": 0,
                "canceled": 0,
                "expired": 0,
            },
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(hours=24)).isoformat(),
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": self.names_results_at or self._server.url_for(at),
        }


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
