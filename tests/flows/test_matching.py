"""The library's search: the pure index, and the account's published flows behind it."""

from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from flowpilot.flows import actions, matching
from flowpilot.flows.matching import Document, Index, rank
from flowpilot.flows.models import FlowVersion
from tests.factories import Cast, make_version, small_tree

SPOOLER, VPN, RELAY = UUID(int=1), UUID(int=2), UUID(int=3)
LIBRARY = [
    Document(
        SPOOLER, "Print spooler stops", "Restart the spooler. Remove the faulty driver. Error 0x0000011b."
    ),
    Document(
        VPN, "VPN connects but no server is reachable", "Check the DNS suffix and the internal DNS servers."
    ),
    Document(
        RELAY,
        "Mail from an application is refused",
        "550 5.7.1 unable to relay: extend the receive connector.",
    ),
]


def _found(text: str, documents: list[Document] = LIBRARY, **options: object) -> list[UUID]:
    return [hit.id for hit in Index.build(documents).rank(text, **options)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("nobody can print, spooler crashes", SPOOLER),
        ("shared printer fails with 0x11b", SPOOLER),
        ("DNS names are not resolved over VPN", VPN),
        ("our ERP gets 5.7.1 when it sends", RELAY),
    ],
)
def test_the_fitting_document_comes_first(text: str, first: UUID) -> None:
    assert _found(text)[0] == first


def test_documents_without_a_term_in_common_are_not_found() -> None:
    assert _found("coffee machine leaks") == []
    assert _found("") == []
    assert _found("spooler", []) == []


def test_a_title_outweighs_the_text() -> None:
    documents = [
        Document(UUID(int=1), "Something else entirely", "toner and drum and toner"),
        Document(UUID(int=2), "Toner low", "Replace it"),
    ]
    assert _found("toner", documents) == [UUID(int=2), UUID(int=1)]


def test_scores_are_shares_of_a_full_answer() -> None:
    hits = Index.build(LIBRARY).rank("VPN connects but no server is reachable")
    assert 0.5 < hits[0].score <= 1.0
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    unknown = Index.build(LIBRARY).rank(
        "VPN connects but no server is reachable since the flux capacitor exploded"
    )
    assert unknown[0].score < hits[0].score


def test_shared_terms_begin_with_the_code() -> None:
    assert Index.build(LIBRARY).rank("spooler fails with 0x11b")[0].shared == ("0x11b", "spooler")


def test_the_order_of_documents_does_not_matter() -> None:
    index, turned = Index.build(LIBRARY), Index.build(LIBRARY[::-1])
    assert index.rank("spooler DNS relay") == turned.rank("spooler DNS relay")


def test_favoured_documents_win_near_ties_only() -> None:
    twins = [Document(UUID(int=number), "Spooler stops", "Restart it") for number in (1, 2)]
    assert _found("spooler", twins) == [UUID(int=1), UUID(int=2)]
    assert _found("spooler", twins, favoured={UUID(int=2)}) == [UUID(int=2), UUID(int=1)]
    assert _found("spooler driver", LIBRARY, favoured={VPN}) == [SPOOLER]


def test_no_more_than_the_limit_is_returned() -> None:
    assert len(_found("spooler DNS relay", limit=2)) == 2


def _publish(
    cast: Cast, title: str, question: str = "Does the printer show an error?", **extra: object
) -> FlowVersion:
    return make_version(cast, small_tree(question), title=title, **extra)


def test_published_flows_are_found_with_their_version_and_reasons(cast: Cast) -> None:
    version = _publish(cast, "Print spooler stops", "Does the log show Event ID 1000 for spoolsv.exe?")
    _publish(cast, "VPN connects but no server is reachable")
    found = rank(cast.account.pk, "The spooler crashes, event 1000 blames spoolsv.exe")[0]
    assert (found.flow_id, found.version_id, found.title) == (
        version.flow_id,
        version.pk,
        "Print spooler stops",
    )
    assert found.reasons == [
        "Same code: event-1000",
        "In its title: spooler",
        "In its text: spoolsv.exe",
    ]


def test_words_of_every_node_are_searched(cast: Cast) -> None:
    version = _publish(cast, "Pages stay white", "Does the drum unit leak?")
    assert [match.flow_id for match in rank(cast.account.pk, "drum unit")] == [version.flow_id]


def test_the_next_version_replaces_the_former_one(cast: Cast) -> None:
    first = _publish(cast, "Pages stay white", "Does the drum unit leak?")
    assert [match.version_id for match in rank(cast.account.pk, "drum")] == [first.pk]
    second = actions.publish_version(
        first.flow, small_tree("Is the fuser cold?"), base=first, by=cast.team_admin
    )
    assert rank(cast.account.pk, "drum") == []
    assert [match.version_id for match in rank(cast.account.pk, "fuser")] == [second.pk]


def test_retired_flows_and_drafts_are_not_found(cast: Cast) -> None:
    version = _publish(cast, "Print spooler stops")
    actions.create_flow(cast.account.pk, title="Spooler draft")
    assert [match.flow_id for match in rank(cast.account.pk, "spooler")] == [version.flow_id]
    actions.retire(version.flow, by=None)
    assert rank(cast.account.pk, "spooler") == []


def test_a_new_title_is_searched_at_once(cast: Cast) -> None:
    flow = _publish(cast, "Print spooler stops").flow
    rank(cast.account.pk, "spooler")
    flow.title = "Plotter refuses paper"
    flow.save(update_fields=["title", "updated_at"])
    assert [match.title for match in rank(cast.account.pk, "plotter")] == ["Plotter refuses paper"]


def test_flows_of_another_account_are_never_found(cast: Cast, outsiders: Cast) -> None:
    _publish(outsiders, "Plotter refuses paper")
    assert rank(cast.account.pk, "plotter") == []
    assert rank(uuid4(), "plotter") == []


def test_flows_of_ones_own_team_come_first_at_near_ties(cast: Cast) -> None:
    ours = _publish(cast, "Print spooler stops", team=cast.team)
    theirs = _publish(cast, "Print spooler stops", team=cast.other_team)
    for team, order in ((cast.team, [ours, theirs]), (cast.other_team, [theirs, ours])):
        found = rank(cast.account.pk, "spooler", team_ids=[team.pk])
        assert [match.flow_id for match in found] == [version.flow_id for version in order]
        assert found[0].score == found[1].score


@pytest.mark.parametrize("flows", [1, 30])
def test_a_search_of_an_unchanged_library_is_one_query(
    cast: Cast, flows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(flows):
        _publish(cast, f"Print spooler stops {number}")
    rank(cast.account.pk, "spooler")
    with django_assert_num_queries(1):
        rank(cast.account.pk, "spooler")


def test_only_the_accounts_searched_last_are_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = matching._Libraries()
    monkeypatch.setattr(matching, "_MOST_ACCOUNTS", 2)
    for _number in range(3):
        libraries.current(uuid4())
    libraries.current(cast.account.pk)
    assert len(libraries._known) == 2
    assert cast.account.pk in libraries._known
