"""What can be done with the events of a turn, whoever makes them."""

from collections.abc import AsyncIterable

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import EngineError, EngineEvent, Failed, Final, GuideEvent, GuideStep


async def last_step(events: AsyncIterable[GuideEvent | EngineEvent]) -> GuideStep:
    """The step in which a turn ends, for callers that do not stream. Raises `EngineError`.

    From synchronous code: `async_to_sync(last_step)(engine.guide(request))`.
    """
    step = None
    async for event in events:
        if isinstance(event, Final):
            step = event.step
        elif isinstance(event, Failed):
            raise EngineError(event.message, retryable=event.retryable)
    if step is None:
        raise EngineError(_("The turn ended without a step."))
    return step
