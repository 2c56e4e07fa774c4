"""What the rule-based engine finds in sessions: the miner and those who call it.

Apart from the engine, because the web has one, too, and hardly ever asks it this: the miner is loaded by who
mines first.
"""

from collections.abc import Sequence

from flowpilot.ai.confidence import confidence
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Enhancement,
    Finding,
    NewFlow,
    SessionFacts,
)
from flowpilot.ai.offline import domains
from flowpilot.ai.offline.intake.reading import addresses_a_machine
from flowpilot.ai.offline.leaving.enhance import enhance
from flowpilot.ai.offline.many.mining import mine_many
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.texts import mine_texts
from flowpilot.ai.offline.versions import RULES_VERSION
from flowpilot.core.text import texts_in


def analyse(request: AnalyseRequest) -> AnalyseResult:
    finding = _finding(request)
    return AnalyseResult(
        finding=finding,
        confidence=confidence(finding, request.sessions),
        engine="offline",
        basis=tuple(sorted(str(facts.id) for facts in request.sessions)),
        prompt_version=RULES_VERSION,
        suspected_injection=_gives_orders(finding),
    )


def _finding(request: AnalyseRequest) -> Finding:
    if request.flows:
        return enhance(request.sessions, request.flows[0])
    if len(request.sessions) == 1:
        finding: Finding = mine_one(request.sessions[0])
    else:
        finding = mine_texts(request.sessions) or mine_many(request.sessions)
    if isinstance(finding, NewFlow) and finding.domain is None:
        return finding.model_copy(update={"domain": _domain(request.sessions)})
    return finding


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
