"""The engine: a job's prompt, the talk, the reading of the answer, and one repair if it cannot be used."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import UUID

from anthropic import AsyncAnthropic
from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai.anthropic.analyse import ANALYSE
from flowpilot.ai.anthropic.client import open_client
from flowpilot.ai.anthropic.escalate import ESCALATE
from flowpilot.ai.anthropic.guide import GUIDE, SayStream
from flowpilot.ai.anthropic.jobs import Request, Result, Task
from flowpilot.ai.anthropic.pictures import pictures_of
from flowpilot.ai.anthropic.plans import SURE_FROM, Plan, plan_for, stronger_triage
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.script import SCRIPT_TASK
from flowpilot.ai.anthropic.talking import Again, Answer, Talk
from flowpilot.ai.anthropic.texts import Unusable
from flowpilot.ai.anthropic.triage import triage_task
from flowpilot.ai.anthropic.trouble import Trouble
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    EngineEvent,
    EscalateRequest,
    EscalateResult,
    Final,
    GuideRequest,
    GuideStep,
    Reset,
    ScriptRequest,
    ScriptResult,
    SessionFacts,
    TriageRequest,
    TriageResult,
    Usage,
)
from flowpilot.ai.ledger import BudgetUsedUp
from flowpilot.ai.offline.engine import OfflineEngine


class AnthropicEngine:
    """Implements `flowpilot.ai.contracts.Engine` for one account, whose ledger it writes.

    Raises `Trouble`, which is an `EngineError`, and `ledger.BudgetUsedUp`.
    """

    name = "anthropic"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._rules = OfflineEngine()

    def triage(self, request: TriageRequest) -> TriageResult:
        pictures = pictures_of(request.screenshots, allowed=self._account.ai_send_screenshots)
        task, stronger = triage_task(pictures), stronger_triage()
        if pictures.sent:
            return self._now(task, request, stronger, request.session_id)
        first = self._now(task, request, plan_for("triage"), request.session_id)
        if first.confidence >= SURE_FROM or stronger.model == settings.AI_MODELS["triage"]:
            return first
        try:
            second = self._now(task, request, stronger, request.session_id)
        except (Trouble, BudgetUsedUp):
            return first
        return second.model_copy(update={"usage": together(first.usage, second.usage)})

    async def guide(self, request: GuideRequest) -> AsyncGenerator[EngineEvent, None]:
        talk = Talk(self._account, plan_for("guide"), request.session.id)
        prompt = GUIDE.prompt(request).for_account(self._account)
        async with open_client(talk.plan.read_seconds) as client:
            stream, text = SayStream(prompt.spoken), ""
            async with aclosing(talk.ask(client, prompt)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Answer):
                        text = piece.text
                    elif isinstance(piece, Again):
                        stream = SayStream(prompt.spoken)
                        yield Reset()
                    else:
                        for event in stream.feed(piece):
                            yield event
            try:
                step: GuideStep = GUIDE.read(request, prompt.restored(text), self._origin(talk, prompt, text))
            except Unusable as problem:
                stream = SayStream(prompt.spoken)
                yield Reset()
                step = await self._repaired(GUIDE, request, talk, client, prompt, text, problem)
        for event in stream.end(step.say):
            yield event
        yield Final(step=step)

    def script(self, request: ScriptRequest) -> ScriptResult:
        session_id = request.session.id if request.session else None
        return self._now(SCRIPT_TASK, request, plan_for("script"), session_id)

    def escalate(self, request: EscalateRequest) -> EscalateResult:
        return self._now(ESCALATE, request, plan_for("escalate"), request.session.id)

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        return self._now(ANALYSE, request, plan_for("analyse"), request.only_session)

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        """By the rules: which sessions belong together has to be the same every day, and costs nothing."""
        return self._rules.cluster(sessions)

    def _now(
        self, task: Task[Request, Result], request: Request, plan: Plan, session_id: UUID | None
    ) -> Result:
        """For callers that block. The ledger is written in their thread, on their connection."""
        return async_to_sync(self._answered)(task, request, plan, session_id)

    async def _answered(
        self, task: Task[Request, Result], request: Request, plan: Plan, session_id: UUID | None
    ) -> Result:
        talk = Talk(self._account, plan, session_id)
        prompt = task.prompt(request).for_account(self._account)
        async with open_client(plan.read_seconds) as client:
            text = await whole(talk, client, prompt)
            try:
                return task.read(request, prompt.restored(text), self._origin(talk, prompt, text))
            except Unusable as problem:
                return await self._repaired(task, request, talk, client, prompt, text, problem)

    async def _repaired(
        self,
        task: Task[Request, Result],
        request: Request,
        talk: Talk,
        client: AsyncAnthropic,
        prompt: Prompt,
        text: str,
        problem: Unusable,
    ) -> Result:
        """Tell the model once what is wrong with its answer. Raises `Trouble` when the next is no better, or
        there is no time for one."""
        if not talk.has_time:
            raise _unusable(problem) from problem
        again = replace(prompt, repair=(text, str(problem)))
        better = await whole(talk, client, again, attempts=1)
        try:
            return task.read(request, prompt.restored(better), self._origin(talk, again, better))
        except Unusable as still:
            raise _unusable(still) from still

    def _origin(self, talk: Talk, prompt: Prompt, answer: str) -> dict[str, Any]:
        return {
            "engine": "anthropic",
            "basis": (f"model:{talk.plan.model}",),
            "prompt_version": prompt.version,
            "usage": talk.usage,
            "shortened": talk.shortened or prompt.is_cut,
            "exchange": prompt.exchange(answer),
        }


def _unusable(problem: Unusable) -> Trouble:
    return Trouble("unusable", _("Claude's answer cannot be used: %(problem)s") % {"problem": problem})


def together(first: Usage | None, second: Usage | None) -> Usage | None:
    """What both took, under the second one's model."""
    if first is None or second is None:
        return second or first
    counted = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd")
    return second.model_copy(update={name: getattr(first, name) + getattr(second, name) for name in counted})


async def whole(talk: Talk, client: AsyncAnthropic, prompt: Prompt, *, attempts: int | None = None) -> str:
    """The text of an answer that nobody watches."""
    text = ""
    async for piece in talk.ask(client, prompt, attempts=attempts):
        if isinstance(piece, Answer):
            text = piece.text
    return text
