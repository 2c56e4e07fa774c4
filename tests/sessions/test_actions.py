from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from flowpilot.accounts.roles import NotAllowed
from sessions import actions, rules
from sessions.models import AISession, AISessionStep, SessionEvent, tier_for
from tests.factories import Cast, add_answered, make_resolved, make_session, make_version

Status = AISession.Status


def trail(session: AISession) -> list[tuple[str, str, str]]:
    return list(session.events.values_list("verb", "from_status", "to_status"))


@pytest.mark.parametrize(
    ("score", "tier"),
    [
        (0.0, "discovery"),
        (0.3999, "discovery"),
        (0.40, "exploring"),
        (0.80, "exploring"),
        (0.8001, "guided"),
        (1.0, "guided"),
    ],
)
def test_tier_follows_from_the_score_with_both_ends_of_exploring_included(score: float, tier: str) -> None:
    assert tier_for(score) == tier


def test_opening_pins_the_flow_version_that_is_current(cast: Cast) -> None:
    version = make_version(cast)

    session = make_session(cast, flow_version=version, match_score=0.7)

    session.refresh_from_db()
    assert (session.status, session.flow_version, session.matched_flow) == (
        Status.ACTIVE,
        version,
        version.flow,
    )
    assert (session.scored_at, session.confidence_tier) == (None, "discovery")
    assert trail(session) == [("open", "", "active")]


def test_superusers_hold_no_sessions(cast: Cast, admin_user: object) -> None:
    with pytest.raises(NotAllowed):
        actions.open_session(user=admin_user)


def test_scoring_sets_tier_and_time(cast: Cast) -> None:
    session = make_session(cast)

    actions.score(session, confidence=0.81)

    session.refresh_from_db()
    assert (session.confidence_score, session.confidence_tier) == (0.81, "guided")
    assert session.scored_at is not None


def test_pause_and_resume_leave_events(cast: Cast) -> None:
    session = make_session(cast)

    actions.pause(session, reason="Waiting for the user", by=cast.engineer)
    actions.resume(session, by=cast.engineer)

    assert session.status == Status.ACTIVE
    assert trail(session) == [
        ("open", "", "active"),
        ("pause", "active", "paused"),
        ("resume", "paused", "active"),
    ]


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("resume", {}),
        ("cancel_escalation", {}),
        ("accept_escalation", {}),
        ("reopen", {}),
    ],
)
def test_verbs_that_do_not_fit_an_active_session_are_refused_by_name(
    cast: Cast, verb: str, arguments: dict[str, str]
) -> None:
    session = make_session(cast)

    with pytest.raises(rules.IllegalTransition) as refusal:
        getattr(actions, verb)(session, **arguments, by=cast.engineer)

    assert (refusal.value.verb, refusal.value.status) == (verb, "active")
    assert trail(session) == [("open", "", "active")]


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("pause", {}),
        ("request_escalation", {"reason": "stuck"}),
        ("escalate", {"reason": "stuck", "destination": "vendor"}),
        ("resolve", {"summary": "a", "action": "b"}),
        ("abandon", {"reason": "gone"}),
    ],
)
def test_an_ended_session_takes_no_further_verbs(cast: Cast, verb: str, arguments: dict[str, str]) -> None:
    session = make_session(cast)
    actions.abandon(session, reason="The user has left", by=cast.engineer)

    with pytest.raises(rules.IllegalTransition):
        getattr(actions, verb)(session, **arguments, by=cast.engineer)


def test_steps_are_numbered_and_counted_and_answered_once(cast: Cast) -> None:
    session = make_session(cast)
    options = [{"id": "o1", "label": "Yes"}, {"id": "o2", "label": "No"}]
    step = actions.add_step(
        session, kind="question", source="offline", title="Is it on?", options=options, by=cast.engineer
    )

    actions.answer(step, option="o1", response="  green light ", by=cast.engineer)

    step.refresh_from_db()
    assert (step.step_order, step.chosen_option, step.chosen_label) == (1, "o1", "Yes")
    assert session.step_count == 1
    with pytest.raises(rules.StaleStep):
        actions.answer(step, option="o2", by=cast.engineer)


def test_an_answer_that_was_not_offered_is_refused(cast: Cast) -> None:
    session = make_session(cast)
    step = actions.add_step(session, kind="question", source="offline", title="Is it on?", by=cast.engineer)

    with pytest.raises(rules.Incomplete) as refusal:
        actions.answer(step, option="o9", by=cast.engineer)

    assert refusal.value.field == "option"


def test_an_empty_answer_is_refused(cast: Cast) -> None:
    session = make_session(cast)
    step = actions.add_step(session, kind="question", source="offline", title="Is it on?", by=cast.engineer)

    with pytest.raises(rules.Incomplete):
        actions.answer(step, response="   ", by=cast.engineer)


