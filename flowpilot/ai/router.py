"""Which engine thinks for an account, and what happens when it cannot.

The setting of the account decides: `offline` has the rules do everything; `auto` asks Claude if the
installation has a key; `anthropic` does the same, and holds a missing key for a fault that the account's
admins are told of. Whoever was to speak and could not is replaced by the rules, and the result says so and
why: nobody stands there with nothing, and nobody takes one for the other.

A session that follows a flow is told the flow's own next step, word for word, by the rules: no model is
needed for it, and none could change it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai import ledger
from flowpilot.ai.anthropic.plans import plan_for
from flowpilot.ai.breaker import BREAKER
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Engine,
    EngineError,
    EscalateRequest,
    EscalateResult,
    Failed,
    Frozen,
    GuideEvent,
    GuideRequest,
    Job,
    Reset,
    ScriptRequest,
    ScriptResult,
    SessionFacts,
    Speaker,
    Spoken,
    TriageRequest,
    TriageResult,
)
from flowpilot.ai.contracts import Final as LastEvent
from flowpilot.ai.offline.engine import OfflineEngine
from flowpilot.ai.scripts.vetting import vetted
from flowpilot.core.coroutines import in_database

log = logging.getLogger(__name__)

OFFLINE = OfflineEngine()
CLAUDE = "flowpilot.ai.anthropic.engine.AnthropicEngine"

Request = TypeVar("Request", bound=Frozen)
Result = TypeVar("Result", bound=Spoken)


@dataclass(frozen=True)
class Reason:
    """Why the preferred engine does not speak: one word for the ledger, a sentence for people."""

    name: str
    sentence: str


def engine_for(account: Account) -> "RoutedEngine":
    """The engine for one account's work. Cheap: made anew for each piece of work, so that settings count."""
    return RoutedEngine(account)


def wants_claude(account: Account) -> bool:
    """Whether the account's setting and the installation's key ask for Claude."""
    if account.ai_mode == Account.AiMode.OFFLINE:
        return False
    return account.ai_mode == Account.AiMode.ANTHROPIC or bool(settings.ANTHROPIC_API_KEY)


def hindrance(account: Account) -> Reason | None:
    """What keeps Claude from being asked at all, as far as it can be told without asking."""
    if not settings.AI_ENABLED:
        return Reason("switched_off", _("Models are switched off on this installation."))
    if not settings.ANTHROPIC_API_KEY:
        return Reason("no_key", _("This installation has no key for Claude."))
    if BREAKER.is_open:
        return Reason("circuit_open", _("Claude failed several times; it is asked again in a moment."))
    return None


def wants_batches(account: Account) -> bool:
    """Whether questions that nobody waits for may go by batch, as installation and account are set."""
    by_batch = settings.AI_ANALYSIS_MODE == "batch" and account.ai_batch_allowed
    return by_batch and wants_claude(account) and settings.AI_ENABLED and bool(settings.ANTHROPIC_API_KEY)


class RoutedEngine:
    """Implements `flowpilot.ai.contracts.Engine`; what it answers says who spoke, and why if it was not the
    preferred one. `guide` begins with an `engine` event and ends with `final` or `error`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def name(self) -> str:
        """Who would speak now."""
        return "anthropic" if self._prefers_claude and not hindrance(self._account) else OFFLINE.name

    @property
    def longest_analysis(self) -> float:
        """Seconds for which an analysis may wait for the vendor; none by the rules."""
        asks = self._prefers_claude and not hindrance(self._account)
        return plan_for("analyse").total_seconds if asks else 0.0

    @cached_property
    def _claude(self) -> Engine:
        """Loaded at the first use: the vendor's client takes a second and 40 MB."""
        claude: Engine = import_string(CLAUDE)(self._account)
        return claude

    @property
    def _prefers_claude(self) -> bool:
        return wants_claude(self._account)

    def triage(self, request: TriageRequest) -> TriageResult:
        return self._ask("triage", request, lambda engine: engine.triage, request.session_id)

    def script(self, request: ScriptRequest) -> ScriptResult:
        session_id = request.session.id if request.session else None
        return vetted(self._ask("script", request, lambda engine: engine.script, session_id))

    def escalate(self, request: EscalateRequest) -> EscalateResult:
        return self._ask("escalate", request, lambda engine: engine.escalate, request.session.id)

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        return self._ask("analyse", request, lambda engine: engine.analyse, request.only_session)

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        """By the rules, whoever speaks: which sessions belong together has to be the same every day."""
        return OFFLINE.cluster(sessions)

    async def guide(self, request: GuideRequest) -> AsyncGenerator[GuideEvent, None]:
        reason = None
        if self._prefers_claude and not request.position:
            reason = self._closed()
            if reason is None:
                yield Speaker(name="anthropic", reason="")
                try:
                    # Beside the loop, in which others' turns are streamed: the first use loads the client.
                    claude = await asyncio.to_thread(lambda: self._claude)
                    async with aclosing(claude.guide(request)) as events:
                        async for event in events:
                            yield event
                    return
                except Exception as error:  # whatever Claude's side meets, the rules go on
                    reason = _reason_of(error)
                    yield Reset()
                finally:
                    BREAKER.ended()
            await in_database(self._note)("guide", reason, request.session.id)
        yield Speaker(name="offline", reason=reason.sentence if reason else "")
        async for said in self._guided_by_rules(request, reason):
            yield said

    async def _guided_by_rules(
        self, request: GuideRequest, reason: Reason | None
    ) -> AsyncGenerator[GuideEvent, None]:
        try:
            async for event in OFFLINE.guide(request):
                if isinstance(event, LastEvent) and reason:
                    step = event.step.model_copy(update={"fallback": reason.sentence})
                    yield LastEvent(step=step)
                else:
                    yield event
        except EngineError as error:
            yield Failed(message=str(error), retryable=error.retryable)

    def _ask(
        self,
        job: Job,
        request: Request,
        of: Callable[[Engine], Callable[[Request], Result]],
        session_id: UUID | None,
    ) -> Result:
        if not self._prefers_claude:
            return of(OFFLINE)(request)
        reason = self._closed()
        if reason is None:
            try:
                return of(self._claude)(request)
            except Exception as error:  # whatever Claude's side meets, the rules go on
                reason = _reason_of(error)
            finally:
                BREAKER.ended()
        self._note(job, reason, session_id)
        result = of(OFFLINE)(request)
        return result.model_copy(update={"fallback": reason.sentence})

    def _closed(self) -> Reason | None:
        """Why Claude is not even asked. Lets one call through when the circuit breaker wants to try again."""
        reason = hindrance(self._account)
        if reason is None and not BREAKER.allows():
            reason = Reason("circuit_open", _("Claude failed several times; it is asked again in a moment."))
        return reason

    def _note(self, job: Job, reason: Reason, session_id: UUID | None) -> None:
        log.info("The rules answer %s for account %s: %s", job, self._account.slug, reason.name)
        ledger.note_fallback(self._account, job, reason.name, session_id=session_id)


def _reason_of(error: Exception) -> Reason:
    if isinstance(error, ledger.BudgetUsedUp):
        return Reason(f"{error.budget.period}_budget", str(error))
    if isinstance(error, EngineError):
        return Reason(error.name, str(error))
    log.error("Claude could not be asked", exc_info=error)
    return Reason("unforeseen", _("Claude could not be asked, by a fault of FlowPilot's own."))
