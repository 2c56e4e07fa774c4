"""What a bad day does to the learning job: nothing is lost, repeated, starved or blamed on a neighbour."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.accounts.roles import NotAllowed
from flowpilot.accounts.rounds import AccountsFailed
from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult
from flowpilot.flows.actions import publish_version, retire
from flowpilot.flows.models import FlowVersion
from proposals import actions, jobs
from proposals.analysis import judge
from proposals.groups import load
from proposals.models import AnalysisRun, FlowProposal, SessionAnalysis
from sessions import actions as sessions
from sessions.models import AISession
from tests.factories import Cast, add_answered, make_cast, make_session, make_version, small_tree
from tests.proposals.test_learning_job import OneCluster, analysis_of, pass_over, similar


class Killer(OneCluster):
    """Dies on a poisoned session as the queue's timeout or the kernel would: past every `except`."""

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        if any("poison" in facts.text for facts in request.sessions):
            raise SystemExit(1)
        return super().analyse(request)


def resolve_again(session: AISession) -> None:
    sessions.reopen(session, by=session.user)
    sessions.resolve(session, summary="It came back, same fix.", action="Same again", by=session.user)


def outcomes() -> set[tuple[str, str]]:
    return set(SessionAnalysis.objects.values_list("state", "outcome"))


def test_a_session_resolved_again_supports_the_proposal_that_it_made(cast: Cast) -> None:
    session = similar(cast, 1)
    pass_over(cast, OneCluster())

    resolve_again(session)
    jobs.run()

    proposal = FlowProposal.objects.get()
    assert (proposal.status, proposal.evidence_count) == ("pending", 1)
    assert outcomes() == {("completed", "new_flow"), ("completed", "supports_pending")}


def test_what_was_rejected_stays_rejected_when_its_only_evidence_was_reopened(cast: Cast) -> None:
    first = similar(cast, 1)
    pass_over(cast, OneCluster())
    proposal = FlowProposal.objects.get()
    actions.reject(proposal, draft=proposal.current_draft_id, reason_code="unsafe", by=cast.team_admin)
    sessions.reopen(first, by=cast.engineer)

    later = similar(cast, 2)
    jobs.run()

    assert FlowProposal.objects.count() == 1
    assert analysis_of(later).outcome == "suppressed"


def test_proposing_twice_by_hand_makes_one_proposal(cast: Cast) -> None:
    session = similar(cast, 1)

    first = jobs.propose_from(session, by=cast.team_admin)
    second = jobs.propose_from(session, by=cast.team_admin)

    assert (first.state, second.state) == ("completed", "completed")
    assert second.outcome in {"supports_pending", first.outcome}
    assert FlowProposal.objects.count() <= 1


def test_a_finding_that_somebody_opened_meanwhile_is_judged_once_more(cast: Cast) -> None:
    session = similar(cast, 1)
    claim = actions.claim(cast.account.pk, limit=9)
    engine, tally = OneCluster(), jobs.Tally()
    work = jobs.Work(cast.account.pk, claim.token, engine, tally)
    (group,) = work.groups([*load(cast.account.pk, claim.sessions).values()])
    verdict = judge(cast.account.pk, group, engine)
    by_hand = actions.claim_by_hand([session], by=cast.team_admin)
    assert actions.store(cast.account.pk, verdict, token=by_hand.token)

    with pytest.raises(actions.FindingTaken):
        actions.store(cast.account.pk, verdict, token=claim.token)
    work.analyse(group)
    work.write()

    assert FlowProposal.objects.count() == 1
    assert session.analyses.get(request_no=0).outcome == "supports_pending"


def test_a_session_that_kills_its_worker_is_parked_alone(cast: Cast) -> None:
    poison = similar(cast, 0)
    AISession.objects.filter(pk=poison.pk).update(intake_content={"text": "poison"})
    healthy = [similar(cast, number) for number in range(1, 4)]
    now = timezone.now()

    for hours in range(12):
        claim = actions.claim(cast.account.pk, limit=9, now=now + timedelta(hours=hours))
        try:
            jobs.Work(cast.account.pk, claim.token, Killer(), jobs.Tally()).analyse_claim(claim)
        except SystemExit:
            continue

    assert analysis_of(poison).state == "failed"
    assert {analysis_of(session).state for session in healthy} == {"completed"}


def test_what_is_not_begun_by_the_deadline_goes_back_uncharged(cast: Cast) -> None:
    session = similar(cast, 1)
    claim = actions.claim(cast.account.pk, limit=9)

    jobs.Work(cast.account.pk, claim.token, OneCluster(), jobs.Tally(), deadline=0).analyse_claim(claim)

    assert SessionAnalysis.objects.count() == 0
    again = actions.claim(cast.account.pk, limit=9)
    assert (again.fresh, analysis_of(session).attempts) == ((session.pk,), 1)


def test_accounts_take_turns_and_the_one_that_waited_longest_begins(cast: Cast, outsiders: Cast) -> None:
    for number in range(3):
        similar(cast, number)
        similar(outsiders, number)
    AnalysisRun.objects.create(account=cast.account, trigger="schedule")

    jobs.run(limit=1)

    assert {row.account_id for row in SessionAnalysis.objects.all()} == {outsiders.account.pk}


