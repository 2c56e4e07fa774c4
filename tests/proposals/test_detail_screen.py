import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from flowpilot.flows.actions import publish_version
from flowpilot.flows.changes import diff
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.models import FlowVersion
from proposals import actions
from proposals.models import FlowProposal
from sessions import actions as session_actions
from sessions.jobs import index_history
from sessions.models import AISession
from tests.factories import Cast, join, make_proposal, make_resolved, make_version, redraft, small_tree
from tests.screens import HTMX, at, signed_in, text, words


def reworded(version: FlowVersion) -> Tree:
    """The version's tree with another question and one step more."""
    data = version.tree.to_json()
    nodes = data["nodes"]
    assert isinstance(nodes, list)
    nodes[0]["title"] = "Does the printer show an error code?"
    nodes[1]["options"][1]["next"] = "n9"
    nodes.append(
        {
            **nodes[1],
            "id": "n9",
            "title": "Replace the fuser",
            "options": [
                {"id": "o1", "label": "Solved", "next": "n3"},
                {"id": "o2", "label": "Not solved", "next": "n4"},
            ],
        }
    )
    return parse(data)


def enhancement(cast: Cast) -> FlowProposal:
    version = make_version(cast, title="Printer flow")
    proposal = make_proposal(cast, version=version, title="Add the fuser")
    tree = reworded(version)
    redraft(proposal, tree, changes=[change.to_json() for change in diff(version.tree, tree)])
    return proposal


def test_the_panel_shows_what_is_proposed_and_why(cast: Cast) -> None:
    proposal = make_proposal(
        cast,
        title="Printer is offline",
        why="3 engineers did the same.",
        problem_domain="printing",
        confidence=0.5,
        impact=125,
    )

    part = words(signed_in(cast.team_admin).get(at("detail", proposal), headers=HTMX))

    for said in (
        proposal.reference,
        "Printer is offline",
        "New flow Printing &amp; scanning Service desk",
        "A new flow for the library · raised just now",
        "3 engineers did the same. Gets the spooler going again. Rule-based engine · draft 1, just now",
        "Evidence 1 session, 1 client",
        "Still resolved 1 of 1",
        "Time spent so far 2 h 5 min",
        "Confidence 50.0%",
        "Does the printer show an error?",
        "Restart the print spooler",
    ):
        assert said in part


def test_the_page_has_the_queue_around_the_panel(cast: Cast) -> None:
    proposal = make_proposal(cast, title="Printer is offline")
    other = make_proposal(cast)

    page = signed_in(cast.engineer).get(at("detail", proposal))

    assert page.context["page"].rows == [other, proposal]
    assert "<title>Printer is offline · Review queue · FlowPilot</title>" in text(page)
    assert f'is-current" data-row id="row-{proposal.pk}"' in text(page)


def test_a_decided_proposal_opens_under_its_own_tab(cast: Cast) -> None:
    proposal = make_proposal(cast, status="rejected")

    page = signed_in(cast.engineer).get(at("detail", proposal))

    assert page.context["tab"] == "rejected"
    assert f'href="{at("detail", proposal)}?status=rejected" data-row-link' in text(page)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_outsiders_and_other_teams_find_nothing(cast: Cast, outsiders: Cast, headers: dict[str, str]) -> None:
    proposal = make_proposal(cast)

    for person in (outsiders.account_admin, outsiders.engineer, cast.other_team_admin):
        assert signed_in(person).get(at("detail", proposal), headers=headers).status_code == 404


def offered(cast: Cast, proposal: FlowProposal, person: str) -> list[str]:
    """The decisions that a person is offered, by the last part of their addresses."""
    part = text(signed_in(getattr(cast, person)).get(at("detail", proposal), headers=HTMX))
    part = re.sub(r"<noscript>.*?</noscript>", "", part)
    return re.findall(rf'(?:action|href)="/review/{proposal.pk}/(\w+)/["?]', part)


def test_who_may_decide_is_offered_the_decisions(cast: Cast) -> None:
    proposal = make_proposal(cast)

    for person in ("team_admin", "account_admin"):
        assert offered(cast, proposal, person) == ["approve", "edit", "dismiss", "reject"]


def test_who_may_never_decide_sees_no_decisions(cast: Cast) -> None:
    proposal = make_proposal(cast)
    join(cast.other_team_admin, cast.team)

    for person in ("engineer", "other_team_admin"):
        assert offered(cast, proposal, person) == []


