"""One decision about many proposals, with an honest account of it; the list's order, and what came since."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from flowpilot.core.paging import page_of
from proposals.models import FlowProposal
from tests.factories import Cast, make_proposal, make_version
from tests.screens import HTMX, at, send, signed_in, status_of, text, titles, verbs, words

QUEUE = at("queue")


def ticked(*proposals: FlowProposal) -> list[str]:
    return [f"{proposal.pk}:{proposal.current_draft_id}" for proposal in proposals]


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


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


def test_a_rejection_of_many_needs_its_reason_once(cast: Cast) -> None:
    first, second = make_proposal(cast), make_proposal(cast)
    client = signed_in(cast.team_admin)

    refusal = press(client, "reject", first, second, sure="on")
    assert (refusal.status_code, status_of(first)) == (422, "pending")
    press(client, "reject", first, second, sure="on", reason_code="unsafe")

    assert [verbs(each) for each in (first, second)] == [["reject"], ["reject"]]


def test_all_that_match_are_those_of_the_filters(cast: Cast) -> None:
    make_proposal(cast, title="Scanner is slow")
    wanted = make_proposal(cast, title="Printer is slow")

    asked = signed_in(cast.team_admin).post(f"{at('bulk')}?q=printer", {"action": "dismiss", "all": "on"})

    assert [proposal for proposal, _draft in asked.context["chosen"]] == [wanted]


def test_a_draft_that_was_mined_since_is_not_approved_unseen(cast: Cast) -> None:
    proposal, other = make_proposal(cast), make_proposal(cast)
    seen = f"{proposal.pk}:{other.current_draft_id}"

    answer = signed_in(cast.team_admin).post(at("bulk"), {"action": "approve", "ids": seen, "sure": "on"})

    assert said(answer) == ["0 approved, 1 skipped: new evidence came in (1)"]


@pytest.mark.parametrize("ids", [[], ["nonsense"], ["a:b"]], ids=["none", "word", "pair"])
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


def test_a_big_tree_comes_after_the_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proposals.reading.DRAWN_AT_ONCE", 3)
    proposal = make_proposal(cast)
    client = signed_in(cast.engineer)

    assert (
        "Restart the print spooler"
        not in text(client.get(at("detail", proposal))).split('id="tree"')[1].split("evidence")[0]
    )
    assert "Restart the print spooler" in text(client.get(at("tree", proposal), headers=HTMX))