def test_changing_an_answer_supersedes_the_later_steps_and_asks_again(cast: Cast) -> None:
    session = make_session(cast)
    for title in ("First", "Second", "Third"):
        add_answered(session, title)
    second = session.steps.get(title="Second")

    again = actions.change_answer(second, by=cast.engineer)

    current = list(session.steps.filter(superseded_at__isnull=True).values_list("title", "step_order"))
    assert current == [("First", 1), ("Second", 4)]
    assert (again.answered_at, session.step_count) == (None, 2)


def test_answered_steps_cannot_be_rewritten_even_by_sql(cast: Cast) -> None:
    session = make_session(cast)
    add_answered(session, "First")

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        AISessionStep.objects.filter(session=session).update(response="something else")
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        AISessionStep.objects.filter(session=session).update(title="something else")


def test_events_cannot_be_rewritten_even_by_sql(cast: Cast) -> None:
    session = make_session(cast)

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        SessionEvent.objects.filter(session=session).update(reason="never happened")


def test_escalation_is_accepted_by_a_colleague_who_then_holds_the_session(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Needs a network engineer", by=cast.engineer)

    actions.accept_escalation(session, by=cast.colleague)

    assert (session.status, session.holder_id) == (Status.ACTIVE, cast.colleague.pk)
    actions.add_step(session, kind="note", source="engineer", title="On it", by=cast.colleague)
    with pytest.raises(NotAllowed):
        actions.add_step(session, kind="note", source="engineer", title="Me too", by=cast.engineer)


def test_nobody_accepts_their_own_escalation(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Needs help", by=cast.engineer)

    with pytest.raises(NotAllowed):
        actions.accept_escalation(session, by=cast.engineer)


def test_a_second_taker_of_an_escalation_is_refused(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Needs help", by=cast.engineer)
    actions.accept_escalation(session, by=cast.colleague)

    with pytest.raises(rules.IllegalTransition):
        actions.accept_escalation(session, by=cast.team_admin)


def test_escalation_can_be_cancelled(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Needs help", by=cast.engineer)

    actions.cancel_escalation(session, by=cast.engineer)

    assert session.status == Status.ACTIVE


def test_escalating_outside_ends_the_session(cast: Cast) -> None:
    session = make_session(cast)

    actions.escalate(session, reason="Hardware fault", destination="Vendor support", by=cast.engineer)

    assert (session.status, session.escalation_destination) == (Status.ESCALATED, "Vendor support")
    assert session.ended_at is not None


def test_resolving_needs_summary_and_action(cast: Cast) -> None:
    session = make_session(cast)

    for summary, action, field in (("", "Restarted it", "summary"), ("It hung", "  ", "action")):
        with pytest.raises(rules.Incomplete) as refusal:
            actions.resolve(session, summary=summary, action=action, by=cast.engineer)
        assert refusal.value.field == field


def test_resolving_counts_the_resolution_and_asks_for_analysis(cast: Cast) -> None:
    session = make_resolved(cast)

    session.refresh_from_db()
    assert (session.status, session.resolution_no, session.analysis_status) == (Status.RESOLVED, 1, "pending")
    assert session.resolved_at == session.ended_at


def test_reopening_leaves_the_analysis_and_the_next_resolution_counts_on(cast: Cast) -> None:
    session = make_resolved(cast)

    actions.reopen(session, by=cast.engineer)
    assert (session.status, session.analysis_status, session.ended_at) == (Status.ACTIVE, None, None)

    actions.resolve(session, summary="Again", action="Replaced the cable", by=cast.engineer)
    assert session.resolution_no == 2


def test_reopening_is_possible_within_the_accounts_days_only(cast: Cast) -> None:
    session = make_resolved(cast)
    AISession.objects.filter(pk=session.pk).update(resolved_at=timezone.now() - timedelta(days=7, minutes=1))

    with pytest.raises(rules.TooLate):
        actions.reopen(session, by=cast.engineer)


def test_abandoning_needs_a_reason(cast: Cast) -> None:
    session = make_session(cast)

    with pytest.raises(rules.Incomplete):
        actions.abandon(session, reason=" ", by=cast.engineer)


def test_rating_is_the_holders_and_between_one_and_five(cast: Cast) -> None:
    session = make_resolved(cast)

    with pytest.raises(rules.Incomplete):
        actions.rate(session, rating=6, by=cast.engineer)
    with pytest.raises(NotAllowed):
        actions.rate(session, rating=5, by=cast.colleague)
    actions.rate(session, rating=4, feedback="Quick", by=cast.engineer)

    session.refresh_from_db()
    assert (session.session_rating, session.session_feedback) == (4, "Quick")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "sleeping"},
        {"confidence_tier": "sure"},
        {"intake_type": "fax"},
        {"confidence_score": 1.1},
        {"session_rating": 0},
        {"analysis_status": "pending"},
        {"status": "resolved"},
        {"match_score": -0.1},
    ],
)
def test_the_database_refuses_what_no_verb_would_write(cast: Cast, change: dict[str, object]) -> None:
    session = make_session(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        AISession.objects.filter(pk=session.pk).update(**change)
