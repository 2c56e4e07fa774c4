"""Engines that answer nonsense: nothing of it is kept, people are told, and neighbours do not suffer."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from flowpilot.ai.answers import LONGEST_TEXT
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Enhancement,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
    SourceSpan,
)
from proposals import actions, jobs
from proposals.models import FlowProposal, ProposalDraft, ProposalEvidence
from sessions.models import AISession
from tests.factories import Cast, make_resolved, small_tree
from tests.proposals.test_learning_job import Recorder, analysis_of, pass_over

Answer = Callable[[AnalyseRequest], Any]


class Unruly(Recorder):
    """Answers as told where a title says "odd", sensibly elsewhere."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        if any("odd" in facts.title for facts in request.sessions):
            answer: AnalyseResult = self.answer(request)
            return answer
        return super().analyse(request)


def found(finding: Any) -> AnalyseResult:
    return AnalyseResult(finding=finding, confidence=0.5, engine="offline", basis=())


def new_flow(**changed: Any) -> AnalyseResult:
    given = {
        "title": "Odd",
        "summary": "",
        "why": "",
        "domain": None,
        "tree": small_tree().to_json(),
        "grounding": {},
    }
    return found(NewFlow(**{**given, **changed}))


def tree_with(**changed: Any) -> dict[str, object]:
    return {**small_tree().to_json(), **changed}


def huge_tree() -> dict[str, object]:
    nodes = [
        {**node, "id": f"n{copy * 10 + int(node['id'][1:])}"}
        for copy in range(2_000)
        for node in small_tree().to_json()["nodes"]  # type: ignore[attr-defined]
    ]
    return tree_with(nodes=nodes)


def span(request: AnalyseRequest, **changed: Any) -> AnalyseResult:
    place = {"session": request.sessions[0].id, "field": "title", "start": 0, "end": 3, **changed}
    return new_flow(grounding={"n2": (SourceSpan(**place),)})


def raises(error: BaseException) -> Any:
    raise error


