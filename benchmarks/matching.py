"""How long it takes to match a question in libraries of several sizes, and by which plan.

    .venv/bin/python benchmarks/matching.py [--flows 2400 20000 24000] [--questions 60] [--plans] [--json]

Works on a throwaway database in which each size is an account of its own. Its flows are made up by SQL: words
of the encoder's vocabulary, whose order is that of frequency, drawn by Zipf's law, and vectors around themes.
Words are indexed by the product; an account of more than 20,000 flows then joins the HNSW index. Asked
is a line (12 words), a ticket (80) and a log (1,200), through `rank`, as the app role. "In all" has the
encoding in it.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

from flowpilot.core.postgres import throwaway_home  # noqa: E402

os.environ |= {
    "FLOWPILOT_HOME": str(throwaway_home()),
    "DATABASE_URL": "",
    "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
}
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from flowpilot.accounts.models import Account  # noqa: E402
from flowpilot.core.retrieval import indexing  # noqa: E402
from flowpilot.core.retrieval.encoder import MODEL, encoder  # noqa: E402
from flowpilot.core.retrieval.upkeep import tell_crowds  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from flowpilot.flows.matching.library import FLOWS, LIBRARY, published, texts  # noqa: E402
from flowpilot.flows.matching.ranking import rank  # noqa: E402
from flowpilot.flows.models import Flow, FlowVersion  # noqa: E402

VOCABULARY = ROOT / "flowpilot/core/retrieval/data/vocab.txt"
QUESTIONS = {"line": 12, "ticket": 80, "log": 1200}
WRITTEN_AT_ONCE = 500
ENCODED = 64
COMMON = 20
"""Words that are left out at the beginning: in running text they are stop words."""
FILL = """
WITH given AS MATERIALIZED (
    SELECT n, gen_random_uuid() AS flow, gen_random_uuid() AS version, (
        SELECT array_agg((%(words)s::text[])[%(common)s + floor(power(%(range)s::float8, random()))::int])
        FROM generate_series(1, 160) WHERE n > 0
    ) AS words FROM generate_series(1, %(flows)s) AS n
), flows AS (
    INSERT INTO flows_flow (id, account_id, created_at, updated_at, title, summary, slug, status,
        uses, resolved, escalated, decaying)
    SELECT flow, %(account)s, now(), now(), array_to_string(words[1:8], ' '), '', 'flow-' || n, 'draft',
        0, 0, 0, false
    FROM given
)
INSERT INTO flows_flowversion (id, account_id, created_at, flow_id, number, tree_structure, grounding, note,
    texts, published_at)
SELECT version, %(account)s, now(), flow, 1, jsonb_build_object('schema', 1, 'root', 'n1', 'nodes',
    jsonb_build_array(jsonb_build_object('id', 'n1', 'kind', 'resolution', 'title', '', 'body',
        array_to_string(words[9:], ' ')))), '{}', '', '{}', now()
FROM given
"""
PUBLISH = """
UPDATE flows_flow f SET status = 'published', current_version_id = v.id
FROM flows_flowversion v WHERE v.flow_id = f.id AND f.account_id = %(account)s
"""
POINT = """
WITH themes AS MATERIALIZED (
    SELECT theme, (
        SELECT array_agg(random() - 0.5) FROM generate_series(1, 384) WHERE theme >= 0
    )::vector AS vector FROM generate_series(0, 199) AS theme
)
UPDATE flows_flowdocument d SET encoded_by = %(model)s, vector = l2_normalize(t.vector + (
    SELECT array_agg(random() - 0.5) FROM generate_series(1, 384) WHERE d.length >= 0
)::vector)
FROM themes t WHERE t.theme = abs(hashtext(d.id::text)) %% 200 AND d.account_id = %(account)s
"""


def words() -> list[str]:
    every = VOCABULARY.read_text("utf-8").split()
    return [word for word in every if word.isalpha() and word.isascii() and len(word) > 2]


def drawn(vocabulary: Sequence[str], number: int, chance: random.Random) -> str:
    span = len(vocabulary) - COMMON
    return " ".join(vocabulary[COMMON + int(span ** chance.random()) - 1] for _ in range(number))


def timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def fill(account: UUID, flows: int, vocabulary: Sequence[str]) -> dict[str, float]:
    """The library of an account; seconds that its indexes took."""
    given: dict[str, Any] = {
        "account": account,
        "flows": flows,
        "words": list(vocabulary),
        "common": COMMON,
        "range": len(vocabulary) - COMMON,
        "model": MODEL,
    }
    with connection.cursor() as cursor:
        cursor.execute(FILL, given)
        cursor.execute(PUBLISH, given)
        written = timed(lambda: write(account))
        cursor.execute(POINT, given)
        joined = timed(lambda: tell_crowds(FLOWS, account))
        for model in (Flow, FlowVersion, LIBRARY.documents, LIBRARY.postings):
            cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")
    return {"words": round(written, 1), "hnsw": round(joined, 1)}


def write(account: UUID) -> None:
    every = texts(published(account).order_by("pk"))
    for start in range(0, len(every), WRITTEN_AT_ONCE):
        batch = every[start : start + WRITTEN_AT_ONCE]
        indexing.write(LIBRARY, account, batch)


class Recorder:
    """Counts the time of statements and keeps them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.statements: list[tuple[str, Any]] = []

    def __call__(self, execute: Callable[..., Any], sql: str, given: Any, *more: Any) -> Any:
        self.statements.append((sql, given))
        began = perf_counter()
        try:
            return execute(sql, given, *more)
        finally:
            self.seconds += perf_counter() - began


