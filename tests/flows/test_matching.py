"""Matching: the account's published flows, by words and by meaning, each with probability and reasons."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from flowpilot.accounts.models import Client
from flowpilot.core.retrieval.indexing import Text, write
from flowpilot.core.retrieval.upkeep import catch_up, make_stale
from flowpilot.flows import actions
from flowpilot.flows.matching import missing, rank
from flowpilot.flows.matching.library import FLOWS, LIBRARY
from flowpilot.flows.matching.tiers import sameness
from flowpilot.flows.models import Flow, FlowDocument, FlowPosting, FlowVersion
from tests.factories import Cast, make_version, small_tree


def _publish(
    cast: Cast,
    title: str,
    question: str = "Does the printer show an error?",
    *,
    published: int = 0,
    **extra: object,
) -> FlowVersion:
    """`published` so many days ago."""
    then = timezone.now() - timedelta(days=published)
    with patch("flowpilot.flows.actions.publishing.timezone.now", return_value=then):
        return make_version(cast, small_tree(question), title=title, **extra)


def _titles(cast: Cast, text: str, **options: object) -> list[str]:
    return [match.title for match in rank(cast.account.pk, text, **options)]


def test_published_flows_are_found_with_their_version_and_reasons(cast: Cast) -> None:
    version = _publish(cast, "Print spooler stops", "Does the log show Event ID 1000 for spoolsv.exe?")
    _publish(cast, "VPN connects but no server is reachable")
    found = rank(cast.account.pk, "The spooler crashes, event 1000 blames spoolsv.exe")[0]
    assert (found.flow_id, found.version_id, found.title) == (
        version.flow_id,
        version.pk,
        "Print spooler stops",
    )
    assert found.reasons == ["Same code: event-1000", "In its title: spooler", "In its text: spoolsv.exe"]


@pytest.mark.parametrize(
    ("flow", "ticket"),
    [
        ("Update fails with 0x80070005", "windows update stops, error 80070005 in the log"),
        ("Shared printer refuses with 0x0000011b", "nobody can print, 0x11b"),
        ("Audit shows Event ID 4625 again and again", "the log is full of event 4625"),
        ("Sign-in ends with AADSTS50076", "browser says AADSTS50076 since today"),
        ("Relay is refused with 550 5.7.1", "our ERP gets 550 5.7.1 when it sends"),
        ("Pages stay white after KB5034441", "since KB5034441 nothing works"),
        ("Crash in spoolsv.exe", "dialog about spoolsv.exe"),
        ("No route to srv-dc01.contoso.local", "cannot reach srv-dc01.contoso.local"),
        ("Set-Mailbox is not recognised", "PowerShell does not know Set-Mailbox"),
    ],
)
def test_codes_and_names_survive_and_count(cast: Cast, flow: str, ticket: str) -> None:
    _publish(cast, "Nothing in the log of the browser")
    _publish(cast, "Windows cannot print or send")
    _publish(cast, flow)
    assert _titles(cast, ticket)[0] == flow


def test_words_of_every_node_are_searched(cast: Cast) -> None:
    version = _publish(cast, "Pages stay white", "Does the drum unit leak?")
    assert [match.flow_id for match in rank(cast.account.pk, "drum unit")] == [version.flow_id]


def test_a_title_outweighs_the_text(cast: Cast) -> None:
    _publish(cast, "Something else entirely", "Toner or drum or toner?")
    _publish(cast, "Toner low")
    assert _titles(cast, "toner") == ["Toner low", "Something else entirely"]


def test_scores_and_probabilities_are_shares_and_fall(cast: Cast) -> None:
    _publish(cast, "VPN connects but no server is reachable")
    _publish(cast, "VPN is slow")
    found = rank(cast.account.pk, "VPN connects but no server is reachable")
    for values in ([match.score for match in found], [match.probability for match in found]):
        assert 1.0 >= values[0] > values[1] >= 0.0


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
    assert (FlowDocument.objects.count(), FlowPosting.objects.count()) == (0, 0)


def test_a_title_that_was_changed_by_hand_is_found_after_the_next_upkeep(cast: Cast) -> None:
    flow = _publish(cast, "Print spooler stops").flow
    flow.title = "Plotter refuses paper"
    flow.save(update_fields=["title", "updated_at"])
    assert catch_up(FLOWS, cast.account.pk) == 1
    assert _titles(cast, "plotter") == ["Plotter refuses paper"]
    assert catch_up(FLOWS, cast.account.pk) == 0


def test_a_change_that_was_under_way_while_its_flow_was_read_stays_due(cast: Cast) -> None:
    flow = _publish(cast, "Print spooler stops").flow
    FlowDocument.objects.update(indexed_at=timezone.now())  # any other time than that of the flow

    def texts(rows: QuerySet[Flow]) -> Sequence[Text]:
        read = FLOWS.texts(rows)
        soon = read[0].as_of + timedelta(microseconds=1)
        Flow.objects.filter(pk=flow.pk).update(title="Plotter refuses paper", updated_at=soon)
        return read

    assert catch_up(replace(FLOWS, texts=texts), cast.account.pk) == 1
    assert _titles(cast, "plotter") == []
    assert catch_up(FLOWS, cast.account.pk) == 1
    assert _titles(cast, "plotter") == ["Plotter refuses paper"]


@pytest.mark.django_db(transaction=True)
def test_what_somebody_is_changing_is_left_to_the_next_run(cast: Cast) -> None:
    first, second = (_publish(cast, f"Print spooler stops {word}").flow for word in ("early", "late"))
    make_stale(FLOWS, cast.account.pk)
    other: Any = connection.copy()
    other.is_owner = True
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            change = "UPDATE flows_flow SET title = 'Plotter refuses paper', updated_at = now() WHERE id = %s"
            cursor.execute(change, [first.pk])
        assert catch_up(FLOWS, cast.account.pk) == 1
        other.commit()
    finally:
        other.close()
    assert list(FLOWS.stale(cast.account.pk)) == [first]
    assert catch_up(FLOWS, cast.account.pk) == 1
    assert _titles(cast, "plotter spooler") == ["Plotter refuses paper", second.title]


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
        assert "Of your team" in found[0].reasons


@pytest.mark.parametrize("better", [0, 1])
def test_what_resolved_more_comes_first_at_a_near_tie(cast: Cast, better: int) -> None:
    """Either of two that read alike, so that it is not their keys that order them."""
    flows = _twins(cast, days_ago=(30, 30))
    Flow.objects.filter(pk=flows[better].pk).update(resolved=6, escalated=1)
    Flow.objects.filter(pk=flows[1 - better].pk).update(resolved=1, escalated=6)
    _first_though_scored_alike(cast, flows[better])


@pytest.mark.parametrize("newer", [0, 1])
def test_what_was_published_later_comes_first_at_a_near_tie(cast: Cast, newer: int) -> None:
    flows = _twins(cast, days_ago=(30, 200) if newer == 0 else (200, 30))
    _first_though_scored_alike(cast, flows[newer])


def test_success_and_age_move_nothing_past_what_fits_clearly_better(cast: Cast) -> None:
    fitting = _publish(cast, "Print spooler stops", published=400).flow
    other = _publish(cast, "Print spooler stops in the warehouse").flow
    Flow.objects.filter(pk=fitting.pk).update(escalated=500)
    Flow.objects.filter(pk=other.pk).update(resolved=500)
    found = rank(cast.account.pk, "the print spooler stops")
    assert [match.flow_id for match in found] == [fitting.pk, other.pk]
    assert 1.1 > found[0].score / found[1].score > 1.03


def _twins(cast: Cast, *, days_ago: tuple[int, int]) -> list[Flow]:
    """Two flows with the same text, published so long ago."""
    return [_publish(cast, "Print spooler stops", published=days).flow for days in days_ago]


def _first_though_scored_alike(cast: Cast, first: Flow) -> None:
    found = rank(cast.account.pk, "spooler")
    assert (len(found), found[0].flow_id) == (2, first.pk)
    assert found[0].score == found[1].score


def test_a_clients_own_variant_comes_first_for_it_and_last_for_others(cast: Cast) -> None:
    other = Client.objects.create(account=cast.account, name="Tidewater")
    _publish(cast, "Print spooler stops in the warehouse", client=cast.client)
    _publish(cast, "Print spooler stops")
    general, special = "Print spooler stops", "Print spooler stops in the warehouse"
    assert _titles(cast, "the print spooler stops", client_id=cast.client.pk) == [special, general]
    assert _titles(cast, "the print spooler stops", client_id=other.pk) == [general, special]
    assert _titles(cast, "the print spooler stops") == [general, special]


def test_a_variant_is_no_rival_of_the_flow_that_it_was_made_from(cast: Cast) -> None:
    general = _publish(cast, "Print spooler stops")
    twin = _publish(cast, "Print spooler stops")
    text = "the print spooler stops whenever somebody prints on the second floor"
    unsure = rank(cast.account.pk, text)[0].probability
    twin.flow.forked_from = general.flow
    twin.flow.save(update_fields=["forked_from"])
    assert rank(cast.account.pk, text)[0].probability > unsure


def test_a_clients_variant_stands_before_its_flow_however_little_the_question_has_of_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for depth in ("LOOKED_AT", "_LOOKED_FURTHER"):
        monkeypatch.setattr(f"flowpilot.flows.matching.candidates.{depth}", 2)
    general = _publish(cast, "Plotter refuses paper").flow
    _publish(cast, "Plotter is slow")
    special = _publish(cast, "Labels", "Is the queue held?", client=cast.client, forked_from=general)
    text = "the plotter refuses every paper that anybody loads on the second floor"
    alone = rank(cast.account.pk, text)
    assert [match.title for match in alone] == ["Plotter refuses paper", "Plotter is slow"]
    found = rank(cast.account.pk, text, client_id=cast.client.pk)
    assert [match.flow_id for match in found[:2]] == [special.flow_id, general.pk]
    assert found[0].reasons == ["Made for this client", "Variant of “Plotter refuses paper”, which fits"]
    assert (found[0].probability, found[0].score) == (alone[0].probability, 0.0)


def test_variants_for_other_clients_crowd_out_no_other_flow(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowpilot.flows.matching.candidates.LOOKED_AT", 3)
    general = _publish(cast, "Print spooler stops").flow
    for _number in range(3):
        _publish(cast, "Print spooler stops", client=cast.client, forked_from=general)
    _publish(cast, "Spooler driver crashes")
    assert _titles(cast, "the print spooler stops")[-1] == "Spooler driver crashes"


def test_the_only_flow_is_right_if_it_fits_and_not_because_it_is_the_only_one(cast: Cast) -> None:
    _publish(cast, "Print spooler stops with 0x0000011b on the print server", "Does it say 0x0000011b?")
    wrong = rank(cast.account.pk, "the server of the bookkeeping is slow since it was moved")[0]
    right = rank(cast.account.pk, "the print spooler stops on the print server with 0x11b")[0]
    assert (wrong.tier, right.tier) == ("discovery", "guided")


def test_words_that_no_flow_has_push_out_none_that_one_has(cast: Cast) -> None:
    _publish(cast, "Print spooler stops")
    noise = " ".join(f"{first}{second}zq" for first in "bcdfghjklm" for second in "bcdfghjklm")
    assert _titles(cast, f"{noise} spooler") == ["Print spooler stops"]


def test_an_overlong_symbol_keeps_nothing_from_being_found(cast: Cast) -> None:
    symbol = "_".join(f"{place:X}{place * 7919:X}" for place in range(2_000, 3_500))
    flow = _publish(cast, "Print spooler stops").flow
    given = Text(flow.pk, flow.title, f"It says E{symbol} for ERR_SPOOLER_GONE", flow.updated_at)
    write(LIBRARY, cast.account.pk, [given])
    assert _titles(cast, "ERR_SPOOLER_GONE") == ["Print spooler stops"]


@pytest.mark.parametrize("text", ["", "  ", "the of and", "\x00", "' OR 1=1 --", "%s {owner} :x", "\ud83d"])
def test_texts_without_anything_to_look_for_find_nothing(cast: Cast, text: str) -> None:
    _publish(cast, "Print spooler stops")
    assert rank(cast.account.pk, text) == []


def test_a_log_of_megabytes_is_a_question_too(cast: Cast) -> None:
    _publish(cast, "Print spooler stops")
    assert _titles(cast, "spooler " + "0123456789abcdef \\x " * 100_000) == ["Print spooler stops"]


@pytest.mark.parametrize("flows", [1, 9])
def test_a_search_costs_the_same_queries_for_more_flows(
    cast: Cast, flows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(flows):
        _publish(cast, f"Print spooler stops {number}")
    with django_assert_num_queries(5):
        rank(cast.account.pk, "spooler")


@pytest.mark.parametrize(
    ("probability", "said"), [(0.8, "same"), (0.79, "similar"), (0.13, "similar"), (0.12, "new")]
)
def test_a_finding_is_the_same_similar_or_new(probability: float, said: str) -> None:
    assert sameness(probability) == said


def test_so_short_a_ticket_guides_to_nothing(cast: Cast) -> None:
    _publish(cast, "The print spooler stops after every update")
    short, enough = (
        "the print spooler stops after every",
        "the print spooler stops after every update of windows",
    )
    assert [rank(cast.account.pk, text)[0].tier for text in (short, enough)] == ["exploring", "guided"]


def test_short_tickets_are_asked_for_what_would_help() -> None:
    assert missing("printer broken") == [
        "the exact words of the error message, or its code",
        "the application, device or server that it happens on",
        "what was being done when it happened, and since when",
    ]
    assert missing("printing fails with 0x11b") == []
    assert missing("the printer on the second floor prints nothing since the update of this morning") == []
