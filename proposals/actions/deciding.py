"""What every decision about a proposal is made of: who may, the conditional update from the state and the
draft that the reviewer saw, the way back, the decision row and the audit.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.flows.models import FlowVersion
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft

Status = FlowProposal.Status
Verb = ProposalDecision.Verb
AUDITED = {
    Verb.APPROVE: audit.Verb.PROPOSAL_APPROVED,
    Verb.PUBLISH_EDITED: audit.Verb.PROPOSAL_EDITED,
    Verb.DISMISS: audit.Verb.PROPOSAL_DISMISSED,
    Verb.REJECT: audit.Verb.PROPOSAL_REJECTED,
    Verb.REOPEN: audit.Verb.PROPOSAL_REOPENED,
    Verb.UNDO: audit.Verb.PROPOSAL_UNDONE,
}
"""What people decide; a proposal that expires by itself stands in its own activity only."""


class AlreadyDecided(Exception):
    """Somebody else was first; `proposal` is fresh and tells who and what."""

    def __init__(self, proposal: FlowProposal) -> None:
        by = proposal.reviewed_by or _("the system")
        super().__init__(
            _("Already %(status)s by %(by)s.") % {"status": proposal.get_status_display().lower(), "by": by}
        )
        self.proposal = proposal


class DraftChanged(Exception):
    """New evidence came in and the draft was mined again after the reviewer loaded it."""

    def __init__(self, proposal: FlowProposal) -> None:
        super().__init__(_("The draft you saw has changed: new evidence came in. Look at the new one."))
        self.proposal = proposal


class OpenTwin(Exception):
    """A proposal with the same finding is open already."""


def can_decide(proposal: FlowProposal, user: User) -> bool:
    return administers(user, proposal)


def refuse_unless_admin(proposal: FlowProposal, by: User) -> None:
    if not can_decide(proposal, by):
        raise NotAllowed(_("Only an admin of the proposal's team can decide about it."))


def decide(
    proposal: FlowProposal, target: FlowProposal.Status, *, draft: UUID, by: User, **fields: Any
) -> ProposalDraft:
    """Pending → target, if nobody decided and the draft is still the one seen; else nothing is written."""
    refuse_unless_admin(proposal, by)
    now = timezone.now()
    changed = FlowProposal.objects.filter(
        pk=proposal.pk, status=Status.PENDING, current_draft_id=draft
    ).update(status=target, reviewed_by=by, reviewed_at=now, updated_at=now, **fields)
    if not changed:
        fresh = FlowProposal.objects.with_context().get(pk=proposal.pk)
        raise DraftChanged(fresh) if fresh.is_pending else AlreadyDecided(fresh)
    proposal.refresh_from_db()
    seen = proposal.current_draft
    assert seen is not None
    return seen


def reset(proposal: FlowProposal, allowed: list[FlowProposal.Status], **fields: Any) -> None:
    """Back to pending; refused when the same finding has come up again and is open meanwhile."""
    rows = FlowProposal.objects.filter(pk=proposal.pk, status__in=allowed)
    try:
        with transaction.atomic():
            changed = rows.update(
                status=Status.PENDING,
                reviewed_by=None,
                reviewed_at=None,
                wake_at_evidence=None,
                published_version=None,
                duplicate_of=None,
                duplicate_of_flow=None,
                updated_at=timezone.now(),
                **fields,
            )
    except IntegrityError as error:
        raise OpenTwin(_("The same finding is open in the queue already.")) from error
    if not changed:
        raise AlreadyDecided(FlowProposal.objects.with_context().get(pk=proposal.pk))
    proposal.refresh_from_db()


def log(
    proposal: FlowProposal,
    draft: ProposalDraft | None,
    verb: str,
    *,
    reason_code: str = "",
    note: str = "",
    by: User | None,
    version: FlowVersion | None = None,
    confirmed: Sequence[str] = (),
    changes: audit.Changes | None = None,
) -> None:
    """Write the decision down, and in the audit what a person decided; `changes` are for the audit."""
    ProposalDecision.objects.create(
        account_id=proposal.account_id,
        proposal=proposal,
        draft=draft,
        verb=verb,
        actor=by,
        reason_code=reason_code,
        note=note,
        confirmed=list(confirmed),
        published_tree=version.tree_structure if version else None,
        published_version=version,
    )
    if verb in AUDITED:
        audit.record(
            AUDITED[Verb(verb)],
            account_id=proposal.account_id,
            subject=proposal,
            changes=changes,
            note=note,
            by=by,
        )
