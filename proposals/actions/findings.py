"""Verbs that write down what was concluded: proposals, their drafts and their evidence.

A verdict is written in one transaction, and only while every member's claim holds and its session is
still resolved with the resolution that was analysed.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.ai.contracts import Enhancement, NewFlow
from proposals.actions.claims import put_back, set_session_status, valid_claims
from proposals.analysis import Verdict
from proposals.grounding import grounding_json, impact
from proposals.models import (
    FlowProposal,
    ProposalDecision,
    ProposalDraft,
    ProposalEvidence,
    SessionAnalysis,
)
from sessions.models import AISession

TERMS_LIMIT = 96


class FindingTaken(Exception):
    """Another proposal with this finding was opened meanwhile: judge the group again."""


@transaction.atomic
def store(account_id: UUID, verdict: Verdict, *, token: UUID) -> bool:
    """Write a verdict down, all of it or nothing. Returns whether it was written.

    Members whose claim was lost, or whose session was reopened meanwhile, void the verdict: what
    was mined rests on them. The other members are released to be analysed anew.
    """
    ids = {facts.id for facts in verdict.group.members}
    valid = valid_claims(account_id, ids, token)
    if {row.session_id for row in valid} != ids:
        put_back(valid)
        return False
    proposal = _write_proposal(account_id, verdict)
    if proposal is not None:
        _add_evidence(proposal, valid)
    for row in valid:
        _complete(row, verdict, proposal)
    set_session_status(ids, AISession.AnalysisStatus.COMPLETED)
    return True


@transaction.atomic
def supersede_stale_evidence(account_id: UUID) -> int:
    """Mark evidence of reopened or re-resolved sessions and recount the proposals it spoke for."""
    stale = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(superseded_at__isnull=True, session__reopened_at__isnull=False)
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


def _complete(row: SessionAnalysis, verdict: Verdict, proposal: FlowProposal | None) -> None:
    row.state, row.finished_at, row.claim_token = SessionAnalysis.State.COMPLETED, timezone.now(), None
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
    """Raises `FindingTaken` when a proposal with this finding was opened since the group was judged."""
    finding = verdict.result.finding if verdict.result else None
    assert isinstance(finding, NewFlow | Enhancement)
    group, account = verdict.group, Account.objects.get(pk=account_id)
    changed = group.version if isinstance(finding, Enhancement) else None
    proposal = FlowProposal(
        account=account,
        proposal_type=FlowProposal.Type.ENHANCEMENT if changed else FlowProposal.Type.NEW_FLOW,
        title=finding.title[:200],
        problem_domain=_domain(verdict),
        team_id=group.team_id,
        target_flow=changed.flow if changed else None,
        base_version=changed,
        fingerprint=group.fingerprint,
        terms=group.terms,
        expires_at=timezone.now() + timedelta(days=account.proposal_expiry_days),
    )
    try:
        with transaction.atomic():
            proposal.save(force_insert=True)
    except IntegrityError as error:
        raise FindingTaken from error
    return proposal


def _domain(verdict: Verdict) -> str | None:
    finding = verdict.result.finding if verdict.result else None
    if isinstance(finding, NewFlow):
        return finding.domain
    return verdict.group.version.flow.domain if verdict.group.version else None


def _feed(verdict: Verdict, known: FlowProposal) -> FlowProposal:
    """Let a known proposal grow; wake it if that is the verdict. Its status decides once more."""
    proposal = FlowProposal.objects.select_for_update(of=("self",)).get(pk=known.pk)
    if verdict.wakes and proposal.status == FlowProposal.Status.DISMISSED:
        _wake(proposal)
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


def _wake(proposal: FlowProposal) -> None:
    """Open again, as if it were new: nobody has decided, and its time begins anew."""
    now = timezone.now()
    proposal.status, proposal.woken_at, proposal.wake_at_evidence = FlowProposal.Status.PENDING, now, None
    proposal.reviewed_by = proposal.reviewed_at = None
    proposal.expires_at = now + timedelta(days=proposal.account.proposal_expiry_days)
    proposal.save(
        update_fields=[
            "status",
            "woken_at",
            "wake_at_evidence",
            "reviewed_by",
            "reviewed_at",
            "expires_at",
            "updated_at",
        ]
    )


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
    proposal.terms = _terms(proposal, verdict)
    if isinstance(finding, Enhancement):
        proposal.base_version = verdict.group.version
    proposal.save(
        update_fields=[
            "base_version",
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


def _terms(proposal: FlowProposal, verdict: Verdict) -> list[str]:
    """The newest finding's terms and as many of the former as there is room for."""
    new = verdict.group.terms
    kept = [term for term in proposal.terms if term not in new][: TERMS_LIMIT - len(new)]
    return sorted([*new, *kept])


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
