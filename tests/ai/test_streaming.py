"""A turn's events, taken by a caller that does not stream."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import async_to_sync

from flowpilot.ai.contracts import Delta, EngineError, Failed, Final, GuideEvent, GuideStep, Reset, Speaker
from flowpilot.ai.streaming import last_step

STEP = GuideStep(
    engine="offline",
    basis=("playbook:networking",),
    say="Hello",
    kind="question",
    title="Is it plugged in?",
    confidence=0.5,
    confidence_reason="A guess.",
)


async def _turn(*events: GuideEvent) -> AsyncIterator[GuideEvent]:
    for event in events:
        yield event


def test_the_last_step_of_a_turn_is_what_its_final_event_holds() -> None:
    events = _turn(
        Speaker(name="offline", reason=""), Delta(say="Hi"), Reset(), Delta(say="Hello"), Final(step=STEP)
    )
    assert async_to_sync(last_step)(events) == STEP


def test_a_failed_turn_is_raised_with_its_message() -> None:
    with pytest.raises(EngineError, match="^Nobody knows$") as raised:
        async_to_sync(last_step)(_turn(Failed(message="Nobody knows", retryable=False)))
    assert not raised.value.retryable


def test_a_turn_that_breaks_off_has_no_step() -> None:
    with pytest.raises(EngineError, match="ended without a step"):
        async_to_sync(last_step)(_turn(Delta(say="Hel")))
