"""Matching as it would have answered at a moment of the past: with the versions that were in force then,
retired flows that were not retired yet, and nothing that came later."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, F, QuerySet, UUIDField, Value, When

from flowpilot.accounts.models import AuditEvent
from flowpilot.core.retrieval import indexing
from flowpilot.flows.matching.library import LIBRARY, published, texts
from flowpilot.flows.models import Flow, FlowVersion

_HIDDEN: Final = tuple(model._meta.db_table for model in (Flow, LIBRARY.documents, LIBRARY.postings))
_VERB: Final = AuditEvent.Verb
InForce = Mapping[UUID, UUID]
"""Flow → its version."""


class Past:
    """Which version of each flow was in force when. Titles and summaries are those of today: they have no
    history."""

    def __init__(self, account_id: UUID) -> None:
        self._changes: defaultdict[UUID, list[tuple[datetime, UUID | None]]] = defaultdict(list)
        """Of a flow: since when which version was in force; None: it was retired."""
        versions: defaultdict[UUID, list[tuple[datetime, UUID]]] = defaultdict(list)
        rows = FlowVersion.objects.for_account(account_id).order_by("published_at", "number")
        for flow, since, version in rows.values_list("flow_id", "published_at", "pk"):
            versions[flow].append((since, version))
            self._changes[flow].append((since, version))
        for flow, since, verb in _comings_and_goings(account_id):
            back = next((pk for at, pk in reversed(versions[flow]) if at <= since), None)
            self._changes[flow].append((since, back if verb == _VERB.RESTORED else None))
        for changes in self._changes.values():
            changes.sort(key=lambda change: change[0])
        retired = Flow.objects.for_account(account_id).filter(status=Flow.Status.RETIRED)
        for flow, since in retired.values_list("pk", "updated_at"):
            if self._changes[flow] and self._changes[flow][-1][1] is not None:
                self._changes[flow].append((since, None))

    def in_force(self, moment: datetime) -> dict[UUID, UUID]:
        """At that moment."""
        found = {}
        for flow, changes in self._changes.items():
            last = next((version for since, version in reversed(changes) if since <= moment), None)
            if last is not None:
                found[flow] = last
        return found


def _comings_and_goings(account_id: UUID) -> Iterator[tuple[UUID, datetime, str]]:
    rows = AuditEvent.objects.for_account(account_id).filter(
        subject_type=Flow._meta.label_lower,
        subject_id__isnull=False,
        verb__in=(_VERB.FLOW_RETIRED, _VERB.RESTORED),
    )
    found = rows.order_by("created_at", "pk").values_list("subject_id", "created_at", "verb")
    yield from found


class FormerLibrary:
    """What matching finds within `library_of_the_past`; today's library until it is asked for another."""

    def __init__(self, account_id: UUID) -> None:
        self._account_id = account_id
        self._past = Past(account_id)
        rows = published(account_id).values_list("pk", "current_version_id")
        self._shown: InForce = {flow: version for flow, version in rows if version is not None}
        self._hides = False

    def as_of(self, moment: datetime) -> InForce:
        """From here on matching finds what was in force at that moment, which is returned."""
        wanted = self._past.in_force(moment)
        if wanted != self._shown:
            self._hide()
            self._take_away(self._shown.keys() - wanted.keys())
            self._put({flow: pk for flow, pk in wanted.items() if self._shown.get(flow) != pk})
            self._shown = wanted
        return wanted

    def close(self) -> None:
        if self._hides:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE {', '.join(f'pg_temp.{_quoted(table)}' for table in _HIDDEN)}")

    def _hide(self) -> None:
        """Put tables of this transaction's own before the library's, with what is in those."""
        if self._hides:
            return
        self._hides = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            schema = _quoted(cursor.fetchone()[0])
            for table in map(_quoted, _HIDDEN):
                cursor.execute(
                    f"CREATE TEMPORARY TABLE {table}"
                    f" (LIKE {schema}.{table} INCLUDING DEFAULTS INCLUDING INDEXES)"
                )
                own = f"SELECT * FROM {schema}.{table} WHERE account_id = %s"  # noqa: S608
                cursor.execute(f"INSERT INTO pg_temp.{table} {own}", [self._account_id])
                cursor.execute(f"ANALYZE pg_temp.{table}")

    def _take_away(self, flows: Collection[UUID]) -> None:
        if flows:
            self._of(flows).update(status=Flow.Status.RETIRED)
            indexing.forget(LIBRARY, self._account_id, flows)

    def _put(self, versions: InForce) -> None:
        if not versions:
            return
        which = [When(pk=flow, then=Value(version)) for flow, version in versions.items()]
        current = Case(*which, default=F("current_version"), output_field=UUIDField())
        self._of(versions).update(status=Flow.Status.PUBLISHED, current_version=current)
        told = texts(self._of(versions))
        indexing.write(LIBRARY, self._account_id, told)
        indexing.encode(LIBRARY, self._account_id, told)

    def _of(self, flows: Collection[UUID]) -> QuerySet[Flow]:
        rows: QuerySet[Flow] = Flow.objects.for_account(self._account_id).filter(pk__in=flows)
        return rows


@contextmanager
def library_of_the_past(account_id: UUID) -> Iterator[FormerLibrary]:
    """A transaction in which matching answers for one account as at moments of the past. The library itself
    is neither changed nor held up: what is of the past lies in temporary tables that hide it."""
    with transaction.atomic():
        library = FormerLibrary(account_id)
        yield library
        library.close()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
