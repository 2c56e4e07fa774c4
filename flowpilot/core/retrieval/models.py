"""What a room keeps of its texts so that they can be found: abstract tables, one pair for each corpus."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HnswIndex, VectorField

from flowpilot.core.models import TenantModel
from flowpilot.core.retrieval.encoder import DIMENSIONS


class SearchDocument(TenantModel):
    """One text that can be found. A subclass adds the one-to-one key to what the text is of."""

    length = models.PositiveIntegerField(_("length"), default=0)
    """Weighted number of its lexemes."""
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    """SHA-256 of the text that is indexed: no vector of another one is written. Empty: the text is to be read
    anew, though its row has not changed."""
    vector = VectorField(_("vector"), dimensions=DIMENSIONS, null=True, blank=True)
    """None until the job has encoded this very text, or, until it does, of what was read of the same state of
    the row before (then `encoded_by` is empty)."""
    encoded_by = models.CharField(_("encoded by"), max_length=40, blank=True)
    """The model that the vector is of; empty while there is none, or it is to be made anew."""
    crowded = models.BooleanField(_("among very many"), default=False)
    """The account has so many documents that a search looks up the nearest vectors instead of all."""
    indexed_at = models.DateTimeField(_("indexed"))
    """When the row that the text is of had changed last, as it was read: never the time of the indexing, at
    which somebody else's change may have been under way."""

    class Meta:
        abstract = True
        constraints = [*TenantModel.Meta.constraints]


class SearchPosting(TenantModel):
    """That a document has a lexeme. A subclass adds `document`, the pair's key, and the covering index.

    There are hundreds for a document and nothing refers to them: no key of their own, no time.
    """

    id = None  # type: ignore[assignment]
    created_at = None  # type: ignore[assignment]
    pk = models.CompositePrimaryKey("document", "lexeme")
    lexeme = models.TextField(_("lexeme"))
    weight = models.PositiveSmallIntegerField(_("weight"))
    """How often it counts in the document, the title's several times."""
    length = models.PositiveIntegerField(_("length"))
    """The document's, so that a search reads no second table."""

    class Meta:
        abstract = True
        constraints = ()


def posting_indexes(name: str) -> list[models.Index]:
    """The index that a search reads instead of the table."""
    return [
        models.Index(fields=["account", "lexeme"], include=["document", "weight", "length"], name=name),
    ]


def crowd_index(name: str) -> models.Index:
    """Tells at once whether an account is crowded."""
    return models.Index(name=name, fields=["account"], condition=models.Q(crowded=True))


def nearest_index(name: str) -> models.Index:
    """Of crowded accounts only: keeping it costs more than comparing with every vector of a smaller one."""
    return HnswIndex(
        name=name,
        fields=["vector"],
        opclasses=["vector_cosine_ops"],
        m=16,
        ef_construction=64,
        condition=models.Q(crowded=True),
    )
