"""Which published flows answer a problem, best first, each with its probability and its reasons."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from flowpilot.core.retrieval.encoder import encode_one
from flowpilot.core.retrieval.scoring import Engine, Found, cleaned
from flowpilot.core.retrieval.shared import shared_with
from flowpilot.flows.matching.calibration import calibration_for
from flowpilot.flows.matching.candidates import Asker, Candidate, competing, kin_of
from flowpilot.flows.matching.library import LIBRARY
from flowpilot.flows.matching.questions import missing
from flowpilot.flows.matching.reasons import told
from flowpilot.flows.matching.rivals import figures_of
from flowpilot.flows.matching.tiers import GUIDED_ABOVE, Tier, in_words, tier_for


@dataclass(frozen=True)
class Match:
    flow_id: UUID
    version_id: UUID
    title: str
    score: float
    """Raw similarity from 0.0 to 1.0, not a probability."""
    probability: float
    """That this flow is the right one, from 0.0 to 1.0."""
    resolved: int = 0
    """Sessions that followed its present version and were resolved; `escalated` those that were not."""
    escalated: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def tier(self) -> Tier:
        return tier_for(self.probability)

    @property
    def in_words(self) -> str | Promise:
        return in_words(self.probability)


def rank(
    account_id: UUID,
    text: str,
    *,
    team_ids: Collection[UUID] | None = None,
    client_id: UUID | None = None,
    limit: int = 5,
    engine: Engine = "fused",
) -> list[Match]:
    """The published flows of an account that fit a problem text, best first, each with its reasons.

    `team_ids` are the teams of whoever asks: their flows come first at near-ties, none is hidden. Flows
    made for `client_id` beat general ones, its variant of a flow that flow; those made for another client
    stand behind. A text that says too little (`missing`) guides to none: of real questions under eight words
    that would, 80 of 100 found the right one.
    """
    question = cleaned(text)
    vector = encode_one(question) if engine == "fused" else None
    asker = Asker(frozenset(team_ids or ()), client_id)
    found, candidates = competing(account_id, question, vector, asker)
    kin = {one.hit.owner: kin_of(one, candidates, asker) for one in candidates}
    shown = (one for one in candidates if any(each.means_something for each in kin[one.hit.owner]))
    ranked = _in_order(shown, kin, asker)
    most = GUIDED_ABOVE if missing(text) else 1.0
    chances = _chances(ranked, kin, _probabilities(account_id, found, candidates), most=most)
    best = ranked[:limit]
    why = _reasons(account_id, question, best, kin, asker, by_meaning=vector is not None)
    return [
        Match(
            flow_id=one.hit.owner,
            version_id=one.version_id,
            title=one.title,
            score=one.hit.score,
            probability=chance,
            resolved=one.resolved,
            escalated=one.escalated,
            reasons=why.get(one.hit.owner, []),
        )
        for one, chance in zip(best, chances, strict=False)
    ]


Kin = Mapping[UUID, Sequence[Candidate]]


def _in_order(shown: Iterable[Candidate], kin: Kin, asker: Asker) -> list[Candidate]:
    """The client's variant stands at least where the flow stands that it is of, and before it."""
    now = timezone.now()

    def place(one: Candidate) -> tuple[float, bool, UUID]:
        standing = max(each.standing(asker, now) for each in kin[one.hit.owner])
        return -standing, not one.is_variant_for(asker), one.hit.owner

    return sorted(shown, key=place)


def _probabilities(account_id: UUID, found: Found, candidates: Iterable[Candidate]) -> dict[UUID, float]:
    """Of each by itself: by the coefficients of both, or, for what waits for its vector, those of words."""
    calibration = cache(partial(calibration_for, account_id))
    given = figures_of(found, {one.hit.owner: one.family for one in candidates})
    return {owner: calibration(judged.engine).probability(judged.figures) for owner, judged in given.items()}


def _chances(
    ranked: Sequence[Candidate], kin: Kin, probability: Mapping[UUID, float], *, most: float
) -> list[float]:
    """The probability of each candidate; never above the first, nor above what the question is good for."""
    chances: list[float] = []
    for one in ranked:
        chance = max(probability[each.hit.owner] for each in kin[one.hit.owner])
        chances.append(min([chance, most, *chances[:1]]))
    return chances


def _reasons(
    account_id: UUID, question: str, best: Sequence[Candidate], kin: Kin, asker: Asker, *, by_meaning: bool
) -> Mapping[UUID, list[str]]:
    if not best:
        return {}
    shared = shared_with(LIBRARY, account_id, question, {one.hit.owner: one.title for one in best})
    found = {}
    for one in best:
        owner = one.hit.owner
        reasons = [*told(shared[owner], one.hit.cosine), *_fit(one, kin[owner], asker)]
        if by_meaning and one.hit.cosine is None:
            reasons.append(_("By its words alone, since it is not encoded yet"))
        found[owner] = reasons
    return found


def _fit(one: Candidate, kin: Sequence[Candidate], asker: Asker) -> list[str]:
    """Whom the flow is for, where that has a say."""
    reasons = []
    if one.client_id is not None:
        own = one.client_id == asker.client_id
        reasons.append(_("Made for this client") if own else _("Made for another client"))
    closer = max(kin, key=lambda each: each.hit.score)
    if closer.hit.score > one.hit.score:
        reasons.append(_("Variant of “%(title)s”, which fits") % {"title": closer.title})
    if one.team_id in asker.team_ids:
        reasons.append(_("Of your team"))
    return reasons
