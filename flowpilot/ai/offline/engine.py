"""The rule-based engine: deterministic, without network, honest about what it is."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence

from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Delta,
    EngineEvent,
    Enhancement,
    EscalateRequest,
    EscalateResult,
    Final,
    GuideRequest,
    NewFlow,
    Nothing,
    Reinforced,
    ScriptRequest,
    ScriptResult,
    SessionFacts,
    TriageRequest,
    TriageResult,
)
from flowpilot.ai.offline import clustering, domains, escalating, guiding, intake, scripting
from flowpilot.ai.offline.intake.reading import addresses_a_machine
from flowpilot.ai.offline.leaving import enhance
from flowpilot.ai.offline.many import mine_many
from flowpilot.ai.offline.single import mine_one
from flowpilot.ai.offline.texts import mine_texts
from flowpilot.ai.offline.versions import RULES_VERSION
from flowpilot.core.statistics import Z80, wilson
from flowpilot.core.text import texts_in

Finding = NewFlow | Enhancement | Reinforced | Nothing

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
        finding = self._finding(request)
        return AnalyseResult(
            finding=finding,
            confidence=confidence(finding, request.sessions),
            engine="offline",
            basis=tuple(sorted(str(facts.id) for facts in request.sessions)),
            prompt_version=RULES_VERSION,
            suspected_injection=_gives_orders(finding),
        )

    def _finding(self, request: AnalyseRequest) -> Finding:
        if request.flows:
            return enhance(request.sessions, request.flows[0])
        if len(request.sessions) == 1:
            finding: Finding = mine_one(request.sessions[0])
        else:
            finding = mine_texts(request.sessions) or mine_many(request.sessions)
        if isinstance(finding, NewFlow) and finding.domain is None:
            return finding.model_copy(update={"domain": _domain(request.sessions)})
        return finding


def confidence(finding: Finding, sessions: Sequence[SessionFacts]) -> float:
    """Lower end of the Wilson 80 % interval that the finding's sessions ended resolved: one session says
    little (0.38), ten of ten say much (0.86); a finding of nothing has none."""
    if isinstance(finding, Nothing):
        return 0.0
    resolved = sum(facts.outcome == "resolved" for facts in sessions)
    return round(wilson(resolved, len(sessions), z=Z80).low, 3)


def _gives_orders(finding: Finding) -> bool:
    """Whether instructions to a model have come into a draft, whose words are the sessions'."""
    if not isinstance(finding, NewFlow | Enhancement):
        return False
    told = finding.model_dump(mode="json", exclude={"grounding"})
    return addresses_a_machine("\n".join(texts_in(told)))


def _domain(sessions: Sequence[SessionFacts]) -> str | None:
    """The domain that the sessions carry most often, else what the lexicon says about their text."""
    known = sorted(facts.domain for facts in sessions if facts.domain)
    if known:
        return max(known, key=known.count)
    return domains.classify("\n".join(f"{facts.title}\n{facts.text}" for facts in sessions)).domain
