"""One sentence or block of the prose of an action."""

import re
from dataclasses import dataclass, field

_ASIDE = re.compile(
    r"(?:for (?:example|instance)\b|you can (?!also\b)|however, note\b|note that\b|optionally\b"
    r"|(?:you|it|this) should (?:get|see|now|return|show|look)\b"
    r"|if you (?:want|prefer|would like|have multiple|own)\b|we (?:\w+ )?recommend\b|or,? |alternatively,"
    r"|instead, |otherwise\b|in th(?:is|at) (?:case|scenario|situation), |when you do (?:so|this)\b"
    r"|when you [^,.]{3,80}, you (?:may|might|can)\b|(?:(?:in addition|additionally), )?you can also check\b"
    r"|(?-i:[A-Z])\w+s can also\b)",
    re.IGNORECASE,
)
"""What explains the step before it: an example, another choice, what to expect."""


@dataclass
class Piece:
    """One sentence or block of prose, and what hangs below it."""

    text: str
    order: str | None
    """What it orders; empty when it only points at what follows; None for a statement."""
    purpose: str = ""
    below: list[str] = field(default_factory=list)
    starts_paragraph: bool = False

    @property
    def acts(self) -> bool:
        """Whether it orders something itself; what only points at what follows has its goal as the order."""
        return bool(self.order) and self.order != self.purpose

    @property
    def steps(self) -> bool:
        """Whether it is a step of its own, not a remark on the one before."""
        return self.acts and not _ASIDE.match(self.text)

    def markdown(self) -> str:
        return "\n\n".join([self.text, *self.below])
