"""Finding in a corpus: 0.45 · normalised BM25 + 0.55 · cosine, inside PostgreSQL.

BM25 (Robertson, Zaragoza 2009) with k1 2 and b 0.9 over the postings, divided by what a document would get
that has every lexeme of the question in full, lexemes that no document has counted. The weights and
parameters were fitted on support articles.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.encoder import MODEL, encode_one
from flowpilot.core.retrieval.lexemes import QUESTION_CHARACTERS, codes_in
from flowpilot.core.retrieval.probability import RIVALS, Figures, figures
from flowpilot.core.text import clean_text

Engine = Literal["fused", "bm25"]

_FITTED: Final = {"k1": 2.0, "b": 0.9, "code": 2.0, "share": 0.45, "guess": 0.45, "guess_by": 0.49}
"""code: what an error code is worth beside a word as rare. share: of BM25 in the fused score. guess,
guess_by: a document that has no vector yet is taken to have the cosine guess + guess_by · its BM25, which is
how the two go together where both are known. A lower guess sinks a right flow that waits (first in 65 of 100
questions instead of 82), a higher one promotes wrong ones; its probability is told by its words alone."""
_UNRELATED: Final = 0.25
"""What a text scores for a question that it does not answer."""
_RELATED: Final = 0.3
"""By words such a text scores nothing, but where there are few, a relative of the question may be missing: it
is taken to score this share of what is there. With a single flow in the library, half of the time the nearest
relative of the one that fits, "guided" was right in 89, 94 and 83 of 100 (forum questions, answers, support
articles) instead of 76, 89 and 75. Coefficients of their own for such libraries did no better on the set that
they were not fitted to."""
_LEXEMES: Final = 64
_LEXEMES_IN_CROWDS: Final = 20
"""Of a question, the rarest that any document has, then those that none has: a long log has hundreds and is
not found better by all of them."""
_NEAREST: Final = 300
"""Among very many documents, so many by words and so many by meaning are scored."""

_QUESTION = """
WITH wanted AS MATERIALIZED (
    SELECT lexeme FROM unnest(to_tsvector('english', %(text)s)) UNION SELECT unnest(%(codes)s::text[])
), library AS MATERIALIZED (
    SELECT count(*)::float8 AS size, greatest(avg(length)::float8, 1) AS mean
    FROM {documents} WHERE account_id = %(account)s
)"""
# Each lexeme's postings are counted in the index, then those of the rarest are summed as they are read: to
# keep what was counted for the sum takes longer than to read it twice.
_WORTH = """, having_it AS MATERIALIZED (
    SELECT lexeme, (
        SELECT count(*) FROM {postings} p WHERE p.account_id = %(account)s AND p.lexeme = w.lexeme
    ) AS documents
    FROM wanted w
), worth AS MATERIALIZED (
    SELECT lexeme, ln(1 + (size - documents + 0.5) / (documents + 0.5))
        * CASE WHEN lexeme = ANY(%(codes)s::text[]) THEN %(code)s ELSE 1 END AS idf,
        %(k1)s * (1 - %(b)s) AS least, %(k1)s * %(b)s / mean AS by_length
    FROM having_it CROSS JOIN library
    ORDER BY documents = 0, 2 DESC, lexeme LIMIT %(lexemes)s
)"""
_LEXICAL = """, lexical AS MATERIALIZED (
    SELECT document_id,
        sum(idf * weight / (weight + least + by_length * length)) / (SELECT sum(idf) FROM worth) AS score
    FROM worth JOIN {postings} USING (lexeme) WHERE account_id = %(account)s GROUP BY document_id
)"""
_CANDIDATES_IN_CROWDS = """, candidates AS MATERIALIZED (
    (SELECT id FROM {documents} d WHERE account_id = %(account)s AND crowded {only}
        ORDER BY vector <=> %(vector)s::vector LIMIT %(nearest)s)
    UNION (SELECT d.id FROM lexical l JOIN {documents} d ON d.id = l.document_id
        WHERE d.account_id = %(account)s {only} ORDER BY score DESC LIMIT %(nearest)s)
)"""
_SCORED = """, scored AS (
    SELECT d.{owner} AS owner, coalesce(l.score, 0) AS lexical,
        1 - (CASE WHEN d.encoded_by IN ('', %(model)s) THEN d.vector END <=> %(vector)s::vector) AS cosine
    FROM {documents} d LEFT JOIN lexical l ON l.document_id = d.id
    WHERE d.account_id = %(account)s {only}"""
_AMONG_CANDIDATES = """
    AND d.id IN (SELECT id FROM candidates)"""
_BEST = """
)
SELECT owner, lexical, cosine,
    CASE WHEN %(fused)s
        THEN %(share)s * lexical + (1 - %(share)s) * coalesce(cosine, %(guess)s + %(guess_by)s * lexical)
        ELSE lexical
    END AS score,
    (SELECT count(*) FROM wanted), (SELECT size FROM library)
