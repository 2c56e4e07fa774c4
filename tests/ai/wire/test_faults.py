"""Every way in which a call can fail, on a real connection: what is tried again, and what is written."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from time import monotonic
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from llmock.pytest_plugin import LLMock
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Response

from flowpilot.ai import breaker
from flowpilot.ai.anthropic import plans, talking
from flowpilot.ai.anthropic.client import open_client
from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.anthropic.plans import Plan
from flowpilot.ai.anthropic.talking import Talk
from flowpilot.ai.anthropic.trouble import Trouble
from flowpilot.ai.contracts import Delta, EngineEvent, Final, Reset, SimilarSession
from flowpilot.ai.models import AICall, AIUse
from flowpilot.ai.router import engine_for
from flowpilot.ai.streaming import last_step
from tests.ai.requests import a_guide, a_step, a_triage
from tests.ai.wire.vendor import GUIDE, TRIAGE, Vendor, event, events, message
from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("noon")


def triage(cast: Cast) -> str:
    return AnthropicEngine(cast.account).triage(a_triage()).summary


def guidance(cast: Cast) -> list[EngineEvent]:
    async def gather() -> list[EngineEvent]:
        return [each async for each in AnthropicEngine(cast.account).guide(a_guide())]

    return async_to_sync(gather)()


def ledger() -> list[tuple[str, str]]:
    return list(AICall.objects.order_by("created_at", "id").values_list("error_class", "stop_reason"))


@pytest.mark.parametrize(
    ("status", "kind", "name"),
    [
        (429, "rate_limit_error", "rate_limited"),
        (529, "overloaded_error", "overloaded"),
        (500, "api_error", "server_error"),
    ],
)
def test_a_vendor_in_trouble_is_asked_once_more(
    cast: Cast, vendor: Vendor, status: int, kind: str, name: str
) -> None:
    vendor.fails(status, kind).says(TRIAGE)

    assert triage(cast) == TRIAGE["summary"]
    assert ledger() == [(name, ""), ("", "end_turn")]


def test_two_attempts_are_all(cast: Cast, vendor: Vendor) -> None:
    vendor.fails(529, "overloaded_error").fails(529, "overloaded_error")

    with pytest.raises(Trouble, match="overloaded"):
        triage(cast)

    assert len(vendor.asked) == 2
    use = AIUse.objects.get()
    assert (use.calls, use.failures, use.cost_usd, use.reserved_usd) == (2, 2, 0, 0)


def test_the_vendors_wish_to_wait_is_granted_within_our_time(cast: Cast, vendor: Vendor) -> None:
    vendor.fails(429, "rate_limit_error", retry_after="0.3").says(TRIAGE)
    began = monotonic()

    assert triage(cast) == TRIAGE["summary"]
    assert monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("status", "kind", "name"),
    [(429, "rate_limit_error", "rate_limited"), (529, "overloaded_error", "overloaded")],
)
def test_a_wish_to_wait_longer_than_our_time_ends_it_at_once(
    cast: Cast, vendor: Vendor, status: int, kind: str, name: str
) -> None:
    vendor.fails(status, kind, retry_after="3600")
    began = monotonic()

    with pytest.raises(Trouble) as raised:
        triage(cast)

    assert (raised.value.name, raised.value.wait) == (name, 3600.0)
    assert monotonic() - began < 20
    assert len(vendor.asked) == 1


def test_no_repair_is_begun_for_which_there_is_no_time(
    cast: Cast, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talking, "WORTH_SECONDS", 1_000.0)
    vendor.says(TRIAGE | {"confidence": 7})

    with pytest.raises(Trouble, match="`confidence` is 7"):
        triage(cast)

    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind", "name"),
    [
        (400, "invalid_request_error", "bad_request"),
        (401, "authentication_error", "unauthorised"),
        (402, "billing_error", "payment_required"),
        (403, "permission_error", "forbidden"),
        (404, "not_found_error", "model_not_found"),
    ],
)
def test_what_cannot_get_better_is_not_tried_again(
    cast: Cast, vendor: Vendor, status: int, kind: str, name: str
) -> None:
    vendor.fails(status, kind)

    with pytest.raises(Trouble) as raised:
        triage(cast)

    assert (raised.value.name, raised.value.retryable) == (name, False)
    assert ledger() == [(name, "")]
    assert AICall.objects.get().request_id == "req_failed"
    assert breaker.BREAKER.is_open is (status in (401, 402, 403))


@pytest.mark.parametrize(
    ("status", "name", "told"),
    [
        (403, "blocked", "Something on the way to Claude refused the question."),
        (404, "not_there", "Nothing answers for Claude at the configured address."),
    ],
)
def test_what_stands_in_the_vendors_place_is_not_taken_for_it(
    cast: Cast, vendor: Vendor, status: int, name: str, told: str
) -> None:
    """A proxy refuses one question for what is in its log: the key is not to blame."""
    vendor.answers(Response("<h1>Blocked</h1>", status, content_type="text/html"))

    with pytest.raises(Trouble, match=f"^{told}$"):
        triage(cast)

    assert ledger() == [(name, "")]
    assert not breaker.BREAKER.is_open


def test_a_wish_to_wait_until_a_moment_is_heeded(cast: Cast, vendor: Vendor) -> None:
    at = format_datetime(timezone.now() + timedelta(hours=1), usegmt=True)
    vendor.fails(529, "overloaded_error", retry_after=at)

    with pytest.raises(Trouble, match="overloaded") as raised:
        triage(cast)

    assert 3_000 < (raised.value.wait or 0) <= 3_600
    assert len(vendor.asked) == 1


def test_a_case_is_told_to_nobody_whom_an_answer_names(cast: Cast, vendor: Vendor) -> None:
    with HTTPServer() as other:
        other.expect_request("/v1/messages").respond_with_data("")
        vendor.answers(Response("", 307, headers={"location": other.url_for("/v1/messages")}))

        with pytest.raises(Trouble, match=r"^Claude did not accept the question \(307\).$"):
            triage(cast)

        assert (len(vendor.asked), other.log) == (1, [])


def test_half_a_character_is_no_end_of_the_turn(cast: Cast, vendor: Vendor) -> None:
    """A gateway cuts a sign in two: the rules answer instead of nobody."""
    start, *rest = events(message(json.dumps(GUIDE)))
    delta = {"type": "text_delta", "text": "\ud83d"}
    half = [start, rest[0], event("content_block_delta", index=0, delta=delta), *rest[1:]]
    vendor.streams(half).streams(half)

    step = async_to_sync(last_step)(engine_for(cast.account).guide(a_guide()))

    assert (step.engine, bool(step.fallback)) == ("offline", True)


def test_a_refusal_is_final_and_says_the_category(cast: Cast, vendor: Vendor) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "x"}
    vendor.says("", stop="refusal", stop_details=details, usage={"output_tokens": 3})

    with pytest.raises(Trouble, match="cyber"):
        guidance(cast)

    assert ledger() == [("refusal_cyber", "refusal")]
    assert AICall.objects.get().output_tokens == 3
    assert not breaker.BREAKER.is_open


def test_an_answer_that_was_cut_off_is_asked_for_with_twice_the_room(cast: Cast, vendor: Vendor) -> None:
    vendor.says('{"say": "The tunnel ', stop="max_tokens").says(GUIDE)

    given = guidance(cast)

    assert [asked["max_tokens"] for asked in vendor.asked] == [2_000, 4_000]
    assert Reset() in given
    assert given[-1].step.title == GUIDE["title"]
    assert ledger() == [("max_tokens", "max_tokens"), ("", "end_turn")]


def too_long(vendor: Vendor, how: str) -> Vendor:
    if how == "context_exceeded":
        return vendor.says("", stop="model_context_window_exceeded")
    if how == "told":
        return vendor.fails(400, "invalid_request_error", message="prompt is too long: 9 tokens > 8 maximum")
    return vendor.fails(413, "request_too_large")


@pytest.mark.parametrize("how", ["context_exceeded", "told", "too_large"])
def test_a_case_too_long_for_the_model_is_shortened_and_that_is_said(
    cast: Cast, vendor: Vendor, how: str
) -> None:
    too_long(vendor, how).says(TRIAGE)
    text = f"It began on Monday. {'All day. ' * 900}It ended on Friday."

    result = AnthropicEngine(cast.account).triage(a_triage(text))

    whole, shortened = (
        json.loads(each["messages"][2]["content"][0]["content"][0]["text"]) for each in vendor.asked
    )
    assert (whole["text"], len(shortened["text"]) < 1_600) == (text, True)
    assert shortened["text"].startswith("It began on Monday.")
    assert shortened["text"].endswith("It ended on Friday.")
    assert "characters left out" in shortened["text"]
    assert (result.basis, result.shortened) == (("model:claude-haiku-5-5",), True)


def test_of_many_steps_the_newest_are_kept_when_the_case_is_too_long(cast: Cast, vendor: Vendor) -> None:
    too_long(vendor, "context_exceeded").says(GUIDE)
    past = SimilarSession(
        id=UUID(int=9), title="Tunnel is down", resolution="Opened UDP 500", steps=(), similarity=0.9
    )
    steps = (a_step(number, f"Step {number}") for number in range(1, 61))
    request = a_guide(*steps).model_copy(update={"similar": (past,)})

    async_to_sync(last_step)(AnthropicEngine(cast.account).guide(request))

    told = [
        json.loads(message["content"][0]["content"][0]["text"])
        for message in vendor.asked[1]["messages"][2::2]
    ]
    background, left_out, *newest = told[1:-1]
    assert [each["title"] for each in background["past_sessions"]] == ["Tunnel is down"]
    assert left_out == {"left_out": "20 earlier parts"}
    assert [each["title"] for each in newest] == [f"Step {number}" for number in range(21, 61)]


def test_a_case_that_is_too_long_even_then_is_given_up(cast: Cast, vendor: Vendor) -> None:
    too_long(too_long(vendor, "context_exceeded"), "too_large")

    with pytest.raises(Trouble, match="too long"):
        triage(cast)

    assert [name for name, _stop in ledger()] == ["context_exceeded", "too_large"]


@pytest.mark.parametrize("stop", ["tool_use", "pause_turn"])
def test_a_stop_that_cannot_be_is_an_error(cast: Cast, vendor: Vendor, stop: str) -> None:
    vendor.says(TRIAGE, stop=stop)

    with pytest.raises(Trouble, match=stop):
        triage(cast)


def test_a_stream_that_ends_too_soon_is_taken_back_and_begun_again(cast: Cast, vendor: Vendor) -> None:
    whole = events(message(json.dumps(GUIDE)))
    vendor.streams(whole[:6]).says(GUIDE)

    given = guidance(cast)

    at = given.index(Reset())
    assert any(isinstance(each, Delta) for each in given[:at])
    assert "".join(each.say for each in given[at + 1 : -1]) == GUIDE["say"]
    assert ledger() == [("truncated", ""), ("", "end_turn")]


def test_a_broken_stream_is_charged_as_if_the_answer_had_taken_all_its_room(
    cast: Cast, vendor: Vendor
) -> None:
    whole = events(message(json.dumps(GUIDE)))
    vendor.streams(whole[:7]).streams(whole[:7])

    with pytest.raises(Trouble, match="broke off"):
        guidance(cast)

    first = AICall.objects.order_by("created_at").first()
    # What was thought is not seen and is charged all the same: 200 × $2 + 1000 × $0.10 + 2000 × $10.
    assert (first.input_tokens, first.cache_read_tokens, first.output_tokens) == (200, 1000, 2_000)
    assert first.cost_usd == Decimal("0.0205")


def odd_answer(vendor: Vendor, how: str) -> None:
    whole = message(json.dumps(TRIAGE))
    match how:
        case "no usage":
            vendor.streams(events(whole | {"usage": {"output_tokens": None}})[:1])
        case "no beginning":
            vendor.streams(events(whole)[1:])
        case "no gzip":
            vendor.streams(events(whole), content_encoding="gzip")


@pytest.mark.parametrize(
    ("how", "name"), [("no usage", "truncated"), ("no beginning", "truncated"), ("no gzip", "corrupt")]
)
def test_an_answer_of_another_form_is_damaged_and_its_price_stays_reserved(
    cast: Cast, vendor: Vendor, how: str, name: str
) -> None:
    odd_answer(vendor, how)
    vendor.says(TRIAGE)

    assert triage(cast) == TRIAGE["summary"]
    assert ledger() == [(name, ""), ("", "end_turn")]
    first = AICall.objects.order_by("created_at").first()
    assert first.cost_usd == first.reserved_usd > 0
    assert AIUse.objects.get().reserved_usd == 0


def test_a_gateway_that_leaves_figures_out_is_read(cast: Cast, vendor: Vendor) -> None:
    vendor.says(TRIAGE, usage={"input_tokens": None, "cache_read_input_tokens": None})

    assert triage(cast) == TRIAGE["summary"]
    call = AICall.objects.get()
    assert (call.error_class, call.input_tokens, call.output_tokens) == ("", 0, 50)
    assert call.cost_usd == call.reserved_usd


def test_an_error_in_the_middle_of_a_stream_is_tried_again(cast: Cast, vendor: Vendor) -> None:
    whole = events(message(json.dumps(GUIDE)))
    fault = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    vendor.streams([*whole[:5], fault]).says(GUIDE)

    assert guidance(cast)[-1].step.title == GUIDE["title"]
    assert ledger() == [("overloaded", ""), ("", "end_turn")]


def test_a_secret_that_went_around_the_masking_never_leaves(cast: Cast, vendor: Vendor) -> None:
    key = "AKIA" + "IOSFODNN7" + "ABCDEFG"

    async def send() -> None:
        async with open_client(5) as client:
            await client.messages.create(
                model="claude-haiku-5-5", max_tokens=9, messages=[{"role": "user", "content": f"It is {key}"}]
            )

    with pytest.raises(Trouble, match="a secret was left") as raised:
        async_to_sync(send)()

    assert key not in str(raised.value)
    assert vendor.asked == []


def test_nobody_listening_is_a_disconnect(cast: Cast, vendor: Vendor, settings: Settings) -> None:
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(Trouble) as raised:
        triage(cast)

    assert (raised.value.name, ledger()) == ("disconnected", [("disconnected", ""), ("disconnected", "")])


def test_a_consumer_who_has_enough_ends_the_call(cast: Cast, vendor: Vendor) -> None:
    vendor.says(GUIDE)

    async def first_piece() -> EngineEvent:
        turn = AnthropicEngine(cast.account).guide(a_guide())
        piece = await anext(turn)
        await turn.aclose()
        return piece

    assert isinstance(async_to_sync(first_piece)(), Delta)
    call = AICall.objects.get()
    assert (call.error_class, call.settled_at is not None) == ("cancelled", True)
    assert AIUse.objects.get().reserved_usd == 0


class TestTransport:
    """With a server that breaks connections."""

    @pytest.fixture(autouse=True)
    def _asked_of_llmock(
        self, llmock: LLMock, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[None]:
        settings.ANTHROPIC_API_KEY = "test-key"
        settings.ANTHROPIC_BASE_URL = llmock.base_url("anthropic")
        monkeypatch.setattr(talking, "PAUSE_SECONDS", 0.0)
        breaker.BREAKER.succeeded()
        yield
        breaker.BREAKER.succeeded()

    def test_a_whole_answer_of_an_independent_server_is_read(self, cast: Cast, llmock: LLMock) -> None:
        llmock.reply(json.dumps(GUIDE))

        given = guidance(cast)

        assert isinstance(given[-1], Final)
        assert "".join(each.say for each in given[:-1]) == GUIDE["say"]
        assert llmock.last_request.body["output_config"]["effort"] == "low"

    def test_a_dropped_connection_is_begun_again(self, cast: Cast, llmock: LLMock) -> None:
        llmock.reply(json.dumps(GUIDE)).disconnect(after_chunks=4)
        llmock.reply(json.dumps(GUIDE))

        given = guidance(cast)

        assert given[-1].step.title == GUIDE["title"]
        assert ledger() == [("disconnected", ""), ("", "end_turn")]

    def test_a_damaged_piece_is_begun_again(self, cast: Cast, llmock: LLMock) -> None:
        llmock.reply(json.dumps(GUIDE)).corrupt(after_chunks=4)
        llmock.reply(json.dumps(GUIDE))

        assert guidance(cast)[-1].step.title == GUIDE["title"]
        assert ledger() == [("corrupt", ""), ("", "end_turn")]

    def test_silence_is_borne_only_so_long(
        self, cast: Cast, llmock: LLMock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first attempt's patience is short; the second's does not depend on how busy the machine is."""
        short = Plan("", "low", "", 2_000, read_seconds=0.5, total_seconds=300)
        monkeypatch.setitem(plans._PLANS, "guide", short)
        pause = Talk._pause

        async def more_patient_from_now_on(talk: Talk, trouble: Trouble) -> None:
            await pause(talk, trouble)
            talk.plan = replace(talk.plan, read_seconds=200)

        monkeypatch.setattr(Talk, "_pause", more_patient_from_now_on)
        llmock.reply(json.dumps(GUIDE)).stall(seconds=60)
        llmock.reply(json.dumps(GUIDE))

        assert guidance(cast)[-1].step.title == GUIDE["title"]
        assert ledger() == [("timeout", ""), ("", "end_turn")]

    def test_our_time_covers_everything(
        self, cast: Cast, llmock: LLMock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        short = Plan("", "low", "", 2_000, read_seconds=30, total_seconds=0.7)
        monkeypatch.setitem(plans._PLANS, "guide", short)
        llmock.reply(json.dumps(GUIDE)).stall(seconds=20)
        began = monotonic()

        with pytest.raises(Trouble, match="in time"):
            guidance(cast)

        assert monotonic() - began < 10
        assert [name for name, _stop in ledger()] == ["timeout"]
