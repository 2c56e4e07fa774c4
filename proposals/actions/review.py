"""Verbs of the review. Each is one transaction: a conditional update from the state and the draft that
the reviewer saw, the decision row, and what is published. The second of two reviewers writes nothing.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.ai.sourcing import still_in
from flowpilot.flows import actions as flows
from flowpilot.flows.document import InvalidTree, Tree
from flowpilot.flows.models import Flow, FlowVersion
from proposals.actions.announcing import tell_engineers, tell_no_more
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft
from sessions.models import AISession

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

UNDO_SECONDS = 30


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


class NeedsEdit(Exception):
    """Changes to a flow that is in use, and drafts that are not valid, are never published as they are:
    only Edit & Publish does it.
    """


class Unconfirmed(Exception):
    """What is to be published names commands, paths or codes that are in no source: `literals`. A person has
    to answer for them."""

    def __init__(self, literals: Sequence[str]) -> None:
        named = ", ".join(literals[:5])
        super().__init__(_("Confirm what no session names: %(literals)s") % {"literals": named})
        self.literals = literals


class ReasonRequired(Exception):
    """A rejection names its reason; the reasons feed later analyses."""


class CannotUndo(Exception):
    """Undo is the decider's, for a short while, and only while nothing rests on the decision."""


class OpenTwin(Exception):
    """A proposal with the same finding is open already."""


def approve(
    proposal: FlowProposal, *, draft: UUID, note: str = "", confirmed: bool = False, by: User
) -> FlowVersion:
    """Publish the draft that the reviewer saw as version 1 of a new flow."""
    if proposal.is_enhancement:
        raise NeedsEdit(_("Changes to a published flow go through Edit & publish."))
    with transaction.atomic():
        seen = _decide(proposal, Status.APPROVED, draft=draft, by=by)
        tree = _valid(seen)
        answered = _answered_for(seen, tree, confirmed)
        version = _publish_new(proposal, {"title": seen.title}, tree, seen.grounding, note=note, by=by)
        _close(proposal, seen, Verb.APPROVE, version, note=note, confirmed=answered, by=by)
    return version


def publish_edited(
    proposal: FlowProposal,
    tree: Tree,
    *,
    meta: Mapping[str, str | None],
    draft: UUID,
    base: UUID | None,
    note: str = "",
    confirmed: bool = False,
    by: User,
) -> FlowVersion:
    """Publish the reviewer's edit of the draft: a new flow, or the next version of the target flow.

    `meta`: title, summary and domain of the flow from then on; what is not named stays. `base` is the version
    that the edit was made on; raises `flows.actions.VersionConflict` when the
    flow has moved on since.
    """
    if not can_publish(proposal, by):
        raise NotAllowed(_("Only an admin of the flow's own team can publish a version of it."))
    with transaction.atomic():
        seen = _decide(proposal, Status.EDITED, draft=draft, by=by)
        answered = _answered_for(seen, tree, confirmed)
        if proposal.target_flow is None:
            version = _publish_new(proposal, meta, tree, seen.grounding, note=note, by=by)
        else:
            flows.describe(proposal.target_flow, meta, by=by)
            seen_version = proposal.target_flow.versions.filter(pk=base).first() if base else None
            version = flows.publish_version(
                proposal.target_flow, tree, base=seen_version, note=note, grounding=seen.grounding, by=by
            )
        _close(proposal, seen, Verb.PUBLISH_EDITED, version, note=note, confirmed=answered, by=by)
    return version


@transaction.atomic
def dismiss(
    proposal: FlowProposal,
    *,
    draft: UUID,
    reason_code: str = "",
    note: str = "",
    wake_at_evidence: int | None = None,
    by: User,
) -> None:
    """Not now: it sleeps until its evidence reaches `wake_at_evidence`, by default twice what it was."""
    wake = wake_at_evidence or max(2 * proposal.evidence_count, 1)
    seen = _decide(proposal, Status.DISMISSED, draft=draft, by=by, wake_at_evidence=wake)
    _log(proposal, seen, Verb.DISMISS, reason_code=reason_code, note=note, by=by)


@transaction.atomic
def reject(proposal: FlowProposal, *, draft: UUID, reason_code: str, note: str = "", by: User) -> None:
    """Wrong: the same finding is not proposed again."""
    if reason_code not in ProposalDecision.Reason.values:
        raise ReasonRequired(_("Choose why it is rejected."))
    seen = _decide(proposal, Status.REJECTED, draft=draft, by=by)
    _log(proposal, seen, Verb.REJECT, reason_code=reason_code, note=note, by=by)


@transaction.atomic
def reopen(proposal: FlowProposal, *, note: str = "", by: User) -> None:
    """Bring a dismissed, rejected or expired proposal back into the queue."""
    _refuse_unless_admin(proposal, by)
    closed = [Status.DISMISSED, Status.REJECTED, Status.EXPIRED]
    expires = timezone.now() + timedelta(days=proposal.account.proposal_expiry_days)
    _reset(proposal, closed, expires_at=expires)
    _log(proposal, proposal.current_draft, Verb.REOPEN, note=note, by=by)


