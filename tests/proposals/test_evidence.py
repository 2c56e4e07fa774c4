"""What the readers of a proposal learn about the sessions behind it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowpilot.accounts.models import User
from flowpilot.flows.models import FlowVersion
from proposals.models import FlowProposal, ProposalEvidence
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_resolved, make_version, redraft, small_tree
from tests.screens import HTMX, at, signed_in, text, words

CLOSED = "A session that you may not open"


def supported_by(proposal: FlowProposal, session: AISession) -> AISession:
    ProposalEvidence.objects.create(
        account=proposal.account, proposal=proposal, session=session, resolution_no=1
    )
    return session


def elsewhere(cast: Cast, proposal: FlowProposal) -> AISession:
    """A session of the other team that speaks for a proposal of the first one."""
    session = make_resolved(
        cast, team=cast.other_team, problem_summary="Seen by the projects team", problem_domain="vpn"
    )
    session.session_rating = 2
    session.save()
    return supported_by(proposal, session)


def grounded(proposal: FlowProposal, *sessions: AISession) -> dict[str, Any]:
    """A draft whose second node comes from all of the sessions."""
    spans = [
        {"session": str(session.pk), "step": None, "field": "text", "start": 0, "end": 3}
        for session in sessions
    ]
    grounding = {"sources": {"n2": spans}, "counts": {"n2": {"reached": len(spans), "resolved": 1}}}
    redraft(
        proposal,
        small_tree(),
        grounding=grounding,
        basis=["spooler-rule", *(str(session.pk) for session in sessions)],
    )
    return grounding


def rows(client: Client, proposal: FlowProposal) -> list[str]:
    """The lines of the evidence table."""
    table = re.search(r'id="evidence".*?<tbody>(.*?)</tbody>', text(client.get(at("detail", proposal))), re.S)
    assert table
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table[1].split("</tr>")[:-1]]


def test_of_a_session_that_the_reader_may_not_open_only_outcome_and_time_are_shown(cast: Cast) -> None:
    proposal = make_proposal(cast)
    own = proposal.evidence.get().session
    hidden = elsewhere(cast, proposal)

    assert rows(signed_in(cast.engineer), proposal) == [
        f"1 {CLOSED} – – Resolved under 1 min –",
        f"2 {own.title} Northwind Engineer Resolved under 1 min –",
    ]
    assert rows(signed_in(cast.account_admin), proposal)[0] == (
        f"1 {hidden.title} Northwind Otherlead Resolved under 1 min 2/5 Split off"
    )
    page = text(signed_in(cast.engineer).get(at("detail", proposal)))
    assert [secret in page for secret in (hidden.title, str(hidden.pk), "Otherlead")] == [False] * 3


def test_a_session_that_the_reader_may_not_open_still_counts(cast: Cast) -> None:
    proposal = make_proposal(cast)
    elsewhere(cast, proposal)

    part = words(signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX))

    assert "Still resolved 2 of 2" in part


def test_a_step_names_a_session_that_the_reader_may_not_open_by_number_only(cast: Cast) -> None:
    proposal = make_proposal(cast)
    own = proposal.evidence.get().session
    hidden = elsewhere(cast, proposal)
    grounded(proposal, own, hidden)

    part = text(signed_in(cast.engineer).get(at("detail", proposal), headers=HTMX))

    assert f'From session 1 <a href="/sessions/{own.pk}/">2</a>' in part
    assert str(hidden.pk) not in part


def detail_for(user: User, proposal: FlowProposal) -> dict[str, Any]:
    said: dict[str, Any] = signed_in(user).get(reverse("api-proposal-detail", args=[proposal.pk])).json()
    return said


def test_the_api_names_the_sessions_that_the_reader_may_open_and_counts_the_others(cast: Cast) -> None:
    proposal = make_proposal(cast)
    own = proposal.evidence.get().session
    hidden = elsewhere(cast, proposal)
    grounding = grounded(proposal, own, hidden)

    engineers, admins = (detail_for(person, proposal) for person in (cast.engineer, cast.account_admin))

    assert engineers["evidence"] == [{"session": str(own.pk), "resolution_no": 1}]
    assert engineers["hidden_evidence"] == 1
    draft = engineers["current_draft"]
    assert draft["grounding"] == {
        "sources": {"n2": grounding["sources"]["n2"][:1]},
        "counts": grounding["counts"],
    }
    assert draft["basis"] == ["spooler-rule", str(own.pk)]
    assert str(hidden.pk) not in str(engineers)

    assert [row["session"] for row in admins["evidence"]] == [str(hidden.pk), str(own.pk)]
    assert (admins["hidden_evidence"], admins["current_draft"]["grounding"]) == (0, grounding)
    assert admins["current_draft"]["basis"] == ["spooler-rule", str(own.pk), str(hidden.pk)]


def test_the_api_names_the_newest_sessions_as_far_as_its_bound(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = make_proposal(cast)
    newest = elsewhere(cast, proposal)
    monkeypatch.setattr("proposals.api.EVIDENCE_NAMED", 1)

    told = detail_for(cast.account_admin, proposal)

    assert [row["session"] for row in told["evidence"]] == [str(newest.pk)]


def test_the_library_tells_counts_and_no_sessions(cast: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.get().session
    grounding = grounded(proposal, session)
    version = FlowVersion.objects.create(
        account=cast.account,
        flow=make_version(cast).flow,
        number=2,
        tree_structure=small_tree().to_json(),
        grounding=grounding,
        published_at=proposal.created_at,
    )
    version.flow.current_version = version
    version.flow.save()

    for person in (cast.other_team_admin, cast.account_admin):
        client = signed_in(person)
        said = client.get(reverse("api-flow-detail", args=[version.flow_id])).json()
        page = text(client.get(reverse("flows:detail", args=[version.flow_id])))

        assert said["current_version"]["grounding"] == {"counts": grounding["counts"]}
        assert "1 of 1 resolved" in page
        assert [str(session.pk) in shown for shown in (str(said), page)] == [False, False]


def cost(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_evidence_without_summaries_costs_no_query_a_row(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    intake = {"text": "VPN drops\nevery hour"}
    supported_by(proposal, make_resolved(cast, problem_summary=None, intake_content=intake))
    client.get(at("detail", proposal))
    pages = (at("detail", proposal), reverse("api-proposal-detail", args=[proposal.pk]))
    few = [cost(client, url) for url in pages]
    for _number in range(9):
        supported_by(proposal, make_resolved(cast, problem_summary=None, intake_content=intake))

    assert [cost(client, url) for url in pages] == few
    assert sum("VPN drops Northwind" in row for row in rows(client, proposal)) == 10
