"""The flows that compete for a question: what fits best, and the asking client's variants of that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q

from flowpilot.core.retrieval.scoring import Found, Hit, find_by
from flowpilot.flows.matching.library import LIBRARY
from flowpilot.flows.matching.rivals import LOOKED_AT
from flowpilot.flows.models import Flow

_LOOKED_FURTHER: Final = 300
"""Best hits, where many of them are variants of a few flows."""
_DIFFERENT: Final = 10
"""Flows, variants not counted, that a question is compared with at least where there are as many."""
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
class Asker:
    """On whose behalf is asked: the teams of an engineer, the client whose ticket it is."""

    team_ids: frozenset[UUID] = frozenset()
    client_id: UUID | None = None


@dataclass(frozen=True)
class Candidate:
    hit: Hit
    version_id: UUID
    title: str
    team_id: UUID | None
    client_id: UUID | None
    origin: UUID | None
    """The flow that this one was made from."""
    changed_at: datetime
    resolved: int
    escalated: int

    @property
    def family(self) -> UUID:
        """The flow that it was made from, or itself: variants are no rivals of one another."""
        return self.origin or self.hit.owner

    @property
    def success(self) -> float:
        """Share of its sessions that it resolved, by Laplace's rule, so that one lucky session does not count
        as certainty; 0.5 while there are none."""
        return (self.resolved + 1) / (self.resolved + self.escalated + 2)

    @property
    def means_something(self) -> bool:
        cosine = self.hit.cosine
        return self.hit.lexical > 0 or (cosine is not None and cosine >= _MEANS_SOMETHING)

    def is_variant_for(self, asker: Asker) -> bool:
        return self.origin is not None and self.client_id is not None and self.client_id == asker.client_id

    def standing(self, asker: Asker, now: datetime) -> float:
        """The score, raised or lowered by whom it is for; by success and age at near ties only."""
        factor = 1.0
        if self.client_id is not None:
            factor *= _OWN_CLIENT if self.client_id == asker.client_id else _OTHER_CLIENT
        if self.team_id in asker.team_ids:
            factor *= _OWN_TEAM
        age = min(1.0, (now - self.changed_at) / timedelta(days=_RECENT_DAYS))
        return self.hit.score * factor * (1 + _SUCCESS * self.success + _RECENT * (1 - age))


def kin_of(one: Candidate, candidates: Sequence[Candidate], asker: Asker) -> list[Candidate]:
    """Whom a flow speaks for: itself; a variant for the asking client for the flow that it is of, too."""
    if not one.is_variant_for(asker):
        return [one]
    return [
        other
        for other in candidates
        if other.family == one.family and other.client_id in (None, asker.client_id)
    ]


def competing(
    account_id: UUID, question: str, vector: list[float] | None, asker: Asker
) -> tuple[Found, list[Candidate]]:
    """What was found, and the flows among it, with those that are not to be shown: they are rivals, too.

    Where many hits are variants of a few flows, more are looked at. The asking client's own variant of a flow
    that was found is always among them, however little of its text the question has.
    """
    found = find_by(LIBRARY, account_id, question, vector, limit=LOOKED_AT)
    candidates, missing = _read(account_id, found.hits, asker)
    if len(found.hits) == LOOKED_AT and len({one.family for one in candidates}) < _DIFFERENT:
        found = find_by(LIBRARY, account_id, question, vector, limit=_LOOKED_FURTHER)
        candidates, missing = _read(account_id, found.hits, asker)
    if missing:
        own = Flow.objects.for_account(account_id).filter(pk__in=missing)
        scored = {
            hit.owner: hit
            for hit in find_by(LIBRARY, account_id, question, vector, limit=len(missing), only=own).hits
        }
        hits = (scored.get(pk, Hit(pk, 0.0, 0.0, None)) for pk in missing)
        found = replace(found, hits=(*found.hits, *hits))
        candidates, _none = _read(account_id, found.hits, asker)
    return found, candidates


def _read(account_id: UUID, found: Iterable[Hit], asker: Asker) -> tuple[list[Candidate], list[UUID]]:
    """The flows of hits; and those that were not hit, but were made for this client from one of them."""
    hits = {hit.owner: hit for hit in found}
    wanted = Q(pk__in=hits)
    if asker.client_id is not None:
        wanted |= Q(client_id=asker.client_id, forked_from__in=hits)
    rows = (
        Flow.objects.for_account(account_id)
        .published()
        .filter(wanted)
        .annotate(changed_at=F("current_version__published_at"))
        .values_list(
            *("pk", "current_version_id", "title", "team_id", "client_id", "forked_from_id"),
            *("changed_at", "resolved", "escalated"),
        )
    )
    candidates, missing = [], []
    for pk, *fields in rows:
        if pk in hits:
            candidates.append(Candidate(hits[pk], *fields))
        else:
            missing.append(pk)
    return candidates, missing