FROM scored WHERE lexical > 0 OR %(fused)s
ORDER BY score DESC, owner LIMIT %(limit)s
"""
_ONLY = "AND d.{owner} IN ({wanted})"
_AMONG_ALL = "".join((_QUESTION, _WORTH, _LEXICAL, _SCORED, _BEST))
_IN_CROWDS = "".join((_QUESTION, _WORTH, _LEXICAL, _CANDIDATES_IN_CROWDS, _SCORED, _AMONG_CANDIDATES, _BEST))
# The index looks on until it has found enough of this account's: others may lie nearer.
_LOOK_FAR = """
SELECT set_config('hnsw.ef_search', '300', true), set_config('hnsw.iterative_scan', 'strict_order', true)
"""


@dataclass(frozen=True)
class Hit:
    owner: UUID
    score: float
    """0.0 to 1.0, comparable within one engine only; not a probability."""
    lexical: float
    """Share of the score of a document that has every lexeme of the question in full."""
    cosine: float | None
    """None without an encoder, or while the document has no vector."""


@dataclass(frozen=True)
class Found:
    """What a search has found, best first, and what its probability is computed from."""

    hits: tuple[Hit, ...]
    lexemes: int
    """Distinct lexemes of the question."""
    engine: Engine
    texts: int
    """Of the account, found or not."""

    def figures(
        self, score: float, rivals: Iterable[float], *, engine: Engine | None = None, akin: int = 1
    ) -> Figures:
        """What the probability of a hit is computed from; `rivals` are the scores of others. With "bm25" as
        the `engine` they are the shares of words, where the search itself went by meaning, too. `akin` texts,
        itself among them, are no rivals."""
        if (engine or self.engine) == "fused":
            background = _UNRELATED
        else:
            background = _RELATED * score if self.texts - akin < RIVALS else 0.0
        return figures(score, rivals, self.lexemes, background=background)


def cleaned(text: str) -> str:
    """A question as it is looked for."""
    return clean_text(text, limit=QUESTION_CHARACTERS)


def find(
    corpus: Corpus, account_id: UUID, text: str, *, limit: int, only: QuerySet[Any] | None = None
) -> Found:
    """The texts of an account that fit a question best. By words alone where there is no encoder.

    `only` are the rows whose texts may be found; how rare a word is is told by all of the account's.
    """
    question = cleaned(text)
    return find_by(corpus, account_id, question, encode_one(question), limit=limit, only=only)


def find_by(
    corpus: Corpus,
    account_id: UUID,
    question: str,
    vector: list[float] | None,
    *,
    limit: int,
    only: QuerySet[Any] | None = None,
) -> Found:
    """`find` for a cleaned text and the vector that was made of it."""
    crowded = corpus.documents.objects.for_account(account_id).filter(crowded=True).exists()
    parameters: dict[str, Any] = {
        **_FITTED,
        "account": account_id,
        "text": question,
        "codes": codes_in(question),
        "vector": str(vector) if vector else None,
        "fused": vector is not None,
        "lexemes": _LEXEMES_IN_CROWDS if crowded else _LEXEMES,
        "nearest": _NEAREST,
        "model": MODEL,
        "limit": limit,
    }
    narrowing, more = _narrowed(only)
    ask = _ask_crowd if crowded else _ask
    rows = ask(corpus, narrowing, parameters | more)
    hits = tuple(
        Hit(owner, min(1.0, max(0.0, score)), lexical, cosine)
        for owner, lexical, cosine, score, _lexemes, _texts in rows
    )
    lexemes, texts = rows[0][4:] if rows else (0, 0)
    return Found(hits, lexemes, "fused" if vector else "bm25", int(texts))


def _narrowed(only: QuerySet[Any] | None) -> tuple[str, dict[str, Any]]:
    """The condition that a statement has in addition, and what it is given by name."""
    if only is None:
        return "", {}
    try:
        sql, given = only.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "AND false", {}
    names = [f"only_{number}" for number in range(len(given))]
    left = iter(names)
    named = re.sub("%s", lambda _found: f"%({next(left)})s", sql)
    return _ONLY.replace("{wanted}", named), dict(zip(names, given, strict=True))


def _ask(corpus: Corpus, narrowing: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(corpus.statement(_AMONG_ALL.replace("{only}", narrowing)), parameters)
        return cursor.fetchall()


def _ask_crowd(corpus: Corpus, narrowing: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOOK_FAR)
        cursor.execute(corpus.statement(_IN_CROWDS.replace("{only}", narrowing)), parameters)
        return cursor.fetchall()