NONSENSE: dict[str, tuple[Answer, str]] = {
    "an exception": (lambda request: raises(ZeroDivisionError("division by zero")), "division by zero"),
    "nothing at all": (lambda request: None, "it is a NoneType, not a finding"),
    "text": (lambda request: "Restart the spooler.", "it is a str, not a finding"),
    "a tree without nodes": (lambda request: new_flow(tree={}), "InvalidTree"),
    "a tree without its root": (lambda request: new_flow(tree=tree_with(root="n99")), "InvalidTree"),
    "a tree of numbers": (lambda request: new_flow(tree=tree_with(nodes=[1, 2])), "InvalidTree"),
    "a huge tree": (lambda request: new_flow(tree=huge_tree()), "InvalidTree"),
    "a source of another session": (lambda request: span(request, session=uuid4()), "n2 names a source"),
    "a source behind the end": (lambda request: span(request, end=10_000), "n2 names a source"),
    "a source before the start": (lambda request: span(request, start=-2), "n2 names a source"),
    "a source in a step that is not there": (
        lambda request: span(request, step=uuid4(), field="step.title"),
        "n2 names a source",
    ),
    "a huge summary": (
        lambda request: new_flow(summary="x" * (LONGEST_TEXT + 1)),
        "its summary has 20001 characters",
    ),
    "a NUL in the title": (lambda request: new_flow(title="Odd\0"), "its title holds a NUL"),
    "a blank title": (lambda request: new_flow(title=" "), "it has no title"),
    "a huge reason": (
        lambda request: found(Nothing(reason="x" * 10_000_000)),
        "its reason has 10000000 characters",
    ),
    "a flow that nobody followed": (
        lambda request: found(Reinforced(flow_id=uuid4(), version_id=uuid4(), reason="")),
        "a flow that it was not asked about",
    ),
    "a change to a flow that nobody followed": (
        lambda request: found(
            Enhancement(
                title="Odd",
                summary="",
                why="",
                flow_id=uuid4(),
                base_version_id=uuid4(),
                changes=(),
                grounding={},
            )
        ),
        "a flow that it was not asked about",
    ),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_tried_three_times_then_given_up_in_words_and_harms_nobody(
    nonsense: str, cast: Cast
) -> None:
    answer, said = NONSENSE[nonsense]
    odd = make_resolved(cast, problem_summary="Toner is odd")
    fine = make_resolved(cast, problem_summary="Toner is empty")
    now = timezone.now()

    for hours in range(4):
        pass_over(cast, Unruly(answer), now=now + timedelta(hours=hours))

    analysis = analysis_of(odd)
    assert (analysis.state, analysis.attempts) == ("failed", 3)
    assert said in analysis.error
    assert analysis_of(fine).outcome == "new_flow"
    assert list(ProposalEvidence.objects.values_list("session", flat=True)) == [fine.pk]
    assert (FlowProposal.objects.count(), ProposalDraft.objects.count()) == (1, 1)
    assert set(AISession.objects.values_list("pk", "analysis_status")) == {
        (odd.pk, "failed"),
        (fine.pk, "completed"),
    }


def invented(facts: SessionFacts) -> SessionFacts:
    return facts.model_copy(update={"id": uuid4()})


GROUPINGS: dict[str, Callable[[Sequence[SessionFacts]], Any]] = {
    "leaves one out": lambda members: [tuple(members[1:])],
    "has one twice": lambda members: [tuple(members), (members[0],)],
    "invents one": lambda members: [tuple(members), (invented(members[0]),)],
    "has an empty group": lambda members: [tuple(members), ()],
    "is none": lambda members: None,
}


class Misgrouping(Recorder):
    def __init__(self, grouping: str) -> None:
        super().__init__()
        self.grouping = grouping

    def cluster(self, members: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        groups: list[tuple[SessionFacts, ...]] = GROUPINGS[self.grouping](members)
        return groups


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_a_grouping_that_is_no_partition_is_refused(grouping: str, cast: Cast) -> None:
    rows = [make_resolved(cast), make_resolved(cast)]
    now = timezone.now()

    for hours in range(9):
        pass_over(cast, Misgrouping(grouping), now=now + timedelta(hours=hours))

    assert {(analysis_of(row).state, analysis_of(row).attempts) for row in rows} == {("failed", 3)}
    assert FlowProposal.objects.count() == 0


class Slow(Recorder):
    """Takes so long that its lease ends and another runner does the work in between."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        result = super().analyse(request)
        self.meanwhile()
        return result


def test_who_is_overtaken_while_the_engine_thinks_writes_nothing(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Toner is empty")
    later = timezone.now() + timedelta(hours=1)
    quick = Recorder()

    slow = pass_over(cast, Slow(lambda: pass_over(cast, quick, now=later)))

    assert (slow.claimed, slow.completed, slow.failed, len(quick.asked)) == (1, 0, 0, 1)
    assert (analysis_of(session).state, analysis_of(session).attempts) == ("completed", 2)
    assert (FlowProposal.objects.count(), ProposalDraft.objects.count()) == (1, 1)
    assert FlowProposal.objects.get().evidence_count == 1


def test_who_is_overtaken_and_then_fails_blames_nobody(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Toner is odd")
    later = timezone.now() + timedelta(hours=1)
    fine = Unruly(lambda request: new_flow())

    def overtaken(request: AnalyseRequest) -> AnalyseResult:
        pass_over(cast, fine, now=later)
        raise RuntimeError("too late")

    pass_over(cast, Unruly(overtaken))

    assert (analysis_of(session).state, analysis_of(session).error) == ("completed", "")
    session.refresh_from_db()
    assert session.analysis_status == "completed"


def test_a_claim_that_ran_over_while_another_holds_the_session_frees_nothing(cast: Cast) -> None:
    session = make_resolved(cast)
    late = actions.claim(cast.account.pk, limit=9)
    holder = actions.claim(cast.account.pk, limit=9, now=timezone.now() + timedelta(hours=1))

    jobs.Work(cast.account.pk, late.token, Recorder(), jobs.Tally(), deadline=0).analyse_claim(late)

    assert holder.again == (session.pk,)
    assert (analysis_of(session).claim_token, analysis_of(session).attempts) == (holder.token, 2)
