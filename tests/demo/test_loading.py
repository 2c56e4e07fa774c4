"""The demo in the database: what the verbs would have left, in two fenced accounts, and nothing of others."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import groupby
from typing import Any

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict
from pytest_django import Settings

from flowpilot.accounts.models import Account, Client, Team, User
from flowpilot.demo import actions as demo
from flowpilot.demo.generate import sessions
from flowpilot.demo.logins import DEMO_LOGINS
from flowpilot.demo.shapes import DemoEvent, DemoSession, DemoStep
from flowpilot.flows.document import problems
from flowpilot.flows.models import Flow, FlowVersion
from proposals.models import FlowProposal, SessionAnalysis
from sessions import actions
from sessions.models import AISession, AISessionStep, SessionEvent
from tests.factories import make_cast

pytestmark = pytest.mark.django_db

SEED, SIZE = 3, 0.2
NOW = datetime(2026, 3, 17, 15, tzinfo=UTC)
TIMES = {
    "scored_at",
    "escalation_requested_at",
    "resolved_at",
    "reopened_at",
    "ended_at",
    "answered_at",
    "superseded_at",
}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Hashing the logins takes longer than all the rest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _on_a_tuesday() -> Iterator[None]:
    """Weekday and hour decide which sessions there are."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def told() -> list[DemoSession]:
    demo.load(seed=SEED, now=NOW, size=SIZE)
    return list(sessions(SEED, NOW, SIZE))


def load_demo(*options: str) -> str:
    out = StringIO()
    call_command("load_demo", "--size", str(SIZE), *options, stdout=out)
    return out.getvalue()


def row_of(session: DemoSession) -> AISession:
    return AISession.objects.get(account__slug=session.account, created_at=session.created_at)


def test_everything_told_is_written(told: list[DemoSession]) -> None:
    assert AISession.objects.count() == len(told)
    assert AISessionStep.objects.count() == sum(len(session.steps) for session in told)
    assert SessionEvent.objects.count() == sum(len(session.events) for session in told)
    assert all(row.step_count == row.steps.count() for row in AISession.objects.all())


def test_rows_are_those_that_the_verbs_leave(told: list[DemoSession]) -> None:
    by_kind = sorted(told, key=_kind)
    played = [next(group) for _, group in groupby(by_kind, key=_kind)]
    assert len(played) >= 8
    for session in played:
        row = row_of(session)
        assert picture(play(session, row)) == picture(row)


def test_times_are_those_that_were_told(told: list[DemoSession]) -> None:
    for session in told:
        row = row_of(session)
        assert row.updated_at == session.touched_at
        assert row.ended_at == session.end.ended_at
        steps = row.steps.values_list("created_at", "answered_at")
        assert list(steps) == [(step.asked_at, step.answered_at) for step in session.steps]
        assert [event.created_at for event in row.events.all()] == [event.at for event in session.events]


def test_flows_were_published_before_their_first_session(told: list[DemoSession]) -> None:
    first = min(session.created_at for session in told)
    assert Flow.objects.published().count() == 8
    assert all(version.published_at < first for version in FlowVersion.objects.all())
    assert all(flow.created_at < first for flow in Flow.objects.all())


def test_no_row_points_into_the_other_account(told: list[DemoSession]) -> None:
    for row in AISession.objects.select_related("user", "team", "client", "matched_flow", "escalated_to"):
        pointed = (row.user, row.team, row.client, row.matched_flow, row.escalated_to)
        assert {other.account_id for other in pointed if other} == {row.account_id}


def test_same_seed_and_time_give_the_same_keys() -> None:
    demo.load(seed=SEED, now=NOW, size=SIZE)
    keys = list(AISession.objects.order_by("pk").values_list("pk", flat=True))
    demo.remove()
    demo.load(seed=SEED, now=NOW, size=SIZE)
    assert list(AISession.objects.order_by("pk").values_list("pk", flat=True)) == keys


def test_queue_is_what_the_job_made() -> None:
    load_demo()
    outcomes = set(SessionAnalysis.objects.values_list("outcome", flat=True))
    assert outcomes >= {"new_flow", "enhancement", "reinforced", "nothing"}
    assert not AISession.objects.awaiting_analysis().exists()
    drafts = [proposal.current_draft for proposal in FlowProposal.objects.select_related("current_draft")]
    assert [draft.pk for draft in drafts if problems(draft.tree)] == []


def test_second_load_changes_nothing_and_prints_the_logins() -> None:
    load_demo("--no-analysis")
    before = set(AISession.objects.values_list("pk", flat=True))
    said = load_demo()
    assert "loaded already" in said
    assert all(email in said and password in said for _, email, password in DEMO_LOGINS)
    assert set(AISession.objects.values_list("pk", flat=True)) == before


def test_printed_logins_work_and_nobody_else_has_a_password(told: list[DemoSession]) -> None:
    for _, email, password in DEMO_LOGINS:
        assert authenticate(username=email, password=password) == User.objects.get(email=email)
    others = User.objects.exclude(email__in=[email for _, email, _ in DEMO_LOGINS])
    assert [user.email for user in others if user.has_usable_password()] == []


