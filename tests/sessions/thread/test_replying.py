from datetime import timedelta

import pytest
from django.utils import timezone

from flowpilot.accounts.roles import NotAllowed
from flowpilot.ai.contracts import GuideStep
from sessions import actions
from sessions.actions import turns
from sessions.actions.following import come_back, follow, leave
from sessions.actions.replying import Reply, keep_draft, note, open_step, redo, reply
from sessions.models import AISession, AISessionStep, Turn
from sessions.rules import IllegalTransition, Incomplete, StaleStep
from tests.factories import Cast, make_session, make_turn, make_version

GUIDED = GuideStep(
    engine="offline",
    basis=("playbook:printing@1", "session:1"),
    say="This comes first.",
    kind="action",
    title="Restart the spooler",
    options=(),
    confidence=0.3,
    confidence_reason="A general step.",
    node_id="p:printing:n1",
)


@pytest.fixture
def session(cast: Cast) -> AISession:
    """Follows a flow: a question, an action, both ends."""
    made = make_session(cast)
    follow(made, version=make_version(cast), probability=0.9, by=cast.engineer)
    return made


def waiting(session: AISession) -> AISessionStep:
    found = open_step(session)
    assert found is not None
    return found


def said(session: AISession, given: Reply, *, step: int | None = None) -> None:
    expected = waiting(session).step_order if step is None else step
    reply(session, given, expected_step=expected, by=session.user)


def last_said(session: AISession) -> AISessionStep:
    found: AISessionStep = session.steps.filter(superseded_at=None, answered_at__isnull=False).latest(
        "step_order"
    )
    return found


def test_an_answer_brings_the_next_step_of_the_flow(session: AISession) -> None:
    said(session, Reply(option="o1"))
    first, second = session.steps.order_by("step_order")
    assert (first.chosen_option, first.outcome, first.confidence_after) == ("o1", "", 0.918)
    assert (second.node_id, second.kind, session.confidence_score) == ("n2", "action", 0.918)


def test_an_outcome_is_read_as_the_answer_that_it_means(session: AISession) -> None:
    said(session, Reply(option="o1"))
    said(session, Reply(outcome="worked"))
    step = session.steps.get(node_id="n2")
    assert (step.chosen_option, step.outcome, open_step(session)) == ("o1", "worked", None)


def test_words_are_read_as_the_answer_that_they_mean_and_else_refused(session: AISession) -> None:
    with pytest.raises(Incomplete, match="could not be read"):
        said(session, Reply(response="The moon is full"))
    said(session, Reply(response="no"))
    step = session.steps.get()
    assert (step.chosen_option, step.response) == ("o2", "no")


@pytest.mark.parametrize("outcome", ["skipped", "unclear", "did_not_work"])
def test_a_question_without_an_answer_is_kept_as_such_and_the_flow_left_where_it_can_be_taken_up(
    cast: Cast, session: AISession, outcome: str
) -> None:
    with pytest.raises(Incomplete, match="Choose an answer"):
        said(session, Reply())

    said(session, Reply(outcome=outcome, response="Nobody is there"))

    step = session.steps.get()
    word = step.get_outcome_display().lower()
    assert (step.outcome, step.chosen_option, step.response) == (outcome, "", "Nobody is there")
    assert session.events.get(verb="leave_flow").reason == (
        f"“Does the printer show an error?” has no answer ({word}), and the way on hangs on it."
    )
    come_back(session, by=cast.engineer)
    assert waiting(session).node_id == "n1"


def test_an_action_that_was_passed_over_goes_on_like_one_that_did_not_help(session: AISession) -> None:
    said(session, Reply(option="o1"))
    said(session, Reply(outcome="skipped"))
    step = session.steps.get(node_id="n2")
    assert (step.outcome, step.chosen_option, session.follows) == ("skipped", "o2", True)


def test_none_of_these_leaves_the_flow_with_the_reason(session: AISession) -> None:
    said(session, Reply(option="none", response="It smokes"))
    session.refresh_from_db()
    event = session.events.get(verb="leave_flow")
    assert session.steps.get().response == "None of these\nIt smokes"
    assert event.reason == "None of the answers fitted at “Does the printer show an error?”. It smokes"
    assert (session.follows, event.from_tier, event.to_tier) == (False, "guided", "exploring")


def test_a_step_is_answered_once_by_whoever_saw_it(cast: Cast, session: AISession) -> None:
    said(session, Reply(option="o1"), step=1)
    with pytest.raises(StaleStep):
        said(session, Reply(option="o1"), step=1)
    with pytest.raises(NotAllowed):
        reply(session, Reply(option="o1"), expected_step=2, by=cast.colleague)
    actions.pause(session, by=cast.engineer)
    with pytest.raises(IllegalTransition):
        said(session, Reply(option="o1"), step=2)
    assert session.steps.count() == 2


