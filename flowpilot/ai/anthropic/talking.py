"""One question to the model, asked until there is an answer or no sense in asking again.

Each attempt has its row in the ledger, reserved before and settled after. The time is ours: it covers all
attempts and pauses, and a vendor that asks to wait longer than what is left is not waited for.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from time import monotonic
from typing import Any, Final
from uuid import UUID

from anthropic import AsyncAnthropic
from anthropic.lib.streaming import AsyncMessageStream
from anthropic.types import Message
from anthropic.types import Usage as VendorUsage
from django.utils import timezone
from httpx2 import Timeout

from flowpilot.accounts.models import Account
from flowpilot.ai import ledger
from flowpilot.ai.anthropic.client import CONNECT_SECONDS
from flowpilot.ai.anthropic.plans import Plan
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.trouble import FAULTS, Trouble, check_stop, trouble_of, was_refused
from flowpilot.ai.breaker import BREAKER
from flowpilot.ai.contracts import Usage
from flowpilot.ai.models import AICall
from flowpilot.ai.prices import Tokens, most_for
from flowpilot.core.coroutines import in_database

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.5
"""Before another attempt, when the vendor does not say how long."""
WORTH_SECONDS: Final = 2.0
"""An attempt that would have less time than this is not made."""


class Again:
    """What came so far is void: another attempt begins."""


@dataclass(frozen=True)
class Answer:
    """The whole text of a finished answer."""

    text: str


@dataclass
class Talk:
    """Who asks, in which manner, until when; and what it has cost so far."""

    account: Account
    plan: Plan
    session_id: UUID | None = None
    tokens: Tokens = field(default_factory=Tokens)
    cost: Decimal = Decimal(0)
    shortened: bool = False
    """Whether the answer is to a shortened case."""

    def __post_init__(self) -> None:
        self._deadline = monotonic() + self.plan.total_seconds

    @property
    def usage(self) -> Usage:
        return Usage(
            model=self.plan.model,
            input_tokens=self.tokens.input,
            cache_read_tokens=self.tokens.cache_read,
            cache_write_tokens=self.tokens.cache_write,
            output_tokens=self.tokens.output,
            cost_usd=self.cost,
        )

    @property
    def seconds_left(self) -> float:
        return self._deadline - monotonic()

    @property
    def has_time(self) -> bool:
        """Whether one more attempt would make sense."""
        return self.seconds_left >= WORTH_SECONDS

    async def ask(
        self, client: AsyncAnthropic, prompt: Prompt, *, attempts: int | None = None
    ) -> AsyncGenerator[str | Again | Answer, None]:
        """The pieces of the answer as they come, `Again` before each further attempt, the `Answer` last.

        Raises `Trouble` and `ledger.BudgetUsedUp`.
        """
        room = self.plan.max_tokens
        for left in reversed(range(attempts or self.plan.attempts)):
            try:
                async with aclosing(self._attempt(client, prompt, room)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except Trouble as trouble:
                if not left or not trouble.again:
                    raise
                await self._pause(trouble)
                room = room * 2 if trouble.more_room else room
                if trouble.shorter:
                    prompt, self.shortened = prompt.shortened(), True
            yield Again()

    async def _pause(self, trouble: Trouble) -> None:
        """Wait before the next attempt. Raises the trouble again when the time does not suffice for it."""
        at_once = trouble.more_room or trouble.shorter
        wait = 0.0 if at_once else PAUSE_SECONDS if trouble.wait is None else trouble.wait
        if wait + WORTH_SECONDS > self.seconds_left:
            raise trouble
        await asyncio.sleep(wait)

    async def _attempt(
        self, client: AsyncAnthropic, prompt: Prompt, room: int
    ) -> AsyncGenerator[str | Again | Answer, None]:
        body = prompt.request(self.plan, max_tokens=room)
        attempt = _Attempt(await in_database(ledger.reserve)(self.account, self._asked(prompt, body)), room)
        try:
            async with client.messages.stream(**body, timeout=self._patience()) as attempt.stream:
                while (piece := await self._next(attempt.stream)) is not None:
                    yield piece
            text = attempt.finished()
        except Exception as error:
            raise _noted(attempt, error) from error
        except (asyncio.CancelledError, GeneratorExit):
            attempt.error = "cancelled"
            raise
        finally:
            await self._settle(attempt)
        BREAKER.succeeded()
        yield Answer(text)

    def _patience(self) -> Timeout:
        """For the start of an answer, and for each silence in it."""
        silence = max(0.1, min(self.plan.read_seconds, self.seconds_left))
        return Timeout(silence, connect=min(CONNECT_SECONDS, silence))

    async def _next(self, stream: AsyncMessageStream) -> str | None:
        async with asyncio.timeout(max(self.seconds_left, 0.0)):
            return await anext(stream.text_stream, None)

    def _asked(self, prompt: Prompt, body: dict[str, Any]) -> ledger.Asked:
        estimate = most_for(
            self.plan.model,
            size=prompt.size(body),
            images=len(prompt.pictures),
            max_tokens=body["max_tokens"],
            at=timezone.now().date(),
        )
        return ledger.Asked(prompt.job, self.plan.model, prompt.version, estimate, self.session_id)

    async def _settle(self, attempt: "_Attempt") -> None:
        outcome = attempt.outcome()
        settle = ledger.settle if attempt.is_counted else ledger.settle_as_reserved
        self.tokens += outcome.tokens
        self.cost += await in_database(settle)(attempt.call, outcome)


def _noted(attempt: "_Attempt", error: Exception) -> Trouble:
    """What a failure amounts to, written into the attempt and told to the circuit breaker."""
    if not isinstance(error, (*FAULTS, Trouble)):
        log.warning("An answer of the vendor could not be read", exc_info=error)
    trouble = trouble_of(error)
    attempt.error, attempt.request_id = trouble.word, trouble.request_id
    attempt.refused = was_refused(error)
    if trouble.vendors:
        BREAKER.failed(for_certain=trouble.for_certain)
    return trouble


@dataclass
class _Attempt:
    """What is known of one attempt while it goes on."""

    call: AICall
    room: int
    """Tokens that the answer may take."""
    stream: AsyncMessageStream | None = None
    error: str = ""
    request_id: str = ""
    """As an error told it; else the stream does."""
    refused: bool = False
    """The vendor did not take the question, so it charges nothing."""

    def __post_init__(self) -> None:
        self._began = monotonic()

    def finished(self) -> str:
        """The whole text. Raises `Trouble` when it is not whole, or the model did not answer."""
        check_stop(message := self._message())
        assert message is not None
        return "".join(block.text for block in message.content if block.type == "text")

    @property
    def is_counted(self) -> bool:
        """Whether it is known what the vendor charges: its figures have come, or it took nothing."""
        message = self._message()
        return self.refused if message is None else tokens_of(message.usage).all_input > 0

    def outcome(self) -> ledger.Outcome:
        message = self._message()
        tokens = tokens_of(message.usage) if message else Tokens()
        if message and message.stop_reason is None:
            # The vendor counts the answer at its end, which did not come; thinking is not even seen.
            tokens = replace(tokens, output=max(tokens.output, self.room))
        return ledger.Outcome(
            tokens=tokens,
            duration_ms=int((monotonic() - self._began) * 1000),
            stop_reason=((message and message.stop_reason) or "")[:40],
            request_id=self.request_id or (self.stream and self.stream.request_id) or "",
            error_class=self.error,
        )

    def _message(self) -> Message | None:
        """As far as it has come; None before its beginning."""
        if self.stream is None:
            return None
        try:
            return self.stream.current_message_snapshot
        except AssertionError:
            return None


def tokens_of(usage: VendorUsage | None) -> Tokens:
    """What the vendor counted. It, or a gateway before it, may leave out any figure: that counts as none."""
    written, kinds = _figure(usage, "cache_creation_input_tokens"), getattr(usage, "cache_creation", None)
    return Tokens(
        input=_figure(usage, "input_tokens"),
        cache_read=_figure(usage, "cache_read_input_tokens"),
        cache_write=written,
        cache_write_1h=min(written, _figure(kinds, "ephemeral_1h_input_tokens")),
        output=_figure(usage, "output_tokens"),
    )


def _figure(counted: object, name: str) -> int:
    figure = getattr(counted, name, None)
    return max(0, figure) if isinstance(figure, int) else 0
