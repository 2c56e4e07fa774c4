"""The one seam between the product and whatever thinks for it."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol
from uuid import UUID

from flowpilot.ai.contracts.analyse import AnalyseRequest, AnalyseResult
from flowpilot.ai.contracts.escalate import EscalateRequest, EscalateResult
from flowpilot.ai.contracts.facts import SessionFacts
from flowpilot.ai.contracts.guide import EngineEvent, GuideRequest
from flowpilot.ai.contracts.script import ScriptRequest, ScriptResult
from flowpilot.ai.contracts.triage import TriageRequest, TriageResult


class EngineError(Exception):
    """An engine could not answer. `retryable` is false when asking again cannot help."""

    name = "failed"
    """What went wrong, in one word for the ledger."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class AnswerLater(Exception):
    """The engine has taken the question down and answers it within a day: `question_id` finds the answer.

    Raised by `analyse` of engines that the learning job asks; whoever catches it has to release the
    question (`flowpilot.ai.questions.release`), or it is never sent.
    """

    def __init__(self, question_id: UUID) -> None:
        super().__init__(question_id)
        self.question_id = question_id


class Analyst(Protocol):
    """The part of an engine that the learning job needs."""

    @property
    def name(self) -> str:
        """An `EngineName`."""
        ...

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        """Turn a cluster of ended sessions into a finding. Raises `EngineError`, or `AnswerLater`."""
        ...

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        """Group sessions that are about the same problem; the order of input does not matter."""
        ...


class Engine(Analyst, Protocol):
    """Whatever thinks: the offline rules, or a model behind an API.

    Only `guide` is asynchronous, because the web process streams many turns at once; the others block and
    are called from views, jobs and `asyncio.to_thread`. None of them holds a database transaction open, and
    none needs one. All raise `EngineError` and nothing else.
    """

    def triage(self, request: TriageRequest) -> TriageResult:
        """Summary, domain and entities of an intake."""
        ...

    def guide(self, request: GuideRequest) -> AsyncGenerator[EngineEvent, None]:
        """The next step of a session, streamed; written as `async def` with `yield`.

        It does not block the event loop for more than a few milliseconds at a time. Code that does not
        stream asks with `async_to_sync(last_step)(engine.guide(request))` (`flowpilot.ai.streaming`).
        """
        ...

    def script(self, request: ScriptRequest) -> ScriptResult:
        """A script for a purpose, or the reason why there is none."""
        ...

    def escalate(self, request: EscalateRequest) -> EscalateResult:
        """The package for whoever takes over."""
        ...
