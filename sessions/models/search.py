"""Resolved sessions as similar problems find them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.core.retrieval.models import (
    SearchDocument,
    SearchPosting,
    crowd_index,
    nearest_index,
    posting_indexes,
)
from sessions.models.session import AISession


class SessionDocument(SearchDocument):
    """A resolved session as similar problems find it."""

    session = models.OneToOneField(AISession, models.CASCADE, related_name="+")

    class Meta(SearchDocument.Meta):
        abstract = False
        verbose_name = _("indexed session")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [nearest_index("session_document_nearest"), crowd_index("session_document_crowd")]

    def __str__(self) -> str:
        return f"Indexed session {self.session_id}"


class SessionPosting(SearchPosting):
    """That a session has a lexeme."""

    document = models.ForeignKey(SessionDocument, models.CASCADE, related_name="+", db_index=False)

    class Meta(SearchPosting.Meta):
        abstract = False
        indexes = posting_indexes("session_posting_by_lexeme")

    def __str__(self) -> str:
        return self.lexeme
