"""One question to the model, asked until there is an answer or no sense in asking again.

Each attempt has its row in the ledger, reserved before and settled after. The time is ours: it covers all
attempts and pauses, and a vendor that asks to wait longer than what is left is not waited for.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
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
from flowpilot.ai.anthropic.trouble import FAULTS, Trouble, check_stop, trouble_of
from flowpilot.ai.breaker import BREAKER
from flowpilot.ai.contracts import Usage
from flowpilot.ai.models import AICall
from flowpilot.ai.prices import CHARACTERS_PER_TOKEN, Tokens, most_for
from flowpilot.core.coroutines import in_database

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
            yield Again()

    async def _pause(self, trouble: Trouble) -> None:
        """Wait before the next attempt. Raises the trouble again when the time does not suffice for it."""
        wait = 0.0 if trouble.more_room else PAUSE_SECONDS if trouble.wait is None else trouble.wait
        if wait + WORTH_SECONDS > self.seconds_left:
            raise trouble
        await asyncio.sleep(wait)

    async def _attempt(
        self, client: AsyncAnthropic, prompt: Prompt, room: int
    ) -> AsyncGenerator[str | Again | Answer, None]:
        body = prompt.request(self.plan, max_tokens=room)
        attempt = _Attempt(await in_database(ledger.reserve)(self.account, self._asked(prompt, body)))
        try:
            async with client.messages.stream(**body, timeout=self._patience()) as attempt.stream:
                while (piece := await self._next(attempt.stream)) is not None:
                    attempt.received += len(piece)
                    yield piece
            message = attempt.finished()
        except (*FAULTS, Trouble) as error:
            trouble = trouble_of(error)
            attempt.error, attempt.request_id = trouble.name, trouble.request_id
            if trouble.vendors:
                BREAKER.failed(for_certain=trouble.for_certain)
            raise trouble from error
        except (asyncio.CancelledError, GeneratorExit):
            attempt.error = "cancelled"
            raise
        finally:
            await self._settle(attempt)
        BREAKER.succeeded()
        yield Answer("".join(block.text for block in message.content if block.type == "text"))

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
            characters=prompt.characters(body),
            images=len(prompt.pictures),
            max_tokens=body["max_tokens"],
            at=timezone.now().date(),
        )
        return ledger.Asked(prompt.job, self.plan.model, prompt.version, estimate, self.session_id)

    async def _settle(self, attempt: "_Attempt") -> None:
        outcome = attempt.outcome()
        self.tokens += outcome.tokens
        self.cost += await in_database(ledger.settle)(attempt.call, outcome)


@dataclass
class _Attempt:
    """What is known of one attempt while it goes on."""

    call: AICall
    stream: AsyncMessageStream | None = None
    received: int = 0
    """Characters of text."""
    error: str = ""
    request_id: str = ""
    """As an error told it; else the stream does."""

    def __post_init__(self) -> None:
        self._began = monotonic()

    def finished(self) -> Message:
        """The whole message. Raises `Trouble` when it is not whole, or the model did not answer."""
        check_stop(message := self._message())
        assert message is not None
        return message

    def outcome(self) -> ledger.Outcome:
        message = self._message()
        tokens = tokens_of(message.usage) if message else Tokens()
        if message and message.stop_reason is None:
            # The vendor counts the answer at its end, which did not come.
            tokens += Tokens(output=int(self.received / CHARACTERS_PER_TOKEN))
        return ledger.Outcome(
            tokens=tokens,
            duration_ms=int((monotonic() - self._began) * 1000),
            stop_reason=(message.stop_reason or "") if message else "",
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


def tokens_of(usage: VendorUsage) -> Tokens:
    written = usage.cache_creation_input_tokens or 0
    kinds = usage.cache_creation
    return Tokens(
        input=usage.input_tokens,
        cache_read=usage.cache_read_input_tokens or 0,
        cache_write=written,
        cache_write_1h=min(written, kinds.ephemeral_1h_input_tokens if kinds else 0),
        output=usage.output_tokens,
    )
