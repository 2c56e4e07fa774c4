"""Histories of sessions, planted as the verbs leave them behind."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from flowpilot.core.ids import uuid7
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession, AISessionStep
from tests.factories import Cast

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.get_default_timezone())
TOPICS = [
    (
        "Scanner stops with error 0x8021 after the firmware update",
        "The scanner in reception stops with 0x8021.",
    ),
    (
        "Payroll export rejects the pension column",
        "The payroll export says that the pension column is invalid.",
    ),
]


def put(cast: Cast, number: int, **more: Any) -> list[AISession]:
    """Sessions that ended long ago, resolved in half an hour unless `more` says else."""
    begun = more.pop("begun", NOW - timedelta(days=30))
    given: dict[str, Any] = {
        "account": cast.account,
        "user": cast.engineer,
        "team": cast.team,
        "status": "resolved",
        "resolution_no": 1,
        "resolution_summary": "It was put right.",
        "resolution_action": "Put it right",
    }
    rows = [
        AISession(
            pk=uuid7(),
            created_at=begun + timedelta(minutes=place),
            ended_at=begun + timedelta(minutes=place + 30),
            resolved_at=begun + timedelta(minutes=place + 30),
            **{**given, **more},
        )
        for place in range(number)
    ]
    return AISession.objects.bulk_create(rows)


def topic(cast: Cast, which: int, number: int, **more: Any) -> list[AISession]:
    """Ended sessions about one thing, without a flow."""
    title, told = TOPICS[which]
    return put(cast, number, problem_summary=title, intake_content={"text": told}, **more)


def choose(cast: Cast, sessions: list[AISession], node: str, option: str) -> None:
    """Each session takes this way of its flow."""
    AISessionStep.objects.bulk_create(
        AISessionStep(
            account=cast.account,
            session=session,
            step_order=1,
            kind="question",
            source="flow",
            node_id=node,
            title="?",
            chosen_option=option,
            answered_at=session.ended_at,
        )
        for session in sessions
    )


def along(cast: Cast, version: FlowVersion, number: int, option: str, **more: Any) -> list[AISession]:
    sessions = put(cast, number, flow_version=version, matched_flow=version.flow, **more)
    choose(cast, sessions, "n1", option)
    return sessions
