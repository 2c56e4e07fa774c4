"""A proposal that is there already is closed as a duplicate, and its sessions count for the original."""

from datetime import timedelta

import pytest
from django.db.models import F

from flowpilot.accounts.models import AuditEvent
from flowpilot.accounts.roles import NotAllowed
from proposals import actions
from proposals.models import FlowProposal
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_version
from tests.screens import HTMX, at, send, signed_in, status_of, toasts, verbs, words


def speaking(proposal: FlowProposal) -> set[object]:
    return set(proposal.evidence.values_list("session_id", flat=True))


def marked(cast: Cast, proposal: FlowProposal, of: object) -> int:
    return actions.mark_duplicate(proposal, draft=proposal.current_draft_id, of=of, by=cast.team_admin)


def fresh(proposal: FlowProposal) -> FlowProposal:
    return FlowProposal.objects.get(pk=proposal.pk)


def test_the_sessions_of_a_duplicate_count_for_the_original(cast: Cast) -> None:
    original, proposal = make_proposal(cast), make_proposal(cast)
    both = speaking(original) | speaking(proposal)
    AISession.objects.update(ended_at=F("created_at") + timedelta(minutes=10))

    assert marked(cast, proposal, original) == 1

    closed, grown = fresh(proposal), fresh(original)
    assert (closed.status, closed.duplicate_of, closed.wake_at_evidence) == ("dismissed", original, None)
    assert (speaking(grown), grown.evidence_count, grown.unmined_evidence) == (both, 2, 1)
    assert grown.impact == 20.0
    decision = proposal.decisions.get()
    assert (decision.verb, decision.reason_code) == ("dismiss", "duplicate")
    assert decision.note == f"Duplicate of {original.reference} “{original.title}”"
    assert original.decisions.get().note == f"1 session of {proposal.reference} “{proposal.title}”"
    event = AuditEvent.objects.get(verb="proposal_dismissed")
    assert event.changes["evidence"] == ["", "1"]


@pytest.mark.parametrize("verb", [actions.undo, actions.reopen])
def test_undo_and_reopening_give_the_sessions_back(cast: Cast, verb: object) -> None:
    original, proposal = make_proposal(cast), make_proposal(cast)
    own = speaking(original)
    marked(cast, proposal, original)

    verb(fresh(proposal), by=cast.team_admin)

    opened, shrunk = fresh(proposal), fresh(original)
    assert (opened.status, opened.duplicate_of, len(speaking(opened))) == ("pending", None, 1)
    assert (speaking(shrunk), shrunk.evidence_count, shrunk.unmined_evidence) == (own, 1, 0)
    assert verbs(original) == ["carry", "give_back"]


def test_what_was_carried_on_is_given_back_from_where_it_went(cast: Cast) -> None:
    first, second, third = (make_proposal(cast) for _number in range(3))
    marked(cast, first, second)
    marked(cast, fresh(second), third)
    assert fresh(third).evidence_count == 3

    actions.reopen(fresh(second), by=cast.team_admin)
    assert (fresh(second).evidence_count, fresh(third).evidence_count) == (2, 1)

    actions.reopen(fresh(first), by=cast.team_admin)
    assert (fresh(first).evidence_count, fresh(second).evidence_count) == (1, 1)


def test_a_duplicate_of_a_flow_feeds_the_proposal_that_it_came_from(cast: Cast) -> None:
    published, proposal = make_proposal(cast), make_proposal(cast)
    version = actions.approve(published, draft=published.current_draft_id, by=cast.team_admin)

    assert marked(cast, proposal, version.flow) == 1

    assert fresh(proposal).duplicate_of_flow == version.flow
    assert fresh(published).evidence_count == 2


@pytest.mark.parametrize("kind", ["itself", "a duplicate", "of another team", "a change", "an expired one"])
def test_only_what_can_say_the_same_is_an_original(cast: Cast, kind: str) -> None:
    proposal = make_proposal(cast)
    others = {
        "itself": lambda: proposal,
        "a duplicate": lambda: make_proposal(cast, status="dismissed", duplicate_of=make_proposal(cast)),
        "of another team": lambda: make_proposal(cast, team=cast.other_team),
        "a change": lambda: make_proposal(cast, version=make_version(cast)),
        "an expired one": lambda: make_proposal(cast, status="expired"),
    }

    with pytest.raises(actions.NotItsOriginal):
        marked(cast, proposal, others[kind]())

    assert (status_of(proposal), verbs(proposal)) == ("pending", [])


def test_engineers_cannot_close_duplicates(cast: Cast) -> None:
    original, proposal = make_proposal(cast), make_proposal(cast)

    with pytest.raises(NotAllowed):
        actions.mark_duplicate(proposal, draft=proposal.current_draft_id, of=original, by=cast.engineer)

    assert (status_of(proposal), fresh(original).evidence_count) == ("pending", 1)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_dialog_finds_the_original_by_a_word(cast: Cast, headers: dict[str, str]) -> None:
    make_proposal(cast, title="Outlook asks for the password")
    make_proposal(cast, title="Printer is offline")
    proposal = make_proposal(cast)

    shown = signed_in(cast.team_admin).get(at("duplicate", proposal), {"find": "outlook"}, headers=headers)

    assert "Outlook asks for the password" in words(shown)
    assert "Printer is offline" not in words(shown)


def test_the_chosen_one_is_closed_and_the_next_opens(cast: Cast) -> None:
    original, proposal = make_proposal(cast, title="The original"), make_proposal(cast)
    client = signed_in(cast.team_admin)
    asked = client.get(at("duplicate", proposal), {"of": f"proposal:{original.pk}"}, headers=HTMX)
    assert f'value="proposal:{original.pk}" required checked' in asked.content.decode()

    answer = send(client, "duplicate", proposal, of=f"proposal:{original.pk}")

    assert (status_of(proposal), toasts(answer)) == ("dismissed", ["success"])
    shown = words(client.get(at("detail", proposal), headers=HTMX))
    assert f"duplicate of {original.reference}: The original" in shown
    assert "came with a duplicate" in words(client.get(at("detail", original), headers=HTMX))


@pytest.mark.parametrize("of", ["", "proposal:x", "person:1"])
def test_a_choice_that_cannot_be_read_is_asked_again(cast: Cast, of: str) -> None:
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.team_admin), "duplicate", proposal, of=of)

    assert (answer.status_code, status_of(proposal)) == (422, "pending")
    assert "Choose what it is a duplicate of." in words(answer)
