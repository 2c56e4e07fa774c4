"""Which published flows answer a problem, best first, each with its probability and its reasons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from flowpilot.core.retrieval.encoder import encode_one
from flowpilot.core.retrieval.probability import Calibration, figures
from flowpilot.core.retrieval.scoring import Engine, Found, Hit, cleaned, find_by
from flowpilot.core.retrieval.shared import shared_with
from flowpilot.flows.matching.calibration import calibration_for
from flowpilot.flows.matching.library import LIBRARY
from flowpilot.flows.matching.reasons import told
from flowpilot.flows.matching.tiers import Tier, in_words, tier_for
from flowpilot.flows.models import Flow

_LOOKED_AT: Final = 30
"""Best hits by score, among which client, team and success decide."""
_OWN_CLIENT: Final = 1.15
"""A flow made for this client beats a general one that fits somewhat better."""
_OTHER_CLIENT: Final = 0.9
_OWN_TEAM: Final = 1.03
_SUCCESS: Final = 0.01
_RECENT: Final = 0.005
"""Together less than the team: they break ties that nothing else breaks."""
_RECENT_DAYS: Final = 365
_MEANS_SOMETHING: Final = 0.35
"""Cosine that a flow without a word in common must have to be shown at all."""


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


@dataclass(frozen=True)
class Asker:
    """On whose behalf is asked: the teams of an engineer, the client whose ticket it is."""

    team_ids: frozenset[UUID] = frozenset()
    client_id: UUID | None = None


@dataclass(frozen=True)
class _Candidate:
    hit: Hit
    version_id: UUID
    title: str
    team_id: UUID | None
    client_id: UUID | None
    family: UUID
    """The flow that this one was made from, or itself: variants are no rivals of one another."""
    changed_at: datetime
    resolved: int
    escalated: int

    @property
    def success(self) -> float:
        """Share of its sessions that it resolved, by Laplace's rule, so that one lucky session does not count
        as certainty; 0.5 while there are none."""
        return (self.resolved + 1) / (self.resolved + self.escalated + 2)

    def standing(self, asker: Asker, now: datetime) -> float:
        """The score, raised or lowered by whom it is for; by success and age at near ties only."""
        factor = 1.0
        if self.client_id is not None:
            factor *= _OWN_CLIENT if self.client_id == asker.client_id else _OTHER_CLIENT
        if self.team_id in asker.team_ids:
            factor *= _OWN_TEAM
        age = min(1.0, (now - self.changed_at) / timedelta(days=_RECENT_DAYS))
        return self.hit.score * factor * (1 + _SUCCESS * self.success + _RECENT * (1 - age))


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
    made for `client_id` beat general ones, those made for another client stand behind.
    """
    question = cleaned(text)
    vector = encode_one(question) if engine == "fused" else None
    found = find_by(LIBRARY, account_id, question, vector, limit=_LOOKED_AT)
    asker = Asker(frozenset(team_ids or ()), client_id)
    now = timezone.now()
    candidates = sorted(
        _candidates(account_id, found), key=lambda one: (-one.standing(asker, now), one.hit.owner)
    )
    calibration = calibration_for(account_id, found.engine)
    chances = _chances(candidates, found.lexemes, calibration)
    best = candidates[:limit]
    why = _reasons(account_id, question, best, asker)
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


def _candidates(account_id: UUID, found: Found) -> list[_Candidate]:
    hits = {
        hit.owner: hit
        for hit in found.hits
        if hit.lexical > 0 or (hit.cosine is not None and hit.cosine >= _MEANS_SOMETHING)
    }
    rows = (
        Flow.objects.for_account(account_id)
        .published()
        .filter(pk__in=hits)
        .annotate(changed_at=F("current_version__published_at"))
        .values_list(
            *("pk", "current_version_id", "title", "team_id", "client_id", "forked_from_id"),
            *("changed_at", "resolved", "escalated"),
        )
    )
    return [
        _Candidate(hits[pk], version, title, team, client, origin or pk, changed, resolved, escalated)
        for pk, version, title, team, client, origin, changed, resolved, escalated in rows
    ]


def _chances(candidates: Sequence[_Candidate], lexemes: int, calibration: Calibration) -> list[float]:
    """The probability of each candidate, its rivals those of other families; never above the first."""
    chances: list[float] = []
    for one in candidates:
        rivals = (other.hit.score for other in candidates if other.family != one.family)
        chance = calibration.probability(figures(one.hit.score, rivals, lexemes))
        chances.append(min([chance, *chances[:1]]))
    return chances


def _reasons(
    account_id: UUID, question: str, best: Sequence[_Candidate], asker: Asker
) -> Mapping[UUID, list[str]]:
    if not best:
        return {}
    shared = shared_with(LIBRARY, account_id, question, {one.hit.owner: one.title for one in best})
    return {one.hit.owner: [*told(shared[one.hit.owner], one.hit.cosine), *_fit(one, asker)] for one in best}


def _fit(one: _Candidate, asker: Asker) -> list[str]:
    """Whom the flow is for, where that has a say."""
    reasons = []
    if one.client_id is not None:
        own = one.client_id == asker.client_id
        reasons.append(_("Made for this client") if own else _("Made for another client"))
    if one.team_id in asker.team_ids:
        reasons.append(_("Of your team"))
    return reasons
