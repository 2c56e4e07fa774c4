"""Verdicts are judged one by one and written many at a time."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowpilot.ai.contracts import SessionFacts
from proposals import actions, jobs
from proposals.analysis import Verdict, judge
from proposals.groups import groups_of, load
from proposals.models import FlowProposal, ProposalDraft
from sessions import actions as sessions
from sessions.models import AISession
from tests.factories import Cast, add_answered, make_session
from tests.proposals.test_learning_job import OneCluster, Recorder, analysis_of, pass_over, similar

THINGS = (
    ("Scanner", "sends nothing to the share", "Enter the new password of the copier"),
    ("Calendar", "shows no bookings", "Grant reviewers access to the room"),
    ("Backup", "ends with VSS_E_WRITERERROR_TIMEOUT", "Shrink the shadow copies"),
    ("Laptop", "does not wake from sleep", "Flash the firmware"),
    ("Tunnel", "closes with reason 828", "Raise the keepalive interval"),
    ("Mailbox", "refuses to send with 550 5.7.60", "Add the delegate"),
    ("Plotter", "draws mirrored lines", "Choose the HP-GL driver"),
    ("Badge", "opens no door", "Enrol the card anew"),
)


class Apart(Recorder):
    """Sees no session with another."""

    def cluster(self, members: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        return [(facts,) for facts in members]


def title(number: int) -> str:
    thing, trouble, _fix = THINGS[number]
    return f"{thing} {trouble}"


def judged(cast: Cast, claim: actions.Claim) -> list[Verdict]:
    groups = groups_of([*load(cast.account.pk, claim.sessions).values()], Recorder())
    return [judge(cast.account.pk, group, Recorder()) for group in groups]


def make_problems(cast: Cast, count: int) -> None:
    """Resolved sessions that have nothing in common."""
    for thing, trouble, fix in THINGS[:count]:
        session = make_session(
            cast, problem_summary=f"{thing} {trouble}", intake_content={"text": f"{thing}: it {trouble}."}
        )
        add_answered(session, fix, outcome="worked", response=thing)
        sessions.resolve(session, summary=f"{fix} helped the {thing}.", action=fix, by=session.user)


def test_statements_do_not_grow_with_the_verdicts(cast: Cast) -> None:
    counted = []
    for count in (2, 8):
        make_problems(cast, count)
        claim = actions.claim(cast.account.pk, limit=100)
        verdicts = [verdict for verdict in judged(cast, claim) if verdict.known is None]
        with CaptureQueriesContext(connection) as statements:
            actions.store_all(cast.account.pk, verdicts, token=claim.token)
        counted.append(len(statements))
        FlowProposal.objects.all().delete()

    assert counted[0] == counted[1]


def test_a_void_verdict_takes_no_other_with_it(cast: Cast) -> None:
    make_problems(cast, 2)
    kept, reopened = AISession.objects.order_by("pk")
    claim = actions.claim(cast.account.pk, limit=9)
    verdicts = judged(cast, claim)
    sessions.reopen(reopened, by=cast.engineer)

    written = actions.store_all(cast.account.pk, verdicts, token=claim.token)

    assert [verdict.group.members[0].id for verdict in written] == [kept.pk]
    assert (analysis_of(kept).outcome, analysis_of(reopened).outcome) == ("new_flow", "nothing")
    assert list(FlowProposal.objects.values_list("title", flat=True)) == [title(0)]


@pytest.fixture
def no_draft_titled() -> Iterator[Callable[[str], None]]:
    """Make the database refuse drafts of a title."""

    def refuse(title: str) -> None:
        execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON proposals_proposaldraft FOR EACH ROW "
            f"WHEN (NEW.title = '{title}') EXECUTE FUNCTION refuse()"
        )

    yield refuse
    execute("DROP FUNCTION IF EXISTS refuse() CASCADE")


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_verdict_that_cannot_be_written_takes_no_other_with_it(
    cast: Cast, no_draft_titled: Callable[[str], None]
) -> None:
    make_problems(cast, 4)
    no_draft_titled(title(1))

    tally = pass_over(cast, Apart())

    assert (tally.completed, tally.failed) == (3, 1)
    assert set(FlowProposal.objects.values_list("title", flat=True)) == {
        title(number) for number in (0, 2, 3)
    }


def test_what_resembles_a_verdict_that_is_not_written_yet_waits_for_it(cast: Cast) -> None:
    for number in range(3):
        similar(cast, number)

    tally = pass_over(cast, Apart())

    assert dict(tally.outcomes) == {"new_flow": 1, "supports_pending": 2}
    proposal = FlowProposal.objects.get()
    assert (proposal.evidence_count, proposal.current_draft.number) == (3, 3)


def test_what_others_decide_during_a_pass_is_seen_by_its_next_batch(cast: Cast) -> None:
    similar(cast, 1)
    work = jobs.Work(
        cast.account.pk, (claim := actions.claim(cast.account.pk, limit=9)).token, Apart(), jobs.Tally()
    )
    work.analyse_claim(claim)
    proposal = FlowProposal.objects.get()
    actions.reject(proposal, draft=proposal.current_draft_id, reason_code="unsafe", by=cast.team_admin)
    late = similar(cast, 2)

    claim = actions.claim(cast.account.pk, limit=9)
    work.token = claim.token
    work.analyse_claim(claim)

    assert analysis_of(late).outcome == "suppressed"


def test_a_draft_over_many_sessions_is_mined_again_when_a_quarter_is_new(cast: Cast) -> None:
    for number in range(12):
        similar(cast, number)
    engine = OneCluster()
    pass_over(cast, engine)
    drafts = []
    for number in range(12, 16):
        similar(cast, number)
        pass_over(cast, engine)
        proposal = FlowProposal.objects.get()
        drafts.append((proposal.evidence_count, proposal.current_draft.number))

    assert drafts == [(13, 1), (14, 1), (15, 2), (16, 2)]
    assert [len(asked) for asked in engine.asked] == [12, 15]
    assert ProposalDraft.objects.count() == 2


def test_a_memory_that_keeps_next_to_nothing_reads_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proposals.memory.PROBLEMS_KEPT", 1)
    monkeypatch.setattr("proposals.recent.KEPT", 1)
    similar(cast, 1)
    make_problems(cast, 3)
    pass_over(cast, Apart())

    late = similar(cast, 2)
    pass_over(cast, Apart())

    assert analysis_of(late).outcome == "supports_pending"
