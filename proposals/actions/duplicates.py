"""The verb that says: this is there already. What speaks for the one speaks for the other from then on."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.flows.models import Flow
from proposals.actions.carrying import carry, named
from proposals.actions.deciding import Status, Verb, decide, log
from proposals.models import FlowProposal, ProposalDecision

ORIGINALS = (Status.PENDING, Status.DISMISSED, Status.REJECTED)
"""What a proposal may be a duplicate of; what was published is a flow."""


class NotItsOriginal(Exception):
    """The proposal cannot be a duplicate of that one: it is about something else, or a duplicate itself."""


@transaction.atomic
def mark_duplicate(
    proposal: FlowProposal, *, draft: UUID, of: FlowProposal | Flow, note: str = "", by: User
) -> int:
    """Close a pending proposal as a duplicate and let its evidence count for the original; how many sessions
    that added. Undone and reopened like a dismissal, and then the evidence goes back.

    Of a flow, its evidence goes to the proposal that the flow was published from, if it was. A sleeping
    original that has enough evidence by this comes back with the next session.
    """
    rows = _locked(proposal, of)
    original = rows.get(of.pk) if isinstance(of, FlowProposal) else of
    if original is None or not may_be_original(proposal, original):
        raise NotItsOriginal(_("It cannot be a duplicate of that: choose one of the list."))
    of_flow = original if isinstance(original, Flow) else None
    target = published_from(original, proposal) if isinstance(original, Flow) else original
    seen = decide(
        proposal,
        Status.DISMISSED,
        draft=draft,
        by=by,
        wake_at_evidence=None,
        duplicate_of=None if of_flow else original,
        duplicate_of_flow=of_flow,
    )
    carried = carry(proposal, target, by=by) if target else 0
    said = _("Duplicate of %(name)s") % {"name": named(original)}
    log(
        proposal,
        seen,
        Verb.DISMISS,
        reason_code=ProposalDecision.Reason.DUPLICATE,
        note=f"{said}\n{note}".strip(),
        changes={"duplicate_of": ("", named(original)), "evidence": ("", str(carried))},
        by=by,
    )
    return carried


def may_be_original(proposal: FlowProposal, original: FlowProposal | Flow) -> bool:
    """Whether both can say the same: proposals of one team that are new flows or change one flow, or for a
    new flow a published one."""
    if isinstance(original, Flow):
        return not proposal.is_enhancement and original.status == Flow.Status.PUBLISHED
    about = ("account_id", "team_id", "proposal_type", "target_flow_id")
    return (
        original.pk != proposal.pk
        and original.status in ORIGINALS
        and original.duplicate_of_id is None
        and original.duplicate_of_flow_id is None
        and all(getattr(original, name) == getattr(proposal, name) for name in about)
    )


def published_from(flow: Flow, proposal: FlowProposal) -> FlowProposal | None:
    """The proposal of the same team, locked, that a flow was published from last."""
    rows = FlowProposal.objects.for_account(proposal.account_id).filter(
        published_version__flow=flow, team_id=proposal.team_id
    )
    return rows.select_for_update(of=("self",)).order_by("-reviewed_at", "-id").first()


def _locked(proposal: FlowProposal, of: FlowProposal | Flow) -> dict[UUID, FlowProposal]:
    """Both in the order of their keys: two reviewers who call each the other's duplicate do not wait for
    each other."""
    rows = FlowProposal.objects.for_account(proposal.account_id).filter(pk__in=[proposal.pk, of.pk])
    return {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
