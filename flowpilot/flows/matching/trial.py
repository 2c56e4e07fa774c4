"""Measuring matching on a library and questions from files, in an account that does not exist."""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from flowpilot.core.retrieval import indexing
from flowpilot.core.retrieval.encoder import encode_one, encoder
from flowpilot.core.retrieval.upkeep import tell_crowds
from flowpilot.flows.matching.library import FLOWS, LIBRARY, published, texts
from flowpilot.flows.matching.ranking import rank
from flowpilot.flows.matching.throwaway import (
    gather_statistics,
    serve_as_the_product,
    throwaway_account,
)
from flowpilot.flows.models import Flow, FlowVersion

Engine = Literal["fused", "bm25", "fulltext"]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and of how many."""
_WRITTEN_AT_ONCE = 100
_ENCODED_AT_ONCE = 32
DEPTH = 10
"""Hits that are looked at for each question."""


@dataclass(frozen=True)
class Entry:
    id: str
    title: str
    body: str


@dataclass(frozen=True)
class Question:
    text: str
    id: str | None
    """The entry that answers it; None when none does."""


@dataclass(frozen=True)
class Answer:
    """What matching said to a question. `probability` is None for an engine that knows none."""

    question: Question
    found: tuple[str, ...]
    score: float
    probability: float | None
    database_ms: float
    total_ms: float

    @property
    def place(self) -> int | None:
        """Of the right entry among the found ones, from 0."""
        return self.found.index(self.question.id) if self.question.id in self.found else None

    @property
    def is_right(self) -> bool:
        return self.place == 0


@dataclass(frozen=True)
class Trial:
    answers: list[Answer]
    entries: int
    index_seconds: float
    encoded_per_second: float | None
    """None without vectors."""
    peak_megabytes: float
    """Of the process that measures, which holds library and questions; the web's is told by
    `benchmarks.web_memory`."""


def measure(
    library: Sequence[Entry],
    questions: Sequence[Question],
    *,
    engine: Engine = "fused",
    progress: Progress = lambda doing, done, total: None,
) -> Trial:
    """Put the library into a throwaway account and ask it every question. To be called as the role that owns
    the tables."""
    with throwaway_account() as account_id:
        ids = _publish(account_id, library)
        started = perf_counter()
        _write(account_id, progress)
        encoded = _encode(account_id, progress) if engine == "fused" else None
        index_seconds = perf_counter() - started
        tell_crowds(FLOWS, account_id)
        gather_statistics()
        ask = _plain_search(account_id) if engine == "fulltext" else _matching(account_id, engine)
        answers = []
        for place, question in enumerate(questions):
            answers.append(_asked(ask, question, ids))
            progress("asked", place + 1, len(questions))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Trial(answers, len(library), index_seconds, encoded, peak)


def _publish(account_id: UUID, library: Sequence[Entry]) -> dict[UUID, str]:
    """The entries as published flows of one step each; which flow is which entry."""
    flows = [
        Flow(account_id=account_id, title=entry.title[:200], slug=f"entry-{number}")
        for number, entry in enumerate(library)
    ]
    Flow.objects.bulk_create(flows, batch_size=500)
    now = timezone.now()
    versions = [
        FlowVersion(
            account_id=account_id,
            flow=flow,
            number=1,
            tree_structure={"schema": 1, "root": "n1", "nodes": [_step(entry)]},
            published_at=now,
        )
        for flow, entry in zip(flows, library, strict=True)
    ]
    FlowVersion.objects.bulk_create(versions, batch_size=200)
    version = FlowVersion.objects.filter(flow=OuterRef("pk")).values("pk")
    Flow.objects.for_account(account_id).update(
        status=Flow.Status.PUBLISHED, current_version=Subquery(version)
    )
    return {flow.pk: entry.id for flow, entry in zip(flows, library, strict=True)}


def _step(entry: Entry) -> dict[str, Any]:
    """What of the title is too long for a flow's goes into the text."""
    return {"id": "n1", "kind": "resolution", "title": entry.title[200:], "body": entry.body}


def _write(account_id: UUID, progress: Progress) -> None:
    every = texts(published(account_id).order_by("pk"))
    for start in range(0, len(every), _WRITTEN_AT_ONCE):
        indexing.write(LIBRARY, account_id, every[start : start + _WRITTEN_AT_ONCE])
        progress("indexed", min(start + _WRITTEN_AT_ONCE, len(every)), len(every))


def _encode(account_id: UUID, progress: Progress) -> float | None:
    """Texts per second; None where there is no encoder."""
    if encoder() is None:
        return None
    every = texts(published(account_id).order_by("pk"))
    started = perf_counter()
    for start in range(0, len(every), _ENCODED_AT_ONCE):
        indexing.encode(LIBRARY, account_id, every[start : start + _ENCODED_AT_ONCE])
        progress("encoded", min(start + _ENCODED_AT_ONCE, len(every)), len(every))
    return len(every) / (perf_counter() - started)


Found = tuple[list[UUID], float, float | None]
"""Flows in order, and the first one's score and probability."""


Ask = Callable[[str], Found]


def _asked(ask: Ask, question: Question, ids: dict[UUID, str]) -> Answer:
    clock = _Clock()
    started = perf_counter()
    with connection.execute_wrapper(clock):
        flows, score, probability = ask(question.text)
    total = perf_counter() - started
    found = tuple(ids[flow] for flow in flows)
    return Answer(question, found, score, probability, clock.seconds * 1000, total * 1000)


class _Clock:
    """Counts the time that statements take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += perf_counter() - started


def _matching(account_id: UUID, engine: Literal["fused", "bm25"]) -> Ask:
    def ask(text: str) -> Found:
        matches = rank(account_id, text, limit=DEPTH, engine=engine)
        first = matches[0] if matches else None
        ids = [match.flow_id for match in matches]
        return ids, first.score if first else 0.0, first.probability if first else 0.0

    if engine == "fused":
        encode_one("warm")  # loading the model is no part of a question's time
    serve_as_the_product()
    return ask


_PLAIN_TABLE = """
CREATE TEMPORARY TABLE plain_search AS
SELECT f.id, setweight(to_tsvector('english', f.title), 'A')
    || to_tsvector('english', v.tree_structure #>> '{nodes,0,body}') AS words
FROM flows_flow f JOIN flows_flowversion v ON v.id = f.current_version_id WHERE f.account_id = %s
"""
_PLAIN_QUERY = """
WITH question AS (
    SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS words
    FROM unnest(to_tsvector('english', %s))
)
SELECT id, ts_rank(p.words, q.words, 1) FROM plain_search p JOIN question q ON p.words @@ q.words
ORDER BY 2 DESC, id LIMIT %s
"""


def _plain_search(account_id: UUID) -> Ask:
    """What the database offers without us: any of the words, `ts_rank` by length, the title weighted."""

    def ask(text: str) -> Found:
        with connection.cursor() as cursor:
            cursor.execute(_PLAIN_QUERY, [text, DEPTH])
            rows = cursor.fetchall()
        return [pk for pk, _rank in rows], rows[0][1] if rows else 0.0, None

    with connection.cursor() as cursor:
        cursor.execute(_PLAIN_TABLE, [account_id])
    return ask
