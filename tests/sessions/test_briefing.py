from datetime import timedelta

from asgiref.sync import async_to_sync
from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import GuideStep
from flowpilot.ai.offline.engine import OfflineEngine
from flowpilot.ai.offline.intake import triage
from flowpilot.ai.streaming import last_step
from sessions import actions
from sessions.actions.following import leave
from sessions.actions.opening import describe_better
from sessions.briefing import escalate_request, guide_request, open_session, position
from sessions.jobs import index_history
from sessions.models import AISession, AISessionStep
from sessions.triaging import triage_request
from tests.factories import Cast, add_answered, make_resolved, make_session, make_version

ENGINE = OfflineEngine()
PROBLEM = "Outlook asks for the password again and again since the update this morning"


def guided(session: AISession, user: User) -> GuideStep:
    return async_to_sync(last_step)(ENGINE.guide(guide_request(session, user)))


def taken(session: AISession, step: GuideStep, *, flow: bool = False) -> AISessionStep:
    """The step as a console keeps it."""
    return actions.add_step(
        session,
        kind=step.kind,
        source="flow" if flow else step.engine,
        title=step.title,
        body=step.body,
        options=[{"id": option.id, "label": option.label} for option in step.options],
        node_id=step.node_id,
        by=session.user,
    )


def test_a_session_is_told_with_its_problem_log_and_steps(cast: Cast) -> None:
    log = "10:00:01 INFO alive\n" * 50 + "10:00:02 ERROR Tunnel down: error 809\n"
    content = {"text": "VPN drops. I already rebooted it.", "log_content": log}
    session = make_session(
        cast, problem_summary="VPN drops", intake_content=content, ticket_data={"body": "Urgent"}
    )
    add_answered(session, "Look at the modem", outcome="did_not_work")
    told = open_session(session)
    assert (told.title, told.domain) == ("VPN drops", "vpn_remote_access")
    assert told.text == "VPN drops. I already rebooted it.\n\nUrgent"
    assert told.log.split("\n")[-1] == "51: 10:00:02 ERROR Tunnel down: error 809"
    assert told.entities.tried == ("rebooted it",)
    assert told.entities.codes == ("error 809",)
    assert [(step.title, step.outcome) for step in told.steps] == [("Look at the modem", "did_not_work")]
    assert (told.client, told.score) == ("Northwind", None)
    actions.score(session, confidence=0.9)
    assert open_session(session).score == 0.9


def test_the_place_in_the_flow_follows_the_answers_and_ends_when_it_is_left(cast: Cast) -> None:
    session = make_session(cast, flow_version=make_version(cast))
    assert _node(session) == "n1"
    step = taken(session, guided(session, cast.engineer), flow=True)
    assert _node(session) == "n1"
    actions.answer(step, option="o1", by=cast.engineer)
    assert _node(session) == "n2"
    add_answered(session, "Something of my own")
    assert _node(session) == "n2"
    leave(session, reason="Another model", by=cast.engineer)
    assert _node(session) is None
    assert position(make_session(cast), ()) is None


def _node(session: AISession) -> str | None:
    found = position(session, open_session(session).steps)
    return found.node_id if found else None


def test_similar_sessions_are_those_that_the_user_may_see(cast: Cast) -> None:
    seen = make_resolved(cast, problem_summary="Outlook wants the password", intake_content={"text": PROBLEM})
    make_resolved(
        cast, problem_summary="Outlook, elsewhere", intake_content={"text": PROBLEM}, team=cast.other_team
    )
    index_history()
    session = make_session(cast, problem_summary="Outlook password", intake_content={"text": PROBLEM})
    request = guide_request(session, cast.engineer)
    assert [each.id for each in request.similar] == [seen.pk]
    assert request.similar[0].resolution_action
    assert request.similar[0].steps


