"""What the probability of a flow is computed from: its score, and those of the flows it competes with."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from flowpilot.core.retrieval.probability import Figures
from flowpilot.core.retrieval.scoring import Engine, Found, Hit
from flowpilot.flows.models import Flow

LOOKED_AT: Final = 30
"""Best hits by score: among these are a flow's rivals."""


class Judged(NamedTuple):
    """The figures of a hit, and whose coefficients turn them into a probability."""

    engine: Engine
    figures: Figures


def families(account_id: UUID, flows: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each flow the one that it was made from, or itself: variants are no rivals of one another."""
    rows = Flow.objects.for_account(account_id).filter(pk__in=flows).values_list("pk", "forked_from_id")
    return {pk: origin or pk for pk, origin in rows}


def figures_of(found: Found, family_of: Mapping[UUID, UUID]) -> dict[UUID, Judged]:
    """The figures of every hit that has a family; whatever else was found is a rival, shown or not.

    A hit that waits for its vector is compared with the others by words: that it means something like the
    question is a guess, good enough for its place, but nothing to be sure of.
    """
    scored = [(family_of[hit.owner], hit) for hit in found.hits if hit.owner in family_of]
    sizes = Counter(family for family, _hit in scored)
    judged = {}
    for own, hit in scored:
        engine: Engine = "bm25" if hit.cosine is None else found.engine
        rivals = filter(None, [_score(other, engine) for family, other in scored if family != own])
        given = found.figures(_score(hit, engine), rivals, engine=engine, akin=sizes[own])
        judged[hit.owner] = Judged(engine, given)
    return judged


def _score(hit: Hit, engine: Engine) -> float:
    return hit.lexical if engine == "bm25" else hit.score
