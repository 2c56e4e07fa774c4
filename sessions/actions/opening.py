"""Opening a session, from an intake that is given or from the one that an engineer has in work."""

from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.roles import NotAllowed
from flowpilot.ai.contracts import TriageResult
from flowpilot.core.redaction import SecretMasker, mask_secrets
from flowpilot.flows.models import FlowVersion
from flowpilot.psa.models import PsaConnection
from sessions.actions.writing import log
from sessions.models import AISession
from sessions.rules import refuse_foreign
from sessions.triaging import triage_by_rules

_ORIGIN: Final = ("engine", "basis", "prompt_version", "domain")
_WARNINGS: Final = ("suspected_injection", "shortened", "notes", "fallback")
"""What people are told of a triage, also where they wrote summary and domain themselves."""


def open_session(
    *,
    user: User,
    team: Team | None = None,
    client: Client | None = None,
    intake_type: str = AISession.Intake.FREE_TEXT,
    intake_content: dict[str, Any] | None = None,
    problem_summary: str | None = None,
    problem_domain: str | None = None,
    ticket_data: dict[str, Any] | None = None,
    psa_connection: PsaConnection | None = None,
    flow_version: FlowVersion | None = None,
    match_score: float | None = None,
) -> AISession:
    """Start a session, optionally following a flow: it pins the version that is current now.

    Where no summary or domain is given, it is what the rules make of the intake.
    """
    if user.account_id is None:
        raise NotAllowed(_("Superusers belong to no account and cannot hold sessions."))
    refuse_foreign(user, team=team, client=client, flow_version=flow_version)
    masker = SecretMasker()
    intake_content, ticket_data = masker.within(intake_content or {}), masker.within(ticket_data)
    told = triage_by_rules(intake_content or {}, ticket_data, by=None if problem_domain else user)
    with transaction.atomic():
        session = AISession.objects.create(
            account_id=user.account_id,
            user=user,
            team=team,
            client=client,
            intake_type=intake_type,
            intake_content=intake_content,
            problem_summary=masker.within(problem_summary) or told.summary or None,
            problem_domain=problem_domain or told.domain,
            described_by=_described_by(told, found=not (problem_summary and problem_domain)),
            ticket_data=ticket_data,
            psa_connection=psa_connection,
            psa_ticket_id=str(ticket_data["number"]) if ticket_data and ticket_data.get("number") else None,
            flow_version=flow_version,
            matched_flow=flow_version.flow if flow_version else None,
            match_score=match_score,
        )
        log(session, "open", "", by=user)
    return session


def describe_better(session: AISession, told: TriageResult) -> bool:
    """Take over the summary and the domain that an engine found, each only where what the rules wrote still
    stands: nothing that a person wrote is replaced. Whether anything was."""
    rules = triage_by_rules(session.intake_content, session.ticket_data)
    domain = (session.described_by or {}).get("domain", rules.domain)
    row = AISession.objects.filter(pk=session.pk, status__in=AISession.OPEN)
    summary = mask_secrets(told.summary).text
    better = row.filter(problem_summary=rules.summary or None).update(problem_summary=summary)
    if told.domain is not None:
        better += row.filter(problem_domain=domain).update(problem_domain=told.domain)
    row.update(described_by=_described_by(told, found=bool(better), before=session.described_by))
    session.refresh_from_db(fields=["problem_summary", "problem_domain", "described_by"])
    return bool(better)


def note_warnings(session: AISession, told: TriageResult) -> None:
    """Keep what an engine has to tell people of an intake, though nothing that it found is taken over."""
    said = _described_by(told, found=False, before=session.described_by)
    AISession.objects.filter(pk=session.pk).update(described_by=said)


def _described_by(
    told: TriageResult, *, found: bool, before: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """`found`: whether summary or domain are what `told` says. Who once suspected an order is believed."""
    before = before or {}
    said = told.model_dump(mode="json", include={*_ORIGIN, *_WARNINGS})
    said["suspected_injection"] |= bool(before.get("suspected_injection"))
    origin = {name: said[name] for name in _ORIGIN} if found else before
    return {**origin, **{name: said[name] for name in _WARNINGS if said[name]}} or None
