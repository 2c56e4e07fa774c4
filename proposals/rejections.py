"""What reviewers turned down last, and did not take back."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.utils.text import Truncator

from flowpilot.ai.contracts import Declined
from proposals.models import FlowProposal, ProposalDecision

Verb = ProposalDecision.Verb
NOTE_LENGTH: Final = 300


def last_rejections(account_id: UUID, proposals: Collection[UUID]) -> dict[UUID, Declined]:
    """The last rejection of each that was not undone: undoing takes back what was decided directly before.
    Those that were never rejected are missing."""
    rejected: dict[UUID, ProposalDecision] = {}
    before: dict[UUID, str] = {}
    for row in _decisions(account_id, proposals) if proposals else ():
        if row.verb == Verb.REJECT:
            rejected[row.proposal_id] = row
        elif row.verb == Verb.UNDO and before.get(row.proposal_id) == Verb.REJECT:
            del rejected[row.proposal_id]
        before[row.proposal_id] = row.verb
    return _told(account_id, rejected) if rejected else {}


def _decisions(account_id: UUID, proposals: Collection[UUID]) -> list[ProposalDecision]:
    """Without their proposals: most were never rejected, and planning the join would take the longest."""
    rows = ProposalDecision.objects.for_account(account_id).filter(
        proposal_id__in=proposals, verb__in=(Verb.REJECT, Verb.DISMISS, Verb.APPROVE, Verb.UNDO)
    )
    return list(rows.only("proposal_id", "verb", "reason_code", "note").order_by("created_at", "id"))


def _told(account_id: UUID, rejected: dict[UUID, ProposalDecision]) -> dict[UUID, Declined]:
    titles = FlowProposal.objects.for_account(account_id).filter(pk__in=rejected)
    return {
        pk: Declined(
            title=title,
            reason=rejected[pk].get_reason_code_display(),
            note=Truncator(rejected[pk].note).chars(NOTE_LENGTH),
        )
        for pk, title in titles.values_list("pk", "title")
    }
