import re
from uuid import uuid4

import pytest

from flowpilot.flows.models import Flow
from proposals import actions
from tests.factories import Cast, join, make_proposal, make_version, redraft, small_tree
from tests.screens import (
    DECISIONS,
    HTMX,
    at,
    said,
    send,
    signed_in,
    status_of,
    text,
    toasts,
    trigger,
    verbs,
    words,
)

DONE = {"approve": "approved", "dismiss": "dismissed", "reject": "rejected"}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_opens_the_next_proposal_and_takes_the_row_away(cast: Cast, name: str) -> None:
    following = make_proposal(cast, title="The next one")
    proposal = make_proposal(cast, title="The decided one")

    answer = send(signed_in(cast.team_admin), name, proposal)

    assert (answer.status_code, status_of(proposal)) == (200, DONE[name])
    assert (answer["HX-Retarget"], answer["HX-Replace-Url"]) == ("#detail", at("detail", following))
    assert trigger(answer) == {
        "proposal-decided": {"gone": f"row-{proposal.pk}", "current": f"row-{following.pk}"}
    }
    assert 'id="detail-title" tabindex="-1" data-focus>The next one</h2>' in text(answer)
    assert re.findall(r'-review-count" hx-swap-oob="true">(.*?)<', text(answer)) == ["1", "1"]
    assert toasts(answer) == ["success"]
    assert f'hx-post="{at("undo", proposal)}" hx-target="#detail"' in text(answer)


@pytest.mark.parametrize("name", DECISIONS)
def test_without_htmx_a_decision_leads_to_the_next_proposal(cast: Cast, name: str) -> None:
    following = make_proposal(cast)
    proposal = make_proposal(cast, title="The decided one")

    answer = send(signed_in(cast.team_admin), name, proposal, htmx=False, query="?type=new_flow")

    assert (answer.status_code, status_of(proposal)) == (303, DONE[name])
    assert answer["Location"] == at("detail", following) + "?type=new_flow"
    words_for = {"approve": "Published", "dismiss": "Dismissed", "reject": "Rejected"}
    assert said(answer) == [f"{words_for[name]} “The decided one”."]


def test_the_last_decision_clears_the_queue(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)

    answer = send(client, "dismiss", proposal)

    assert answer["HX-Replace-Url"] == at("queue")
    assert '<ol id="queue-rows" hx-swap-oob="innerHTML">' in text(answer)
    assert "The queue is clear" in words(answer)
    assert re.findall(r'-review-count" hx-swap-oob="true">(.*?)<', text(answer)) == ["", ""]


def test_the_last_decision_without_htmx_leads_to_the_queue(cast: Cast) -> None:
    answer = send(signed_in(cast.team_admin), "dismiss", make_proposal(cast), htmx=False)

    assert (answer.status_code, answer["Location"]) == (303, at("queue"))


def test_the_next_proposal_is_the_next_older_one_that_the_filters_leave(cast: Cast) -> None:
    oldest = make_proposal(cast, problem_domain="printing")
    make_proposal(cast, problem_domain="email")
    decided = make_proposal(cast, problem_domain="printing")
    newest = make_proposal(cast, problem_domain="printing")
    client = signed_in(cast.team_admin)

    after = send(client, "dismiss", decided, query="?domain=printing")
    wrapped = send(client, "dismiss", oldest, query="?domain=printing")

    assert after["HX-Replace-Url"] == at("detail", oldest) + "?domain=printing"
    assert wrapped["HX-Replace-Url"] == at("detail", newest) + "?domain=printing"


def test_approving_publishes_what_was_shown(cast: Cast) -> None:
    proposal = make_proposal(cast, title="Printer is offline")

    send(signed_in(cast.team_admin), "approve", proposal, note="Read twice")

    flow = Flow.objects.get(title="Printer is offline")
    assert flow.current_version is not None
    assert (flow.current_version.number, flow.current_version.note) == (1, "Read twice")
    assert flow.current_version.tree == small_tree()


def test_an_enhancement_is_not_approved_by_a_post_of_ones_own(cast: Cast) -> None:
    version = make_version(cast)
    proposal = make_proposal(cast, version=version)
    client = signed_in(cast.team_admin)

    answer = send(client, "approve", proposal)
    plain = send(client, "approve", proposal, htmx=False)

    assert (answer.status_code, answer["HX-Reswap"], toasts(answer)) == (422, "none", ["warning"])
    assert "go through Edit &amp; publish" in text(answer)
    assert (plain.status_code, plain["Location"]) == (303, at("detail", proposal))
    assert (status_of(proposal), verbs(proposal), version.flow.versions.count()) == ("pending", [], 1)


@pytest.mark.parametrize("name", DECISIONS)
def test_the_second_reviewer_is_told_who_was_first_and_writes_nothing(cast: Cast, name: str) -> None:
    proposal = make_proposal(cast, title="Contested")
    seen = proposal.current_draft_id
    actions.dismiss(proposal, draft=seen, by=cast.account_admin)

    answer = send(signed_in(cast.team_admin), name, proposal)

    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#detail")
    assert "Already dismissed by Owner. Nothing of yours was written." in words(answer)
    assert ("Contested" in words(answer), toasts(answer)) == (True, ["warning"])
    assert "HX-Trigger" not in answer
    assert (status_of(proposal), verbs(proposal)) == ("dismissed", ["dismiss"])
    assert not Flow.objects.exists()


@pytest.mark.parametrize("name", DECISIONS)
def test_a_draft_that_changed_meanwhile_is_not_decided_about(cast: Cast, name: str) -> None:
    proposal = make_proposal(cast)
    seen = proposal.current_draft_id
    redraft(proposal, small_tree("Is it the newer draft?"))

    answer = send(signed_in(cast.team_admin), name, proposal, draft=seen)

    assert answer.status_code == 409
    assert "The draft you saw has changed" in words(answer)
    assert "Is it the newer draft?" in words(answer)
    assert f'name="draft" value="{proposal.current_draft_id}"' in text(answer)
    assert (status_of(proposal), verbs(proposal)) == ("pending", [])