def asked(account: UUID, questions: Sequence[str]) -> dict[str, float]:
    """Milliseconds of a question."""
    in_database, in_all = [], []
    rank(account, questions[0])
    for question in questions:
        recorder = Recorder()
        with connection.execute_wrapper(recorder):
            in_all.append(timed(lambda: rank(account, question)) * 1000)  # noqa: B023
        in_database.append(recorder.seconds * 1000)
    return {
        f"{name}_{label}": round(sorted(taken)[int((len(taken) - 1) * share)], 1)
        for name, taken in (("database", in_database), ("all", in_all))
        for label, share in (("p50", 0.5), ("p95", 0.95))
    }


def plan(account: UUID, question: str) -> str:
    """Of the statement that searches, with the settings that it is asked under."""
    recorder = Recorder()
    with connection.execute_wrapper(recorder):
        rank(account, question)
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, given in recorder.statements:
            if "hnsw.ef_search" in sql:
                cursor.execute(sql, given)
            if sql.lstrip().startswith("WITH wanted"):
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {sql}", given)
                return "\n".join(line for (line,) in cursor.fetchall())
    raise LookupError("no search was asked")


def encoded_per_second(account: UUID) -> float | None:
    ready = encoder()
    if ready is None:
        return None
    some = [text.whole for text in texts(published(account).order_by("pk")[:ENCODED])]
    ready.encode(some[:1])
    return round(len(some) / timed(lambda: ready.encode(some)), 1)


def measure(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What was found for one library after the other."""
    call_command("migrate", verbosity=0)
    vocabulary = words()
    chance = random.Random(7)
    for flows in arguments.flows:
        with connection.acting_as_owner():  # type: ignore[attr-defined]
            account = Account.objects.create(name=f"Library of {flows}", slug=f"library-{flows}").pk
            with account_scope(account):
                seconds = fill(account, flows, vocabulary)
        with account_scope(account):
            result: dict[str, Any] = {"flows": flows, "index_seconds": seconds}
            for name, number in QUESTIONS.items():
                questions = [drawn(vocabulary, number, chance) for _ in range(arguments.questions)]
                result[name] = asked(account, questions)
            result["encoded_per_second"] = encoded_per_second(account)
            result["plan"] = plan(account, drawn(vocabulary, QUESTIONS["ticket"], chance))
        yield result


def show(result: dict[str, Any], *, with_plan: bool) -> None:
    index, encoded = result["index_seconds"], result["encoded_per_second"]
    print(
        f"{result['flows']:,} flows: words indexed in {index['words']} s, HNSW in {index['hnsw']} s, "
        f"{encoded} texts encoded a second"
    )
    for name in QUESTIONS:
        taken = result[name]
        print(
            f"  {name:7} database p50 {taken['database_p50']:6} p95 {taken['database_p95']:6} ms, "
            f"in all p50 {taken['all_p50']:6} p95 {taken['all_p95']:6} ms",
            flush=True,
        )
    if with_plan:
        print(result["plan"], flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flows", type=int, nargs="+", default=[2_400, 20_000, 24_000])
    parser.add_argument("--questions", type=int, default=60, help="of each length")
    parser.add_argument("--plans", action="store_true", help="print the plan of a ticket's search as well")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.json:
        print(json.dumps(list(measure(arguments)), indent=2))
        return
    for result in measure(arguments):
        show(result, with_plan=arguments.plans)


if __name__ == "__main__":
    main()
