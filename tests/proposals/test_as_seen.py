"""What a reviewer decides about is what the screen showed, whatever came in since."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from flowpilot.flows.actions import describe, publish_version, retire
from flowpilot.flows.models import Flow
from proposals import actions
from proposals.models import FlowProposal
from sessions.actions.following import follow
from sessions.rules import Incomplete
from tests.factories import Cast, make_proposal, make_session, make_version, redraft, small_tree
from tests.proposals.pages import form_of
from tests.screens import HTMX, at, signed_in, status_of, text, verbs, words

NEWER = small_tree("Is it the newer draft?")


def link_to(name: str, proposal: FlowProposal, page: Any) -> str:
    found = re.search(rf'hx-get="({at(name, proposal)}[^"]*)"', text(page))
    assert found is not None
    return unescape(found[1])


@pytest.mark.parametrize("name", ["dismiss", "reject"])
@pytest.mark.parametrize("query", ["", "?q=newer"])
def test_the_dialog_of_an_older_draft_shows_the_new_one_instead(cast: Cast, name: str, query: str) -> None:
    proposal, client = make_proposal(cast), signed_in(cast.team_admin)
    link = link_to(name, proposal, client.get(at("detail", proposal) + query))
    assert client.get(link, headers=HTMX).status_code == 200
    redraft(proposal, NEWER)

    answer, plain = client.get(link, headers=HTMX), client.get(link)

    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#detail")
    assert "Is it the newer draft?" in words(answer)
    assert (plain.status_code, plain["Location"]) == (303, at("detail", proposal) + query)


def test_from_dialog_to_dialog_the_draft_stays_the_one_that_was_seen(cast: Cast) -> None:
    proposal, client = make_proposal(cast), signed_in(cast.team_admin)
    dismissal = client.get(link_to("dismiss", proposal, client.get(at("detail", proposal))), headers=HTMX)
    duplicate = link_to("duplicate", proposal, dismissal)
    search = form_of(text(client.get(duplicate, headers=HTMX)))["draft"]
    redraft(proposal, NEWER)

    assert client.get(duplicate, headers=HTMX).status_code == 409
    assert client.get(at("duplicate", proposal), {"draft": search[0], "find": "x"}).status_code == 303
    assert (status_of(proposal), verbs(proposal)) == ("pending", [])


def test_a_dialog_about_what_was_decided_meanwhile_says_by_whom(cast: Cast) -> None:
    proposal = make_proposal(cast)
    seen = proposal.current_draft_id
    redraft(proposal, NEWER)
    actions.dismiss(proposal, draft=proposal.current_draft_id, by=cast.account_admin)

    answer = signed_in(cast.team_admin).get(at("reject", proposal), {"draft": str(seen)}, headers=HTMX)

    assert "Already dismissed by Owner." in words(answer)


def test_changes_chosen_of_an_older_draft_are_not_taken_of_the_new_one(cast: Cast) -> None:
    proposal = make_proposal(cast, version=make_version(cast))
    seen = proposal.current_draft_id
    redraft(proposal, NEWER)

    answer = signed_in(cast.team_admin).get(at("edit", proposal), {"only": ["c2"], "draft": str(seen)})

    assert answer.status_code == 409
    assert "The proposal has a new draft" in words(answer)
    assert "Choose again" in words(answer)


def opened(client: Client, proposal: FlowProposal) -> dict[str, list[str]]:
    return form_of(text(client.get(at("edit", proposal))))


def test_a_title_that_was_left_alone_reverts_no_other_reviewers(cast: Cast) -> None:
    version = make_version(cast, title="Printer")
    proposal, client = make_proposal(cast, version=version), signed_in(cast.team_admin)
    fields = opened(client, proposal)
    describe(version.flow, {"title": "Printer on the second floor"}, by=cast.account_admin)

    client.post(at("edit", proposal), {**fields, "op": "publish"})

    assert status_of(proposal) == "edited"
    assert Flow.objects.get(pk=version.flow_id).title == "Printer on the second floor"


def test_a_redraw_of_what_was_decided_meanwhile_takes_the_place_of_the_whole_form(cast: Cast) -> None:
    proposal, client = make_proposal(cast), signed_in(cast.team_admin)
    fields = opened(client, proposal)
    actions.dismiss(proposal, draft=proposal.current_draft_id, by=cast.account_admin)

    answer = client.post(at("edit", proposal), {**fields, "op": "redraw"}, headers=HTMX)

    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (409, "#editor", "innerHTML")


def test_a_retired_flow_is_not_brought_back_by_its_changes(cast: Cast) -> None:
    version = make_version(cast)
    proposal, client = make_proposal(cast, version=version), signed_in(cast.team_admin)
    fields = opened(client, proposal)
    retire(version.flow, by=cast.account_admin)

    shown, editor = client.get(at("detail", proposal)), client.get(at("edit", proposal))
    answer = client.post(at("edit", proposal), {**fields, "op": "publish"})

    assert "The flow was retired" in words(shown)
    assert (editor.status_code, answer.status_code) == (409, 409)
    assert f"“{version.flow.title}” was retired. Restore it first" in words(answer)
    assert (status_of(proposal), Flow.objects.get(pk=version.flow_id).status) == ("pending", "retired")


def test_an_approval_is_not_undone_once_another_version_was_published(cast: Cast) -> None:
    proposal = make_proposal(cast)
    version = actions.approve(proposal, draft=proposal.current_draft_id, by=cast.team_admin)
    publish_version(version.flow, small_tree("Is it on?"), base=version, by=cast.account_admin)

    with pytest.raises(actions.CannotUndo, match="Another version"):
        actions.undo(proposal, by=cast.team_admin)

    assert (status_of(proposal), Flow.objects.get(pk=version.flow_id).status) == ("approved", "published")


def test_a_flow_that_was_retired_meanwhile_is_not_followed(cast: Cast) -> None:
    version, session = make_version(cast), make_session(cast)
    retire(Flow.objects.get(pk=version.flow_id), by=cast.account_admin)

    with pytest.raises(Incomplete):
        follow(session, version=version, by=cast.engineer)

    session.refresh_from_db()
    assert session.flow_version is None
