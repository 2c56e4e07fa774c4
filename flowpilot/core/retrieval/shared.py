"""What a question and the texts that were found for it have in common, in the question's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from flowpilot.core.identifiers import is_code
from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.lexemes import codes_in
from flowpilot.core.terms import terms, weight

_WORDS: Final = 400
"""Of the question, from its beginning."""
_SHARED = """
WITH spelled AS (
    SELECT DISTINCT ON (lexeme) lexeme, word
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS w(word, place),
        LATERAL unnest(to_tsvector('english', word)) ORDER BY lexeme, place
), sought AS (
    SELECT lexeme, word FROM spelled WHERE lexeme <> ALL(%(codes)s::text[])
    UNION ALL SELECT DISTINCT code, code FROM unnest(%(codes)s::text[]) AS code
), found AS (
    SELECT owner, to_tsvector('english', title) AS title
    FROM unnest(%(owners)s::uuid[], %(titles)s::text[]) AS given(owner, title)
)
SELECT f.owner, s.word, s.lexeme = ANY(tsvector_to_array(f.title))
FROM found f
JOIN {documents} d ON d.{owner} = f.owner AND d.account_id = %(account)s
JOIN {postings} p ON p.document_id = d.id
JOIN sought s ON s.lexeme = p.lexeme
"""


@dataclass(frozen=True)
class Shared:
    """Words of a question that a text has, the most telling first."""

    codes: tuple[str, ...] = ()
    of_title: tuple[str, ...] = ()
    of_text: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        return bool(self.codes or self.of_title or self.of_text)


def shared_with(
    corpus: Corpus, account_id: UUID, question: str, titles: Mapping[UUID, str]
) -> dict[UUID, Shared]:
    """For each owner in `titles` what it shares with the question; what every ticket says is left out."""
    words = [word.strip(".,;:!?()[]{}\"'`") for word in question.split()[:_WORDS]]
    codes = codes_in(question)
    parameters: dict[str, Any] = {
        "account": account_id,
        "words": [word for word in dict.fromkeys(words) if terms(word)],
        "codes": codes,
        "owners": list(titles),
        "titles": list(titles.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(corpus.statement(_SHARED), parameters)
        rows = cursor.fetchall()
    parts = {part for code in codes for part in code.split("-")}
    return {owner: _sorted([row[1:] for row in rows if row[0] == owner], parts) for owner in titles}


def _sorted(found: Sequence[tuple[str, bool]], parts: set[str]) -> Shared:
    """`parts` are those of codes, which need not be named again."""
    ranked = sorted(dict(found).items(), key=lambda one: (-_telling(one[0]), one[0]))
    codes = [word for word, _in_title in ranked if is_code(word)]
    words = [(word, in_title) for word, in_title in ranked if not is_code(word) and word.lower() not in parts]
    return Shared(
        tuple(codes),
        tuple(word for word, in_title in words if in_title),
        tuple(word for word, in_title in words if not in_title),
    )


def _telling(word: str) -> float:
    return max((weight(term) for term in terms(word)), default=0.0)
