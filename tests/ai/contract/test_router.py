"""Which engine speaks for an account, and what happens when it cannot."""

from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from flowpilot.accounts.models import Account
from flowpilot.ai import breaker
from flowpilot.ai.breaker import BREAKER, FAILURES
from flowpilot.ai.contracts import (
    CandidateFlow,
    Delta,
    Final,
    FlowPosition,
    GuideEvent,
    GuideRequest,
    Reset,
    Speaker,
)
from flowpilot.ai.models import AICall, AIUse
from flowpilot.ai.router import engine_for
from tests.ai.requests import a_guide, a_session, a_triage
from tests.ai.wire.vendor import GUIDE, TRIAGE, Vendor, events, message
from tests.factories import Cast, small_tree

pytestmark = pytest.mark.usefixtures("noon")


def turn(account: Account, request: GuideRequest) -> list[GuideEvent]:
    async def gather() -> list[GuideEvent]:
        return [each async for each in engine_for(account).guide(request)]

    return async_to_sync(gather)()


def said_in(given: list[GuideEvent]) -> str:
    """What a reader sees at the end."""
    last_reset = max((place for place, each in enumerate(given) if isinstance(each, Reset)), default=-1)
    return "".join(each.say for each in given[last_reset + 1 :] if isinstance(each, Delta))


def test_with_a_key_claude_speaks(cast: Cast, vendor: Vendor) -> None:
    vendor.says(TRIAGE)
    engine = engine_for(cast.account)

    result = engine.triage(a_triage())

    assert (engine.name, result.engine, result.fallback) == ("anthropic", "anthropic", "")


def test_without_a_key_the_rules_speak_and_that_is_no_fallback(cast: Cast) -> None:
    engine = engine_for(cast.account)

    result = engine.triage(a_triage())

    assert (engine.name, result.engine, result.fallback) == ("offline", "offline", "")
    assert AICall.objects.count() == 0


def test_an_account_that_wants_rules_only_asks_nobody(cast: Cast, vendor: Vendor) -> None:
    cast.account.ai_mode = Account.AiMode.OFFLINE

    assert engine_for(cast.account).triage(a_triage()).engine == "offline"
    assert vendor.asked == []


def test_an_account_that_wants_claude_is_told_that_the_key_is_missing(cast: Cast) -> None:
    cast.account.ai_mode = Account.AiMode.ANTHROPIC

    result = engine_for(cast.account).triage(a_triage())

    assert (result.engine, result.fallback) == ("offline", "This installation has no key for Claude.")
    assert AICall.objects.get().error_class == "no_key"


def test_the_kill_switch_stops_every_call(cast: Cast, vendor: Vendor, settings: Settings) -> None:
    settings.AI_ENABLED = False

    result = engine_for(cast.account).triage(a_triage())

    assert (result.engine, result.fallback) == ("offline", "Models are switched off on this installation.")
    assert vendor.asked == []


def test_a_turn_of_claude_says_first_who_speaks(cast: Cast, vendor: Vendor) -> None:
    vendor.says(GUIDE)

    given = turn(cast.account, a_guide())

    assert given[0] == Speaker(name="anthropic", reason="")
    assert isinstance(given[-1], Final)
    assert said_in(given) == given[-1].step.say == GUIDE["say"]


def test_a_turn_that_fails_midway_is_taken_over_by_the_rules_visibly(cast: Cast, vendor: Vendor) -> None:
    broken = events(message('{"say": "The tunnel ends before phase 2. That'))[:5]
    vendor.streams(broken).streams(broken)

    given = turn(cast.account, a_guide())

    speakers = [each for each in given if isinstance(each, Speaker)]
    assert speakers == [
        Speaker(name="anthropic", reason=""),
        Speaker(name="offline", reason="Claude's answer broke off."),
    ]
    last = given[-1]
    assert isinstance(last, Final)
    assert (last.step.engine, last.step.fallback) == ("offline", "Claude's answer broke off.")
    assert said_in(given) == last.step.say
    assert AIUse.objects.get().fallbacks == 1


def test_a_refusal_is_answered_by_the_rules(cast: Cast, vendor: Vendor) -> None:
    vendor.says(
        "", stop="refusal", stop_details={"type": "refusal", "category": "cyber", "explanation": None}
    )

    result = engine_for(cast.account).triage(a_triage())

    assert (result.engine, result.fallback) == ("offline", "Claude declined to answer (cyber).")


def test_a_used_up_budget_hands_over_to_the_rules(cast: Cast, vendor: Vendor) -> None:
    Account.objects.filter(pk=cast.account.pk).update(ai_daily_budget_usd=Decimal("0.001"))

    result = engine_for(cast.account).triage(a_triage())

    assert (result.engine, result.fallback) == ("offline", "The daily budget for AI is used up.")
    assert (vendor.asked, AICall.objects.get().error_class) == ([], "day_budget")


def test_a_step_of_a_flow_is_the_flows_own(cast: Cast, vendor: Vendor) -> None:
    tree = small_tree()
    flow = CandidateFlow(
        flow_id=cast.account.pk, version_id=cast.account.pk, number=1, title="Toner", tree=tree.to_json()
    )
    position = FlowPosition(flow=flow, node_id=tree.root)

    given = turn(cast.account, GuideRequest(session=a_session(), position=position))

    assert given[0] == Speaker(name="offline", reason="")
    assert given[-1].step.title == tree.node(tree.root).title
    assert given[-1].step.fallback == ""
    assert vendor.asked == []


def test_a_vendor_that_keeps_failing_is_left_alone_for_a_while(cast: Cast, vendor: Vendor) -> None:
    for _ in range(FAILURES + 1):
        vendor.fails(529, "overloaded_error")
    engine = engine_for(cast.account)

    results = [engine.triage(a_triage()) for _ in range(4)]

    assert len(vendor.asked) == FAILURES + 1
    assert [result.fallback for result in results[:3]] == ["Claude is overloaded at the moment."] * 3
    assert results[3].fallback == "Claude failed several times; it is asked again in a moment."
    assert BREAKER.is_open


def test_a_try_that_does_not_tell_whether_the_vendor_works_is_followed_by_another(
    cast: Cast, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(breaker, "OPEN_SECONDS", 0.0)
        BREAKER.failed(for_certain=True)
    change = Account.objects.filter(pk=cast.account.pk).update
    change(ai_daily_budget_usd=Decimal("0.001"))
    first = engine_for(cast.account).triage(a_triage())
    change(ai_daily_budget_usd=None)
    vendor.says(TRIAGE)

    second = engine_for(cast.account).triage(a_triage())

    assert (first.fallback, second.engine) == ("The daily budget for AI is used up.", "anthropic")
    assert not BREAKER.is_open


def test_a_key_that_is_refused_is_not_tried_five_times(cast: Cast, vendor: Vendor) -> None:
    vendor.fails(401, "authentication_error")
    engine = engine_for(cast.account)

    first, second = engine.triage(a_triage()), engine.triage(a_triage())

    assert first.fallback == "Claude refuses this installation's key (401)."
    assert second.engine == "offline"
    assert len(vendor.asked) == 1
