"""Every way in which a call can fail, on a real connection: what is tried again, and what is written."""

import json
from collections.abc import Iterator
from decimal import Decimal
from time import monotonic

import pytest
from asgiref.sync import async_to_sync
from llmock.pytest_plugin import LLMock
from pytest_django import Settings

from flowpilot.ai import breaker
from flowpilot.ai.anthropic import plans, talking
from flowpilot.ai.anthropic.client import open_client
from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.anthropic.plans import Plan
from flowpilot.ai.anthropic.trouble import Trouble
from flowpilot.ai.contracts import Delta, EngineEvent, Final, Reset
from flowpilot.ai.models import AICall, AIUse
from tests.ai.requests import a_guide, a_triage
from tests.ai.wire.vendor import GUIDE, TRIAGE, Vendor, event, events, message
from tests.factories import Cast


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


def test_a_wish_to_wait_longer_than_our_time_ends_it_at_once(cast: Cast, vendor: Vendor) -> None:
    vendor.fails(429, "rate_limit_error", retry_after="3600")
    began = monotonic()

    with pytest.raises(Trouble) as raised:
        triage(cast)

    assert (raised.value.name, raised.value.wait) == ("rate_limited", 3600.0)
    assert monotonic() - began < 20
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind", "name"),
    [
        (400, "invalid_request_error", "bad_request"),
        (401, "authentication_error", "unauthorised"),
        (402, "billing_error", "payment_required"),
        (403, "permission_error", "forbidden"),
        (404, "not_found_error", "model_not_found"),
        (413, "request_too_large", "too_large"),
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


def test_a_refusal_is_final_and_says_the_category(cast: Cast, vendor: Vendor) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "x"}
    vendor.says("", stop="refusal", stop_details=details, usage={"output_tokens": 3})

    with pytest.raises(Trouble, match="cyber"):
        guidance(cast)

    assert ledger() == [("refusal", "refusal")]
    assert AICall.objects.get().output_tokens == 3
    assert not breaker.BREAKER.is_open


def test_an_answer_that_was_cut_off_is_asked_for_with_twice_the_room(cast: Cast, vendor: Vendor) -> None:
    vendor.says('{"say": "The tunnel ', stop="max_tokens").says(GUIDE)

    given = guidance(cast)

    assert [asked["max_tokens"] for asked in vendor.asked] == [2_000, 4_000]
    assert Reset() in given
    assert given[-1].step.title == GUIDE["title"]
    assert ledger() == [("max_tokens", "max_tokens"), ("", "end_turn")]


def test_a_case_too_long_for_the_model_is_final(cast: Cast, vendor: Vendor) -> None:
    vendor.says("", stop="model_context_window_exceeded")

    with pytest.raises(Trouble, match="too long"):
        triage(cast)


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


def test_what_came_of_a_broken_stream_is_charged(cast: Cast, vendor: Vendor) -> None:
    whole = events(message(json.dumps(GUIDE)))
    vendor.streams(whole[:7]).streams(whole[:7])

    with pytest.raises(Trouble, match="broke off"):
        guidance(cast)

    first = AICall.objects.order_by("created_at").first()
    # 60 characters of text had come: 24 tokens beside the one counted at the start.
    assert (first.input_tokens, first.cache_read_tokens, first.output_tokens) == (200, 1000, 25)
    assert first.cost_usd == Decimal("0.00075")


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
        short = Plan("", "low", "", 2_000, read_seconds=0.5, total_seconds=20)
        monkeypatch.setitem(plans._PLANS, "guide", short)
        llmock.reply(json.dumps(GUIDE)).stall(seconds=5)
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