def test_what_is_resolved_meanwhile_displaces_nothing_that_was_told_before(cast: Cast) -> None:
    """A model is told of the earlier ones in every turn, with the same bytes."""
    about = {"problem_summary": "Outlook wants the password", "intake_content": {"text": PROBLEM}}
    alike = {**about, "problem_summary": "Outlook wants the password of a shared mailbox"}
    earlier = {make_resolved(cast, **alike).pk for _ in range(5)}
    AISession.objects.update(resolved_at=timezone.now() - timedelta(hours=1))
    session = make_session(cast, **about)
    index_history()
    first = guide_request(session, cast.engineer).similar
    later = {make_resolved(cast, **about).pk for _ in range(15)}
    index_history()

    second = guide_request(session, cast.engineer).similar

    assert {each.id for each in first if not each.meanwhile} == earlier
    assert {each.id for each in second if not each.meanwhile} == earlier
    since = {each.id for each in second if each.meanwhile}
    assert (len(since), since < later) == (2, True)


def test_a_better_title_changes_nothing_of_what_was_told_of_the_past(cast: Cast) -> None:
    for summary in ("Outlook wants the password", "Toner is empty"):
        text = PROBLEM if "Outlook" in summary else "The printer has no toner since the update this morning"
        make_resolved(cast, problem_summary=summary, intake_content={"text": text})
    index_history()
    session = make_session(cast, problem_summary=None, intake_content={"text": PROBLEM})
    before = guide_request(session, cast.engineer)

    told = triage(triage_request(session.intake_content, None))
    described = told.model_copy(update={"engine": "anthropic", "summary": "Toner of the printer is empty"})
    assert describe_better(session, described)
    after = guide_request(session, cast.engineer)

    assert (before.session.title, after.session.title) == (told.summary, "Toner of the printer is empty")
    assert before.similar == after.similar


def test_a_flow_is_followed_to_its_resolution_without_any_model(cast: Cast) -> None:
    session = make_session(cast, flow_version=make_version(cast), intake_content={})
    shown = []
    for _ in range(5):
        step = guided(session, cast.engineer)
        shown.append((step.node_id, step.kind))
        if step.propose_resolution:
            break
        actions.answer(taken(session, step, flow=True), option="o1", by=cast.engineer)
    assert shown == [("n1", "question"), ("n2", "action"), ("n3", "note")]
    actions.resolve(session, summary="Spooler hung", action="Restart the print spooler", by=cast.engineer)
    assert session.status == AISession.Status.RESOLVED


def test_what_was_tried_at_the_intake_is_left_out_of_the_flow(cast: Cast) -> None:
    content = {"text": "Nothing prints. I already bounced the spooler, no luck."}
    session = make_session(cast, flow_version=make_version(cast), intake_content=content)
    actions.answer(taken(session, guided(session, cast.engineer), flow=True), option="o1", by=cast.engineer)
    step = guided(session, cast.engineer)
    assert (step.node_id, step.propose_escalation) == ("n4", True)
    assert "Restart the print spooler" in step.say


def test_a_session_without_flow_goes_by_the_playbook_and_is_handed_over_with_a_package(cast: Cast) -> None:
    session = make_session(
        cast, problem_summary="Nobody can print", intake_content={"text": "Nobody can print."}
    )
    step = guided(session, cast.engineer)
    while not (step.propose_escalation or step.propose_resolution):
        last = step.options[-1]
        actions.answer(taken(session, step), option=last.id, by=cast.engineer)
        step = guided(session, cast.engineer)
    package = ENGINE.escalate(escalate_request(session, cast.engineer, reason="No rights"))
    kept = package.model_dump(mode="json", exclude={"usage", "basis", "prompt_version", "fallback"})
    actions.request_escalation(session, reason="No rights", package=kept, by=cast.engineer)
    session.refresh_from_db()
    stored = session.escalation_package or {}
    assert stored["engine"] == "offline"
    asked = [row["step"] for row in stored["steps_tried"]]
    assert asked == list(session.steps.values_list("title", flat=True))
