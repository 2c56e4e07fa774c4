import pytest

from flowpilot.accounts.roles import NotAllowed
from sessions import actions
from sessions.actions.following import come_back, follow, go_on, leave, node_due
from sessions.briefing import open_session, position
from sessions.models import AISession, AISessionStep
from sessions.rules import IllegalTransition, Incomplete
from tests.factories import Cast, make_session, make_version


def current(session: AISession) -> AISessionStep:
    return session.steps.get(superseded_at__isnull=True, answered_at__isnull=True)


def lines(session: AISession) -> list[tuple[str, str, str]]:
    return [
        (event.verb, event.from_tier, event.to_tier) for event in session.events.order_by("created_at", "id")
    ]


def test_following_pins_the_version_and_shows_its_first_step(cast: Cast) -> None:
    session, version = make_session(cast), make_version(cast)
    follow(session, version=version, score=0.7, probability=0.9, by=cast.engineer)
    session.refresh_from_db()
    assert (session.flow_version, session.matched_flow) == (version, version.flow)
    assert (session.match_score, session.match_probability) == (0.7, 0.9)
    assert (session.confidence_score, session.confidence_tier) == (0.9, "guided")
    assert session.confidence_reason == "The flow fits with a probability of 90 %; nothing was answered yet."
    step = current(session)
    assert (step.kind, step.source, step.node_id, step.of_version) == ("question", "flow", "n1", version.pk)
    assert [option["label"] for option in step.options] == ["Yes", "No"]
    assert lines(session) == [("open", "", ""), ("follow", "", "guided")]


def test_a_flow_that_is_left_goes_on_where_it_was_left(cast: Cast) -> None:
    session = make_session(cast)
    follow(session, version=make_version(cast), probability=0.9, by=cast.engineer)
    actions.answer(current(session), option="o1", by=cast.engineer)
    go_on(session, by=cast.engineer)
    dropped = current(session)
    leave(session, reason="The printer is another model", by=cast.engineer)
    session.refresh_from_db()
    dropped.refresh_from_db()
    assert (session.follows, session.step_count, dropped.superseded_at is None) == (False, 1, False)
    assert (session.confidence_score, session.confidence_tier) == (0.737, "exploring")
    assert position(session, open_session(session).steps) is None
    come_back(session, by=cast.engineer)
    session.refresh_from_db()
    assert (session.follows, session.confidence_tier, current(session).node_id) == (True, "guided", "n2")
    assert lines(session)[2:] == [
        ("leave_flow", "guided", "exploring"),
        ("rejoin_flow", "exploring", "guided"),
    ]


def test_steps_of_a_flow_that_was_followed_before_say_nothing_of_the_next_one(cast: Cast) -> None:
    session, second = make_session(cast), make_version(cast)
    follow(session, version=make_version(cast), by=cast.engineer)
    actions.answer(current(session), option="o1", by=cast.engineer)
    follow(session, version=second, by=cast.engineer)
    node = node_due(session)
    told = open_session(session).steps
    place = position(session, told)
    assert node is not None
    assert place is not None
    assert (node.id, place.node_id, session.confidence_score) == ("n1", "n1", 0.5)
    assert [(step.source, step.node_id) for step in told] == [("engineer", None), ("flow", "n1")]


def test_a_flow_that_is_followed_again_goes_on_and_is_as_sure_as_it_was(cast: Cast) -> None:
    session, version = make_session(cast), make_version(cast)
    follow(session, version=version, probability=0.9, by=cast.engineer)
    actions.answer(current(session), option="o1", by=cast.engineer)
    leave(session, reason="By choice", by=cast.engineer)
    follow(session, version=version, probability=0.9, by=cast.engineer)
    assert (current(session).node_id, session.confidence_score) == ("n2", 0.918)


def test_an_end_of_the_flow_is_no_step(cast: Cast) -> None:
    session = make_session(cast)
    follow(session, version=make_version(cast), by=cast.engineer)
    actions.answer(current(session), option="o2", by=cast.engineer)
    assert go_on(session, by=cast.engineer) is None
    node = node_due(session)
    assert node is not None
    assert node.kind == "escalation"


def test_only_the_holder_of_an_active_session_follows_a_flow_of_the_account(
    cast: Cast, outsiders: Cast
) -> None:
    session, version = make_session(cast), make_version(cast)
    with pytest.raises(NotAllowed):
        follow(session, version=version, by=cast.colleague)
    with pytest.raises(Incomplete, match="not in this account"):
        follow(session, version=make_version(outsiders), by=cast.engineer)
    with pytest.raises(Incomplete, match="follows no flow"):
        leave(session, reason="why", by=cast.engineer)
    with pytest.raises(Incomplete, match="no flow to go back to"):
        come_back(session, by=cast.engineer)
    actions.pause(session, by=cast.engineer)
    with pytest.raises(IllegalTransition, match="follow.*paused"):
        follow(session, version=version, by=cast.engineer)
    session.refresh_from_db()
    assert (session.flow_version, session.steps.count()) == (None, 0)
