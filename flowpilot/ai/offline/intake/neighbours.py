"""The domain of a problem by those of past sessions that resemble it, where its own words do not tell."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from flowpilot.ai.contracts import Neighbour
from flowpilot.ai.offline.domains import DomainGuess

LEAST: Final = 2
"""Neighbours that have to agree: one alone may be the odd one out."""
SHARE: Final = 0.6
"""Of all neighbours' similarity, which those that agree have to hold."""
MOST_SURE: Final = 0.6
"""It is hearsay: never surer than the lexicon is of a clear case."""


def by_neighbours(neighbours: Sequence[Neighbour], known: Collection[str]) -> DomainGuess:
    """The domain that most of the similarity speaks for; its terms are the ids of those sessions."""
    votes: defaultdict[str, list[Neighbour]] = defaultdict(list)
    for each in neighbours:
        if each.domain in known:
            votes[each.domain].append(each)
    whole = sum(each.similarity for each in neighbours)
    for domain, those in sorted(votes.items()):
        weight = sum(each.similarity for each in those)
        if len(those) >= LEAST and weight >= SHARE * whole:
            return DomainGuess(
                domain, weight, MOST_SURE * weight / whole, tuple(str(each.id) for each in those)
            )
    return DomainGuess(None, 0.0, 0.0, ())