def test_an_enhancement_offers_no_approval(cast: Cast) -> None:
    """The second way to edit takes over only some of the changes."""
    assert offered(cast, enhancement(cast), "team_admin") == ["edit", "dismiss", "reject", "edit"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("dismissed", ["reopen"]),
        ("rejected", ["reopen"]),
        ("expired", ["reopen"]),
        ("approved", []),
        ("edited", []),
    ],
)
def test_what_was_decided_can_be_reopened_unless_published(
    cast: Cast, status: str, expected: list[str]
) -> None:
    assert offered(cast, make_proposal(cast, status=status), "team_admin") == expected


def test_undo_is_offered_to_the_decider_while_it_is_possible(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.dismiss(proposal, draft=proposal.current_draft_id, by=cast.team_admin)

    assert offered(cast, proposal, "team_admin") == ["undo"]
    assert offered(cast, proposal, "account_admin") == ["reopen"]

    past = timezone.now() - timedelta(seconds=actions.UNDO_SECONDS + 1)
    FlowProposal.objects.filter(pk=proposal.pk).update(reviewed_at=past)
    assert offered(cast, proposal, "team_admin") == ["reopen"]


def test_changes_are_told_in_words_and_marked_in_the_tree(cast: Cast) -> None:
    proposal = enhancement(cast)

    response = signed_in(cast.team_admin).get(at("detail", proposal), headers=HTMX)

    part = words(response)
    assert "Changes Printer flow v1" in part
    assert "Adds the step “Replace the fuser”" in part
    assert "Rewrites the step “Does the printer show an error?”" in part
    assert "leads to “Replace the fuser”, no longer to “Hand over with the error text”" in part
    assert "<del>error?</del><ins>error code?</ins>" in text(response)
    assert "+ 1 added" in part
    assert "± 1 changed" in part
    assert response.context["detail"].change_count == 3


def test_a_flow_that_moved_on_is_said_so(cast: Cast) -> None:
    proposal = enhancement(cast)
    version = proposal.base_version
    assert version is not None
    client = signed_in(cast.team_admin)
    assert "the flow is at version" not in words(client.get(at("detail", proposal), headers=HTMX))

    publish_version(version.flow, small_tree("Another question?"), base=version, by=cast.team_admin)

    said = "Made for version 1, the flow is at version 2 now"
    assert said in words(client.get(at("detail", proposal), headers=HTMX))


def test_changes_that_no_longer_fit_their_base_leave_the_tree_unmarked(cast: Cast) -> None:
    proposal = enhancement(cast)
    draft = proposal.current_draft
    assert draft is not None
    change = {"id": "c1", "op": "remove_node", "node": "n77", "why": "", "needs": []}
    redraft(proposal, draft.document, changes=[change])

    page = signed_in(cast.team_admin).get(at("detail", proposal), headers=HTMX)

    assert (page.status_code, page.context["detail"].marks) == (200, None)
    assert "Removes the step “n77”" in words(page)


def test_changes_that_cannot_be_read_are_said_so(cast: Cast) -> None:
    proposal = enhancement(cast)
    draft = proposal.current_draft
    assert draft is not None
    redraft(proposal, draft.document, changes=[{"op": "improve"}])

    page = signed_in(cast.team_admin).get(at("detail", proposal), headers=HTMX)

    assert (page.status_code, page.context["detail"].reasons) == (200, [])
    assert "The changes of this draft cannot be read." in words(page)


def test_a_draft_that_is_no_tree_is_said_so_and_cannot_be_approved(cast: Cast) -> None:
    proposal = make_proposal(cast)
    redraft(proposal, {"schema": 1})

    page = signed_in(cast.team_admin).get(at("detail", proposal), headers=HTMX)

    assert "The draft cannot be drawn" in words(page)
    assert offered(cast, proposal, "team_admin") == ["edit", "dismiss", "reject"]


def test_counts_and_sources_stand_beside_the_steps(cast: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.get().session
    span = {"session": str(session.pk), "step": None, "field": "text", "start": 0, "end": 3}
    elsewhere = {**span, "session": "01a10bf0-3cc0-7e4f-94a9-376cd355d55d"}
    grounding = {
        "sources": {"n2": [span, span, elsewhere], "n1/o1": [span]},
        "counts": {"n2": {"reached": 4, "resolved": 3, "escalated": 1}, "n1/o1": {"chosen": 4}},
    }
    redraft(proposal, small_tree(), grounding=grounding)

    response = signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX)

    assert "3 of 4 resolved" in words(response)
    assert "From session 1 and 1 more" in words(response)
    assert f'From session <a href="/sessions/{session.pk}/">1</a>' in text(response)
    assert "Chosen in 4 sessions" in text(response)


def test_evidence_names_the_sessions_and_how_they_went(cast: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.get().session
    session.session_rating = 4
    session.save()

    part = text(signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX))

    address = reverse("proposals:transcript", args=[proposal.pk, session.pk])
    assert f'<a href="{address}" hx-get="{address}" hx-target="#dialog-body">{session.title}</a>' in part
    row = words(signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX))
    assert f"1 {session.title} Northwind Engineer Resolved under 1 min 4/5" in row