def test_reset_removes_the_demo_and_nothing_else() -> None:
    stranger = make_cast("stranger")
    load_demo("--no-analysis")
    kept = AISession.objects.filter(account=stranger.account).count()
    assert demo.remove() == 2
    assert list(Account.objects.values_list("slug", flat=True)) == ["stranger"]
    assert set(Team.objects.values_list("account__slug", flat=True)) == {"stranger"}
    assert set(Client.objects.values_list("account__slug", flat=True)) == {"stranger"}
    assert AISession.objects.count() == kept


def test_reset_loads_it_anew() -> None:
    load_demo("--no-analysis")
    old = set(Account.objects.values_list("pk", flat=True))
    said = load_demo("--no-analysis", "--reset")
    assert "Demo accounts removed: 2." in said
    assert set(Account.objects.values_list("pk", flat=True)).isdisjoint(old)


def test_account_of_somebody_else_with_a_demo_slug_is_left_alone() -> None:
    cast = make_cast("brightwater")
    with pytest.raises(CommandError, match="“brightwater” has the slug of a demo account"):
        load_demo("--reset")
    assert list(Account.objects.all()) == [cast.account]


@pytest.mark.parametrize("size", ["0", "-1", "51", "much"])
def test_impossible_size_is_refused(size: str) -> None:
    with pytest.raises(CommandError, match="is no size"):
        call_command("load_demo", "--size", size)


def _kind(session: DemoSession) -> tuple[str, ...]:
    """Sessions of one kind went through the same verbs."""
    return (session.end.status, *sorted({event.verb for event in session.events}), str(bool(session.flow)))


def picture(row: AISession) -> dict[str, Any]:
    """A session with its steps and events without keys; of its times only whether they are set."""
    row = AISession.objects.get(pk=row.pk)
    events = row.events.values_list("verb", "from_status", "to_status", "reason", "actor__email")
    return {
        **_columns(row),
        "steps": [_columns(step) for step in row.steps.all()],
        "events": list(events),
    }


def _columns(row: AISession | AISessionStep) -> dict[str, Any]:
    values = model_to_dict(row, exclude=["session"])
    return {name: value is not None if name in TIMES else value for name, value in values.items()}


def play(told: DemoSession, row: AISession) -> AISession:
    """Tell a session again by the verbs, now."""
    session = actions.open_session(
        user=row.user,
        team=row.team,
        client=row.client,
        intake_type=told.intake_type,
        intake_content=told.intake_content,
        problem_summary=told.summary,
        problem_domain=told.domain,
        ticket_data=told.ticket_data,
        flow_version=row.flow_version,
        match_score=told.match_score,
    )
    happened: list[tuple[datetime, DemoEvent | DemoStep]] = [(event.at, event) for event in told.events[1:]]
    happened += [(step.asked_at, step) for step in told.steps]
    scored = told.confidence is None
    for at, what in sorted(happened, key=lambda pair: pair[0]):
        if told.scored_at and at > told.scored_at and not scored:
            actions.score(session, confidence=told.confidence or 0)
            scored = True
        if isinstance(what, DemoStep):
            play_step(session, what)
        else:
            play_event(session, what, told)
    if not scored:
        actions.score(session, confidence=told.confidence or 0)
    if told.end.rating:
        holder = User.objects.get(pk=session.holder_id)
        actions.rate(session, rating=told.end.rating, feedback=told.end.feedback or "", by=holder)
    return session


def play_step(session: AISession, told: DemoStep) -> None:
    holder = User.objects.get(pk=session.holder_id)
    step = actions.add_step(
        session,
        kind=told.kind,
        source=told.source,
        title=told.title,
        body=told.body,
        options=[{"id": option.id, "label": option.label} for option in told.options],
        node_id=told.node_id,
        by=holder,
    )
    actions.answer(
        step,
        option=told.chosen.id if told.chosen else "",
        response=told.response,
        outcome=told.outcome,
        confidence_after=told.confidence_after,
        by=holder,
    )


def play_event(session: AISession, event: DemoEvent, told: DemoSession) -> None:
    verb = getattr(actions, event.verb)
    by = User.objects.get(email=event.actor) if event.actor else None
    end = told.end
    arguments: dict[str, dict[str, Any]] = {
        "resume": {},
        "accept_escalation": {},
        "request_escalation": {
            "reason": event.reason,
            "code": end.escalation_code,
            "package": end.escalation_package,
        },
        "escalate": {
            "reason": event.reason,
            "code": end.escalation_code,
            "destination": end.escalation_destination,
        },
        "resolve": {
            "summary": end.resolution_summary,
            "action": end.resolution_action,
            "root_cause": end.root_cause,
            "worked_minutes": end.worked_minutes,
            "flow_helped": end.flow_helped,
        },
    }
    verb(session, by=by, **arguments.get(event.verb, {"reason": event.reason}))
