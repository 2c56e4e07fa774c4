"""What speaks for a known proposal: read for many of them at once, or for one when it is asked for."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from flowpilot.ai.contracts import Declined, SessionFacts
from flowpilot.flows.models import Flow
from proposals.groups import Group, load
from proposals.models import FlowProposal, ProposalEvidence
from proposals.recent import RecentFacts
from proposals.rejections import last_rejections

EVIDENCE_MINED = 200
"""Sessions that one draft is mined from at most; the newest count."""
MINED_AGAIN_BY: Final = 4
"""A draft is mined again once a quarter of its evidence is new, so below eight sessions with each: reading
all of hundreds again for every one that comes would cost more than it tells."""
FRESH_SECONDS: Final = 2.0
"""How long what was read ahead may be used: people decide meanwhile."""
READ_AT_ONCE: Final = 500
Session = tuple[UUID, datetime | None]
NEWEST: Final = """
SELECT grown.id, newest.session_id, newest.ended_at
FROM unnest(%(proposals)s::uuid[]) AS grown (id) CROSS JOIN LATERAL (
  SELECT evidence.session_id, incident.ended_at
  FROM (
    SELECT session_id, resolution_no FROM proposals_proposalevidence
    WHERE account_id = %(account)s AND proposal_id = grown.id AND superseded_at IS NULL
    ORDER BY session_id DESC OFFSET 0
  ) AS evidence CROSS JOIN LATERAL (
    SELECT ended_at FROM ai_sessions
    WHERE account_id = %(account)s AND id = evidence.session_id
      AND status = 'resolved' AND resolution_no = evidence.resolution_no
    OFFSET 0
  ) AS incident
  ORDER BY evidence.session_id DESC
  LIMIT %(most)s
) AS newest
"""
"""One proposal after the other, of it one session after the other, each by an index: `OFFSET 0` leaves the
planner, who may know nothing of a new account yet, no other way. What counts says
`EvidenceQuerySet.counting`."""


class Growth:
    """The rows of known proposals and the sessions that speak for them, in one account."""

    def __init__(self, account_id: UUID) -> None:
        self._account_id = account_id
        self.facts = RecentFacts()
        self._rows: dict[UUID, FlowProposal] = {}
        self._speaking: dict[UUID, list[Session]] = {}
        self._rejections: dict[UUID, Declined | None] = {}
        self._read_at = 0.0

    def read_ahead(self, likely: Mapping[UUID, Group]) -> None:
        """Read at once what judging these groups will ask for, if each says the same as that proposal."""
        self._rows = {row.pk: row for row in self._judged(likely)}
        self._read_at = monotonic()
        due = [pk for pk, row in self._rows.items() if row.is_pending and is_due(row, likely[pk])]
        self._speaking = self._newest(due)
        self._rejections = {}
        self._read_rejections(due)
        speaking = [one for sessions in self._speaking.values() for one in sessions]
        unread = [pk for pk, ended_at in speaking if not self.facts.holds(pk, ended_at)]
        for start in range(0, len(unread), READ_AT_ONCE):
            self._load(unread[start : start + READ_AT_ONCE])

    def forget(self, proposal_id: UUID) -> None:
        """It was written to: what was read before is old."""
        self._rows.pop(proposal_id, None)
        self._speaking.pop(proposal_id, None)
        self._rejections.pop(proposal_id, None)

    def usable(self, proposal_id: UUID, statuses: Collection[str]) -> FlowProposal | None:
        """As much of the row as a verdict needs, if it still stands so and its flow is not retired; of a
        duplicate that of its original."""
        self._drop_stale()
        row = self._rows.get(proposal_id) or next(iter(self._judged([proposal_id])), None)
        if row is None or row.status not in statuses or row.flow_status == Flow.Status.RETIRED:  # type: ignore[attr-defined]
            return None
        return self.usable(row.duplicate_of_id, statuses) if row.duplicate_of_id else row

    def rejections(self, proposals: Collection[UUID]) -> dict[UUID, Declined]:
        """The last rejection of each of these that stands."""
        self._drop_stale()
        self._read_rejections([pk for pk in proposals if pk not in self._rejections])
        found = {pk: self._rejections[pk] for pk in proposals}
        return {pk: rejection for pk, rejection in found.items() if rejection}

    def evidence(self, group: Group, known: FlowProposal) -> tuple[SessionFacts, ...]:
        """The group's sessions and the newest that already speak for the proposal, in a stable order."""
        sessions = self._speaking.get(known.pk)
        if sessions is None:
            sessions = self._newest([known.pk])[known.pk]
        read = self._read(sessions)
        facts = {facts.id: facts for facts in (*read, *group.members)}
        return tuple(facts[pk] for pk in sorted(facts))

    def _drop_stale(self) -> None:
        if monotonic() - self._read_at > FRESH_SECONDS:
            self._rows, self._speaking, self._rejections = {}, {}, {}

    def _read_rejections(self, proposals: Collection[UUID]) -> None:
        found = last_rejections(self._account_id, proposals)
        self._rejections |= {pk: found.get(pk) for pk in proposals}

    def _judged(self, proposals: Collection[UUID]) -> Iterable[FlowProposal]:
        if not proposals:
            return ()
        rows = FlowProposal.objects.for_account(self._account_id).filter(pk__in=proposals)
        holder = Coalesce("published_version__flow__status", "duplicate_of_flow__status")
        return (
            rows.select_related("duplicate_of_flow")
            .annotate(flow_status=holder)
            .only(
                "id",
                "status",
                "title",
                "evidence_count",
                "unmined_evidence",
                "wake_at_evidence",
                "duplicate_of",
                "duplicate_of_flow__title",
            )
        )

    def _newest(self, proposals: Collection[UUID]) -> dict[UUID, list[Session]]:
        found: dict[UUID, list[Session]] = defaultdict(list)
        if proposals:
            with connection.cursor() as cursor:
                cursor.execute(
                    NEWEST,
                    {"account": self._account_id, "proposals": list(proposals), "most": EVIDENCE_MINED},
                )
                for proposal_id, session_id, ended_at in cursor:
                    found[proposal_id].append((session_id, ended_at))
        return found

    def _read(self, sessions: Sequence[Session]) -> list[SessionFacts]:
        """Their facts; only what was not read a moment ago is read now."""
        found = [(pk, self.facts.of(pk, ended_at)) for pk, ended_at in sessions]
        unread = [pk for pk, facts in found if facts is None]
        return [*(facts for _pk, facts in found if facts is not None), *self._load(unread)]

    def _load(self, ids: Sequence[UUID]) -> list[SessionFacts]:
        read = [facts for _row, facts in load(self._account_id, ids).values()] if ids else []
        self.facts.keep(read)
        return read


def is_due(known: FlowProposal, group: Group) -> bool:
    """Whether enough has come to an open proposal since its draft was mined, the group included."""
    return known.unmined_evidence + len(group.members) >= known.evidence_count // MINED_AGAIN_BY


def has_enough(account_id: UUID, group: Group, known: FlowProposal) -> bool:
    """Whether a dismissed proposal's evidence, the group's included, reaches what it sleeps until."""
    if known.wake_at_evidence is None:
        return False
    new = {facts.id for facts in group.members}
    speaking = _speaking(account_id, [known.pk]).exclude(session__in=new)
    return bool(speaking.count() + len(new) >= known.wake_at_evidence)


def _speaking(account_id: UUID, proposals: Collection[UUID]) -> QuerySet[ProposalEvidence]:
    rows: QuerySet[ProposalEvidence] = (
        ProposalEvidence.objects.for_account(account_id).filter(proposal__in=proposals).counting()
    )
    return rows
