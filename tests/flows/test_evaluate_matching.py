"""The command that measures matching: its figures, what it refuses, and that nothing stays."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from flowpilot.accounts.models import Account
from flowpilot.flows.matching import trial
from flowpilot.flows.models import Flow, FlowDocument, FlowPosting

LIBRARY = [
    {"id": "a", "title": "Print spooler stops", "body": "Restart the spooler, remove the faulty driver."},
    {"id": "b", "title": "VPN connects but no server is reachable", "body": "Check the DNS suffix."},
    {"id": "c", "title": "Mail is refused with 550 5.7.1", "body": "Extend the receive connector."},
]
QUERIES = [
    {"text": "spooler stops when somebody prints", "id": "a"},
    {"text": "DNS names are not resolved over VPN", "id": "b"},
    {"text": "our ERP gets 5.7.1", "id": "c"},
    {"text": "coffee machine leaks", "id": None},
]


def _file(path: Path, rows: list[Any]) -> str:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def _figures(folder: Path, engine: str, queries: list[Any] = QUERIES) -> dict[str, Any]:
    out = StringIO()
    call_command(
        "evaluate_matching",
        *("--library", _file(folder / "library.jsonl.gz", LIBRARY)),
        *("--queries", _file(folder / "queries.jsonl", queries)),
        *("--engine", engine, "--json"),
        stdout=out,
    )
    figures: dict[str, Any] = json.loads(out.getvalue())
    return figures


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("engine", ["bm25", "fulltext", "fused"])
def test_every_engine_finds_what_is_right_and_leaves_nothing(engine: str, tmp_path: Path) -> None:
    figures = _figures(tmp_path, engine)
    assert (figures["n"], figures["n_without_flow"], figures["library"]) == (4, 1, 3)
    assert (figures["recall_at_1"], figures["recall_at_10"], figures["mrr_at_10"]) == (1.0, 1.0, 1.0)
    models = (Account, Flow, FlowDocument, FlowPosting)
    assert [model._default_manager.count() for model in models] == [0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_the_figures_as_text_say_whose_memory_it_was(tmp_path: Path) -> None:
    out = StringIO()
    call_command(
        "evaluate_matching",
        *("--library", _file(tmp_path / "library.jsonl", LIBRARY)),
        *("--queries", _file(tmp_path / "queries.jsonl", QUERIES)),
        *("--engine", "bm25"),
        stdout=out,
    )
    [memory] = [line for line in out.getvalue().splitlines() if line.startswith("peak_megabytes: ")]
    assert memory.endswith(" (of this command, library and questions included; not of the web)")


@pytest.mark.django_db(transaction=True)
def test_tiers_count_every_question_once(tmp_path: Path) -> None:
    tiers = _figures(tmp_path, "bm25")["tiers"]
    assert sum(tier["n"] for tier in tiers.values()) == 4
    assert sum(tier["coverage"] for tier in tiers.values()) == pytest.approx(1.0)


@pytest.mark.django_db(transaction=True)
def test_figures_without_answerable_questions_are_empty(tmp_path: Path) -> None:
    figures = _figures(tmp_path, "bm25", [{"text": "coffee machine leaks", "id": None}])
    assert (figures["recall_at_1"], figures["mrr_at_10"]) == (None, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "queries.jsonl has no lines"),
        ([{"text": "x", "id": "a"}, {"text": "x", "id": "z"}], "queries.jsonl:2: the library has no “z”"),
        ([{"id": "a"}], "queries.jsonl:1: “text” must be a string"),
        ([{"text": "x", "id": []}], "queries.jsonl:1: “id” must be"),
        (["x"], "queries.jsonl:1: expected an object"),
    ],
)
def test_unusable_questions_are_named(rows: list[Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        _figures(tmp_path, "bm25", rows)
    assert refused.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_an_id_that_stands_twice_is_named_with_both_places(tmp_path: Path) -> None:
    twice = _file(tmp_path / "twice.jsonl", [*LIBRARY, {"id": "b", "title": "Again"}])
    with pytest.raises(CommandError, match=r"twice.jsonl:4: the id “b” stands in twice.jsonl:2 already"):
        call_command(
            "evaluate_matching", "--library", twice, "--queries", _file(tmp_path / "q.jsonl", QUERIES)
        )


@pytest.mark.django_db(transaction=True)
def test_hostile_and_empty_texts_are_measured_like_others(tmp_path: Path) -> None:
    log = "spooler stopped, event 7031\n" * 4_000
    odd = [{"text": "\x00spooler \ud800 stops", "id": "a"}, {"text": "", "id": "b"}, {"text": log, "id": "a"}]
    library = [*LIBRARY, {"id": "d", "title": "", "body": ""}, {"id": 5, "title": "\x00", "body": None}]
    out = StringIO()
    call_command(
        "evaluate_matching",
        *("--library", _file(tmp_path / "library.jsonl", library)),
        *("--queries", _file(tmp_path / "queries.jsonl", odd)),
        *("--engine", "bm25", "--json"),
        stdout=out,
    )
    figures = json.loads(out.getvalue())
    assert (figures["library"], figures["n"], figures["recall_at_1"]) == (5, 3, 0.6667)


def _counted_by_another_connection() -> list[int]:
    """Of the tables that a measurement writes, every row that is committed."""
    other: Any = connection.copy()
    other.is_owner = True
    try:
        with other.cursor() as cursor:
            counts = []
            for model in (Account, Flow, FlowDocument, FlowPosting):
                cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
                counts.append(cursor.fetchone()[0])
            return counts
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_a_measurement_is_seen_by_nobody_else_and_leaves_nothing_when_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_given: object, **_more: object) -> None:
        assert [Flow.objects.count(), *_counted_by_another_connection()] == [3, 0, 0, 0, 0]
        raise KeyboardInterrupt

    monkeypatch.setattr(trial, "rank", interrupted)
    with pytest.raises(CommandError, match="Interrupted") as ended:
        _figures(tmp_path, "bm25")
    assert ended.value.returncode == 130
    models = (Account, Flow, FlowDocument, FlowPosting)
    assert [model._default_manager.count() for model in models] == [0, 0, 0, 0]
