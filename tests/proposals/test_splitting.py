"""A session that was counted for a proposal by mistake is split off and analysed by itself."""

from datetime import timedelta

import pytest
from django.db.models import F

from flowpilot.accounts.models import Account, AuditEvent, User
from flowpilot.accounts.roles import NotAllowed
from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult, NewFlow
from flowpilot.ai.offline.engine import OfflineEngine
from proposals import actions, jobs
from proposals.models import FlowProposal, ProposalEvidence
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_resolved, small_tree
from tests.screens import HTMX, at, signed_in, text, toasts, words


class Prepared(OfflineEngine):
    """Finds a flow in every session."""

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        finding = NewFlow(
            title=request.sessions[0].title,
            summary="Prepared.",
            why="Prepared.",
            domain=None,
            tree=small_tree().to_json(),
            grounding={},
        )
        return AnalyseResult(finding=finding, confidence=0.5, engine="offline", basis=("prepared",))


def prepared(_account: Account) -> Prepared:
    return Prepared()


def solved(cast: Cast) -> AISession:
    return make_resolved(
        cast,
        problem_summary="The mailbox is full and takes no mail",
        intake_content={"text": "Senders get 550 5.2.2 mailbox full since this morning."},
    )


def counted(cast: Cast, **extra: object) -> tuple[FlowProposal, AISession]:
    """A proposal of two sessions, and the second of them."""
    proposal = make_proposal(cast, **extra)
    session = solved(cast)
    ProposalEvidence.objects.create(account=cast.account, proposal=proposal, session=session, resolution_no=1)
    FlowProposal.objects.filter(pk=proposal.pk).update(evidence_count=2)
    proposal.refresh_from_db()
    return proposal, session


@pytest.mark.parametrize("status", ["pending", "rejected", "dismissed"])
def test_a_session_that_is_split_off_gets_an_analysis_of_its_own(cast: Cast, status: str) -> None:
    proposal, session = counted(cast, status=status)
    AISession.objects.exclude(pk=session.pk).update(ended_at=F("created_at") + timedelta(minutes=10))

    analysis = jobs.split_off(proposal, session, by=cast.team_admin, engine_of=prepared)

    proposal.refresh_from_db()
    assert (proposal.status, proposal.evidence_count, proposal.unmined_evidence) == (status, 1, 1)
    (left,) = proposal.evidence.all()
    assert (proposal.impact, proposal.last_seen_at) == (10.0, left.session.ended_at)
    assert not proposal.evidence.filter(session=session).exists()
    assert (analysis.state, analysis.requested_by, analysis.request_no) == ("completed", cast.team_admin, 1)
    assert analysis.proposal_id not in (None, proposal.pk)
    assert list(proposal.decisions.values_list("verb", "actor")) == [("split", cast.team_admin.pk)]
    event = AuditEvent.objects.get(verb="proposal_split")
    assert (event.actor, event.changes) == (cast.team_admin, {"evidence": [str(session.pk), ""]})


def test_a_split_leaves_the_draft_due_and_the_panel_says_so(cast: Cast) -> None:
    proposal, session = counted(cast)
    client = signed_in(cast.engineer)
    before = words(client.get(at("detail", proposal), headers=HTMX))

    actions.split_off(proposal, session, by=cast.team_admin)

    after = words(client.get(at("detail", proposal), headers=HTMX))
    assert ["was split off: it is made anew" in shown for shown in (before, after)] == [False, True]


def test_the_same_finding_opens_a_proposal_of_its_own_and_may_be_split_from_that_again(cast: Cast) -> None:
    first = solved(cast)
    proposal = jobs.propose_from(first, by=cast.team_admin, engine_of=prepared).proposal
    assert proposal is not None
    second = solved(cast)
    grown = jobs.propose_from(second, by=cast.team_admin, engine_of=prepared)
    assert grown.proposal_id == proposal.pk

    split = jobs.split_off(proposal, first, by=cast.team_admin, engine_of=prepared)

    assert split.outcome == "new_flow"
    assert split.proposal_id != proposal.pk
    assert [row.session_id for row in proposal.evidence.all()] == [second.pk]


def test_who_may_not_decide_may_not_split(cast: Cast) -> None:
    proposal, session = counted(cast)
    for person in (cast.engineer, cast.other_team_admin):
        with pytest.raises(NotAllowed):
            actions.split_off(proposal, session, by=person)
    assert proposal.evidence.count() == 2


def test_what_a_proposal_stands_on_alone_is_not_split_off(cast: Cast) -> None:
    proposal = make_proposal(cast)
    with pytest.raises(actions.CannotSplit, match="all that speaks"):
        actions.split_off(proposal, proposal.evidence.get().session, by=cast.team_admin)
    with pytest.raises(actions.CannotSplit, match="does not speak"):
        actions.split_off(proposal, make_resolved(cast), by=cast.team_admin)
    assert proposal.evidence.count() == 1
    assert not AuditEvent.objects.filter(verb="proposal_split").exists()


@pytest.mark.parametrize("status", ["approved", "edited", "expired"])
def test_from_a_proposal_that_is_published_or_expired_nothing_is_split(cast: Cast, status: str) -> None:
    proposal, session = counted(cast, status=status)
    with pytest.raises(actions.AlreadyDecided):
        actions.split_off(proposal, session, by=cast.team_admin)
    assert proposal.evidence.count() == 2


def test_the_page_offers_it_to_who_may_decide(cast: Cast) -> None:
    proposal, _session = counted(cast)

    def offered(user: User) -> int:
        return text(signed_in(user).get(at("detail", proposal), headers=HTMX)).count('form="split"')

    assert (offered(cast.team_admin), offered(cast.engineer)) == (2, 0)


@pytest.mark.parametrize("htmx", [True, False])
def test_the_button_splits_and_says_what_came_of_it(cast: Cast, htmx: bool) -> None:
    proposal, session = counted(cast)
    client = signed_in(cast.team_admin)

    response = client.post(at("split", proposal), {"session": session.pk}, headers=HTMX if htmx else {})

    assert response.status_code == (200 if htmx else 303)
    assert not proposal.evidence.filter(session=session).exists()
    if htmx:
        assert toasts(response) == ["success"]
        assert f"Split off “{session.title}”: " in words(response)


def test_an_unreadable_session_is_refused(cast: Cast) -> None:
    proposal, _session = counted(cast)
    response = signed_in(cast.team_admin).post(at("split", proposal), {"session": "x"}, headers=HTMX)
    assert response.status_code == 422
    assert proposal.evidence.count() == 2
