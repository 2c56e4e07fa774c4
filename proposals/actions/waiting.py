"""Verbs of claims that wait for a vendor's batch: put aside, taken up again, recovered when nothing comes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from flowpilot.ai import questions
from proposals.actions.claims import MAX_ATTEMPTS, Claim, put_back, valid_claims
from proposals.models import SessionAnalysis

State = SessionAnalysis.State

LONGEST_WAIT: Final = timedelta(days=4)
"""Two batches of a day each, and time to notice: later than that, no answer comes."""


@transaction.atomic
def wait_for(account_id: UUID, ids: Collection[UUID], *, token: UUID, question_id: UUID) -> bool:
    """Put a group's claims aside and let its question be sent, both or neither; whether it was done.

    If a member was lost or reopened meanwhile, the others go back into the line: the question was about all.
    """
    claims = valid_claims(account_id, ids, token)
    if len(claims) < len(ids):
        put_back(claims)
        return False
    rows = SessionAnalysis.objects.for_account(account_id).filter(pk__in=[claim.pk for claim in claims])
    rows.update(state=State.SUBMITTED, claim_token=question_id, lease_until=timezone.now() + LONGEST_WAIT)
    questions.release(account_id, question_id)
    return True


@transaction.atomic
def resume(account_id: UUID, question_id: UUID) -> Claim:
    """Claim those that wait for a question, under its id; the attempt is counted.

    The id stays their token: if the pass breaks off or gives them back, the next one resumes them with the
    answer that is there, instead of paying for another. Who was tried too often is left to be parked.
    """
    lease = timezone.now() + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS)
    waits = Q(state=State.SUBMITTED) | Q(state=State.CLAIMED, attempts__lt=MAX_ATTEMPTS)
    rows = SessionAnalysis.objects.for_account(account_id).filter(waits, claim_token=question_id)
    sessions = dict(rows.select_for_update(of=("self",)).values_list("pk", "session_id"))
    SessionAnalysis.objects.for_account(account_id).filter(pk__in=sessions).update(
        state=State.CLAIMED, lease_until=lease, attempts=F("attempts") + 1
    )
    return Claim(question_id, lease, tuple(sorted(sessions.values())), ())


def recover_submitted(account_id: UUID, *, now: datetime) -> int:
    """Put back into the line what waited for longer than any answer takes; how many there were."""
    rows = SessionAnalysis.objects.for_account(account_id).filter(state=State.SUBMITTED, lease_until__lt=now)
    return rows.update(state=State.CLAIMED, claim_token=None, lease_until=now)
