"""Keeping a corpus in step with what its texts are of: what the verbs did not do at once, and all anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Any, Final, Protocol
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from flowpilot.core.retrieval import indexing
from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.encoder import MODEL, encoder
from flowpilot.core.retrieval.indexing import Text

_AT_ONCE: Final = 32
EXACT_UP_TO: Final = 20_000
"""Documents of an account that a question is compared with one by one."""
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

Progress = Callable[[int], None]
"""Called with the number of texts that were just done."""


class Work(Protocol):
    def __call__(
        self, corpus: Corpus, account_id: UUID, texts: Sequence[Text], *, read_at: datetime
    ) -> object: ...


@dataclass(frozen=True)
class Source:
    """Where a corpus comes from.

    `wanted` gives an account's rows that are to be found, with `updated_at`; `texts` what is searched of
    them.
    """

    corpus: Corpus
    wanted: Callable[[UUID], QuerySet[Any]]
    texts: Callable[[QuerySet[Any]], Sequence[Text]]

    def stale(self, account_id: UUID) -> QuerySet[Any]:
        """Rows without a document, and those that changed since theirs was written."""
        current = self._documents(account_id).filter(indexed_at__gte=OuterRef("updated_at"))
        return self.wanted(account_id).filter(~Exists(current)).order_by("pk")

    def without_vector(self, account_id: UUID) -> QuerySet[Any]:
        """Rows whose document has no vector of its present text and of this model."""
        waiting = self._documents(account_id).exclude(encoded_by=MODEL)
        return self.wanted(account_id).filter(Exists(waiting)).order_by("pk")

    def _documents(self, account_id: UUID) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.corpus.documents.objects.for_account(account_id)
        return rows.filter(**{self.corpus.owner: OuterRef("pk")})


def catch_up(
    source: Source,
    account_id: UUID,
    *,
    deadline: float = inf,
    progress: Progress = lambda done: None,
) -> int:
    """Write what is stale, forget what is not to be found any more, then encode; until `deadline`, in
    `time.monotonic()` seconds. Returns how many texts were written or encoded; the next call goes on."""
    _forget_unwanted(source, account_id)
    done = _while_any(source, source.stale, indexing.write, account_id, deadline, progress)
    if encoder() is not None:
        done += _while_any(source, source.without_vector, indexing.encode, account_id, deadline, progress)
    tell_crowds(source, account_id)
    return done


def waiting(source: Source, account_id: UUID) -> int:
    """How many steps `catch_up` would take."""
    stale = source.stale(account_id).count()
    if encoder() is None:
        return stale
    return 2 * stale + source.without_vector(account_id).exclude(pk__in=source.stale(account_id)).count()


def make_stale(source: Source, account_id: UUID) -> None:
    """Have everything of an account written and encoded anew; it is found as before until then."""
    rows = source.corpus.documents.objects.for_account(account_id)
    rows.update(indexed_at=_LONG_AGO, encoded_by="")


def _forget_unwanted(source: Source, account_id: UUID) -> None:
    wanted = source.wanted(account_id).filter(pk=OuterRef(source.corpus.owner))
    source.corpus.documents.objects.for_account(account_id).filter(~Exists(wanted)).delete()


def tell_crowds(source: Source, account_id: UUID) -> None:
    """From `EXACT_UP_TO` documents on, an account's new ones join the index of nearest vectors."""
    rows = source.corpus.documents.objects.for_account(account_id)
    alone = rows.filter(crowded=False)
    if alone.exists() and rows.count() > EXACT_UP_TO:
        alone.update(crowded=True)


def _while_any(
    source: Source,
    rows: Callable[[UUID], QuerySet[Any]],
    work: Work,
    account_id: UUID,
    deadline: float,
    progress: Progress,
) -> int:
    """Batch by batch in the order of keys, so that a row that changes meanwhile is not waited for."""
    done, last = 0, UUID(int=0)
    while monotonic() < deadline:
        batch = list(rows(account_id).filter(pk__gt=last).values_list("pk", flat=True)[:_AT_ONCE])
        if not batch:
            break
        read_at = timezone.now()
        texts = source.texts(source.wanted(account_id).filter(pk__in=batch))
        work(source.corpus, account_id, texts, read_at=read_at)
        done, last = done + len(batch), batch[-1]
        progress(len(batch))
    return done