def test_without_htmx_a_conflict_is_a_message_on_the_fresh_page(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.dismiss(proposal, draft=proposal.current_draft_id, by=cast.account_admin)

    answer = send(signed_in(cast.team_admin), "dismiss", proposal, htmx=False)

    assert (answer.status_code, answer["Location"]) == (303, at("detail", proposal))
    assert said(answer) == ["Already dismissed by Owner."]


@pytest.mark.parametrize("name", ["dismiss", "reject"])
def test_the_dialog_asks_about_the_draft_that_is_shown(cast: Cast, name: str) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)

    part = client.get(at(name, proposal), {"type": "new_flow"}, headers=HTMX)
    page = client.get(at(name, proposal))

    assert f'hx-post="{at(name, proposal)}?type=new_flow" hx-target="#dialog-body"' in text(part)
    assert f'name="draft" value="{proposal.current_draft_id}"' in text(part)
    assert ("<html" in text(part), "<html" in text(page)) == (False, True)
    assert f'<form method="post" action="{at(name, proposal)}" novalidate' in text(page)


def test_a_rejection_without_a_reason_is_asked_again(cast: Cast) -> None:
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.team_admin), "reject", proposal, reason_code="", note="No good")

    assert answer.status_code == 422
    assert "HX-Retarget" not in answer
    assert "Choose why it is rejected." in words(answer)
    assert 'aria-invalid="true"' in text(answer)
    assert "No good</textarea>" in text(answer)
    assert (status_of(proposal), verbs(proposal)) == ("pending", [])


def test_a_rejection_without_a_reason_is_asked_again_on_a_page_of_its_own(cast: Cast) -> None:
    answer = send(signed_in(cast.team_admin), "reject", make_proposal(cast), htmx=False, reason_code="")

    assert (answer.status_code, "<html" in text(answer)) == (422, True)
    assert "Choose why it is rejected." in words(answer)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("more_sessions", "0", "greater than or equal to 1"),
        ("more_sessions", "soon", "Enter a whole number."),
        ("reason_code", "mood", "Select a valid choice."),
        ("note", "x" * 2001, "at most 2000 characters"),
    ],
)
def test_a_dismissal_that_cannot_be_read_is_asked_again(
    cast: Cast, field: str, value: str, message: str
) -> None:
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.team_admin), "dismiss", proposal, **{field: value})

    assert (answer.status_code, message in words(answer)) == (422, True)
    assert status_of(proposal) == "pending"


def test_a_dismissal_keeps_what_was_typed_and_when_to_wake(cast: Cast) -> None:
    proposal = make_proposal(cast)

    send(
        signed_in(cast.team_admin),
        "dismiss",
        proposal,
        reason_code="not_enough_evidence",
        more_sessions="4",
        note="One is few",
    )

    proposal.refresh_from_db()
    decision = proposal.decisions.get()
    assert proposal.wake_at_evidence == 5
    assert (decision.reason_code, decision.note) == ("not_enough_evidence", "One is few")


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize("draft", ["", "not-a-uuid"])
def test_a_decision_about_no_draft_is_refused_with_a_warning(cast: Cast, name: str, draft: str) -> None:
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.team_admin), name, proposal, draft=draft)

    assert (answer.status_code, answer["HX-Reswap"], toasts(answer)) == (422, "none", ["warning"])
    assert status_of(proposal) == "pending"


def test_a_decision_about_a_draft_of_another_proposal_is_refused(cast: Cast) -> None:
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.team_admin), "approve", proposal, draft=uuid4())

    assert (answer.status_code, status_of(proposal)) == (409, "pending")


@pytest.mark.parametrize("name", [*DECISIONS, "undo", "reopen"])
def test_engineers_decide_nothing(cast: Cast, name: str) -> None:
    proposal = make_proposal(cast)

    assert send(signed_in(cast.engineer), name, proposal).status_code == 403
    assert (status_of(proposal), verbs(proposal)) == ("pending", [])


@pytest.mark.parametrize("name", [*DECISIONS, "reopen"])
def test_an_admin_of_another_team_who_only_works_in_this_one_is_refused(cast: Cast, name: str) -> None:
    join(cast.other_team_admin, cast.team)
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.other_team_admin), name, proposal)

    assert (answer.status_code, toasts(answer)) == (403, ["warning"])
    assert (status_of(proposal), verbs(proposal)) == ("pending", [])


@pytest.mark.parametrize("name", [*DECISIONS, "undo", "reopen"])
def test_outsiders_find_nothing_to_decide(cast: Cast, outsiders: Cast, name: str) -> None:
    proposal = make_proposal(cast)

    for person in (outsiders.account_admin, cast.other_team_admin):
        assert send(signed_in(person), name, proposal).status_code == 404
    assert status_of(proposal) == "pending"


@pytest.mark.parametrize("name", [*DECISIONS, "undo", "reopen"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_forged_decision_is_refused(cast: Cast, name: str, htmx: bool) -> None:
    proposal = make_proposal(cast)

    answer = send(signed_in(cast.team_admin, enforce_csrf_checks=True), name, proposal, htmx=htmx)

    assert (answer.status_code, status_of(proposal)) == (403, "pending")


@pytest.mark.parametrize("name", ["approve", "undo", "reopen"])
def test_nothing_is_decided_by_opening_an_address(cast: Cast, name: str) -> None:
    assert signed_in(cast.team_admin).get(at(name, make_proposal(cast))).status_code == 405
