from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult, EngineError, NewFlow, SessionFacts
from flowpilot.ai.offline.engine import OfflineEngine
from flowpilot.core.locks import single_instance
from proposals import actions, jobs
from proposals.actions.drafts import note_evidence
from proposals.analysis import Outcome, Verdict, judge
from proposals.groups import Group, groups_of, load
from proposals.models import AnalysisRun, FlowProposal, ProposalEvidence, SessionAnalysis
from sessions import actions as sessions
from sessions.models import AISession
from tests.factories import Cast, make_resolved, small_tree


class Recorder:
    """An engine whose answers are prepared: every session is a cluster of its own title's first word."""

    name = "offline"

    def __init__(self, poison: str = "poison") -> None:
        self.poison = poison
        self.asked: list[tuple[UUID, ...]] = []

    def cluster(self, members: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        words = sorted({facts.title.split()[0] for facts in members})
        return [tuple(facts for facts in members if facts.title.split()[0] == word) for word in words]

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        self.asked.append(tuple(facts.id for facts in request.sessions))
        if any(self.poison in facts.title for facts in request.sessions):
            raise EngineError("cannot read this")
        title = request.sessions[0].title
        finding = NewFlow(
            title=title,
            summary="Prepared.",
            why="Prepared.",
            domain=None,
            tree=small_tree().to_json(),
            grounding={},
        )
        return AnalyseResult(finding=finding, confidence=0.5, engine="offline", basis=("prepared",))


def pass_over(cast: Cast, engine: object, **options: object) -> jobs.Tally:
    tally = jobs.Tally()
    claim = actions.claim(cast.account.pk, limit=100, **options)
    tally.claimed = len(claim.sessions)
    jobs.Work(cast.account.pk, claim.token, engine, tally).analyse_claim(claim)
    return tally


def analysis_of(session: AISession) -> SessionAnalysis:
    return session.analyses.get()


def test_each_resolution_is_claimed_once(cast: Cast) -> None:
    made = {make_resolved(cast).pk for _ in range(3)}

    first = actions.claim(cast.account.pk, limit=2)
    second = actions.claim(cast.account.pk, limit=9)
    third = actions.claim(cast.account.pk, limit=9)

    assert (len(first.fresh), len(second.fresh), third.sessions) == (2, 1, ())
    assert {*first.fresh, *second.fresh} == made


def test_a_claim_stays_within_its_account(cast: Cast, outsiders: Cast) -> None:
    make_resolved(outsiders)

    assert actions.claim(cast.account.pk, limit=9).sessions == ()


def test_a_finding_becomes_a_proposal_with_draft_and_evidence(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")

    tally = pass_over(cast, Recorder())

    proposal = FlowProposal.objects.get()
    assert (tally.claimed, tally.completed, dict(tally.outcomes)) == (1, 1, {"new_flow": 1})
    assert (proposal.title, proposal.team, proposal.status) == ("Toner is empty", cast.team, "pending")
    assert (proposal.evidence_count, proposal.current_draft.tree) == (1, small_tree().to_json())
    assert proposal.last_seen_at == session.ended_at
    assert list(ProposalEvidence.objects.values_list("session", "resolution_no")) == [(session.pk, 1)]
    analysis = analysis_of(session)
    assert (analysis.state, analysis.outcome, analysis.proposal, analysis.attempts) == (
        "completed",
        "new_flow",
        proposal,
        1,
    )
    session.refresh_from_db()
    assert session.analysis_status == "completed"


def test_a_result_is_not_written_once_its_token_is_lost(cast: Cast) -> None:
    session = make_resolved(cast)
    late = actions.claim(cast.account.pk, limit=9)
    later = timezone.now() + timedelta(hours=1)
    taken_over = actions.claim(cast.account.pk, limit=9, now=later)
    tally = jobs.Tally()

    jobs.Work(cast.account.pk, late.token, Recorder(), tally).analyse_claim(late)

    assert taken_over.again == (session.pk,)
    assert FlowProposal.objects.count() == 0
    assert analysis_of(session).claim_token == taken_over.token


def test_a_session_reopened_before_it_is_read_is_left_out(cast: Cast) -> None:
    kept, reopened = (make_resolved(cast, problem_summary=f"Toner {word}") for word in ("low", "leaks"))
    claim = actions.claim(cast.account.pk, limit=9)
    sessions.reopen(reopened, by=cast.engineer)

    jobs.Work(cast.account.pk, claim.token, Recorder(), jobs.Tally()).analyse_claim(claim)

    assert (analysis_of(reopened).outcome, analysis_of(kept).outcome) == ("nothing", "new_flow")
    assert FlowProposal.objects.get().evidence_count == 1


def test_a_verdict_on_a_session_reopened_meanwhile_is_void_and_frees_its_neighbours(cast: Cast) -> None:
    kept, reopened = (make_resolved(cast, problem_summary=f"Toner {word}") for word in ("low", "leaks"))
    claim = actions.claim(cast.account.pk, limit=9)
    (group,) = groups_of([*load(cast.account.pk, claim.sessions).values()], Recorder())
    verdict = judge(cast.account.pk, group, Recorder())
    sessions.reopen(reopened, by=cast.engineer)

    assert actions.store(cast.account.pk, verdict, token=claim.token) is False

    assert FlowProposal.objects.count() == 0
    assert (analysis_of(reopened).outcome, kept.analyses.count()) == ("nothing", 0)
    pass_over(cast, Recorder())
    assert (FlowProposal.objects.get().evidence_count, analysis_of(kept).outcome) == (1, "new_flow")


def test_a_dead_claim_is_taken_over_after_its_lease_and_parked_after_three_attempts(cast: Cast) -> None:
    session = make_resolved(cast)
    now = timezone.now()

    attempts = []
    for hours in range(4):
        claim = actions.claim(cast.account.pk, limit=9, now=now + timedelta(hours=hours))
        attempts.append(claim.sessions)

    assert attempts == [(session.pk,), (session.pk,), (session.pk,), ()]
    analysis = analysis_of(session)
    assert (analysis.state, analysis.attempts) == ("failed", 3)
    session.refresh_from_db()
    assert session.analysis_status == "failed"


def test_a_session_whose_engine_always_fails_is_parked_without_failing_its_neighbours(cast: Cast) -> None:
    good = [make_resolved(cast, problem_summary=f"Toner is {word}") for word in ("empty", "low")]
    bad = make_resolved(cast, problem_summary="Toner poison")
    now = timezone.now()

    tallies = [pass_over(cast, Recorder(), now=now + timedelta(hours=hours)) for hours in range(4)]

    assert [(tally.claimed, tally.completed, tally.failed) for tally in tallies] == [
        (3, 2, 1),
        (1, 0, 1),
        (1, 0, 1),
        (0, 0, 0),
    ]
    assert {analysis_of(session).outcome for session in good} == {"new_flow"}
    assert FlowProposal.objects.get().evidence_count == 2
    analysis = analysis_of(bad)
    assert (analysis.state, analysis.attempts, analysis.error) == ("failed", 3, "cannot read this")
    bad.refresh_from_db()
    assert bad.analysis_status == "failed"


def test_an_admin_can_retry_a_failed_analysis(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Toner poison")
    now = timezone.now()
    for hours in range(3):
        pass_over(cast, Recorder(), now=now + timedelta(hours=hours))

    actions.retry(session, by=cast.team_admin)
    tally = pass_over(cast, Recorder(poison="nothing is poison now"), now=now + timedelta(hours=5))

    assert (tally.completed, analysis_of(session).outcome) == (1, "new_flow")
    with pytest.raises(actions.NothingToRetry):
        actions.retry(session, by=cast.team_admin)


def similar(cast: Cast, number: int) -> AISession:
    return make_resolved(
        cast,
        problem_summary="Outlook asks for the password again and again, error 0x8004011D",
        intake_content={
            "text": "Outlook 2021 keeps asking for the password since the change of yesterday. "
            f"Closing it does not help. The status bar says error 0x8004011D. Ticket number {number}."
        },
    )


class OneCluster(Recorder):
    """All sessions of a batch are about one thing; what is known is found by the real comparison."""

    def cluster(self, members: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        return [tuple(members)]


def test_the_same_finding_grows_the_open_proposal_into_another_draft(cast: Cast) -> None:
    similar(cast, 1)
    pass_over(cast, OneCluster())
    second = similar(cast, 2)

    engine = OneCluster()
    pass_over(cast, engine)

    proposal = FlowProposal.objects.get()
    assert (analysis_of(second).outcome, analysis_of(second).proposal) == ("supports_pending", proposal)
    assert (proposal.evidence_count, proposal.current_draft.number) == (2, 2)
    assert len(engine.asked[-1]) == 2, "the draft is mined again over all its evidence"


def test_another_teams_finding_is_another_proposal(cast: Cast) -> None:
    similar(cast, 1)
    pass_over(cast, OneCluster())
    other = similar(cast, 2)
    AISession.objects.filter(pk=other.pk).update(team=cast.other_team)

    pass_over(cast, OneCluster())

    assert set(FlowProposal.objects.values_list("team", "evidence_count")) == {
        (cast.team.pk, 1),
        (cast.other_team.pk, 1),
    }


def test_what_was_rejected_stays_rejected_and_its_evidence_grows_there(cast: Cast) -> None:
    similar(cast, 1)
    pass_over(cast, OneCluster())
    proposal = FlowProposal.objects.get()
    actions.reject(proposal, draft=proposal.current_draft_id, reason_code="wrong_fix", by=cast.team_admin)
    later = [similar(cast, number) for number in range(2, 5)]

    pass_over(cast, OneCluster())

    proposal.refresh_from_db()
    assert (proposal.status, proposal.evidence_count, proposal.current_draft.number) == ("rejected", 4, 1)
    assert {analysis_of(session).outcome for session in later} == {"suppressed"}


def test_what_was_dismissed_comes_back_when_its_evidence_is_enough(cast: Cast) -> None:
    similar(cast, 1)
    pass_over(cast, OneCluster())
    proposal = FlowProposal.objects.get()
    actions.dismiss(proposal, draft=proposal.current_draft_id, more_sessions=2, by=cast.team_admin)

    sleeping = similar(cast, 2)
    pass_over(cast, OneCluster())
    proposal.refresh_from_db()
    assert (proposal.status, proposal.evidence_count) == ("dismissed", 2)
    assert analysis_of(sleeping).outcome == "suppressed"

    waking = similar(cast, 3)
    pass_over(cast, OneCluster())
    proposal.refresh_from_db()
    assert (proposal.status, proposal.evidence_count, proposal.current_draft.number) == ("pending", 3, 2)
    assert analysis_of(waking).outcome == "supports_pending"
    assert [verb for (verb,) in proposal.decisions.values_list("verb")] == ["dismiss", "wake"]


def test_evidence_of_a_reopened_session_no_longer_counts(cast: Cast) -> None:
    left, newest = similar(cast, 1), similar(cast, 2)
    pass_over(cast, OneCluster())
    sessions.reopen(newest, by=cast.engineer)
    AISession.objects.filter(pk=left.pk).update(ended_at=left.created_at + timedelta(minutes=7))

    assert actions.supersede_stale_evidence(cast.account.pk) == 1

    proposal = FlowProposal.objects.get()
    assert (proposal.evidence_count, proposal.impact) == (1, 7.0)
    assert proposal.last_seen_at == left.created_at + timedelta(minutes=7)


def test_the_whole_run_is_recorded_and_a_second_one_claims_nothing(cast: Cast) -> None:
    similar(cast, 1)

    first, second = jobs.run(trigger="command"), jobs.run()

    assert (first.claimed, first.completed, first.failed) == (1, 1, 0)
    assert (second.claimed, second.outcomes) == (0, {})
    run = AnalysisRun.objects.get()
    assert (run.trigger, run.counts["completed"], run.finished_at is None) == ("command", 1, False)


def test_the_limit_holds_over_all_accounts(cast: Cast, outsiders: Cast) -> None:
    for members in (cast, outsiders):
        for _ in range(2):
            make_resolved(members)

    assert jobs.run(limit=3).claimed == 3


@pytest.mark.django_db(transaction=True)
def test_a_second_runner_says_so_and_does_nothing() -> None:
    with single_instance(jobs.LOCK) as first:
        assert first
        tally = jobs.run()

    assert tally.as_json() == {
        "claimed": 0,
        "completed": 0,
        "failed": 0,
        "outcomes": {},
        "seconds": 0.0,
        "skipped": "another analysis is running",
    }
    with single_instance(jobs.LOCK) as again:
        assert again


def test_an_admin_proposes_a_flow_from_one_session_by_hand(cast: Cast) -> None:
    session = similar(cast, 1)

    analysis = jobs.propose_from(session, by=cast.team_admin)

    assert (analysis.request_no, analysis.requested_by) == (1, cast.team_admin)
    assert analysis.state == "completed"
    session.refresh_from_db()
    assert session.analysis_status == "completed"


def test_the_offline_engine_says_the_same_for_any_order(cast: Cast) -> None:
    rows = [similar(cast, number) for number in range(4)]
    loaded = load(cast.account.pk, [row.pk for row in rows])
    facts = [facts for _row, facts in loaded.values()]
    engine = OfflineEngine()

    forwards = engine.analyse(AnalyseRequest(sessions=tuple(facts)))
    backwards = engine.analyse(AnalyseRequest(sessions=tuple(reversed(facts))))

    assert forwards == backwards


def test_time_spent_grows_with_what_comes_to_a_proposal_without_a_new_draft() -> None:
    proposal = FlowProposal(status="dismissed", evidence_count=2, impact=20.0)

    note_evidence(proposal, Verdict(Group(None, ()), Outcome.SUPPRESSED, "", "offline"), 3, 1)

    assert (proposal.evidence_count, proposal.impact, proposal.unmined_evidence) == (5, 50.0, 3)
