"""What reviewers turned down, and why, is known where something like it is analysed later."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowpilot.ai.anthropic.analyse import ANALYSE
from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult, Declined
from flowpilot.ai.offline.similarity import RELATED, SAME, problem_of, similarity
from proposals import actions, growth
from proposals.facts import ended
from proposals.models import FlowProposal
from sessions.models import AISession
from tests.ai.test_planted_truth import mined
from tests.factories import Cast, make_resolved
from tests.proposals.test_learning_job import Recorder, pass_over
from tests.proposals.test_writing import Apart, make_problems

SAID = Declined(title="Toner is empty", reason="Unsafe or against policy", note="Opens the fuser while hot")


class Listener(Recorder):
    """It keeps what it was told of rejections."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Declined, ...]] = []

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        self.told.append(request.declined)
        return super().analyse(request)


def resolved(cast: Cast, title: str, intake: str, **extra: object) -> AISession:
    return make_resolved(cast, problem_summary=title, intake_content={"text": intake}, **extra)


def turned_down(cast: Cast) -> AISession:
    session = resolved(cast, "Toner is empty", "The printer says that its toner is empty.")
    pass_over(cast, Recorder())
    proposal = FlowProposal.objects.get()
    actions.reject(
        proposal, draft=proposal.current_draft_id, reason_code="unsafe", note=SAID.note, by=cast.team_admin
    )
    return session


def test_a_related_finding_knows_what_was_turned_down_and_tells_its_reviewer(cast: Cast) -> None:
    first = turned_down(cast)
    second = resolved(cast, "Printer pages are grey", "The printer says that pages come out grey.")
    one, other = (problem_of(told) for _row, told in ended(cast.account.pk, [first.pk, second.pk]))
    assert RELATED <= similarity(one, other) < SAME
    engine = Listener()

    pass_over(cast, engine)

    assert engine.told == [(SAID,)]
    why = FlowProposal.objects.get(status="pending").why
    assert why == (
        "Prepared. Something like it was turned down before: “Toner is empty”"
        " (Unsafe or against policy: Opens the fuser while hot)."
    )


def test_a_proposal_that_was_opened_again_remembers_its_own_rejection(cast: Cast) -> None:
    turned_down(cast)
    actions.reopen(FlowProposal.objects.get(), by=cast.team_admin)
    resolved(cast, "Toner is empty", "The printer says that its toner is empty.")
    engine = Listener()

    pass_over(cast, engine)

    assert (engine.told, FlowProposal.objects.count()) == ([(SAID,)], 1)


def test_what_was_turned_down_is_asked_once_for_many_groups(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "FRESH_SECONDS", 60.0)
    make_problems(cast, 4)
    pass_over(cast, Apart())
    make_problems(cast, 4)

    with CaptureQueriesContext(connection) as statements:
        tally = pass_over(cast, Apart())

    assert dict(tally.outcomes) == {"supports_pending": 4}
    assert sum("proposals_proposaldecision" in each["sql"] for each in statements) == 1


def test_a_rejection_that_was_undone_is_not_told(cast: Cast) -> None:
    turned_down(cast)
    actions.undo(FlowProposal.objects.get(), by=cast.team_admin)
    resolved(cast, "Toner is empty", "The printer says that its toner is empty.")
    engine = Listener()

    pass_over(cast, engine)

    assert engine.told == [()]


def test_what_another_team_turned_down_is_not_told(cast: Cast) -> None:
    turned_down(cast)
    resolved(cast, "Toner is grey", "The printer says that its toner is there.", team=cast.other_team)
    engine = Listener()

    pass_over(cast, engine)

    assert engine.told == [()]


def test_a_model_is_asked_to_heed_it() -> None:
    sessions = tuple(mined(0).sessions[:2])

    plain, warned = (
        ANALYSE.prompt(AnalyseRequest(sessions=sessions, declined=declined)) for declined in ((), (SAID,))
    )

    assert ("declined" in plain.case, warned.case["declined"]) == (False, [SAID.model_dump()])
    assert warned.ask.startswith(plain.ask)
    assert "`declined`" in warned.ask
