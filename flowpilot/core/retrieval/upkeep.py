"""Keeping a corpus in step with what its texts are of: what the verbs did not do at once, and all anew."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import inf
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet

from flowpilot.core.retrieval import indexing
from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.encoder import MODEL, status
from flowpilot.core.retrieval.indexing import Text

log = logging.getLogger(__name__)
_WRITTEN_AT_ONCE: Final = 32
_ENCODED_AT_ONCE: Final = 8
"""A second's work: what a run can be ended between."""
EXACT_UP_TO: Final = 20_000
"""Documents of an account that a question is compared with one by one."""

Progress = Callable[[int], None]
"""Called with the number of texts that were just done."""

Work = Callable[[Collection[UUID]], int]
"""Called with the keys of some rows; says how many of them it has done."""


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
        """Rows without a document, those that changed since theirs was read, and those whose text is to be
        read anew. Times are compared for being the same: which change came later is not told by clocks."""
        current = self._documents(account_id).filter(indexed_at=OuterRef("updated_at")).exclude(digest="")
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
    until = partial(_while_any, deadline=deadline, progress=progress)
    done = until(source.stale(account_id), partial(_write, source, account_id), at_once=_WRITTEN_AT_ONCE)
    if status().available:
        work = partial(_encode, source, account_id)
        done += until(source.without_vector(account_id), work, at_once=_ENCODED_AT_ONCE)
    tell_crowds(source, account_id)
    return done


def waiting_since(source: Source, account_id: UUID) -> datetime | None:
    """When what waits longest for `catch_up` changed last; None where nothing waits."""
    rows = [source.stale(account_id)]
    if status().available:
        rows.append(source.without_vector(account_id))
    since = (each.order_by().aggregate(since=Min("updated_at"))["since"] for each in rows)
    return min(filter(None, since), default=None)


def waiting(source: Source, account_id: UUID) -> int:
    """How many steps `catch_up` would take."""
    stale = source.stale(account_id).count()
    if not status().available:
        return stale
    return 2 * stale + source.without_vector(account_id).exclude(pk__in=source.stale(account_id)).count()


def make_stale(source: Source, account_id: UUID) -> None:
    """Have everything of an account written and encoded anew. Until a text is encoded, the vector counts that
    was made of the same row before, by this model; what changes meanwhile is found by its words alone."""
    rows = source.corpus.documents.objects.for_account(account_id)
    rows.exclude(encoded_by__in=(MODEL, "")).update(vector=None)
    rows.update(digest="", encoded_by="")


def _forget_unwanted(source: Source, account_id: UUID) -> None:
    wanted = source.wanted(account_id).filter(pk=OuterRef(source.corpus.owner))
    source.corpus.documents.objects.for_account(account_id).filter(~Exists(wanted)).delete()


def tell_crowds(source: Source, account_id: UUID) -> None:
    """From `EXACT_UP_TO` documents on, an account's new ones join the index of nearest vectors."""
    rows = source.corpus.documents.objects.for_account(account_id)
    alone = rows.filter(crowded=False)
    if alone.exists() and rows.count() > EXACT_UP_TO:
        alone.update(crowded=True)


def _write(source: Source, account_id: UUID, batch: Collection[UUID]) -> int:
    """What somebody is changing right now is left for the next run; the rest stays as it is until it is
    written, so that no older text replaces one that a verb has written."""
    with transaction.atomic():
        rows = source.wanted(account_id)
        free = rows.filter(pk__in=batch).select_for_update(no_key=True, skip_locked=True)
        texts = source.texts(rows.filter(pk__in=list(free.values_list("pk", flat=True))))
        return indexing.write(source.corpus, account_id, texts)


def _encode(source: Source, account_id: UUID, batch: Collection[UUID]) -> int:
    """A text that is another one though its row has not changed, since a release reads more or less of it, is
    written first, or no vector would ever be of what is indexed."""
    texts = source.texts(source.wanted(account_id).filter(pk__in=batch))
    written = {each.owner for each in indexing.as_written(source.corpus, account_id, texts)}
    if others := [each.owner for each in texts if each.owner not in written]:
        _write(source, account_id, others)
    return indexing.encode(source.corpus, account_id, texts)


def _while_any(rows: QuerySet[Any], work: Work, *, at_once: int, deadline: float, progress: Progress) -> int:
    """Batch by batch in the order of keys, so that a row that changes meanwhile is not waited for."""
    done, last = 0, UUID(int=0)
    while monotonic() < deadline:
        batch = list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:at_once])
        if not batch:
            break
        done, last = done + _done_of(work, batch, at_once), batch[-1]
        progress(len(batch))
    return done


def _done_of(work: Work, batch: Collection[UUID], at_once: int) -> int:
    """How many of a batch were done. Where it fails its texts are done one by one, and what fails alone is
    logged and left for the next run: one text holds up no other. Raises what failed where all of a whole
    batch did, since that is not for the texts."""
    try:
        return work(batch)
    except Exception:
        if len(batch) == 1:
            log.exception("%s cannot be indexed", next(iter(batch)))
            return 0
        done = sum(_done_of(work, [pk], at_once) for pk in batch)
        if not done and len(batch) == at_once:
            raise
        return done
