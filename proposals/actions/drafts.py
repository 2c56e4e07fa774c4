"""Verdicts → proposals and their drafts, many at a time; within the transaction of `findings.store_all`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Aggregate, Count, DurationField, F, Max

from flowpilot.accounts.models import Account
from flowpilot.ai.contracts import Enhancement, NewFlow
from flowpilot.ai.sourcing import sources_in, unsourced
from flowpilot.core.db.rows import insert_rows, update_rows
from proposals.analysis import Verdict
from proposals.grounding import grounding_json, impact
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft, ProposalEvidence

TERMS_LIMIT = 96
TITLE_LIMIT = 200
FED = (
    "status",
    "woken_at",
    "wake_at_evidence",
    "reviewed_by",
    "reviewed_at",
    "expires_at",
    "base_version",
    "current_draft",
    "confidence",
    "title",
    "summary",
    "why",
    "impact",
    "terms",
    "evidence_count",
    "client_count",
    "unmined_evidence",
    "last_seen_at",
    "updated_at",
)
"""What may change when evidence comes to a known proposal."""


COUNTED = ("evidence_count", "client_count", "impact", "last_seen_at", "updated_at")
"""What `count_evidence` sets."""


class Median(Aggregate):
    template = "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


class FindingTaken(Exception):
    """Another proposal with this finding was opened meanwhile: judge the group again."""


def open_new(
    account_id: UUID, verdicts: Sequence[Verdict], *, clients: Mapping[UUID, int], now: datetime
) -> list[FlowProposal]:
    """A proposal with its first draft for each verdict that found something new. Raises `FindingTaken`."""
    found = [verdict for verdict in verdicts if verdict.proposal_id]
    if not found:
        return []
    account = Account.objects.only("proposal_expiry_days").get(pk=account_id)
    expires = now + timedelta(days=account.proposal_expiry_days)
    pairs = [(verdict, _opened(account_id, verdict, clients, expires)) for verdict in found]
    drafts = [_drafted(proposal, verdict, 1, now) for verdict, proposal in pairs]
    proposals = [proposal for _verdict, proposal in pairs]
    try:
        with transaction.atomic():
            # Each names its draft already: the database checks that when all is written.
            insert_rows(proposals)
    except IntegrityError as error:
        raise FindingTaken from error
    insert_rows(drafts)
    return proposals


def feed(account_id: UUID, verdicts: Sequence[Verdict], *, now: datetime) -> list[FlowProposal]:
    """Let known proposals grow; wake those whose verdict says so. Their status decides once more. They are
    locked and not saved yet."""
    by_id = {verdict.known.pk: verdict for verdict in verdicts if verdict.known}
    if not by_id:
        return []
    rows = FlowProposal.objects.for_account(account_id).filter(pk__in=by_id)
    proposals = list(rows.select_for_update().order_by("pk"))
    for one in proposals:
        _take_note(one, by_id[one.pk], now)
    mined = [one for one in proposals if one.is_pending and by_id[one.pk].result]
    newest = ProposalDraft.objects.filter(proposal__in=mined).order_by().values_list("proposal")
    numbers = dict(newest.annotate(Max("number")))
    insert_rows([_drafted(one, by_id[one.pk], numbers.get(one.pk, 0) + 1, now) for one in mined])
    return proposals


def note_evidence(proposal: FlowProposal, verdict: Verdict, added: int, clients: int) -> None:
    """Count what came to a known proposal; `save_fed` saves it. Its new draft, if there is one, knows it."""
    mined = proposal.is_pending and verdict.result is not None
    measured = len(verdict.evidence) if mined else proposal.evidence_count
    proposal.evidence_count += added
    proposal.client_count += clients
    # As many times the median of those that it was measured from.
    proposal.impact = round(proposal.impact * proposal.evidence_count / max(measured, 1), 1)
    proposal.unmined_evidence = 0 if mined else proposal.unmined_evidence + added


def count_evidence(account_id: UUID, proposals: Sequence[FlowProposal]) -> None:
    """Set how many speak for each and what follows from that (`COUNTED`); saving is the caller's."""
    if not proposals:
        return
    speaking = ProposalEvidence.objects.for_account(account_id).filter(proposal__in=proposals).counting()
    lasted = F("session__ended_at") - F("session__created_at")
    figures = (
        speaking.order_by()
        .values("proposal")
        .annotate(
            count=Count("pk"),
            clients=Count("session__client", distinct=True),
            newest=Max("session__ended_at"),
            median=Median(lasted, output_field=DurationField()),
        )
    )
    found = {pk: of for pk, *of in figures.values_list("proposal", "count", "clients", "newest", "median")}
    for proposal in proposals:
        count, clients, newest, median = found.get(proposal.pk, (0, 0, None, None))
        proposal.evidence_count, proposal.client_count, proposal.last_seen_at = count, clients, newest
        proposal.impact = round(count * median.total_seconds() / 60, 1) if median else 0.0


