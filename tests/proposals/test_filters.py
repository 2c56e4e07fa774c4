from datetime import timedelta

import pytest
from django.utils import timezone

from flowpilot.accounts.models import Client
from proposals.models import FlowProposal
from tests.factories import Cast, make_proposal, make_version
from tests.screens import HTMX, at, signed_in, text, titles, words


def found(cast: Cast, **parameters: object) -> list[str]:
    return titles(signed_in(cast.account_admin).get(at("queue"), parameters))


def aged(proposal: FlowProposal, days: float) -> None:
    FlowProposal.objects.filter(pk=proposal.pk).update(created_at=timezone.now() - timedelta(days=days))


def test_by_words_of_title_and_summary(cast: Cast) -> None:
    make_proposal(cast, title="Spoolers stop", summary="")
    make_proposal(cast, title="Mail is late", summary="Restart the spooler of the gateway")
    make_proposal(cast, title="Wi-Fi drops", summary="")

    assert found(cast, q="spooler") == ["Mail is late", "Spoolers stop"]


def test_by_type(cast: Cast) -> None:
    make_proposal(cast, title="New")
    make_proposal(cast, title="Change", version=make_version(cast))

    assert (found(cast, type="new_flow"), found(cast, type="enhancement")) == (["New"], ["Change"])


def test_by_domain_team_and_client(cast: Cast) -> None:
    client = Client.objects.create(account=cast.account, name="Kite")
    make_proposal(cast, title="A", problem_domain="printing")
    make_proposal(cast, title="B", team=cast.other_team)
    make_proposal(cast, title="C", client=client)

    assert found(cast, domain="printing") == ["A"]
    assert found(cast, team=cast.other_team.pk) == ["B"]
    assert found(cast, client=client.pk) == ["C"]


def test_by_number_of_sessions_with_the_bound_included(cast: Cast) -> None:
    for count in (2, 3, 4):
        proposal = make_proposal(cast, title=f"{count} sessions")
        FlowProposal.objects.filter(pk=proposal.pk).update(evidence_count=count)

    assert found(cast, evidence=3) == ["4 sessions", "3 sessions"]


@pytest.mark.parametrize(
    ("age", "expected"),
    [("1", ["new"]), ("7", ["days", "new"]), ("30", ["weeks", "days", "new"]), ("over30", ["old"])],
)
def test_by_age(cast: Cast, age: str, expected: list[str]) -> None:
    for title, days in (("new", 0.5), ("days", 3), ("weeks", 20), ("old", 40)):
        aged(make_proposal(cast, title=title), days)

    assert sorted(found(cast, age=age)) == sorted(expected)


def test_filters_narrow_together(cast: Cast) -> None:
    make_proposal(cast, title="A", problem_domain="printing")
    make_proposal(cast, title="B", problem_domain="printing", version=make_version(cast))

    assert found(cast, domain="printing", type="enhancement") == ["B"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("type", "x"),
        ("team", "x"),
        ("client", "0"),
        ("evidence", "-1"),
        ("evidence", "x"),
        ("age", "2"),
        ("q", "-" * 5000),
    ],
)
def test_a_filter_that_makes_no_sense_filters_nothing_and_says_so(
    cast: Cast, parameter: str, value: str
) -> None:
    make_proposal(cast, title="A")

    page = signed_in(cast.engineer).get(at("queue"), {parameter: value})

    assert (page.status_code, titles(page)) == (200, ["A"])
    assert "Not filtered." in words(page)


def test_another_accounts_team_is_no_choice(cast: Cast, outsiders: Cast) -> None:
    make_proposal(cast, title="A")

    page = signed_in(cast.engineer).get(at("queue"), {"team": outsiders.team.pk})

    assert titles(page) == ["A"]
    assert f'<option value="{cast.team.pk}"' in text(page)
    assert f'<option value="{outsiders.team.pk}"' not in text(page)


def test_unknown_parameters_are_ignored_and_kept(cast: Cast) -> None:
    proposal = make_proposal(cast, title="A")

    page = signed_in(cast.engineer).get(at("queue"), {"shade": "mine"})

    assert titles(page) == ["A"]
    assert f'href="{at("detail", proposal)}?shade=mine"' in text(page)


def test_active_filters_are_chips_that_take_them_off(cast: Cast) -> None:
    make_proposal(cast, version=make_version(cast))

    for headers in ({}, HTMX):
        page = text(
            signed_in(cast.engineer).get(
                at("queue"), {"type": "enhancement", "evidence": "1"}, headers=headers
            )
        )
        assert '<a class="fp-chip" href="/review/?evidence=1">Type: Enhancement' in page
        assert '<a class="fp-chip" href="/review/?type=enhancement">Sessions from: 1' in page
        assert ">Clear all</a>" in page


def test_the_open_proposal_and_the_decisions_keep_the_filters(cast: Cast) -> None:
    proposal = make_proposal(cast)

    part = text(signed_in(cast.team_admin).get(at("detail", proposal), {"type": "new_flow"}, headers=HTMX))

    for name in ("approve", "edit"):
        assert f'"{at(name, proposal)}?type=new_flow"' in part
    for name in ("dismiss", "reject"):
        assert f'"{at(name, proposal)}?type=new_flow&amp;draft={proposal.current_draft_id}"' in part