def test_a_note_stays_in_the_flow_and_doing_something_else_leaves_it(cast: Cast, session: AISession) -> None:
    keep_draft(session, "The tray is open", by=cast.engineer)
    note(session, text="The tray is open", by=cast.engineer)
    session.refresh_from_db()
    noted = session.steps.get(kind="note")
    assert (noted.source, noted.title, noted.response) == ("engineer", "The tray is open", "The tray is open")
    assert (session.follows, session.draft_answer, waiting(session).node_id) == (True, "", "n1")
    note(session, text="Changed the cable", action=True, outcome="worked", by=cast.engineer)
    session.refresh_from_db()
    assert session.events.get(verb="leave_flow").reason == "Did something else: Changed the cable"
    assert (session.follows, session.steps.get(kind="action").outcome, open_step(session)) == (
        False,
        "worked",
        None,
    )
    with pytest.raises(Incomplete, match="Write what you saw"):
        note(session, text="  ", by=cast.engineer)


def test_a_changed_answer_goes_on_from_there_in_the_flow_that_was_left_since(
    cast: Cast, session: AISession
) -> None:
    said(session, Reply(option="o1"))
    said(session, Reply(option="none"))
    make_turn(session)
    redo(session.steps.get(step_order=1), by=cast.engineer)
    session.refresh_from_db()
    assert (session.follows, session.step_count, waiting(session).node_id) == (True, 1, "n1")
    assert session.turns.get().state == Turn.State.STOPPED
    assert session.steps.filter(superseded_at__isnull=False).count() == 2
    said(session, Reply(option="o2"))
    assert open_step(session) is None


def test_an_answer_of_a_flow_that_is_not_followed_any_more_stays(cast: Cast, session: AISession) -> None:
    said(session, Reply(option="o1"))
    follow(session, version=make_version(cast), by=cast.engineer)
    with pytest.raises(Incomplete, match="does not follow any more"):
        redo(session.steps.get(step_order=1), by=cast.engineer)


def test_a_turn_ends_in_a_step_with_what_the_engine_said_of_it(cast: Cast) -> None:
    session = make_session(cast)
    turn = make_turn(session)
    assert turns.ask(session, by=cast.engineer) is None
    turn.text, turn.engine = "This comes", "offline"
    assert turns.write(turn)
    turns.finish(turn, GUIDED)
    turn.refresh_from_db()
    session.refresh_from_db()
    step = waiting(session)
    assert (step.title, step.source) == ("Restart the spooler", "offline")
    assert (turn.step, turn.state) == (step, "done")
    assert (turn.text, turn.confidence, turn.basis) == (
        "This comes first.",
        0.3,
        ["playbook:printing@1", "session:1"],
    )
    assert (session.confidence_score, session.confidence_reason) == (0.3, "A general step.")
    with pytest.raises(StaleStep):
        turns.ask(session, by=cast.engineer)


def test_an_engines_step_moves_the_confidence_back_when_taken_back_and_never_that_of_a_flow(
    cast: Cast,
) -> None:
    session = make_session(cast)
    follow(session, version=make_version(cast), probability=0.9, by=cast.engineer)
    leave(session, reason="Another model", by=cast.engineer)
    turns.finish(make_turn(session), GUIDED)
    said(session, Reply(outcome="did_not_work"))
    session.refresh_from_db()
    scores = [session.confidence_score]
    redo(last_said(session), by=cast.engineer)
    scores.append(session.confidence_score)
    said(session, Reply(outcome="worked"))
    come_back(session, by=cast.engineer)
    redo(last_said(session), by=cast.engineer)
    said(session, Reply(outcome="worked"))

    assert [*scores, session.confidence_score] == [0.255, 0.3, 0.9]


def test_a_turn_that_was_stopped_or_overtaken_brings_no_step(cast: Cast) -> None:
    session = make_session(cast)
    turn = make_turn(session)
    turns.stop(turn, by=cast.engineer)
    assert not turns.write(turn)
    turns.finish(turn, GUIDED)
    second = make_turn(session)
    actions.pause(session, by=cast.engineer)
    turns.finish(second, GUIDED)
    assert sorted(session.turns.values_list("state", flat=True)) == ["stopped", "stopped"]
    assert not session.steps.exists()


def test_a_turn_whose_process_died_is_ended_by_whoever_asks_next(cast: Cast) -> None:
    session = make_session(cast)
    dead = make_turn(session)
    dead.text = "What came before"
    turns.write(dead)
    Turn.objects.filter(pk=dead.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    dead.refresh_from_db()
    assert dead.broke_off
    assert turns.ask(session, by=cast.engineer) is not None
    dead.refresh_from_db()
    assert (dead.state, dead.text) == ("failed", "What came before")
    assert dead.error == "It broke off: the server was stopped meanwhile."


def test_secrets_in_what_is_typed_are_not_kept(cast: Cast) -> None:
    session = make_session(cast)
    keep_draft(session, "password: hunter2hunter2", by=cast.engineer)
    session.refresh_from_db()
    assert "hunter2" not in session.draft_answer
    with pytest.raises(NotAllowed):
        keep_draft(session, "mine", by=cast.colleague)