def undo(proposal: FlowProposal, *, by: User, now: datetime | None = None) -> None:
    """Take a decision back within 30 s, by who made it.

    An approval is undone by retiring version 1, unless a session has pinned it; what was edited and
    published stays, because the library may have been read meanwhile.
    """
    now = now or timezone.now()
    with transaction.atomic():
        locked = _locked(proposal)
        _refuse_unless_admin(locked, by)
        if locked.reviewed_by_id != by.pk or locked.reviewed_at is None:
            raise CannotUndo(_("Only the person who decided can undo it."))
        if now - locked.reviewed_at > timedelta(seconds=UNDO_SECONDS):
            raise CannotUndo(_("Undo is possible for %(count)s seconds.") % {"count": UNDO_SECONDS})
        if locked.status == Status.EDITED:
            raise CannotUndo(_("An edited publication is not undone: publish another version instead."))
        if locked.status == Status.APPROVED:
            _retire_published(locked, by=by)
        _reset(proposal, [Status.APPROVED, Status.DISMISSED, Status.REJECTED])
        _log(proposal, proposal.current_draft, Verb.UNDO, by=by)


def expire(account_id: UUID, *, now: datetime | None = None) -> int:
    """Close pending proposals whose time is over; returns how many. They can be reopened."""
    now = now or timezone.now()
    due = FlowProposal.objects.for_account(account_id).pending().filter(expires_at__lte=now)
    count = 0
    for proposal in due.select_related("current_draft").order_by("expires_at")[:500]:
        with transaction.atomic():
            changed = due.filter(pk=proposal.pk).update(status=Status.EXPIRED, updated_at=now)
            if changed:
                _log(proposal, proposal.current_draft, Verb.EXPIRE, by=None)
                count += 1
    return count


def can_decide(proposal: FlowProposal, user: User) -> bool:
    return administers(user, proposal)


def can_publish(proposal: FlowProposal, user: User) -> bool:
    """A change is published by who may edit the flow: its own team's admins, or the account's."""
    target = proposal.target_flow
    return can_decide(proposal, user) and (target is None or administers(user, target))


def _refuse_unless_admin(proposal: FlowProposal, by: User) -> None:
    if not can_decide(proposal, by):
        raise NotAllowed(_("Only an admin of the proposal's team can decide about it."))


def _locked(proposal: FlowProposal) -> FlowProposal:
    return FlowProposal.objects.select_for_update(of=("self",)).with_context().get(pk=proposal.pk)


def _decide(
    proposal: FlowProposal, target: FlowProposal.Status, *, draft: UUID, by: User, **fields: Any
) -> ProposalDraft:
    """Pending → target, if nobody decided and the draft is still the one seen; else nothing is written."""
    _refuse_unless_admin(proposal, by)
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


def _reset(proposal: FlowProposal, allowed: list[FlowProposal.Status], **fields: Any) -> None:
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
                updated_at=timezone.now(),
                **fields,
            )
    except IntegrityError as error:
        raise OpenTwin(_("The same finding is open in the queue already.")) from error
    if not changed:
        raise AlreadyDecided(FlowProposal.objects.with_context().get(pk=proposal.pk))
    proposal.refresh_from_db()


def _publish_new(
    proposal: FlowProposal,
    meta: Mapping[str, str | None],
    tree: Tree,
    grounding: dict[str, object],
    *,
    note: str,
    by: User,
) -> FlowVersion:
    flow = flows.create_flow(
        proposal.account_id,
        title=meta.get("title") or proposal.title,
        summary=meta.get("summary", proposal.summary) or "",
        domain=meta.get("domain", proposal.problem_domain),
        team=proposal.team,
        client=proposal.client,
        owner=by,
    )
    return flows.publish_version(flow, tree, base=None, note=note, grounding=grounding, by=by)


def _valid(draft: ProposalDraft) -> Tree:
    try:
        return draft.document
    except InvalidTree as error:
        raise NeedsEdit(_("This draft is not a valid flow yet: %s") % error.errors[0].message) from error


def _answered_for(draft: ProposalDraft, tree: Tree, confirmed: bool) -> list[str]:
    """What the tree still names of what the draft had from no source; refused unless confirmed. What a person
    wrote into it is that person's own."""
    named = still_in(tree, chain.from_iterable(draft.unsourced.values()))
    if named and not confirmed:
        raise Unconfirmed(named)
    return named


def _close(
    proposal: FlowProposal,
    draft: ProposalDraft,
    verb: str,
    version: FlowVersion,
    *,
    note: str,
    confirmed: list[str],
    by: User,
) -> None:
    proposal.published_version = version
    proposal.save(update_fields=["published_version", "updated_at"])
    _log(proposal, draft, verb, note=note, by=by, version=version, confirmed=confirmed)
    tell_engineers(proposal, version, by=by)


def _retire_published(proposal: FlowProposal, *, by: User) -> None:
    version = proposal.published_version
    if version is None:
        return
    flow: Flow = version.flow
    Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
    if AISession.objects.filter(flow_version__flow=flow).exists():
        raise CannotUndo(_("A session follows this flow already."))
    with suppress(flows.CannotRetire):  # somebody retired it already: so much the better
        flows.retire(flow, by=by)
    tell_no_more(version)


def _log(
    proposal: FlowProposal,
    draft: ProposalDraft | None,
    verb: str,
    *,
    reason_code: str = "",
    note: str = "",
    by: User | None,
    version: FlowVersion | None = None,
    confirmed: Sequence[str] = (),
) -> None:
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
        audit.record(AUDITED[Verb(verb)], account_id=proposal.account_id, subject=proposal, note=note, by=by)
