"""Told sessions → rows, as the verbs of `sessions.actions` would have left them at the time.

The verbs date with the present, and steps and events cannot be changed afterwards; so the demo, alone of
all, writes these rows itself. A test plays the verbs beside it and compares.
"""

from collections.abc import Iterable
from datetime import datetime
from random import Random
from uuid import UUID

from flowpilot.accounts.models import User
from flowpilot.demo.chance import stream
from flowpilot.demo.people import Ground
from flowpilot.demo.shapes import DemoEvent, DemoSession, DemoStep
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession, AISessionStep, SessionEvent, tier_for


def write(told: Iterable[DemoSession], ground: Ground, versions: dict[str, FlowVersion], seed: int) -> int:
    """Write an account's sessions with their steps and events; returns how many."""
    rng = stream(seed, ground.account.slug, "ids")
    pairs = [(session, _session(session, ground, versions, rng)) for session in told]
    AISession.objects.bulk_create(row for _, row in pairs)
    for session, row in pairs:
        # Inserting has set it to the present, and the sweep of idle sessions goes by it.
        row.updated_at = session.touched_at
    AISession.objects.bulk_update([row for _, row in pairs], ["updated_at"])
    AISessionStep.objects.bulk_create(
        step for session, row in pairs for step in _steps(session, row, ground, rng)
    )
    SessionEvent.objects.bulk_create(
        _event(event, row, ground, rng) for session, row in pairs for event in session.events
    )
    return len(pairs)


def dated_id(at: datetime, rng: Random) -> UUID:
    """A UUID of version 7 as `core.ids.uuid7` makes them, of a past moment and drawn from the seed."""
    value = int(at.timestamp() * 1000) << 80 | rng.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def _session(
    session: DemoSession, ground: Ground, versions: dict[str, FlowVersion], rng: Random
) -> AISession:
    end = session.end
    version = versions[session.flow] if session.flow else None
    score = session.confidence or 0
    ticket = session.ticket_data
    return AISession(
        id=dated_id(session.created_at, rng),
        account=ground.account,
        created_at=session.created_at,
        user=ground.people[session.user],
        team=ground.teams[session.team] if session.team else None,
        client=ground.clients[session.client],
        intake_type=session.intake_type,
        intake_content=session.intake_content,
        problem_summary=session.summary,
        problem_domain=session.domain,
        ticket_data=ticket,
        psa_ticket_id=ticket["number"] if ticket else None,
        status=end.status,
        confidence_score=score,
        confidence_tier=tier_for(score),
        scored_at=session.scored_at,
        first_score=score if session.scored_at else None,
        matched_flow=version.flow if version else None,
        flow_version=version,
        match_score=session.match_score,
        resolution_summary=end.resolution_summary,
        resolution_action=end.resolution_action,
        root_cause=end.root_cause,
        worked_minutes=end.worked_minutes,
        flow_helped=end.flow_helped,
        resolution_no=end.resolution_no,
        escalation_reason=end.escalation_reason,
        escalation_code=end.escalation_code,
        escalation_package=end.escalation_package,
        escalation_destination=end.escalation_destination,
        escalation_requested_at=end.escalation_requested_at,
        escalated_to=ground.people[end.escalated_to] if end.escalated_to else None,
        session_rating=end.rating,
        session_feedback=end.feedback,
        analysis_status=AISession.AnalysisStatus.PENDING if end.status == "resolved" else None,
        step_count=len(session.steps),
        resolved_at=end.resolved_at,
        reopened_at=end.reopened_at,
        ended_at=end.ended_at,
    )


def _steps(session: DemoSession, row: AISession, ground: Ground, rng: Random) -> Iterable[AISessionStep]:
    return (
        _step(step, order, row, ground.people[session.holder_at(step.answered_at or step.asked_at)], rng)
        for order, step in enumerate(session.steps, start=1)
    )


def _step(step: DemoStep, order: int, row: AISession, holder: User, rng: Random) -> AISessionStep:
    return AISessionStep(
        id=dated_id(step.asked_at, rng),
        account_id=row.account_id,
        created_at=step.asked_at,
        session=row,
        step_order=order,
        kind=step.kind,
        source=step.source,
        node_id=step.node_id,
        title=step.title,
        body=step.body,
        options=[{"id": option.id, "label": option.label} for option in step.options],
        chosen_option=step.chosen.id if step.chosen else "",
        response=step.response,
        outcome=step.outcome,
        confidence_after=step.confidence_after,
        answered_at=step.answered_at,
        answered_by=holder if step.answered_at else None,
    )


def _event(event: DemoEvent, row: AISession, ground: Ground, rng: Random) -> SessionEvent:
    return SessionEvent(
        id=dated_id(event.at, rng),
        account_id=row.account_id,
        created_at=event.at,
        session=row,
        actor=ground.people[event.actor] if event.actor else None,
        verb=event.verb,
        from_status=event.before,
        to_status=event.after,
        reason=event.reason,
    )
