"""Matching with vectors: what shares no word is found, and flows without a vector are not lost."""

import pytest
from pytest_django import Settings

from flowpilot.core.retrieval import upkeep
from flowpilot.core.retrieval.encoder import MODEL
from flowpilot.core.retrieval.upkeep import catch_up, make_stale, waiting
from flowpilot.flows.jobs import index_library
from flowpilot.flows.matching import rank
from flowpilot.flows.matching.library import FLOWS
from flowpilot.flows.models import FlowDocument
from tests.factories import Cast, make_version, small_tree


@pytest.fixture
def _library(cast: Cast, settings: Settings) -> None:
    settings.EMBEDDINGS = True
    for title, question in (
        ("No pages come out of the printer", "Is the paper tray empty?"),
        ("Outlook asks for the password again and again", "Does webmail work?"),
        ("The VPN drops every hour", "Does it drop on a cable, too?"),
    ):
        make_version(cast, small_tree(question), title=title)


@pytest.mark.usefixtures("_library")
def test_what_means_the_same_is_found_without_a_word_in_common(cast: Cast) -> None:
    assert index_library() == "indexed 3"
    found = rank(cast.account.pk, "mail client keeps wanting credentials")
    assert found[0].title == "Outlook asks for the password again and again"


@pytest.mark.usefixtures("_library")
def test_a_flow_without_a_vector_is_matched_by_its_words_meanwhile(cast: Cast) -> None:
    assert list(FlowDocument.objects.values_list("encoded_by", flat=True)) == [""] * 3
    assert rank(cast.account.pk, "VPN drops")[0].title == "The VPN drops every hour"


@pytest.mark.usefixtures("_library")
def test_upkeep_that_was_interrupted_goes_on(cast: Cast) -> None:
    assert waiting(FLOWS, cast.account.pk) == 3
    assert catch_up(FLOWS, cast.account.pk, deadline=0.0) == 0
    assert catch_up(FLOWS, cast.account.pk) == 3
    assert waiting(FLOWS, cast.account.pk) == 0
    make_stale(FLOWS, cast.account.pk)
    assert waiting(FLOWS, cast.account.pk) == 6
    assert catch_up(FLOWS, cast.account.pk) == 6
    assert list(FlowDocument.objects.values_list("encoded_by", flat=True)) == [MODEL] * 3


@pytest.mark.usefixtures("_library")
def test_among_very_many_the_same_comes_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up(FLOWS, cast.account.pk)
    text = "mail client keeps wanting the password"
    alone = rank(cast.account.pk, text)
    monkeypatch.setattr(upkeep, "EXACT_UP_TO", 2)
    catch_up(FLOWS, cast.account.pk)
    assert FlowDocument.objects.filter(crowded=True).count() == 3
    crowd = rank(cast.account.pk, text)
    assert [match.flow_id for match in crowd] == [match.flow_id for match in alone]
    assert [match.score for match in crowd] == pytest.approx([match.score for match in alone])
