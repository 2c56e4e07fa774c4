"""Edit & publish when somebody was first: a flow that has moved on, a newer draft, a decision."""

import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.flows.document import Node, Option, Tree, parse
from flowpilot.flows.models import Flow
from proposals import actions
from tests.factories import Cast, make_proposal, make_version, redraft, small_tree
from tests.proposals.editing import contradicting, drafted, edit_url, moved_on, opened, press, retitled
from tests.proposals.pages import buttons_of, form_of
from tests.screens import signed_in


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.team_admin)


# --- a flow that has moved on -----------------------------------------------------------------------


def test_what_goes_together_is_merged_onto_the_current_version(cast: Cast, client: Client) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    newer = moved_on(cast, version, retitled(small_tree(), "n2", "Restart the service"))

    page = client.get(edit_url(proposal)).content.decode()
    fields = form_of(page)

    assert "Made for version 1, now version 2: merged" in page
    assert (fields["base"], fields["n2.title"], fields["n3.title"]) == (
        [str(newer.pk)],
        ["Restart the service"],
        ["It prints"],
    )
    assert press(client, proposal, "publish", fields).status_code == 303
    version.flow.refresh_from_db()
    assert version.flow.current_version is not None
    assert version.flow.current_version.number == 3


def test_contradictions_are_shown_with_the_current_version_preferred(cast: Cast, client: Client) -> None:
    proposal, _newer = contradicting(cast)
    page = client.get(edit_url(proposal)).content.decode()
    fields = form_of(page)
    assert "1 contradiction with version 2" in page
    for words in ("Pages come out again", "Paper comes out", "It prints"):
        assert words in page
    assert (fields["settle.n3:title"], fields["n3.title"], fields["base"]) == (
        ["ours"],
        ["It prints"],
        [str(proposal.base_version_id)],
    )


@pytest.mark.parametrize(("side", "title"), [("ours", "Paper comes out"), ("theirs", "It prints")])
def test_a_settled_contradiction_is_edited_on_the_current_version(
    cast: Cast, client: Client, side: str, title: str
) -> None:
    proposal, newer = contradicting(cast)
    fields = opened(client, proposal) | {"settle.n3:title": [side], "n2.title": ["Typed before merging"]}

    fields = form_of(press(client, proposal, "merge", fields).content.decode())

    assert (fields["n3.title"], fields["base"]) == ([title], [str(newer.pk)])
    assert fields["n2.title"] == ["Typed before merging"]
    assert press(client, proposal, "publish", fields).status_code == 303


def test_changes_that_break_a_rule_only_together_are_told_and_choices_are_kept(
    cast: Cast, client: Client
) -> None:
    ends = (Node("n4", "resolution", "Done"), Node("n5", "escalation", "No"))

    def crossing(second: str, third: str, title: str) -> Tree:
        return parse(
            Tree(
                1,
                "n1",
                (
                    Node("n1", "question", title, options=(Option("o1", "A", "n2"), Option("o2", "B", "n3"))),
                    Node("n2", "action", "Second", options=(Option("o1", "Done", second),)),
                    Node("n3", "action", "Third", options=(Option("o1", "Done", third),)),
                    *(end for end in ends if end.id in (second, third)),
                ),
            ).to_json()
        )

    version = make_version(cast, crossing("n4", "n4", "Which?"))
    proposal = drafted(make_proposal(cast, version=version), crossing("n3", "n4", "Which one?"))
    moved_on(cast, version, crossing("n4", "n2", "What?"))
    fields = opened(client, proposal)
    assert fields["settle.n1:title"] == ["ours"]

    response = press(client, proposal, "merge", fields)
    page = response.content.decode()

    assert "so the flow would never end" in page
    assert form_of(page)["settle.n1:title"] == ["ours"]
    mended = form_of(page) | {"n2.o1.next": ["n4"]}
    merged = form_of(press(client, proposal, "merge", mended).content.decode())
    assert (merged["n1.title"], merged["n3.o1.next"], "settle.n1:title" in merged) == (
        ["What?"],
        ["n2"],
        False,
    )


def test_a_version_that_came_in_between_is_offered_for_a_merge(cast: Cast, client: Client) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    fields = opened(client, proposal) | {"n4.title": ["Call the vendor"]}
    newer = moved_on(cast, version, retitled(small_tree(), "n2", "Restart the service"))

    response = press(client, proposal, "publish", fields)
    page = response.content.decode()

    assert response.status_code == 409
    assert "The flow is at version 2 now" in page
    assert form_of(page) == fields
    merged = form_of(press(client, proposal, "merge", fields).content.decode())
    assert (merged["base"], merged["n2.title"], merged["n4.title"]) == (
        [str(newer.pk)],
        ["Restart the service"],
        ["Call the vendor"],
    )
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_a_tree_with_problems_is_not_merged(cast: Cast, client: Client) -> None:
    proposal, _newer = contradicting(cast)
    response = press(client, proposal, "merge", opened(client, proposal) | {"n1.title": [""]})
    assert response.status_code == 422
    assert '<a href="#n1.title">' in response.content.decode()


# --- others were first ------------------------------------------------------------------------------


def test_a_decision_of_somebody_else_is_told_and_what_was_typed_is_kept(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"n2.title": ["My own words"]}
    actions.reject(proposal, draft=proposal.current_draft_id, reason_code="unsafe", by=cast.account_admin)

    for op in ("publish", "add-option:n1"):
        response = press(client, proposal, op, fields)
        page = response.content.decode()
        assert response.status_code == 409
        assert "Already rejected by Owner." in page
        assert reverse("proposals:detail", args=[proposal.pk]) in page
        assert form_of(page) == fields
        assert buttons_of(page) == []


def test_a_newer_draft_is_told_and_can_be_passed_over_knowingly(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"n2.title": ["My own words"]}
    drafted(proposal, retitled(small_tree(), "n3", "It prints"))

    response = press(client, proposal, "publish", fields)

    assert response.status_code == 409
    assert "The proposal has a new draft" in response.content.decode()
    assert form_of(response.content.decode()) == fields
    kept = form_of(press(client, proposal, "keep", fields).content.decode())
    began = {"draft": [str(proposal.current_draft_id)], "began": fields["draft"]}
    assert kept == fields | began
    assert press(client, proposal, "publish", kept).status_code == 303
    flow = Flow.objects.get()
    assert flow.current_version is not None
    assert flow.current_version.tree.node("n2").title == "My own words"


def test_a_decided_proposal_is_not_edited(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    version = actions.approve(proposal, draft=proposal.current_draft_id, by=cast.account_admin)
    response = client.get(edit_url(proposal))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Already approved by Owner." in page
    assert reverse("flows:version", args=[version.flow_id, 1]) in page
    assert form_of(page) == {}


def test_a_draft_that_is_no_valid_tree_is_told(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    redraft(proposal, {"schema": 1})
    response = client.get(edit_url(proposal))
    assert (response.status_code, "The draft cannot be edited" in response.content.decode()) == (200, True)
