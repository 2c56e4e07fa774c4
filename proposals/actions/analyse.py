"""Verbs of the learning job: claim resolutions, write down what was concluded, give up on failures.

Every effect is keyed by a row of ours. A claim is an INSERT under a unique constraint; its result is
written only while its token holds and the session is still resolved with that resolution. A crash in
between leaves a claim whose lease runs out and is taken over; nothing is lost and nothing repeated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.ai.contracts import Enhancement, NewFlow
from proposals.analysis import Verdict, fingerprint
from proposals.grounding import grounding_json, impact
from proposals.models import (
    AnalysisRun,
    FlowProposal,
    ProposalDecision,
    ProposalDraft,
    ProposalEvidence,
    SessionAnalysis,
)
from sessions.models import AISession

MAX_ATTEMPTS = 3
ERROR_LIMIT = 4000
TERMS_LIMIT = 96
State = SessionAnalysis.State


class NothingToRetry(Exception):
    """Only a failed analysis can be retried, and only while its session is still resolved."""


@dataclass(frozen=True)
class Claim:
    """The sessions that one pass holds, under one token until the lease ends."""

    token: UUID
    lease_until: datetime
    fresh: tuple[UUID, ...]
    """Sessions claimed for the first time; they may be analysed together."""
    again: tuple[UUID, ...]
    """Sessions whose earlier attempt failed or died; each is analysed alone."""
    request_no: int = 0
    """0 by schedule, 1 and up by hand."""

    @property
    def sessions(self) -> tuple[UUID, ...]:
        return (*self.fresh, *self.again)


def claim(account_id: UUID, *, limit: int, now: datetime | None = None) -> Claim:
    """Claim up to `limit` resolutions of an account: new ones, and those whose lease ran out.

    The attempt is counted here, before the work, so that a session which kills its worker is
    parked after `MAX_ATTEMPTS` all the same.
    """
    now = now or timezone.now()
    token, lease = uuid4(), now + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS)
    with transaction.atomic():
        give_up_on_dead_claims(account_id, now=now)
        again = _take_over(account_id, token, lease, now, limit)
        fresh = _claim_new(account_id, token, lease, limit - len(again), but=again)
    return Claim(token, lease, fresh, again)


def _take_over(account_id: UUID, token: UUID, lease: datetime, now: datetime, limit: int) -> tuple[UUID, ...]:
    rows = (
        SessionAnalysis.objects.for_account(account_id)
        .filter(state=State.CLAIMED, lease_until__lte=now, attempts__lt=MAX_ATTEMPTS)
        .order_by("lease_until", "id")
        .select_for_update(skip_locked=True, of=("self",))
        .values_list("pk", "session_id")[:limit]
    )
    taken = dict(rows)
    SessionAnalysis.objects.filter(pk__in=taken).update(
        claim_token=token, lease_until=lease, attempts=F("attempts") + 1
    )
    return tuple(sorted(taken.values()))


def _claim_new(
    account_id: UUID, token: UUID, lease: datetime, limit: int, *, but: tuple[UUID, ...]
) -> tuple[UUID, ...]:
    claimed = SessionAnalysis.objects.filter(
        session_id=OuterRef("pk"), resolution_no=OuterRef("resolution_no"), request_no=0
    )
    waiting = (
        AISession.objects.for_account(account_id)
        .awaiting_analysis()
        .filter(~Exists(claimed))
        .order_by("resolved_at", "id")
        .values_list("pk", "resolution_no")[: max(limit, 0)]
    )
    SessionAnalysis.objects.bulk_create(
        [
            SessionAnalysis(
                account_id=account_id,
                session_id=session_id,
                resolution_no=resolution_no,
                claim_token=token,
                lease_until=lease,
                attempts=1,
            )
            for session_id, resolution_no in waiting
        ],
        ignore_conflicts=True,
    )
    won = (
        SessionAnalysis.objects.for_account(account_id).filter(claim_token=token).exclude(session_id__in=but)
    )
    return tuple(sorted(won.values_list("session_id", flat=True)))


def give_up_on_dead_claims(account_id: UUID, *, now: datetime) -> int:
    """Park claims that died in their last attempt; returns how many."""
    dead = SessionAnalysis.objects.for_account(account_id).filter(
        state=State.CLAIMED, lease_until__lte=now, attempts__gte=MAX_ATTEMPTS
    )
    message = _("The analysis stopped without an answer %(count)s times.") % {"count": MAX_ATTEMPTS}
    rows = list(dead.select_for_update(of=("self",)).select_related("session"))
    for analysis in rows:
        _park(analysis, analysis.error or message)
    return len(rows)


@transaction.atomic
def fail(
    account_id: UUID,
    session_id: UUID,
    *,
    token: UUID,
    error: str,
    retryable: bool = True,
    now: datetime | None = None,
) -> None:
    """Note that an attempt failed. The session is tried again later, or parked as `failed`."""
    now = now or timezone.now()
    analysis = _held(account_id, [session_id], token).first()
    if analysis is None:
        return
    if analysis.attempts >= MAX_ATTEMPTS or not retryable:
        _park(analysis, error)
        return
    pause = timedelta(seconds=settings.ANALYSIS_RETRY_SECONDS * analysis.attempts)
    analysis.error, analysis.lease_until = error[:ERROR_LIMIT], now + pause
    analysis.save(update_fields=["error", "lease_until"])


@transaction.atomic
def retry(session: AISession, *, by: User) -> None:
    """Put a failed analysis back in the line, with its attempts forgotten."""
    if not administers(by, session.team_id):
        raise NotAllowed(_("Only an admin of the session's team may retry its analysis."))
    changed = SessionAnalysis.objects.filter(
        session=session, resolution_no=session.resolution_no, state=State.FAILED
    ).update(state=State.CLAIMED, attempts=0, lease_until=timezone.now(), claim_token=None, error="")
    if not changed:
        raise NothingToRetry
    _set_session_status([session.pk], AISession.AnalysisStatus.PENDING)


@transaction.atomic
def store(account_id: UUID, verdict: Verdict, *, token: UUID) -> bool:
    """Write a verdict down, all of it or nothing. Returns whether it was written.

    Members whose claim was lost, or whose session was reopened meanwhile, void the verdict: what
    was mined rests on them. The other members are released to be analysed anew.
    """
    ids = [facts.id for facts in verdict.group.members]
    analyses = list(_held(account_id, ids, token))
    valid = [row for row in analyses if _still_resolved(row)]
    if len(valid) < len(ids):
        _release(analyses, valid)
        return False
    proposal = _write_proposal(account_id, verdict)
    if proposal is not None:
        _add_evidence(proposal, valid)
    for row in valid:
        _complete(row, verdict, proposal)
    _set_session_status(ids, AISession.AnalysisStatus.COMPLETED)
    return True


@transaction.atomic
def drop_reopened(account_id: UUID, ids: Sequence[UUID], *, token: UUID) -> None:
    """Close the claims on sessions that were reopened before they could be read."""
    analyses = list(_held(account_id, ids, token))
    _release(analyses, [row for row in analyses if _still_resolved(row)])


def start_run(account_id: UUID, *, trigger: str) -> AnalysisRun:
    return AnalysisRun.objects.create(account_id=account_id, trigger=trigger)


def finish_run(run: AnalysisRun, counts: dict[str, int]) -> None:
    run.counts, run.finished_at = counts, timezone.now()
    run.save(update_fields=["counts", "finished_at"])


def claim_by_hand(session: AISession, *, by: User) -> Claim:
    """Claim one session because a team admin asked for a flow from it."""
    if not administers(by, session.team_id):
        raise NotAllowed(_("Only an admin of the session's team may propose a flow from it."))
    if session.status != AISession.Status.RESOLVED:
        raise NotAllowed(_("Only a resolved session can become a flow."))
    token = uuid4()
    lease = timezone.now() + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS)
    with transaction.atomic():
        AISession.objects.select_for_update(of=("self",)).get(pk=session.pk)
        rows = SessionAnalysis.objects.filter(session=session, resolution_no=session.resolution_no)
        request_no = (rows.aggregate(newest=Max("request_no"))["newest"] or 0) + 1
        SessionAnalysis.objects.create(
            account_id=session.account_id,
            session=session,
            resolution_no=session.resolution_no,
            request_no=request_no,
            claim_token=token,
            lease_until=lease,
            attempts=MAX_ATTEMPTS,
            requested_by=by,
        )
    return Claim(token, lease, (session.pk,), (), request_no)


@transaction.atomic
def supersede_stale_evidence(account_id: UUID) -> int:
    """Mark evidence of reopened or re-resolved sessions and recount the proposals it spoke for."""
    stale = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(superseded_at__isnull=True)
        .exclude(session__status=AISession.Status.RESOLVED, session__resolution_no=F("resolution_no"))
    )
    rows = list(stale.values_list("pk", "proposal_id"))
    ProposalEvidence.objects.filter(pk__in=[pk for pk, _proposal in rows]).update(
        superseded_at=timezone.now()
    )
    for proposal in FlowProposal.objects.filter(pk__in={proposal for _pk, proposal in rows}):
        proposal.evidence_count = proposal.evidence.counting().count()
        proposal.save(update_fields=["evidence_count", "updated_at"])
    return len(rows)


def _held(account_id: UUID, ids: Sequence[UUID], token: UUID) -> QuerySet[SessionAnalysis]:
    """The claims that the token still holds, locked; a lost claim is simply missing."""
    return (
        SessionAnalysis.objects.for_account(account_id)
        .filter(session_id__in=ids, claim_token=token, state=State.CLAIMED)
        .select_related("session")
        .select_for_update(of=("self", "session"))
        .order_by("session_id")
    )


def _still_resolved(analysis: SessionAnalysis) -> bool:
    session = analysis.session
    return session.status == AISession.Status.RESOLVED and session.resolution_no == analysis.resolution_no


def _release(analyses: Iterable[SessionAnalysis], valid: Sequence[SessionAnalysis]) -> None:
    """Return the valid members to the line without charging the attempt; close the others."""
    now = timezone.now()
    for row in analyses:
        if row in valid:
            row.attempts, row.lease_until = max(row.attempts - 1, 0), now
        else:
            row.state, row.outcome, row.finished_at = State.COMPLETED, SessionAnalysis.Outcome.NOTHING, now
            row.reason = _("The session was reopened while it was analysed.")
        row.save(update_fields=["attempts", "lease_until", "state", "outcome", "reason", "finished_at"])


def _park(analysis: SessionAnalysis, error: str) -> None:
    analysis.state, analysis.error, analysis.finished_at = State.FAILED, error[:ERROR_LIMIT], timezone.now()
    analysis.claim_token = None
    analysis.save(update_fields=["state", "error", "finished_at", "claim_token"])
    if _still_resolved(analysis) and analysis.request_no == 0:
        _set_session_status([analysis.session_id], AISession.AnalysisStatus.FAILED)


def _set_session_status(ids: Iterable[UUID], status: str) -> None:
    """`updated_at` stays: the analysis is not something that happened to the incident."""
    AISession.objects.filter(pk__in=list(ids), status=AISession.Status.RESOLVED).update(
        analysis_status=status
    )


def _complete(row: SessionAnalysis, verdict: Verdict, proposal: FlowProposal | None) -> None:
    row.state, row.finished_at, row.claim_token = State.COMPLETED, timezone.now(), None
    row.outcome, row.reason, row.engine = verdict.outcome, verdict.reason, verdict.engine
    row.proposal, row.error = proposal, ""
    row.save(
        update_fields=[
            "state",
            "finished_at",
            "claim_token",
            "outcome",
            "reason",
            "engine",
            "proposal",
            "error",
        ]
    )


def _write_proposal(account_id: UUID, verdict: Verdict) -> FlowProposal | None:
    if verdict.known is not None:
        return _feed(verdict, verdict.known)
    if verdict.result is None or verdict.tree is None:
        return None
    proposal = _create(account_id, verdict)
    _add_draft(proposal, verdict)
    return proposal


def _create(account_id: UUID, verdict: Verdict) -> FlowProposal:
    finding = verdict.result.finding if verdict.result else None
    assert isinstance(finding, NewFlow | Enhancement)
    group = verdict.group
    account = AISession.objects.select_related("account").get(pk=group.members[0].id).account
    enhancement = isinstance(finding, Enhancement)
    kind = FlowProposal.Type.ENHANCEMENT if enhancement else FlowProposal.Type.NEW_FLOW
    return FlowProposal.objects.create(
        account_id=account_id,
        proposal_type=kind,
        title=finding.title[:200],
        problem_domain=_domain(verdict),
        team_id=group.team_id,
        target_flow=group.version.flow if enhancement and group.version else None,
        base_version=group.version if enhancement else None,
        fingerprint=fingerprint(group),
        terms=group.terms,
        expires_at=timezone.now() + timedelta(days=account.proposal_expiry_days),
    )


def _domain(verdict: Verdict) -> str | None:
    finding = verdict.result.finding if verdict.result else None
    if isinstance(finding, NewFlow):
        return finding.domain
    return verdict.group.version.flow.domain if verdict.group.version else None


def _feed(verdict: Verdict, known: FlowProposal) -> FlowProposal:
    """Let a known proposal grow; wake it if that is the verdict. Its status decides once more."""
    proposal = FlowProposal.objects.select_for_update(of=("self",)).get(pk=known.pk)
    if verdict.wakes and proposal.status == FlowProposal.Status.DISMISSED:
        proposal.status, proposal.woken_at = FlowProposal.Status.PENDING, timezone.now()
        proposal.wake_at_evidence = None
        proposal.save(update_fields=["status", "woken_at", "wake_at_evidence", "updated_at"])
        ProposalDecision.objects.create(
            account_id=proposal.account_id,
            proposal=proposal,
            draft=proposal.current_draft,
            verb=ProposalDecision.Verb.WAKE,
            note=verdict.reason,
        )
    if verdict.result is not None and proposal.status == FlowProposal.Status.PENDING:
        _add_draft(proposal, verdict)
    return proposal


def _add_draft(proposal: FlowProposal, verdict: Verdict) -> ProposalDraft:
    result, tree = verdict.result, verdict.tree
    assert result is not None
    assert tree is not None
    finding = result.finding
    assert isinstance(finding, NewFlow | Enhancement)
    newest = proposal.drafts.aggregate(newest=Max("number"))["newest"] or 0
    draft = ProposalDraft.objects.create(
        account_id=proposal.account_id,
        proposal=proposal,
        number=newest + 1,
        title=finding.title[:200],
        summary=finding.summary,
        why=finding.why,
        tree=tree.to_json(),
        changes=list(finding.changes) if isinstance(finding, Enhancement) else [],
        grounding=grounding_json(finding.grounding, verdict.evidence),
        engine=result.engine,
        basis=list(result.basis),
        prompt_version=result.prompt_version,
    )
    proposal.current_draft, proposal.confidence = draft, result.confidence
    proposal.title, proposal.summary, proposal.why = draft.title, draft.summary, draft.why
    proposal.impact = impact(verdict.evidence)
    proposal.terms = sorted({*proposal.terms, *verdict.group.terms})[:TERMS_LIMIT]
    proposal.save(
        update_fields=[
            "current_draft",
            "confidence",
            "title",
            "summary",
            "why",
            "impact",
            "terms",
            "updated_at",
        ]
    )
    return draft


def _add_evidence(proposal: FlowProposal, analyses: Sequence[SessionAnalysis]) -> None:
    ProposalEvidence.objects.bulk_create(
        [
            ProposalEvidence(
                account_id=proposal.account_id,
                proposal=proposal,
                session_id=row.session_id,
                resolution_no=row.resolution_no,
            )
            for row in analyses
        ],
        ignore_conflicts=True,
    )
    proposal.evidence_count = proposal.evidence.counting().count()
    seen = [proposal.last_seen_at, *(row.session.ended_at for row in analyses)]
    proposal.last_seen_at = max(filter(None, seen), default=None)
    proposal.save(update_fields=["evidence_count", "last_seen_at", "updated_at"])
