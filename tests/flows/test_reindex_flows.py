"""The command that brings the index of flows in step: of one account or all, anew, after an interruption."""

from collections.abc import Sequence
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from flowpilot.core.retrieval import indexing, upkeep
from flowpilot.core.retrieval.indexing import Text
from flowpilot.core.retrieval.upkeep import make_stale, waiting
from flowpilot.flows.matching import rank
from flowpilot.flows.matching.library import FLOWS
from flowpilot.flows.models import FlowDocument, FlowPosting
from tests.factories import Cast, make_version

TITLES = ("Print spooler stops", "Plotter refuses paper", "Scanner sends nothing")


@pytest.fixture
def casts(cast: Cast, outsiders: Cast) -> tuple[Cast, Cast]:
    """Two accounts with three flows each."""
    for each in (cast, outsiders):
        for title in TITLES:
            make_version(each, title=title)
    return cast, outsiders


def _run(**options: object) -> str:
    out = StringIO()
    call_command("reindex_flows", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def _found(cast: Cast) -> list[list[str]]:
    return [[match.title for match in rank(cast.account.pk, title, limit=1)] for title in TITLES]


def test_what_waits_is_done_in_every_account_and_then_nothing(casts: tuple[Cast, Cast]) -> None:
    for each in casts:
        make_stale(FLOWS, each.account.pk)
    slugs = sorted(each.account.slug for each in casts)
    assert _run() == "".join(f"{slug}: 3 steps done\n" for slug in slugs)
    assert _run() == "".join(f"{slug}: 0 steps done\n" for slug in slugs)


def test_one_account_is_done_alone(casts: tuple[Cast, Cast]) -> None:
    cast, outsiders = casts
    for each in casts:
        make_stale(FLOWS, each.account.pk)
    assert _run(account=outsiders.account.slug) == f"{outsiders.account.slug}: 3 steps done\n"
    assert [waiting(FLOWS, each.account.pk) for each in (cast, outsiders)] == [3, 0]


def test_all_makes_anew_what_passes_for_up_to_date(casts: tuple[Cast, Cast]) -> None:
    cast, outsiders = casts
    FlowPosting.objects.filter(account=cast.account).delete()
    FlowPosting.objects.filter(account=outsiders.account).delete()
    assert _run(account=cast.account.slug) == f"{cast.account.slug}: 0 steps done\n"
    assert _found(cast) == [[], [], []]
    assert _run(account=cast.account.slug, all=True) == f"{cast.account.slug}: 3 steps done\n"
    assert _found(cast) == [[title] for title in TITLES]
    assert _found(outsiders) == [[], [], []]


@pytest.mark.parametrize("everything", [False, True])
def test_an_unknown_account_is_named_beside_those_that_there_are(
    casts: tuple[Cast, Cast], everything: bool
) -> None:
    slugs = sorted(each.account.slug for each in casts)
    with pytest.raises(CommandError, match="no account “nobody”") as refused:
        _run(account="nobody", all=everything)
    assert refused.value.returncode == 2
    assert ", ".join(slugs) in str(refused.value)
    assert [waiting(FLOWS, each.account.pk) for each in casts] == [0, 0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("doing", ["write", "encode"])
def test_interrupted_it_keeps_what_is_done_and_goes_on_there(
    casts: tuple[Cast, Cast], doing: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBEDDINGS = doing == "encode"
    slug, account_id = casts[0].account.slug, casts[0].account.pk
    for name in ("_WRITTEN_AT_ONCE", "_ENCODED_AT_ONCE"):
        monkeypatch.setattr(upkeep, name, 1)
    work, calls = getattr(indexing, doing), []

    def interrupted(corpus: Any, account: UUID, texts: Sequence[Text]) -> int:
        calls.append(texts)
        if len(calls) == 3:
            raise KeyboardInterrupt
        done: int = work(corpus, account, texts)
        return done

    with monkeypatch.context() as patched:
        patched.setattr(indexing, doing, interrupted)
        with pytest.raises(KeyboardInterrupt):
            _run(account=slug, all=True)
    assert waiting(FLOWS, account_id) == 1
    assert _run(account=slug) == f"{slug}: 1 steps done\n"
    assert _run(account=slug) == f"{slug}: 0 steps done\n"
    documents = FlowDocument.objects.filter(account_id=account_id)
    assert documents.exclude(digest="").count() == 3
    assert documents.filter(vector__isnull=False).count() == (3 if doing == "encode" else 0)
