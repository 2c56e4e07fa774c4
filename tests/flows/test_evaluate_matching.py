"""The command that measures matching: its figures, what it refuses, and that nothing stays."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from flowpilot.accounts.models import Account
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


@pytest.mark.django_db
@pytest.mark.parametrize("engine", ["bm25", "fulltext", "fused"])
def test_every_engine_finds_what_is_right_and_leaves_nothing(engine: str, tmp_path: Path) -> None:
    figures = _figures(tmp_path, engine)
    assert (figures["n"], figures["n_without_flow"], figures["library"]) == (4, 1, 3)
    assert (figures["recall_at_1"], figures["recall_at_10"], figures["mrr_at_10"]) == (1.0, 1.0, 1.0)
    models = (Account, Flow, FlowDocument, FlowPosting)
    assert [model._default_manager.count() for model in models] == [0, 0, 0, 0]


@pytest.mark.django_db
def test_tiers_count_every_question_once(tmp_path: Path) -> None:
    tiers = _figures(tmp_path, "bm25")["tiers"]
    assert sum(tier["n"] for tier in tiers.values()) == 4
    assert sum(tier["coverage"] for tier in tiers.values()) == pytest.approx(1.0)


@pytest.mark.django_db
def test_figures_without_answerable_questions_are_empty(tmp_path: Path) -> None:
    figures = _figures(tmp_path, "bm25", [{"text": "coffee machine leaks", "id": None}])
    assert (figures["recall_at_1"], figures["mrr_at_10"]) == (None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least one line"),
        ([{"text": "x", "id": "z"}], "has not: z"),
        ([{"id": "a"}], "queries.jsonl:1: “text” must be a string"),
        ([{"text": "x", "id": []}], "queries.jsonl:1: “id” must be"),
        (["x"], "queries.jsonl:1: expected an object"),
    ],
)
def test_unusable_questions_are_named(rows: list[Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        _figures(tmp_path, "bm25", rows)
    assert refused.value.returncode == 2
