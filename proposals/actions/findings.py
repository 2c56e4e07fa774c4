"""Verbs that write down what was concluded: proposals, their drafts and their evidence.

Verdicts are written many at a time, each only while every member's claim holds and its session is still
resolved with the resolution that was analysed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from flowpilot.core.db.rows import uuid_array
from flowpilot.core.ids import uuid7
from proposals.actions.claims import put_back, set_session_status, valid_claims
from proposals.actions.drafts import (
    COUNTED,
    FindingTaken,
    count_evidence,
    feed,
    note_evidence,
    open_new,
    save_fed,
)
from proposals.analysis import Verdict
from proposals.models import FlowProposal, ProposalEvidence, SessionAnalysis
from sessions.models import AISession

__all__ = ["FindingTaken", "store", "store_all", "supersede_stale_evidence"]


@dataclass(frozen=True)
class _Held:
    """A verdict of which every claim holds."""

    verdict: Verdict
    claims: tuple[SessionAnalysis, ...]
    proposal: FlowProposal | None = None


def store(account_id: UUID, verdict: Verdict, *, token: UUID) -> bool:
    """Write one verdict down; whether it was written. As `store_all`."""
    return bool(store_all(account_id, [verdict], token=token))


@transaction.atomic
def store_all(account_id: UUID, verdicts: Sequence[Verdict], *, token: UUID) -> list[Verdict]:
    """Write verdicts down, each all or nothing, and return those written. No two may be of one proposal.

    Members whose claim was lost, or whose session was reopened meanwhile, void their verdict: what was mined
    rests on them. Its other members are released to be analysed anew. Raises `FindingTaken`, and then
    nothing at all is written, when a proposal with one of the findings was opened since it was judged.
    """
    held = _held(account_id, verdicts, token)
    now = timezone.now()
    fed = feed(account_id, [one.verdict for one in held if one.verdict.known], now=now)
    clients = _clients_that_come(account_id, held)
    new = [one.verdict for one in held if one.verdict.known is None]
    opened = open_new(account_id, new, clients=clients, now=now)
    by_id: dict[UUID | None, FlowProposal] = {proposal.pk: proposal for proposal in (*opened, *fed)}
    told = [replace(one, proposal=by_id.get(one.verdict.proposal_id)) for one in held]
    added = _add_evidence(account_id, told, now)
    for one in told:
        if one.proposal and one.verdict.known:
            pk = one.proposal.pk
            note_evidence(one.proposal, one.verdict, added[pk], clients.get(pk, 0))
    save_fed(fed)
    _complete(told, now)
    set_session_status(
        [claim.session_id for one in told for claim in one.claims], AISession.AnalysisStatus.COMPLETED
    )
    return [one.verdict for one in told]


def _held(account_id: UUID, verdicts: Sequence[Verdict], token: UUID) -> list[_Held]:
    """Those of which every claim holds; what the others still hold is put back."""
    ids = {facts.id for verdict in verdicts for facts in verdict.group.members}
    claims = {claim.session_id: claim for claim in valid_claims(account_id, ids, token)}
    held = []
    for verdict in verdicts:
        members = verdict.group.members
        valid = tuple(claims[facts.id] for facts in members if facts.id in claims)
        if len(valid) == len(members):
            held.append(_Held(verdict, valid))
        else:
            put_back(valid)
    return held


SPEAK = """
INSERT INTO proposals_proposalevidence (id, account_id, created_at, proposal_id, session_id, resolution_no)
SELECT id, %(account)s, %(now)s, proposal_id, session_id, resolution_no
FROM unnest(%(ids)s::uuid[], %(proposals)s::uuid[], %(sessions)s::uuid[], %(numbers)s::int[])
  AS told (id, proposal_id, session_id, resolution_no)
