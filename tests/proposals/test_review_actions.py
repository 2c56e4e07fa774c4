from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from flowpilot.accounts.roles import NotAllowed
from flowpilot.flows.actions import VersionConflict, publish_version
from flowpilot.flows.models import Flow, FlowVersion
from proposals import actions
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft
from tests.factories import Cast, make_proposal, make_session, make_version, redraft, small_tree

Status = FlowProposal.Status


def decisions(proposal: FlowProposal) -> list[tuple[str, object]]:
    return list(proposal.decisions.values_list("verb", "actor__email"))


def draft_of(proposal: FlowProposal) -> object:
    return proposal.current_draft_id


def test_approving_publishes_the_draft_as_version_one(cast: Cast) -> None:
    proposal = make_proposal(cast)

    version = actions.approve(proposal, draft=draft_of(proposal), note="Good", by=cast.team_admin)

    proposal.refresh_from_db()
    flow = version.flow
    assert (proposal.status, proposal.reviewed_by, proposal.published_version) == (
        "approved",
        cast.team_admin,
        version,
    )
    assert (version.number, version.tree_structure) == (1, proposal.current_draft.tree)
    assert (flow.title, flow.status, flow.current_version, flow.team) == (
        proposal.title,
        "published",
        version,
        cast.team,
    )
    decision = proposal.decisions.get()
    assert (decision.verb, decision.draft, decision.published_tree, decision.note) == (
        "approve",
        proposal.current_draft,
        version.tree_structure,
        "Good",
    )


def test_an_enhancement_is_never_approved_unread(cast: Cast) -> None:
    proposal = make_proposal(cast, version=make_version(cast))

    with pytest.raises(actions.NeedsEdit):
        actions.approve(proposal, draft=draft_of(proposal), by=cast.team_admin)

    proposal.refresh_from_db()
    assert (proposal.status, decisions(proposal)) == ("pending", [])


def test_a_draft_that_is_not_a_valid_tree_is_not_approved(cast: Cast) -> None:
    proposal = make_proposal(cast)
    redraft(proposal, {"schema": 1})

    with pytest.raises(actions.NeedsEdit, match="not a valid flow"):
        actions.approve(proposal, draft=draft_of(proposal), by=cast.team_admin)

    proposal.refresh_from_db()
    assert (proposal.status, Flow.objects.count()) == ("pending", 0)


def test_the_database_too_refuses_an_approved_enhancement(cast: Cast) -> None:
    proposal = make_proposal(cast, version=make_version(cast))

    with pytest.raises(IntegrityError), transaction.atomic():
        FlowProposal.objects.filter(pk=proposal.pk).update(status="approved")


def test_second_reviewer_cannot_decide_again(cast: Cast) -> None:
    proposal = make_proposal(cast)
    draft = draft_of(proposal)
    mine, theirs = FlowProposal.objects.get(pk=proposal.pk), FlowProposal.objects.get(pk=proposal.pk)
    actions.approve(mine, draft=draft, by=cast.team_admin)

    with pytest.raises(actions.AlreadyDecided, match="approved by Lead"):
        actions.reject(theirs, draft=draft, reason_code="wrong_fix", by=cast.account_admin)

    assert decisions(proposal) == [("approve", cast.team_admin.email)]
    assert Flow.objects.count() == 1


def test_a_draft_that_was_mined_again_is_not_decided_unseen(cast: Cast) -> None:
    proposal = make_proposal(cast)
    seen = draft_of(proposal)
    redraft(proposal, small_tree())

    with pytest.raises(actions.DraftChanged) as refusal:
        actions.approve(proposal, draft=seen, by=cast.team_admin)

    assert refusal.value.proposal.current_draft.number == 2
    assert (decisions(proposal), FlowVersion.objects.count()) == ([], 0)