def test_a_session_that_cannot_be_read_is_noted_and_harms_nobody(cast: Cast) -> None:
    fine, odd = similar(cast, 1), similar(cast, 2)
    AISession.objects.filter(pk=odd.pk).update(intake_content=["not", "an", "object"], problem_summary=None)

    tally = jobs.run()

    assert (tally.completed, tally.failed, tally.errors) == (1, 1, [])
    assert (analysis_of(fine).state, analysis_of(odd).state) == ("completed", "claimed")
    assert "list" in analysis_of(odd).error


@pytest.fixture
def no_runs_of() -> Iterator[Callable[[Account], None]]:
    """Make the database refuse to note runs of an account, as a full tablespace would."""

    def refuse(account: Account) -> None:
        execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON proposals_analysisrun FOR EACH ROW "
            f"WHEN (NEW.account_id = '{account.pk}') EXECUTE FUNCTION refuse()"
        )

    yield refuse
    execute("DROP FUNCTION IF EXISTS refuse() CASCADE")


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_one_accounts_trouble_does_not_stop_the_others(no_runs_of: Callable[[Account], None]) -> None:
    fine, troubled = make_cast("acme"), make_cast("rival")
    similar(fine, 1)
    similar(troubled, 1)
    no_runs_of(troubled.account)

    with pytest.raises(AccountsFailed, match="rival"):
        jobs.analyse_pending()

    assert set(SessionAnalysis.objects.values_list("account", "state")) == {
        (fine.account.pk, "completed"),
        (troubled.account.pk, "claimed"),
    }


def test_a_dismissed_proposal_wakes_by_all_its_evidence_and_begins_anew(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.growth.EVIDENCE_MINED", 2)
    similar(cast, 1)
    pass_over(cast, OneCluster())
    proposal = FlowProposal.objects.get()
    actions.dismiss(proposal, draft=proposal.current_draft_id, more_sessions=3, by=cast.team_admin)
    FlowProposal.objects.update(expires_at=timezone.now())

    for number in range(2, 5):
        similar(cast, number)
        pass_over(cast, OneCluster())

    proposal.refresh_from_db()
    assert (proposal.status, proposal.evidence_count) == ("pending", 4)
    assert (proposal.reviewed_by, proposal.reviewed_at) == (None, None)
    assert proposal.expires_at > timezone.now() + timedelta(days=80)


def leave(cast: Cast, version: FlowVersion, fix: str = "Clean the print head") -> AISession:
    """Follows the flow to its action, finds that it does not help, and fixes it another way."""
    session = make_session(cast, flow_version=version)
    question, action = version.tree.node("n1"), version.tree.node("n2")
    for node, option in ((question, "o1"), (action, "o2")):
        step = sessions.add_step(
            session,
            kind=node.kind,
            source="flow",
            title=node.title,
            node_id=node.id,
            options=[{"id": one.id, "label": one.label} for one in node.options],
            by=session.user,
        )
        sessions.answer(step, option=option, by=session.user)
    add_answered(session, fix, outcome="worked", response="Pages come out")
    sessions.resolve(session, summary=f"{fix}: pages come out again.", action=fix, by=session.user)
    return session


def test_an_enhancement_is_always_mined_on_the_version_in_force(cast: Cast) -> None:
    first = make_version(cast)
    early, late = leave(cast, first), leave(cast, first)
    AISession.objects.filter(pk=late.pk).update(analysis_status=None)
    jobs.run()
    assert FlowProposal.objects.get().base_version == first
    second = publish_version(first.flow, small_tree("Does the display show an error?"), base=first, by=None)
    AISession.objects.filter(pk=late.pk).update(analysis_status="pending")

    jobs.run()

    proposal = FlowProposal.objects.get()
    assert (proposal.evidence_count, proposal.base_version) == (2, second)
    assert proposal.current_draft.document.node("n1").title == "Does the display show an error?"
    assert analysis_of(early).outcome == "enhancement"


def test_a_change_that_was_published_is_not_proposed_again_to_those_who_could_not_have_it(cast: Cast) -> None:
    first = make_version(cast)
    leave(cast, first)
    late = leave(cast, first)
    AISession.objects.filter(pk=late.pk).update(analysis_status=None)
    jobs.run()
    proposal = FlowProposal.objects.get()
    actions.publish_edited(
        proposal,
        proposal.current_draft.document,
        meta={"title": "x"},
        draft=proposal.current_draft_id,
        base=first.pk,
        by=cast.team_admin,
    )
    AISession.objects.filter(pk=late.pk).update(analysis_status="pending")

    jobs.run()

    assert FlowProposal.objects.count() == 1
    assert (analysis_of(late).outcome, "published already" in analysis_of(late).reason) == ("nothing", True)


def test_a_retired_flow_is_neither_changed_nor_in_the_way(cast: Cast) -> None:
    version = make_version(cast)
    left = leave(cast, version)
    retire(version.flow, by=None)

    jobs.run()

    assert analysis_of(left).outcome in {"new_flow", "nothing"}
    assert not FlowProposal.objects.filter(proposal_type="enhancement").exists()


def test_another_teams_admin_does_not_publish_versions_of_the_flow(cast: Cast) -> None:
    version = make_version(cast, team=cast.other_team)
    leave(cast, version)
    jobs.run()
    proposal = FlowProposal.objects.get()

    with pytest.raises(NotAllowed):
        actions.publish_edited(
            proposal,
            proposal.current_draft.document,
            meta={"title": "x"},
            draft=proposal.current_draft_id,
            base=version.pk,
            by=cast.team_admin,
        )

    assert FlowVersion.objects.count() == 1
