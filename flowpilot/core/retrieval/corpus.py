"""A corpus: which tables hold the texts of one kind, and how statements name them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from psycopg.sql import SQL, Identifier

from flowpilot.core.retrieval.models import SearchDocument, SearchPosting


@dataclass(frozen=True)
class Corpus:
    """`owner` is the column of the documents that names what a text is of, such as `flow_id`."""

    documents: type[SearchDocument]
    postings: type[SearchPosting]
    owner: str

    @cached_property
    def names(self) -> Mapping[str, Identifier]:
        return {
            "documents": Identifier(self.documents._meta.db_table),
            "postings": Identifier(self.postings._meta.db_table),
            "owner": Identifier(self.owner),
        }

    def statement(self, template: str) -> str:
        """A statement with {documents}, {postings} and {owner} filled in."""
        return SQL(template).format(**self.names).as_string()
