"""Engines of the learning job when it has time: they put questions into batches, and read what came back."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.anthropic.analyse import ANALYSE
from flowpilot.ai.anthropic.plans import plan_for
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.texts import Unusable
from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult, AnswerLater, SessionFacts, Usage
from flowpilot.ai.ledger import Asked, BudgetUsedUp
from flowpilot.ai.models import AICall, AIQuestion
from flowpilot.ai.prices import BATCH, most_for
from flowpilot.ai.questions import key_of
from flowpilot.ai.router import RoutedEngine, hindrance, wants_batches


def patient_engine_for(account: Account) -> RoutedEngine:
    """The engine for work that nobody waits for."""
    return PatientEngine(account)


class PatientEngine(RoutedEngine):
    """Asks by batch where installation and account want it; else at once, as everybody does."""

    @property
    def longest_analysis(self) -> float:
        return 0.0 if _may_wait(self._account) else super().longest_analysis

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        if not _may_wait(self._account):
            return super().analyse(request)
        try:
            question = _take_down(self._account, _prompt(self._account, request), request.only_session)
        except BudgetUsedUp:
            return super().analyse(request)
        raise AnswerLater(question.pk)


class AnsweredEngine(RoutedEngine):
    """Has the answer to one question. Asked another one, or if the answer is none, it asks at once."""

    def __init__(self, account: Account, question: AIQuestion) -> None:
        super().__init__(account)
        self._question = question

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        """Those that the question was about belong together."""
        return [tuple(sorted(sessions, key=lambda facts: facts.id))]

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        prompt = _prompt(self._account, request)
        fits = key_of(prompt.request(plan_for("analyse"))) == self._question.key
        if not fits or self._question.state != AIQuestion.State.ANSWERED:
            return super().analyse(request)
        call = self._question.call
        origin = {
            "engine": "anthropic",
            "basis": (),
            "prompt_version": call.prompt_version,
            "usage": _usage(call),
            "shortened": prompt.is_cut,
        }
        try:
            return ANALYSE.read(request, prompt.restored(self._question.answer), origin)
        except Unusable:
            return super().analyse(request)


def _prompt(account: Account, request: AnalyseRequest) -> Prompt:
    return ANALYSE.prompt(request).for_account(account)


def _may_wait(account: Account) -> bool:
    return wants_batches(account) and hindrance(account) is None


def _take_down(account: Account, prompt: Prompt, session_id: UUID | None) -> AIQuestion:
    """Keep a question for the next batch. Raises `BudgetUsedUp`."""
    plan = plan_for(prompt.job)
    body = prompt.request(plan)
    most = most_for(
        plan.model,
        size=prompt.size(body),
        images=len(prompt.pictures),
        max_tokens=plan.max_tokens,
        at=timezone.now().date(),
    )
    asked = Asked(prompt.job, plan.model, prompt.version, most * BATCH, session_id)
    return questions.take_down(account, asked, body)


def _usage(call: AICall) -> Usage:
    return Usage(
        model=call.model,
        input_tokens=call.input_tokens,
        cache_read_tokens=call.cache_read_tokens,
        cache_write_tokens=call.cache_write_tokens,
        output_tokens=call.output_tokens,
        cost_usd=call.cost_usd or 0,
    )
