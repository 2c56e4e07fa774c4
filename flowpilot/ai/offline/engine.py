"""The rule-based engine: deterministic, without network, honest about what it is."""

from collections.abc import Sequence

from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Enhancement,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
)
from flowpilot.ai.offline import clustering, domains
from flowpilot.ai.offline.leaving import enhance
from flowpilot.ai.offline.many import mine_many
from flowpilot.ai.offline.single import mine_one
from flowpilot.ai.offline.texts import mine_texts

Finding = NewFlow | Enhancement | Reinforced | Nothing

RULES_VERSION = "offline-1"


class OfflineEngine:
    """Implements `flowpilot.ai.contracts.Engine` with rules only."""

    name = "offline"

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
    """Lower end of the Wilson 80 % interval that the finding's sessions ended resolved.

    Source: Wilson, Journal of the American Statistical Association 22 (1927). One session says
    little (0.38), ten of ten say much (0.86); a finding of nothing has none.
    """
    if isinstance(finding, Nothing):
        return 0.0
    n, z = len(sessions), 1.2816
    share = sum(facts.outcome == "resolved" for facts in sessions) / n
    centre, spread = share + z * z / (2 * n), z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return round(max(0.0, (centre - spread) / (1 + z * z / n)), 3)


def _domain(sessions: Sequence[SessionFacts]) -> str | None:
    """The domain that the sessions carry most often, else what the lexicon says about their text."""
    known = sorted(facts.domain for facts in sessions if facts.domain)
    if known:
        return max(known, key=known.count)
    return domains.classify("\n".join(f"{facts.title}\n{facts.text}" for facts in sessions)).domain
