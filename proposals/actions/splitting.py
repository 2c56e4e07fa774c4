"""The verb that takes back “the same finding”: a session was counted for a proposal by mistake."""

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed
from proposals.actions.claims import Claim, claim_by_hand
from proposals.actions.deciding import AlreadyDecided, can_decide
from proposals.actions.drafts import COUNTED, count_evidence
from proposals.models import FlowProposal, ProposalDecision
from sessions.models import AISession

MAY_BE_SPLIT = (FlowProposal.Status.PENDING, FlowProposal.Status.DISMISSED, FlowProposal.Status.REJECTED)


class CannotSplit(Exception):
    """The session does not speak for the proposal, or is all that does."""


@transaction.atomic
def split_off(proposal: FlowProposal, session: AISession, *, by: User) -> Claim:
    """Let a session speak for the proposal no longer, and claim it for an analysis of its own.

    The draft stays as it was mined, with this session: a new one is due as soon as the next comes to the
    proposal.
    """
    if not can_decide(proposal, by):
        raise NotAllowed(_("Only an admin of the proposal's team can decide about it."))
    locked = FlowProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if locked.status not in MAY_BE_SPLIT:
        raise AlreadyDecided(locked)
    evidence = locked.evidence.all()
    if not evidence.filter(session=session).exists():
        raise CannotSplit(_("This session does not speak for the proposal."))
    if not evidence.counting().exclude(session=session).exists():
        raise CannotSplit(
            _("This session is all that speaks for the proposal: dismiss or reject it instead.")
        )
    claim = claim_by_hand([session], by=by)
    evidence.filter(session=session).delete()
    count_evidence(locked.account_id, [locked])
    locked.unmined_evidence = locked.evidence_count
    locked.save(update_fields=[*COUNTED, "unmined_evidence"])
    ProposalDecision.objects.create(
        account_id=locked.account_id,
        proposal=locked,
        draft_id=locked.current_draft_id,
        verb=ProposalDecision.Verb.SPLIT,
        actor=by,
    )
    audit.record(
        audit.Verb.PROPOSAL_SPLIT,
        account_id=locked.account_id,
        subject=locked,
        changes={"evidence": (str(session.pk), "")},
        by=by,
    )
    return claim
