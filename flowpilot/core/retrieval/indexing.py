"""Filling a corpus: words at once and in the caller's transaction, vectors when there is time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from flowpilot.core.ids import uuid7
from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.encoder import MODEL, encoder
from flowpilot.core.retrieval.lexemes import CHARACTERS, codes_in
from flowpilot.core.text import clean_text

TITLE_WEIGHT = 8
"""Each word of the title counts as often as this many in the text."""
_HEAVIEST = 32_000
"""What the column takes."""

_WRITE_DOCUMENTS = """
INSERT INTO {documents}
    (id, account_id, created_at, {owner}, length, digest, vector, encoded_by, crowded, indexed_at)
SELECT given.id, %(account)s, now(), given.owner, 0, given.digest, NULL, '', false, given.as_of
FROM unnest(%(ids)s::uuid[], %(owners)s::uuid[], %(digests)s::text[], %(as_of)s::timestamptz[])
    AS given(id, owner, digest, as_of)
ON CONFLICT ({owner}) DO UPDATE SET digest = EXCLUDED.digest, indexed_at = EXCLUDED.indexed_at,
    vector = CASE WHEN {documents}.digest = EXCLUDED.digest OR (
        {documents}.digest = '' AND {documents}.indexed_at = EXCLUDED.indexed_at
        AND {documents}.encoded_by IN ('', %(model)s)) THEN {documents}.vector END,
    encoded_by = CASE WHEN {documents}.digest = EXCLUDED.digest THEN {documents}.encoded_by ELSE '' END
RETURNING {owner}, id
"""
"""A vector stays with its very text, and until it is made anew with a row that has not changed since it was
read, where only what is made of the row is to be read anew."""
_FORGET_POSTINGS = "DELETE FROM {postings} WHERE account_id = %s AND document_id = ANY(%s::uuid[])"
_WRITE_POSTINGS = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(titles)s::text[], %(texts)s::text[], %(codes)s::text[])
        AS given(document_id, title, body, codes)
), found AS (
    SELECT document_id, lexeme, %(title_weight)s * cardinality(positions) AS weight, false AS is_code
    FROM given, unnest(to_tsvector('english', title))
    UNION ALL
    SELECT document_id, lexeme, cardinality(positions), false
    FROM given, unnest(to_tsvector('english', body))
    UNION ALL
    SELECT document_id, code, 1, true FROM given, string_to_table(codes, ' ') AS code WHERE code <> ''
), summed AS (
    SELECT document_id, lexeme, least(%(heaviest)s, coalesce(
        sum(weight) FILTER (WHERE NOT is_code), sum(weight) FILTER (WHERE is_code))) AS weight
    FROM found GROUP BY document_id, lexeme
)
INSERT INTO {postings} (account_id, document_id, lexeme, weight, length)
SELECT %(account)s, document_id, lexeme, weight, sum(weight) OVER (PARTITION BY document_id) FROM summed
"""
_WRITE_LENGTHS = """
UPDATE {documents} d SET length = p.length FROM (
    SELECT document_id, min(length) AS length FROM {postings}
    WHERE account_id = %(account)s AND document_id = ANY(%(ids)s::uuid[]) GROUP BY document_id
) p WHERE d.account_id = %(account)s AND d.id = p.document_id
"""


@dataclass(frozen=True)
class Text:
    """What is to be found: `owner` comes back in the hits, `as_of` is its `updated_at` as it was read."""

    owner: UUID
    title: str
    body: str
    as_of: datetime

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.body}"

    @cached_property
    def digest(self) -> str:
        return sha256(self.whole.encode(errors="surrogatepass")).hexdigest()


@transaction.atomic
def write(corpus: Corpus, account_id: UUID, texts: Sequence[Text]) -> int:
    """Make these texts found by their words from the end of the caller's transaction on, in place of
    what was written for their owners before; their vectors follow (`encode`). Returns how many.

    The caller has locked the rows that the texts are of, or else an older text may replace a newer one.
    """
    if not texts:
        return 0
    cleaned = {
        each.owner: (clean_text(each.title, limit=CHARACTERS), clean_text(each.body, limit=CHARACTERS))
        for each in texts
    }
    with connection.cursor() as cursor:
        fresh: dict[str, Any] = {
            "account": account_id,
            "model": MODEL,
            "ids": [uuid7() for _text in texts],
            "owners": [each.owner for each in texts],
            "digests": [each.digest for each in texts],
            "as_of": [each.as_of for each in texts],
        }
        cursor.execute(corpus.statement(_WRITE_DOCUMENTS), fresh)
        documents = dict(cursor.fetchall())
        ids = [documents[owner] for owner in cleaned]
        cursor.execute(corpus.statement(_FORGET_POSTINGS), [account_id, ids])
        words: dict[str, Any] = {
            "title_weight": TITLE_WEIGHT,
            "heaviest": _HEAVIEST,
            "account": account_id,
            "ids": ids,
            "titles": [title for title, _body in cleaned.values()],
            "texts": [body for _title, body in cleaned.values()],
            "codes": [" ".join(codes_in(f"{title}\n{body}")) for title, body in cleaned.values()],
        }
        cursor.execute(corpus.statement(_WRITE_POSTINGS), words)
        cursor.execute(corpus.statement(_WRITE_LENGTHS), {"account": account_id, "ids": ids})
    return len(ids)


def forget(corpus: Corpus, account_id: UUID, owners: Collection[UUID]) -> None:
    """These are not found any more."""
    documents = corpus.documents.objects.for_account(account_id)
    documents.filter(**{f"{corpus.owner}__in": list(owners)}).delete()


def as_written(corpus: Corpus, account_id: UUID, texts: Sequence[Text]) -> list[Text]:
    """Those that are, to the letter, what is indexed of their owners."""
    rows = corpus.documents.objects.for_account(account_id)
    found = rows.filter(**{f"{corpus.owner}__in": [each.owner for each in texts]})
    digests = dict(found.values_list(corpus.owner, "digest"))
    return [each for each in texts if digests.get(each.owner) == each.digest]


def encode(corpus: Corpus, account_id: UUID, texts: Sequence[Text]) -> int:
    """Write the vectors of texts that were written before; returns how many, 0 without an encoder.

    Of a document that has another text nothing is encoded; where it becomes another one meanwhile, it goes on
    waiting for the vector of that.
    """
    ready = encoder()
    due = as_written(corpus, account_id, texts) if ready else []
    if ready is None or not due:
        return 0
    rows = corpus.documents.objects.for_account(account_id)
    vectors = ready.encode([each.whole for each in due])
    return sum(
        rows.filter(**{corpus.owner: text.owner}, digest=text.digest).update(vector=vector, encoded_by=MODEL)
        for text, vector in zip(due, vectors, strict=True)
    )
