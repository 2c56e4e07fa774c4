"""Verbs of the review. Each is one transaction: a conditional update from the state and the draft that
the reviewer saw, the decision row, and what is published. The second of two reviewers writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.ai.sourcing import still_in
from flowpilot.flows import actions as flows
from flowpilot.flows.document import InvalidTree, Tree
from flowpilot.flows.grounding import by_new_ids, still_there
from flowpilot.flows.models import Flow, FlowVersion, VersionSource
from proposals.actions.announcing import tell_engineers, tell_no_more
from proposals.actions.carrying import give_back, lock_with_holders
from proposals.actions.deciding import can_decide, decide, log, refuse_unless_admin, reset
from proposals.grounding import together
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft
from proposals.unsourced import unsourced_until
from sessions.models import AISession

Status = FlowProposal.Status
Verb = ProposalDecision.Verb

UNDO_SECONDS = 30


class NeedsEdit(Exception):
    """Changes to a flow that is in use, and drafts that are not valid, are never published as they are:
    only Edit & Publish does it.
    """


class FlowRetired(Exception):
    """The flow that it changes was retired: nothing brings it back but who restores it."""

    def __init__(self, flow: Flow) -> None:
        said = _("“%(title)s” was retired. Restore it first, or reject these changes.")
        super().__init__(said % {"title": flow.title})


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


def approve(
    proposal: FlowProposal, *, draft: UUID, note: str = "", confirmed: bool = False, by: User
) -> FlowVersion:
    """Publish the draft that the reviewer saw as version 1 of a new flow."""
    if proposal.is_enhancement:
        raise NeedsEdit(_("Changes to a published flow go through Edit & publish."))
    with transaction.atomic():
        seen = decide(proposal, Status.APPROVED, draft=draft, by=by)
        tree = _valid(seen)
        answered = _answered_for(tree, chain.from_iterable(seen.unsourced.values()), confirmed)
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
    began: UUID | None = None,
    renamed: Mapping[str, str] | None = None,
    by: User,
) -> FlowVersion:
    """Publish the reviewer's edit of the draft: a new flow, or the next version of the target flow.

    `meta`: title, summary and domain of the flow from then on; what is not named stays. `base` is the version
    that the edit was made on; raises `flows.actions.VersionConflict` when the flow has moved on since, and
    `FlowRetired`. `began`: the draft that the edit began with, if an older one; `renamed`: what its nodes and
    options are called in the tree since a merge gave them other ids.
    """
    if not can_publish(proposal, by):
        raise NotAllowed(_("Only an admin of the flow's own team can publish a version of it."))
    with transaction.atomic():
        seen = decide(proposal, Status.EDITED, draft=draft, by=by)
        answered = _answered_for(tree, unsourced_until(seen), confirmed)
        older = proposal.drafts.filter(pk=began).first() if began and began != seen.pk else None
        grounding = by_new_ids((older or seen).grounding, renamed or {})
        if proposal.target_flow is None:
            version = _publish_new(proposal, meta, tree, still_there(grounding, tree), note=note, by=by)
        else:
            _refuse_if_retired(proposal.target_flow)
            flows.describe(proposal.target_flow, meta, by=by)
            edited = proposal.target_flow.versions.filter(pk=base).first() if base else None
            if edited is not None:
                grounding = together(edited.grounding, grounding, proposal.account_id)
            version = flows.publish_version(
                proposal.target_flow,
                tree,
                base=edited,
                note=note,
                grounding=still_there(grounding, tree),
                source=VersionSource.PROPOSAL,
                by=by,
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
    more_sessions: int | None = None,
    by: User,
) -> None:
    """Not now: it sleeps until `more_sessions` more speak for it, by default as many as do now."""
    wake = F("evidence_count") + (more_sessions or Greatest(F("evidence_count"), 1))
    seen = decide(proposal, Status.DISMISSED, draft=draft, by=by, wake_at_evidence=wake)
    log(proposal, seen, Verb.DISMISS, reason_code=reason_code, note=note, by=by)


@transaction.atomic
def reject(proposal: FlowProposal, *, draft: UUID, reason_code: str, note: str = "", by: User) -> None:
    """Wrong: the same finding is not proposed again."""
    if reason_code not in ProposalDecision.ASKED_FOR:
        raise ReasonRequired(_("Choose why it is rejected."))
    seen = decide(proposal, Status.REJECTED, draft=draft, by=by)
    log(proposal, seen, Verb.REJECT, reason_code=reason_code, note=note, by=by)


@transaction.atomic
def reopen(proposal: FlowProposal, *, note: str = "", by: User) -> None:
    """Bring a dismissed, rejected or expired proposal back into the queue."""
    refuse_unless_admin(proposal, by)
    closed = [Status.DISMISSED, Status.REJECTED, Status.EXPIRED]
    expires = timezone.now() + timedelta(days=proposal.account.proposal_expiry_days)
    lock_with_holders(proposal)
    returned = give_back(proposal, by=by)
    reset(proposal, closed, expires_at=expires)
    log(proposal, proposal.current_draft, Verb.REOPEN, note=note, changes=returned, by=by)


def undo(proposal: FlowProposal, *, by: User, now: datetime | None = None) -> None:
    """Take a decision back within 30 s, by who made it.

    An approval is undone by retiring version 1, unless a session has pinned it; what was edited and
    published stays, because the library may have been read meanwhile.
    """
    now = now or timezone.now()
    with transaction.atomic():
        lock_with_holders(proposal)
        locked = FlowProposal.objects.with_context().get(pk=proposal.pk)
        refuse_unless_admin(locked, by)
        if locked.reviewed_by_id != by.pk or locked.reviewed_at is None:
            raise CannotUndo(_("Only the person who decided can undo it."))
        if now - locked.reviewed_at > timedelta(seconds=UNDO_SECONDS):
            raise CannotUndo(_("Undo is possible for %(count)s seconds.") % {"count": UNDO_SECONDS})
        if locked.status == Status.EDITED:
            raise CannotUndo(_("An edited publication is not undone: publish another version instead."))
        if locked.status == Status.APPROVED:
            _retire_published(locked, by=by)
        returned = give_back(locked, by=by)
        reset(proposal, [Status.APPROVED, Status.DISMISSED, Status.REJECTED])
        log(proposal, proposal.current_draft, Verb.UNDO, changes=returned, by=by)


def expire(account_id: UUID, *, now: datetime | None = None) -> int:
    """Close pending proposals whose time is over; returns how many. They can be reopened."""
    now = now or timezone.now()
    due = FlowProposal.objects.for_account(account_id).pending().filter(expires_at__lte=now)
    count = 0
    for proposal in due.select_related("current_draft").order_by("expires_at")[:500]:
        with transaction.atomic():
            changed = due.filter(pk=proposal.pk).update(status=Status.EXPIRED, updated_at=now)
            if changed:
                log(proposal, proposal.current_draft, Verb.EXPIRE, by=None)
                count += 1
    return count


def can_publish(proposal: FlowProposal, user: User) -> bool:
    """A change is published by who may edit the flow: its own team's admins, or the account's."""
    target = proposal.target_flow
    return can_decide(proposal, user) and (target is None or administers(user, target))


def _refuse_if_retired(flow: Flow) -> None:
    locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
    if locked.status == Flow.Status.RETIRED:
        raise FlowRetired(locked)


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
    return flows.publish_version(
        flow, tree, base=None, note=note, grounding=grounding, source=VersionSource.PROPOSAL, by=by
    )


def _valid(draft: ProposalDraft) -> Tree:
    try:
        return draft.document
    except InvalidTree as error:
        raise NeedsEdit(_("This draft is not a valid flow yet: %s") % error.errors[0].message) from error


def _answered_for(tree: Tree, unsourced: Iterable[str], confirmed: bool) -> list[str]:
    """What the tree still names of what a draft had from no source; refused unless confirmed. What a person
    wrote into it is that person's own."""
    named = still_in(tree, unsourced)
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
    log(proposal, draft, verb, note=note, by=by, version=version, confirmed=confirmed)
    tell_engineers(proposal, version, by=by)


def _retire_published(proposal: FlowProposal, *, by: User) -> None:
    version = proposal.published_version
    if version is None:
        return
    flow = Flow.objects.select_for_update(of=("self",)).get(pk=version.flow_id)
    if flow.current_version_id != version.pk:
        raise CannotUndo(_("Another version of the flow was published since."))
    if AISession.objects.filter(flow_version__flow=flow).exists():
        raise CannotUndo(_("A session follows this flow already."))
    with suppress(flows.CannotRetire):  # somebody retired it already: so much the better
        flows.retire(flow, by=by)
    tell_no_more(version)
