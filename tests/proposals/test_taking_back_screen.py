import re

import pytest

from flowpilot.flows.models import Flow
from tests.factories import Cast, make_proposal, make_session
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
    verbs,
    words,
)


@pytest.mark.parametrize("name", DECISIONS)
def test_undo_brings_the_proposal_back_into_panel_and_list(cast: Cast, name: str) -> None:
    proposal = make_proposal(cast, title="Back again")
    client = signed_in(cast.team_admin)
    send(client, name, proposal)

    answer = client.post(at("undo", proposal), headers=HTMX)

    assert (answer.status_code, status_of(proposal)) == (200, "pending")
    assert answer["HX-Retarget"] == "#detail"
    assert f'id="row-{proposal.pk}"' in text(answer)
    assert re.findall(r'-review-count" hx-swap-oob="true">(.*?)<', text(answer)) == ["1", "1"]
    assert "Undone: “Back again” is open again." in words(answer)
    assert "data-toast-undo" not in text(answer)


def test_an_undone_approval_leaves_no_flow_in_use(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    send(client, "approve", proposal)

    client.post(at("undo", proposal), headers=HTMX)

    assert list(Flow.objects.values_list("status", flat=True)) == ["retired"]


def test_an_approval_that_a_session_rests_on_stays(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    send(client, "approve", proposal)
    session = make_session(cast)
    session.flow_version = Flow.objects.get().current_version
    session.save()

    answer = client.post(at("undo", proposal), headers=HTMX)

    assert (answer.status_code, toasts(answer), status_of(proposal)) == (422, ["warning"], "approved")
    assert "A session follows this flow already." in words(answer)


def test_only_the_decider_undoes(cast: Cast) -> None:
    proposal = make_proposal(cast)
    send(signed_in(cast.team_admin), "dismiss", proposal)

    answer = signed_in(cast.account_admin).post(at("undo", proposal), headers=HTMX)

    assert (answer.status_code, status_of(proposal)) == (422, "dismissed")
    assert "Only the person who decided can undo it." in words(answer)


def test_reopening_shows_the_proposal_and_the_list_that_it_left(cast: Cast) -> None:
    proposal = make_proposal(cast, status="rejected", title="Second look")

    answer = signed_in(cast.team_admin).post(at("reopen", proposal) + "?status=rejected", headers=HTMX)

    assert (answer.status_code, status_of(proposal), verbs(proposal)) == (200, "pending", ["reopen"])
    assert "“Second look” is open again." in words(answer)
    assert f'id="row-{proposal.pk}"' not in text(answer)


def test_after_undo_in_the_queue_the_pending_ones_are_listed(cast: Cast) -> None:
    other = make_proposal(cast)
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    undo = re.search(r'data-toast-undo hx-post="(.*?)"', text(send(client, "dismiss", proposal)))
    assert undo is not None

    answer = client.post(undo[1], headers=HTMX)

    assert re.findall(r'id="row-([\w-]+)"', text(answer)) == [str(proposal.pk), str(other.pk)]


def test_reopening_without_htmx_leads_back_to_the_proposal(cast: Cast) -> None:
    proposal = make_proposal(cast, status="expired", title="Second look")

    answer = signed_in(cast.team_admin).post(at("reopen", proposal))

    assert (answer.status_code, answer["Location"]) == (303, at("detail", proposal))
    assert said(answer) == ["“Second look” is open again."]


def test_a_finding_that_is_open_twice_is_not_reopened(cast: Cast) -> None:
    make_proposal(cast, fingerprint="same")
    proposal = make_proposal(cast, fingerprint="same", status="rejected")

    answer = signed_in(cast.team_admin).post(at("reopen", proposal), headers=HTMX)

    assert (answer.status_code, toasts(answer), status_of(proposal)) == (422, ["warning"], "rejected")


def test_what_is_pending_is_not_reopened(cast: Cast) -> None:
    proposal = make_proposal(cast)

    answer = signed_in(cast.team_admin).post(at("reopen", proposal), headers=HTMX)

    assert (answer.status_code, verbs(proposal)) == (409, [])