@pytest.mark.parametrize("person", ["engineer", "other_team_admin"])
def test_only_admins_of_the_team_decide(cast: Cast, person: str) -> None:
    proposal = make_proposal(cast)

    with pytest.raises(NotAllowed):
        actions.dismiss(proposal, draft=draft_of(proposal), by=getattr(cast, person))

    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_proposals_without_a_team_are_the_account_admins(cast: Cast) -> None:
    proposal = make_proposal(cast, team=None)

    with pytest.raises(NotAllowed):
        actions.dismiss(proposal, draft=draft_of(proposal), by=cast.team_admin)
    actions.dismiss(proposal, draft=draft_of(proposal), by=cast.account_admin)

    assert proposal.status == "dismissed"


def test_a_dismissed_proposal_wakes_at_twice_its_evidence_unless_told_otherwise(cast: Cast) -> None:
    by_default, by_choice = make_proposal(cast), make_proposal(cast)

    actions.dismiss(by_default, draft=draft_of(by_default), by=cast.team_admin)
    actions.dismiss(by_choice, draft=draft_of(by_choice), more_sessions=6, by=cast.team_admin)

    assert (by_default.wake_at_evidence, by_choice.wake_at_evidence) == (2, 7)


def test_rejecting_requires_a_reason_from_the_list(cast: Cast) -> None:
    proposal = make_proposal(cast)

    for reason in ("", "bored"):
        with pytest.raises(actions.ReasonRequired):
            actions.reject(proposal, draft=draft_of(proposal), reason_code=reason, by=cast.team_admin)
    actions.reject(
        proposal, draft=draft_of(proposal), reason_code="unsafe", note="Deletes profiles", by=cast.team_admin
    )

    decision = proposal.decisions.get()
    assert (decision.verb, decision.reason_code, decision.note) == ("reject", "unsafe", "Deletes profiles")


def test_editing_a_new_flow_publishes_the_edit(cast: Cast) -> None:
    proposal = make_proposal(cast)
    edited = small_tree("Is the queue paused?")

    version = actions.publish_edited(
        proposal,
        edited,
        meta={"title": "Queue is paused"},
        draft=draft_of(proposal),
        base=None,
        by=cast.team_admin,
    )

    assert (proposal.status, version.number, version.tree_structure) == ("edited", 1, edited.to_json())
    assert version.flow.title == "Queue is paused"


def test_editing_an_enhancement_publishes_the_next_version(cast: Cast) -> None:
    first = make_version(cast)
    proposal = make_proposal(cast, version=first)
    edited = small_tree("Is the queue paused?")

    version = actions.publish_edited(
        proposal,
        edited,
        meta={"title": first.flow.title},
        draft=draft_of(proposal),
        base=first.pk,
        by=cast.team_admin,
    )

    first.flow.refresh_from_db()
    assert (version.number, first.flow.current_version) == (2, version)
    assert FlowVersion.objects.get(pk=first.pk).tree_structure == small_tree().to_json()


def test_an_edit_on_an_old_version_is_refused_and_nothing_is_written(cast: Cast) -> None:
    first = make_version(cast)
    proposal = make_proposal(cast, version=first)
    publish_version(first.flow, small_tree("Meanwhile"), base=first, by=cast.team_admin)

    with pytest.raises(VersionConflict) as refusal:
        actions.publish_edited(
            proposal,
            small_tree("Mine"),
            meta={"title": "x"},
            draft=draft_of(proposal),
            base=first.pk,
            by=cast.team_admin,
        )

    proposal.refresh_from_db()
    assert (refusal.value.current, proposal.status, decisions(proposal)) == (2, "pending", [])
    assert FlowVersion.objects.count() == 2


@pytest.mark.parametrize("verb", ["dismiss", "reject"])
def test_declined_proposals_can_be_reopened(cast: Cast, verb: str) -> None:
    proposal = make_proposal(cast)
    reason = {"reason_code": "other"} if verb == "reject" else {}
    getattr(actions, verb)(proposal, draft=draft_of(proposal), by=cast.team_admin, **reason)

    actions.reopen(proposal, by=cast.account_admin)

    assert (proposal.status, proposal.reviewed_by, proposal.wake_at_evidence) == ("pending", None, None)
    assert [verb for verb, _actor in decisions(proposal)] == [verb, "reopen"]


