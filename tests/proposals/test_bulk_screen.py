"""One decision about many proposals, with an honest account of it; the list's order, and what came since."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from flowpilot.core.paging import page_of
from proposals import actions
from proposals.models import FlowProposal, ProposalDecision
from tests.factories import Cast, make_proposal, make_version, redraft, small_tree
from tests.screens import HTMX, at, said, send, signed_in, status_of, text, titles, verbs, words

QUEUE = at("queue")


def ticked(*proposals: FlowProposal) -> list[str]:
    return [f"{proposal.pk}:{proposal.current_draft.number}" for proposal in proposals]


def press(client: Client, action: str, *proposals: FlowProposal, **more: Any) -> Any:
    return client.post(at("bulk"), {"action": action, "ids": ticked(*proposals), **more})


def test_nothing_is_decided_before_it_was_asked(cast: Cast) -> None:
    first, second = make_proposal(cast), make_proposal(cast)

    asked = press(signed_in(cast.team_admin), "approve", first, second)

    assert "Approve 2 proposals" in words(asked)
    assert (status_of(first), status_of(second)) == ("pending", "pending")


def test_what_could_not_be_approved_is_told(cast: Cast) -> None:
    first, second = make_proposal(cast), make_proposal(cast)
    change = make_proposal(cast, version=make_version(cast))
    send(signed_in(cast.team_admin), "dismiss", second)

    answer = press(signed_in(cast.team_admin), "approve", first, second, change, sure="on")

    assert said(answer) == [
        "1 approved, 2 skipped: changes to a flow need Edit & publish (1), decided already (1)"
    ]
    assert [status_of(each) for each in (first, second, change)] == ["approved", "dismissed", "pending"]


def test_a_draft_that_is_no_valid_flow_is_told_so(cast: Cast) -> None:
    proposal = make_proposal(cast)
    redraft(proposal, {"schema": 1})

    answer = press(signed_in(cast.team_admin), "approve", proposal, sure="on")

    assert said(answer) == ["0 approved, 1 skipped: their drafts are no valid flows yet (1)"]


def test_a_rejection_of_many_needs_its_reason_once(cast: Cast) -> None:
    first, second = make_proposal(cast), make_proposal(cast)
    client = signed_in(cast.team_admin)

    refusal = press(client, "reject", first, second, sure="on")
    assert (refusal.status_code, status_of(first)) == (422, "pending")
    press(client, "reject", first, second, sure="on", reason_code="unsafe")

    assert [verbs(each) for each in (first, second)] == [["reject"], ["reject"]]


def test_all_that_match_are_taken_in_the_order_of_the_list_as_far_as_one_press_goes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.views.bulk.AT_ONCE", 2)
    three(cast)
    make_proposal(cast, title="Change", version=make_version(cast))

    asked = signed_in(cast.team_admin).post(
        f"{at('bulk')}?sort=evidence&type=new_flow", {"action": "dismiss", "all": "on"}
    )

    assert [row.title for row, _draft in asked.context["chosen"].pairs] == ["Second", "Third"]
    assert "3 proposals match what the list shows · Type: New flow" in words(asked)
    assert "These are the first 2 of 3, in the order of the list." in words(asked)


def test_more_than_one_press_decides_about_is_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proposals.views.bulk.AT_ONCE", 1)
    first, second = make_proposal(cast), make_proposal(cast)

    answer = press(signed_in(cast.team_admin), "dismiss", first, second, sure="on")

    assert said(answer) == ["1 dismissed, 1 skipped: more than 1 at once (1)"]
    assert [status_of(each) for each in (first, second)] == ["dismissed", "pending"]


@pytest.mark.parametrize("query", ["evidence=many", "type=nonsense", "age=7x"])
def test_a_filter_that_cannot_be_read_chooses_nothing(cast: Cast, query: str) -> None:
    make_proposal(cast)

    asked = signed_in(cast.team_admin).post(
        f"{at('bulk')}?{query}", {"action": "dismiss", "all": "on"}, headers=HTMX
    )

    assert asked.status_code == 422
    assert "A filter cannot be read, so nothing was chosen." in words(asked)


def test_only_the_dialog_that_asks_for_the_original_closes_duplicates(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    asked = [client.get(at(name, proposal), headers=HTMX) for name in ("dismiss", "reject")]
    asked.append(press(client, "reject", proposal))

    refused = [
        send(client, name, proposal, reason_code="duplicate").status_code for name in ("dismiss", "reject")
    ]

    assert [text(page).count('value="duplicate"') for page in asked] == [0, 0, 0]
    assert [at("duplicate", proposal) in text(page) for page in asked] == [True, True, False]
    assert (refused, status_of(proposal)) == ([422, 422], "pending")


def test_a_draft_that_was_mined_since_is_not_approved_unseen(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    (seen,) = re.findall(r'name="ids" value="(.+?)"', text(client.get(QUEUE)))
    redraft(proposal, small_tree())

    answer = client.post(at("bulk"), {"action": "approve", "ids": seen, "sure": "on"})

    assert said(answer) == ["0 approved, 1 skipped: new evidence came in (1)"]


@pytest.mark.parametrize(
    "ids",
    [[], ["nonsense"], ["a:b"], [f"{UUID(int=1)}:1"], [f"{UUID(int=1)}:{2**31}"]],
    ids=["none", "word", "pair", "nobody", "number"],
)
def test_nothing_ticked_is_told(cast: Cast, ids: list[str]) -> None:
    answer = signed_in(cast.team_admin).post(at("bulk"), {"action": "approve", "ids": ids}, headers=HTMX)

    assert answer.status_code == 422
    assert "Tick at least one proposal." in words(answer)


def test_another_teams_proposals_are_not_touched(cast: Cast) -> None:
    foreign = make_proposal(cast, team=cast.other_team)

    answer = press(signed_in(cast.team_admin), "dismiss", foreign, sure="on")

    assert said(answer) == ["Tick at least one proposal."]
    assert status_of(foreign) == "pending"


SORTED = {
    "": ["Third", "Second", "First"],
    "oldest": ["First", "Second", "Third"],
    "evidence": ["Second", "Third", "First"],
    "confidence": ["First", "Third", "Second"],
    "impact": ["Third", "First", "Second"],
}


def three(cast: Cast) -> None:
    for title, evidence, confidence, impact in (
        ("First", 1, 0.9, 20.0),
        ("Second", 9, 0.1, 10.0),
        ("Third", 5, 0.5, 90.0),
    ):
        made = make_proposal(cast, title=title, confidence=confidence, impact=impact)
        FlowProposal.objects.filter(pk=made.pk).update(evidence_count=evidence)


@pytest.mark.parametrize("sort", SORTED)
def test_the_list_is_sorted_and_goes_on_where_it_stopped(
    cast: Cast, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(cast)
    client = signed_in(cast.engineer)
    assert titles(client.get(QUEUE, {"sort": sort})) == SORTED[sort]

    monkeypatch.setitem(page_of.__kwdefaults__, "size", 1)
    first = client.get(QUEUE, {"sort": sort}, headers=HTMX)
    after = first.context["page"].next_cursor

    assert titles(client.get(QUEUE, {"sort": sort, "after": after}, headers=HTMX)) == SORTED[sort][1:2]


def test_a_decision_opens_the_next_in_the_order_of_the_list(cast: Cast) -> None:
    three(cast)
    second = FlowProposal.objects.get(title="Second")

    answer = send(signed_in(cast.team_admin), "dismiss", second, query="?sort=evidence")

    assert answer.context["detail"].proposal.title == "Third"


def test_what_came_since_is_counted_and_the_list_is_left_alone(cast: Cast) -> None:
    make_proposal(cast)
    since = timezone.now().isoformat()
    make_proposal(cast), make_proposal(cast)
    client = signed_in(cast.engineer)

    assert "2 new · Show" in words(client.get(at("pulse"), {"since": since}, headers=HTMX))
    assert "new" not in words(client.get(at("pulse"), {"since": timezone.now().isoformat()}, headers=HTMX))
    assert "new" not in words(client.get(at("pulse"), {"since": "yesterday"}, headers=HTMX))


def test_what_came_back_since_is_new_and_what_one_opened_again_oneself_is_not(cast: Cast) -> None:
    opened, own, woken, undone, gone, back = (make_proposal(cast) for _number in range(6))
    actions.dismiss(back, draft=back.current_draft_id, by=cast.account_admin)
    for each in (opened, own, undone, gone):
        actions.dismiss(each, draft=each.current_draft_id, by=cast.team_admin)
    since = timezone.now().isoformat()
    actions.reopen(opened, by=cast.account_admin)
    actions.reopen(own, by=cast.team_admin)
    actions.undo(undone, by=cast.team_admin)
    actions.undo(back, by=cast.account_admin)
    actions.reopen(gone, by=cast.account_admin)
    actions.dismiss(gone, draft=gone.current_draft_id, by=cast.account_admin)
    ProposalDecision.objects.create(account=cast.account, proposal=woken, verb="wake")

    shown = signed_in(cast.team_admin).get(at("pulse"), {"since": since}, headers=HTMX)

    assert "3 new · Show" in words(shown)
    assert text(shown).count("since=") == 0


def test_a_big_tree_comes_after_the_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proposals.reading.DRAWN_AT_ONCE", 3)
    proposal = make_proposal(cast)
    client = signed_in(cast.engineer)

    assert (
        "Restart the print spooler"
        not in text(client.get(at("detail", proposal))).split('id="tree"')[1].split("evidence")[0]
    )
    assert "Restart the print spooler" in text(client.get(at("tree", proposal), headers=HTMX))
