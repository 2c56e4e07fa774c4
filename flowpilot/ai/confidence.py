"""How sure a finding is, whichever engine made it."""

from collections.abc import Sequence

from flowpilot.ai.contracts import Finding, Nothing, SessionFacts
from flowpilot.core.statistics import Z80, wilson


def confidence(finding: Finding, sessions: Sequence[SessionFacts]) -> float:
    """Lower end of the Wilson 80 % interval that the finding's sessions ended resolved: one session says
    little (0.38), ten of ten say much (0.86); a finding of nothing has none."""
    if isinstance(finding, Nothing):
        return 0.0
    resolved = sum(facts.outcome == "resolved" for facts in sessions)
    return round(wilson(resolved, len(sessions), z=Z80).low, 3)
