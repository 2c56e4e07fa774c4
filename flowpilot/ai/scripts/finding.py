"""The library script for a purpose: by the words that both use, rarer ones counting more."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from flowpilot.ai.contracts import Risk, Shell
from flowpilot.ai.scripts.library import LibraryScript, library
from flowpilot.core.terms import terms, weight

FITS: Final[dict[Risk, float]] = {"read": 0.34, "change": 0.75, "destructive": 1.0}
"""The share of a purpose's weight that a script has to cover, by its risk; below it none is offered."""
LOOKS_FIRST: Final = 0.05
"""Added when a script only reads: looking comes before changing."""
ACTS: Final = frozenset(
    terms("delete remove format wipe erase disable reset restart create install uninstall move rename stop")
)
"""What is asked for by these words is done by a script that has the word, or by none."""
DOMAIN: Final = 0.08
"""Added when purpose and script are of one domain."""
NEAREST: Final = 3


@dataclass(frozen=True)
class Found:
    script: LibraryScript
    score: float


def find(purpose: str, shell: Shell, domain: str | None = None) -> Found | None:
    """The best script of the shell, or None when none is about the purpose."""
    acts = ACTS & set(terms(purpose))
    fitting = (
        found
        for found in ranked(purpose, shell, domain)
        if found.score >= FITS[found.script.risk] and acts <= _terms_of(found.script.id)
    )
    return next(fitting, None)


def ranked(purpose: str, shell: Shell | None = None, domain: str | None = None) -> list[Found]:
    """Scripts that share a word with the purpose, the best first; ties by id, so the order never changes."""
    wanted = set(terms(purpose))
    total = sum(map(weight, wanted)) or 1.0
    scored = [
        Found(script, _score(wanted, total, script, domain))
        for script in library().values()
        if shell in (None, script.shell) and wanted & _terms_of(script.id)
    ]
    return sorted(scored, key=lambda found: (-found.score, found.script.id))


def nearest(purpose: str, domain: str | None = None) -> list[LibraryScript]:
    """What to offer instead, whatever the shell."""
    return [found.script for found in ranked(purpose, domain=domain)[:NEAREST]]


def _score(wanted: Iterable[str], total: float, script: LibraryScript, domain: str | None) -> float:
    of_title = set(terms(script.title))
    shared = _terms_of(script.id)
    covered = sum(weight(term) * (1.2 if term in of_title else 1.0) for term in wanted if term in shared)
    looks = LOOKS_FIRST if script.risk == "read" else 0.0
    return covered / total + looks + (DOMAIN if domain == script.domain else 0.0)


@cache
def _terms_of(script_id: str) -> frozenset[str]:
    script = library()[script_id]
    return frozenset(terms(f"{script.title} {script.words}"))