ON CONFLICT DO NOTHING
RETURNING proposal_id
"""
"""Of arrays, as `COMPLETE` is: building these rows in Python would take as long as all the rest."""


CLIENTS = """
SELECT came.proposal_id, count(*)
FROM (
  SELECT DISTINCT told.proposal_id, incident.client_id
  FROM unnest(%(proposals)s::uuid[], %(sessions)s::uuid[]) AS told (proposal_id, session_id)
  CROSS JOIN LATERAL (
    SELECT client_id FROM ai_sessions WHERE account_id = %(account)s AND id = told.session_id OFFSET 0
  ) AS incident
  WHERE incident.client_id IS NOT NULL
) AS came
WHERE NOT EXISTS (
  SELECT FROM (
    SELECT session_id, resolution_no FROM proposals_proposalevidence
    WHERE account_id = %(account)s AND proposal_id = came.proposal_id AND superseded_at IS NULL
    OFFSET 0
  ) AS evidence CROSS JOIN LATERAL (
    SELECT FROM ai_sessions
    WHERE account_id = %(account)s AND id = evidence.session_id AND client_id = came.client_id
      AND status = 'resolved' AND resolution_no = evidence.resolution_no
    OFFSET 0
  ) AS incident
)
GROUP BY 1
"""
"""As in `growth.NEWEST` one by one, by an index each, and no further than to the first session of a client:
of a proposal with thousands only a client that is new to it has all of them looked at."""


def _clients_that_come(account_id: UUID, held: Iterable[_Held]) -> dict[UUID, int]:
    """How many clients each proposal gets that none of its sessions is of. To be asked while the known ones
    are locked, before what comes to them is added."""
    rows = [
        (one.verdict.proposal_id, claim.session_id)
        for one in held
        if one.verdict.proposal_id
        for claim in one.claims
    ]
    if not rows:
        return {}
    proposals, sessions = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            CLIENTS,
            {"account": account_id, "proposals": uuid_array(proposals), "sessions": uuid_array(sessions)},
        )
        return dict(cursor.fetchall())


def _add_evidence(account_id: UUID, told: Iterable[_Held], now: datetime) -> Counter[UUID]:
    """How many came to each proposal. What stopped counting is taken off by `supersede_stale_evidence`."""
    rows = [(one.proposal.pk, claim) for one in told if one.proposal for claim in one.claims]
    with connection.cursor() as cursor:
        cursor.execute(
            SPEAK,
            {
                "account": account_id,
                "now": now,
                "ids": uuid_array(uuid7() for _row in rows),
                "proposals": uuid_array(proposal_id for proposal_id, _claim in rows),
                "sessions": uuid_array(claim.session_id for _proposal_id, claim in rows),
                "numbers": [claim.resolution_no for _proposal_id, claim in rows],
            },
        )
        return Counter(proposal_id for (proposal_id,) in cursor.fetchall())


COMPLETE = """
UPDATE proposals_sessionanalysis AS analysis
SET state = %(completed)s, finished_at = %(now)s, claim_token = NULL, error = '',
    outcome = told.outcome, reason = told.reason, engine = told.engine, proposal_id = told.proposal_id
FROM unnest(%(ids)s::uuid[], %(outcomes)s::text[], %(reasons)s::text[], %(engines)s::text[],
            %(proposals)s::uuid[]) AS told (id, outcome, reason, engine, proposal_id)
WHERE analysis.id = told.id
"""


def _complete(told: Iterable[_Held], now: datetime) -> None:
    rows = [(claim.pk, one.verdict, one.proposal) for one in told for claim in one.claims]
    with connection.cursor() as cursor:
        cursor.execute(
            COMPLETE,
            {
                "completed": SessionAnalysis.State.COMPLETED.value,
                "now": now,
                "ids": uuid_array(pk for pk, _verdict, _proposal in rows),
                "outcomes": [str(verdict.outcome) for _pk, verdict, _proposal in rows],
                "reasons": [verdict.reason for _pk, verdict, _proposal in rows],
                "engines": [verdict.engine for _pk, verdict, _proposal in rows],
                "proposals": uuid_array(
                    proposal.pk if proposal else None for _pk, _verdict, proposal in rows
                ),
            },
        )


@transaction.atomic
def supersede_stale_evidence(account_id: UUID) -> int:
    """Mark evidence of reopened or re-resolved sessions and recount the proposals it spoke for."""
    stale = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(superseded_at__isnull=True, session__reopened_at__isnull=False)
        .exclude(session__status=AISession.Status.RESOLVED, session__resolution_no=F("resolution_no"))
    )
    rows = list(stale.values_list("pk", "proposal_id"))
    named = FlowProposal.objects.filter(pk__in={proposal for _pk, proposal in rows})
    proposals = list(named.select_for_update(of=("self",)).order_by("pk"))
    ProposalEvidence.objects.filter(pk__in=[pk for pk, _proposal in rows]).update(
        superseded_at=timezone.now()
    )
    count_evidence(account_id, proposals)
    for proposal in proposals:
        proposal.save(update_fields=COUNTED)
    return len(rows)