def test_a_session_that_was_reopened_is_shown_and_does_not_count(cast: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.get().session
    session_actions.reopen(session, reason="Came back", by=cast.team_admin)

    before = words(signed_in(cast.engineer).get(at("detail", make_proposal(cast)), headers=HTMX))
    part = words(signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX))

    assert ["1 client" in shown for shown in (before, part)] == [True, False]
    assert "reopened since, does not count" in part
    assert "Still resolved 0 of 1" in part
    assert "Median time to fix –" in part


def test_activity_tells_who_decided_what_about_which_draft(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.reject(
        proposal,
        draft=proposal.current_draft_id,
        reason_code="unsafe",
        note="Wipes\nthe disk",
        by=cast.team_admin,
    )
    actions.reopen(proposal, by=cast.account_admin)
    redraft(proposal, small_tree())
    version = actions.approve(proposal, draft=proposal.current_draft_id, by=cast.team_admin)

    response = signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX)

    part = words(response)
    activity = part[part.index("Activity Proposed") :]
    assert "Rejected by Lead just now · draft 1 Unsafe or against policy Wipes the disk" in activity
    assert "Reopened by Owner just now · draft 1" in activity
    assert "Approved by Lead just now · draft 2 version 1" in activity
    assert f'href="/flows/{version.flow_id}/versions/1/"' in text(response)
    assert "1 older draft" in part


def test_a_published_flow_with_a_title_like_it_is_shown_beside_a_new_one(cast: Cast) -> None:
    version = make_version(cast, title="Receipt printer prints only half of each page")
    make_version(cast, title="Mailbox is full")
    proposal = make_proposal(cast, title="Receipt printer prints half pages")

    client = signed_in(cast.team_admin)
    part = text(client.get(at("alike", proposal), headers=HTMX))

    assert f'hx-get="{at("alike", proposal)}"' in text(client.get(at("detail", proposal)))
    assert "may hold this already" in part
    assert reverse("flows:detail", args=[version.flow.pk]) in part
    assert "Mailbox is full" not in part
    assert "<html" in text(client.get(at("alike", proposal)))


def _about(cast: Cast, problem: str, **extra: object) -> FlowProposal:
    """A proposal whose one session is about this problem."""
    proposal = make_proposal(cast, title=problem, summary="", **extra)
    AISession.objects.filter(pk=proposal.evidence.get().session_id).update(problem_summary=problem)
    return proposal


def test_proposals_about_something_similar_are_shown_whatever_became_of_them(cast: Cast) -> None:
    proposal = _about(cast, "Receipt printer prints half pages")
    declined = _about(cast, "Receipt printer prints only half of each page", status="rejected")
    _about(cast, "Receipt printer prints half of the page", team=cast.other_team)
    _about(cast, "Mailbox is full")
    index_history()

    part = text(signed_in(cast.team_admin).get(at("alike", proposal), headers=HTMX))

    assert "Proposals about something similar" in part
    assert f"{declined.reference}: {declined.title}" in part
    assert "Rejected" in part
    assert part.count("FP-") == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_transcript_of_a_session_is_read_beside_the_proposal(cast: Cast, headers: dict[str, str]) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.get().session
    address = reverse("proposals:transcript", args=[proposal.pk, session.pk])

    shown = signed_in(cast.engineer).get(address, headers=headers)

    assert ("<html" in text(shown)) is not bool(headers)
    assert session.resolution_summary in words(shown)
    assert "Restart the print spooler" in words(shown)


def test_no_transcript_of_a_session_that_may_not_be_opened_or_is_no_evidence(cast: Cast) -> None:
    proposal = make_proposal(cast)
    gone = proposal.evidence.get().session
    gone.team = cast.other_team
    gone.save()
    client = signed_in(cast.team_admin)

    asked = [gone, make_resolved(cast)]

    addresses = [reverse("proposals:transcript", args=[proposal.pk, session.pk]) for session in asked]
    assert [client.get(address).status_code for address in addresses] == [404, 404]
