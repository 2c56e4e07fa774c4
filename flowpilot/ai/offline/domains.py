"""Which field of managed IT a problem belongs to, by a weighted lexicon kept as data.

Boundaries, where two domains meet: what a person signs in *with* is `identity_mfa`, the on-premises
directory behind it is `active_directory`; getting in from outside is `vpn_remote_access`, the wires
and the names are `networking`; Outlook and Exchange are `email`, the other Office programs, Teams,
licences and the tenant `m365`, files in the cloud `sharepoint_onedrive`, files on servers and NAS
`storage_files`; the device one can touch is `hardware`, Windows or macOS on it `endpoint_windows`,
what runs in the rack or a data centre `servers_virtualisation`; trade programs are `line_of_business`.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from flowpilot.core.terms import terms

ABSTAIN_BELOW: Final = 3.0
"""Summed weight that the best domain needs: one strong word, or several weak ones."""
ABSTAIN_CONFIDENCE: Final = 0.35
"""Share of the best domain in the evidence for the first three, below which it is a toss-up."""
CLASSIFIED: Final = 4_000
"""Characters of a problem's text that its domain is judged by: what comes later is a log or a history."""
_AGAIN: Final = 0.5
_MOST_AGAIN: Final = 2
"""A repeated term counts half again per repetition, at most this often."""
_NEAR: Final = 3
"""Terms between which the words of one entry may stand."""
_PRIOR: Final = 1.5
"""Added to the evidence against, so that a single weak word is never a certainty."""


@dataclass(frozen=True)
class DomainGuess:
    """`domain` is None when the text says too little or points in several directions at once."""

    domain: str | None
    score: float
    """Summed weight of the evidence for the best domain, even when abstaining."""
    confidence: float
    """0.0 to 1.0; share of the best domain in the evidence for it and its two rivals."""
    terms: tuple[str, ...]
    """What led to it, the weightiest first, as the lexicon spells it."""


@dataclass(frozen=True)
class _Entry:
    spelling: str
    domain: str
    weight: float
    needed: frozenset[str]
    """Terms that must all be in the text, near each other."""

    def stands_in(self, found: Mapping[str, list[int]]) -> bool:
        """`found`: each term of a text with its places."""
        if len(self.needed) == 1 or not self.needed <= found.keys():
            return self.needed <= found.keys()
        first, *others = sorted(self.needed)
        return any(
            all(any(abs(place - near) <= _NEAR for near in found[term]) for term in others)
            for place in found[first]
        )


def classify(text: str) -> DomainGuess:
    """The domain of a problem text (title and text together), with the terms that led to it."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, term in enumerate(terms(text)):
        found[term].append(place)
    evidence: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for domain, spelling, weight in _evidence(found):
        evidence[domain][spelling] = weight
    scores = {domain: sum(weights.values()) for domain, weights in evidence.items()}
    ranked = sorted(scores, key=lambda domain: (-scores[domain], domain))
    if not ranked:
        return DomainGuess(None, 0.0, 0.0, ())
    best = ranked[0]
    confidence = scores[best] / (_PRIOR + sum(scores[domain] for domain in ranked[:3]))
    certain = scores[best] >= ABSTAIN_BELOW and confidence >= ABSTAIN_CONFIDENCE
    led = sorted(evidence[best].items(), key=lambda item: (-item[1], item[0]))
    return DomainGuess(best if certain else None, scores[best], confidence, tuple(word for word, _w in led))


def classify_problem(title: str, text: str) -> DomainGuess:
    """`classify` for a whole intake: of a long text, as a pasted log is, only the beginning counts."""
    return classify(f"{title}\n{text[:CLASSIFIED]}")


def _evidence(found: Mapping[str, list[int]]) -> Iterator[tuple[str, str, float]]:
    """Domain, spelling and weight of every entry, code and kind of host name that the text has.

    Of entries that contain each other ("server", "print server") only the longest counts, whatever
    its domain, unless the shorter one weighs more.
    """
    hits = [entry for term in found for entry in _BY_TERM.get(term, ()) if entry.stands_in(found)]
    for entry in hits:
        if not any(entry.needed < other.needed and entry.weight <= other.weight for other in hits):
            times = min(len(found[term]) for term in entry.needed)
            yield entry.domain, entry.spelling, entry.weight * _insistence(times)
    for term in found:
        if term.isalpha():
            continue
        for pattern, domain, weight in _PATTERNS:
            if pattern.fullmatch(term):
                yield domain, term, weight


def _insistence(times: int) -> float:
    """What is said in the title and again in the text matters more, what fills a log does not."""
    return 1.0 + _AGAIN * min(times - 1, _MOST_AGAIN)


def _load() -> tuple[list[_Entry], list[tuple[re.Pattern[str], str, float]]]:
    data = json.loads(
        resources.files("flowpilot.ai.offline").joinpath("data/domains.json").read_text("utf-8")
    )
    entries = [
        _Entry(spelling, domain, float(data["weights"][tier]), frozenset(terms(spelling)))
        for domain, tiers in data["domains"].items()
        for tier, spellings in tiers.items()
        for spelling in spellings
    ]
    patterns = [(re.compile(row["pattern"]), row["domain"], float(row["weight"])) for row in data["patterns"]]
    return [entry for entry in entries if entry.needed], patterns


_ENTRIES, _PATTERNS = _load()


def _by_term(entries: list[_Entry]) -> dict[str, tuple[_Entry, ...]]:
    """Each entry under the alphabetically first of its terms, so that it is met at most once."""
    found: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        found[min(entry.needed)].append(entry)
    return {term: tuple(listed) for term, listed in found.items()}


_BY_TERM: Final = _by_term(_ENTRIES)
