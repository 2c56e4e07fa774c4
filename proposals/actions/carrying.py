"""What speaks for a duplicate speaks for the original as well, until the duplicate is open again.

The duplicate keeps its own evidence; the original gets rows that say which duplicate they came with, so that
they can be taken back.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import ngettext

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from proposals.actions.deciding import Verb, log
from proposals.actions.drafts import COUNTED, count_evidence
from proposals.models import FlowProposal, ProposalEvidence


def carry(duplicate: FlowProposal, original: FlowProposal, *, by: User) -> int:
    """Let the duplicate's evidence count for the original, which is locked; how many sessions that added.
    A session that speaks for the original already stays as it is."""
    known = set(original.evidence.values_list("session_id", "resolution_no"))
    rows = [
        ProposalEvidence(
            account_id=original.account_id,
            proposal=original,
            session_id=row.session_id,
            resolution_no=row.resolution_no,
            carried_from_id=row.carried_from_id or duplicate.pk,
        )
        for row in duplicate.evidence.counting()
        if (row.session_id, row.resolution_no) not in known
    ]
    ProposalEvidence.objects.bulk_create(rows)
    _recount(original, len(rows))
    said = ngettext("%(n)s session of %(name)s", "%(n)s sessions of %(name)s", len(rows))
    note = said % {"n": len(rows), "name": named(duplicate)}
    log(original, original.current_draft, Verb.CARRY, note=note, by=by)
    return len(rows)


def lock_with_holders(duplicate: FlowProposal) -> None:
    """Lock a proposal and those that hold its evidence in the order of their keys, as `mark_duplicate` does:
    two reviewers do not wait for each other."""
    _locked({duplicate.pk, *_carried(duplicate).values_list("proposal_id", flat=True)})


def give_back(duplicate: FlowProposal, *, by: User) -> audit.Changes:
    """Take back what `carry` did, wherever it has been carried since; what the audit says of it."""
    rows = list(_carried(duplicate))
    for original in _locked({row.proposal_id for row in rows}):
        own = [row.pk for row in rows if row.proposal_id == original.pk]
        original.evidence.filter(pk__in=own).delete()
        _recount(original, -len(own))
        log(original, original.current_draft, Verb.GIVE_BACK, note=named(duplicate), by=by)
    former = duplicate.duplicate_of or duplicate.duplicate_of_flow
    return {"duplicate_of": (named(former), ""), "evidence": (str(len(rows)), "")} if former else {}


def named(original: object) -> str:
    """ "FP-1A2B3C “Printer is offline”", or of a flow its title."""
    if isinstance(original, FlowProposal):
        return f"{original.reference} “{original.title}”"
    return f"“{original}”"


def _carried(duplicate: FlowProposal) -> QuerySet[ProposalEvidence]:
    """What of a proposal speaks for others."""
    origins = duplicate.evidence.exclude(carried_from=None).values("carried_from")
    came = Q(carried_from=duplicate) | Q(carried_from__in=origins) & ~Q(proposal=duplicate)
    return ProposalEvidence.objects.for_account(duplicate.account_id).filter(came)


def _locked(proposals: Iterable[UUID]) -> list[FlowProposal]:
    rows = FlowProposal.objects.filter(pk__in=proposals).select_for_update(of=("self",))
    return list(rows.order_by("pk"))


def _recount(proposal: FlowProposal, added: int) -> None:
    """Its draft is mined over what it has now when the next session comes to it."""
    count_evidence(proposal.account_id, [proposal])
    proposal.unmined_evidence = max(proposal.unmined_evidence + added, 0)
    proposal.save(update_fields=[*COUNTED, "unmined_evidence"])
