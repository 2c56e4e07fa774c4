"""Matching with vectors: what shares no word is found, and flows without a vector are not lost."""

from dataclasses import replace
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from flowpilot.core.retrieval import upkeep
from flowpilot.core.retrieval.encoder import MODEL
from flowpilot.core.retrieval.indexing import Text, encode
from flowpilot.core.retrieval.upkeep import catch_up, make_stale, waiting
from flowpilot.flows.actions import publish_version
from flowpilot.flows.jobs import index_library
from flowpilot.flows.matching import rank
from flowpilot.flows.matching.library import FLOWS, LIBRARY
from flowpilot.flows.models import Flow, FlowDocument
from tests.factories import Cast, make_version, small_tree

BY_WORDS = "By its words alone, since it is not encoded yet"


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
    found = rank(cast.account.pk, "VPN drops")
    assert (found[0].title, found[0].reasons[-1]) == ("The VPN drops every hour", BY_WORDS)
    by_words = rank(cast.account.pk, "VPN drops", engine="bm25")
    assert [match.probability for match in found] == [match.probability for match in by_words]
    assert by_words[0].reasons == found[0].reasons[:-1]
    index_library()
    assert rank(cast.account.pk, "VPN drops")[0].reasons[-1] == "Means much the same"


@pytest.mark.usefixtures("_library")
def test_a_vector_counts_for_the_very_text_that_it_is_of(cast: Cast) -> None:
    index_library()
    documents = FlowDocument.objects.filter(flow__title__startswith="Outlook")
    flow, kept = documents.get().flow, documents.get().vector
    flow.save(update_fields=["updated_at"])
    assert catch_up(FLOWS, cast.account.pk) == 1
    assert documents.get().vector == kept
    old = FLOWS.texts(Flow.objects.filter(pk=flow.pk))
    publish_version(flow, small_tree("Is the drum worn?"), base=flow.current_version, by=cast.team_admin)
    assert encode(LIBRARY, cast.account.pk, old) == 0
    assert documents.values_list("vector", "encoded_by").get() == (None, "")
    assert catch_up(FLOWS, cast.account.pk) == 1
    assert documents.get().vector != kept


@pytest.mark.usefixtures("_library")
def test_a_vector_of_another_model_is_not_compared(cast: Cast) -> None:
    index_library()
    FlowDocument.objects.update(encoded_by="former-model")
    assert [match.reasons[-1] for match in rank(cast.account.pk, "VPN drops")] == [BY_WORDS]
    make_stale(FLOWS, cast.account.pk)
    assert FlowDocument.objects.filter(vector__isnull=False).count() == 0


@pytest.mark.usefixtures("_library")
def test_a_text_that_a_release_reads_otherwise_is_written_before_it_is_encoded(cast: Cast) -> None:
    index_library()
    FlowDocument.objects.update(encoded_by="former-model")

    def texts(rows: QuerySet[Flow]) -> list[Text]:
        return [replace(text, body=f"{text.body}\nKyocera") for text in FLOWS.texts(rows)]

    source = replace(FLOWS, texts=texts)
    assert catch_up(source, cast.account.pk) == 3
    assert waiting(source, cast.account.pk) == 0
    assert len(rank(cast.account.pk, "Kyocera")) == 3
    assert catch_up(source, cast.account.pk) == 0


@pytest.mark.usefixtures("_library")
def test_flows_that_were_indexed_before_there_were_digests_are_encoded_once(cast: Cast) -> None:
    FlowDocument.objects.update(digest="", indexed_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(import_module("flowpilot.flows.migrations.0011_digests_of_indexed_texts").IN_STEP)
    assert catch_up(FLOWS, cast.account.pk) == 6
    assert list(FlowDocument.objects.values_list("encoded_by", flat=True)) == [MODEL] * 3
    assert waiting(FLOWS, cast.account.pk) == 0


@pytest.mark.usefixtures("_library")
def test_until_all_is_encoded_anew_the_former_vectors_count_for_what_has_not_changed(
    cast: Cast, settings: Settings
) -> None:
    index_library()
    make_stale(FLOWS, cast.account.pk)
    of_outlook = FlowDocument.objects.filter(flow__title__startswith="Outlook")
    of_vpn = FlowDocument.objects.filter(flow__title__startswith="The VPN")
    of_vpn.update(encoded_by="former-model")
    flow, kept = of_outlook.get().flow, of_outlook.get().vector
    changed = Flow.objects.get(title__startswith="No pages")
    publish_version(
        changed, small_tree("Is the drum worn?"), base=changed.current_version, by=cast.team_admin
    )
    settings.EMBEDDINGS = False
    assert catch_up(FLOWS, cast.account.pk) == 2
    rows = FlowDocument.objects.filter(vector__isnull=False)
    assert [(row.flow, row.vector == kept, row.encoded_by) for row in rows] == [(flow, True, "")]


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
