"""The rule-based engine: deterministic, without network, honest about what it is."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence

from django.utils.module_loading import import_string

from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Delta,
    EngineEvent,
    EscalateRequest,
    EscalateResult,
    Final,
    GuideRequest,
    ScriptRequest,
    ScriptResult,
    SessionFacts,
    TriageRequest,
    TriageResult,
)
from flowpilot.ai.offline import clustering, escalating, guiding, intake, scripting

ANALYSE = "flowpilot.ai.offline.analysing.analyse"
"""Loaded by the first analysis: the web has an engine, too, and hardly ever asks it for one."""
_PIECE = re.compile(r".{40,}?(?= )|.+", re.DOTALL)
"""What is said goes out in pieces of a few words."""


class OfflineEngine:
    """Implements `flowpilot.ai.contracts.Engine` with rules only."""

    name = "offline"

    def triage(self, request: TriageRequest) -> TriageResult:
        return intake.triage(request)

    async def guide(self, request: GuideRequest) -> AsyncGenerator[EngineEvent, None]:
        """The first piece goes out at once; looking up and comparing happens in a thread."""
        first = guiding.opening(request)
        yield Delta(say=first)
        step = await asyncio.to_thread(guiding.next_step, request)
        for piece in _PIECE.findall(step.say[len(first) :]):
            yield Delta(say=piece)
        yield Final(step=step)

    def script(self, request: ScriptRequest) -> ScriptResult:
        return scripting.script(request)

    def escalate(self, request: EscalateRequest) -> EscalateResult:
        return escalating.escalate(request)

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        return clustering.cluster(sessions)

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        result: AnalyseResult = import_string(ANALYSE)(request)
        return result