def save_fed(proposals: Sequence[FlowProposal]) -> None:
    """Save all that `feed` and `note_evidence` change."""
    update_rows(proposals, FED)


def _opened(
    account_id: UUID, verdict: Verdict, clients: Mapping[UUID, int], expires: datetime
) -> FlowProposal:
    finding, group = _finding(verdict), verdict.group
    changed = group.version if isinstance(finding, Enhancement) else None
    return FlowProposal(
        id=verdict.new_id,
        account_id=account_id,
        proposal_type=FlowProposal.Type.ENHANCEMENT if changed else FlowProposal.Type.NEW_FLOW,
        problem_domain=_domain(verdict),
        team_id=group.team_id,
        target_flow=changed.flow if changed else None,
        base_version=changed,
        fingerprint=group.fingerprint,
        expires_at=expires,
        evidence_count=len(group.members),
        client_count=clients.get(verdict.new_id, 0),
        last_seen_at=_newest_end(None, verdict),
    )


def _newest_end(before: datetime | None, verdict: Verdict) -> datetime | None:
    ends = (before, *(facts.ended_at for facts in verdict.group.members))
    return max(filter(None, ends), default=None)


def _finding(verdict: Verdict) -> NewFlow | Enhancement:
    finding = verdict.result.finding if verdict.result else None
    assert isinstance(finding, NewFlow | Enhancement)
    return finding


def _domain(verdict: Verdict) -> str | None:
    finding = _finding(verdict)
    if isinstance(finding, NewFlow):
        return finding.domain
    return verdict.group.version.flow.domain if verdict.group.version else None


def _take_note(proposal: FlowProposal, verdict: Verdict, now: datetime) -> None:
    proposal.updated_at, proposal.last_seen_at = now, _newest_end(proposal.last_seen_at, verdict)
    if verdict.wakes and proposal.status == FlowProposal.Status.DISMISSED:
        _wake(proposal, verdict, now)


def _wake(proposal: FlowProposal, verdict: Verdict, now: datetime) -> None:
    """Open again, as if it were new: nobody has decided, and its time begins anew."""
    ProposalDecision.objects.create(
        account_id=proposal.account_id,
        proposal=proposal,
        draft_id=proposal.current_draft_id,
        verb=ProposalDecision.Verb.WAKE,
        note=verdict.reason,
    )
    proposal.status, proposal.woken_at, proposal.wake_at_evidence = FlowProposal.Status.PENDING, now, None
    proposal.reviewed_by = proposal.reviewed_at = None
    proposal.expires_at = now + timedelta(days=proposal.account.proposal_expiry_days)


def _drafted(proposal: FlowProposal, verdict: Verdict, number: int, now: datetime) -> ProposalDraft:
    """The next draft, and the proposal showing it; neither is saved."""
    result, tree, finding = verdict.result, verdict.tree, _finding(verdict)
    assert result is not None
    assert tree is not None
    changed = verdict.group.version if isinstance(finding, Enhancement) else None
    strange = unsourced(tree, sources_in(verdict.evidence, [changed.tree] if changed else []))
    draft = ProposalDraft(
        account_id=proposal.account_id,
        proposal=proposal,
        number=number,
        title=finding.title[:TITLE_LIMIT],
        summary=finding.summary,
        why=finding.why,
        tree=tree.to_json(),
        changes=list(finding.changes) if isinstance(finding, Enhancement) else [],
        grounding={**grounding_json(finding.grounding, verdict.evidence), "unsourced": strange},
        engine=result.engine,
        basis=list(result.basis),
        prompt_version=result.prompt_version,
        fallback=result.fallback,
        suspected_injection=result.suspected_injection,
        shortened=result.shortened,
        made_at=now,
    )
    proposal.current_draft, proposal.confidence = draft, result.confidence
    proposal.title, proposal.summary, proposal.why = draft.title, draft.summary, draft.why
    proposal.impact = impact(verdict.evidence)
    proposal.terms = _terms(proposal, verdict)
    if isinstance(finding, Enhancement):
        proposal.base_version = verdict.group.version
    return draft


def _terms(proposal: FlowProposal, verdict: Verdict) -> list[str]:
    """The newest finding's terms and as many of the former as there is room for."""
    new = verdict.group.terms
    kept = [term for term in proposal.terms if term not in new][: TERMS_LIMIT - len(new)]
    return sorted([*new, *kept])