def test_a_pending_proposal_is_not_reopened(cast: Cast) -> None:
    proposal = make_proposal(cast)

    with pytest.raises(actions.AlreadyDecided):
        actions.reopen(proposal, by=cast.team_admin)

    assert decisions(proposal) == []


def test_reopening_is_refused_while_the_same_finding_is_open(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.dismiss(proposal, draft=draft_of(proposal), by=cast.team_admin)
    make_proposal(cast, fingerprint=proposal.fingerprint)

    with pytest.raises(actions.OpenTwin):
        actions.reopen(proposal, by=cast.team_admin)

    proposal.refresh_from_db()
    assert (proposal.status, [verb for verb, _actor in decisions(proposal)]) == ("dismissed", ["dismiss"])


def test_the_decider_can_undo_for_thirty_seconds(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.dismiss(proposal, draft=draft_of(proposal), by=cast.team_admin)

    with pytest.raises(actions.CannotUndo):
        actions.undo(proposal, by=cast.account_admin)
    with pytest.raises(actions.CannotUndo):
        actions.undo(proposal, by=cast.team_admin, now=timezone.now() + timedelta(seconds=31))
    actions.undo(proposal, by=cast.team_admin)

    assert (proposal.status, [verb for verb, _actor in decisions(proposal)]) == (
        "pending",
        ["dismiss", "undo"],
    )


def test_undoing_an_approval_retires_the_flow(cast: Cast) -> None:
    proposal = make_proposal(cast)
    version = actions.approve(proposal, draft=draft_of(proposal), by=cast.team_admin)

    actions.undo(proposal, by=cast.team_admin)

    version.flow.refresh_from_db()
    assert (version.flow.status, proposal.status, proposal.published_version) == ("retired", "pending", None)


def test_an_approval_stays_once_a_session_follows_the_flow(cast: Cast) -> None:
    proposal = make_proposal(cast)
    version = actions.approve(proposal, draft=draft_of(proposal), by=cast.team_admin)
    make_session(cast, flow_version=version)

    with pytest.raises(actions.CannotUndo):
        actions.undo(proposal, by=cast.team_admin)

    version.flow.refresh_from_db()
    proposal.refresh_from_db()
    assert (version.flow.status, proposal.status) == ("published", "approved")


def test_an_edited_publication_is_not_undone(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.publish_edited(
        proposal, small_tree(), meta={"title": "x"}, draft=draft_of(proposal), base=None, by=cast.team_admin
    )

    with pytest.raises(actions.CannotUndo):
        actions.undo(proposal, by=cast.team_admin)


def test_proposals_expire_after_their_days_and_can_come_back(cast: Cast, outsiders: Cast) -> None:
    due = make_proposal(cast, expires_at=timezone.now() - timedelta(minutes=1))
    fresh, foreign = make_proposal(cast), make_proposal(outsiders, expires_at=timezone.now())

    assert actions.expire(cast.account.pk) == 1

    states = dict(FlowProposal.objects.values_list("pk", "status"))
    assert states == {due.pk: "expired", fresh.pk: "pending", foreign.pk: "pending"}
    assert decisions(due) == [("expire", None)]
    due.refresh_from_db()
    actions.reopen(due, by=cast.team_admin)
    assert due.expires_at > timezone.now()


def test_versions_drafts_and_decisions_cannot_be_rewritten_even_by_sql(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.approve(proposal, draft=draft_of(proposal), by=cast.team_admin)

    changes = [
        (FlowVersion, {"note": "other"}),
        (ProposalDraft, {"title": "other"}),
        (ProposalDecision, {"verb": "reject"}),
    ]
    for model, change in changes:
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            model.objects.update(**change)
