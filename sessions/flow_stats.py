"""How sessions that followed flows ended, counted for each step and answer of them.

Each ended session adds a few numbers to each flow that it followed, and `FlowCount` keeps which. Counting a
session takes them back and adds what it should add now, so it may be counted at any time: at its ending, and
when it is reopened, which only takes back. Called within the verbs' transactions, the session's row locked.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Prefetch

from flowpilot.flows.models import Flow, FlowQuerySet, FlowStat, FlowVersion
from sessions.flow_parts import ENDED, added, named
from sessions.models import AISession, AISessionStep, FlowCount

COLUMNS: Final = ("shown", "chosen", "resolved", "escalated", "seconds")
OF_FLOWS: Final = AISessionStep.objects.filter(source=AISessionStep.Source.FLOW).exclude(node_id="")


def count(session: AISession) -> None:
    """Bring the statistics in step with one session."""
    steps = list(OF_FLOWS.filter(session=session).order_by("step_order"))
    versions = FlowVersion.objects.defer("grounding").in_bulk(named(session, steps))
    if not versions:
        return
    # They are held before it is read what the session added, by everybody in the same order: two endings do
    # not wait for each other, and nobody counts anew in between.
    held = _hold(Flow.objects.filter(pk__in={version.flow_id for version in versions.values()}))
    for before in FlowCount.objects.filter(session=session):
        _add(before, -1)
        before.delete()
    for now in added(session, steps, versions):
        now.save(force_insert=True)
        _add(now, 1)
    for flow in held:
        _date(flow)


@transaction.atomic
def recount(account_id: UUID) -> int:
    """Count every session of an account anew, all at once; how many there were that followed a flow."""
    flows = {flow.pk for flow in _hold(Flow.objects.for_account(account_id))}
    FlowStat.objects.filter(version__flow__in=flows).delete()
    FlowCount.objects.filter(flow__in=flows).delete()
    Flow.objects.filter(pk__in=flows).update(uses=0, resolved=0, escalated=0, last_used_at=None)
    counts = list(_all_added(account_id, flows))
    FlowCount.objects.bulk_create(counts, batch_size=1000)
    FlowStat.objects.bulk_create(_sums(counts), batch_size=1000)
    used = Counter(one.flow_id for one in counts)
    solved = Counter(one.flow_id for one in counts if one.resolved)
    handed_over = Counter(one.flow_id for one in counts if one.escalated)
    for flow, late in _newest_endings(counts).items():
        Flow.objects.filter(pk=flow).update(
            uses=used[flow], resolved=solved[flow], escalated=handed_over[flow], last_used_at=late
        )
    return len({one.session_id for one in counts})


def _hold(flows: FlowQuerySet) -> list[Flow]:
    """Nobody else counts for them until the transaction ends."""
    rows = flows.select_for_update(of=("self",), no_key=True)
    return list(rows.only("pk", "account_id").order_by("pk"))


def _newest_endings(counts: Iterable[FlowCount]) -> dict[UUID, datetime]:
    newest: dict[UUID, datetime] = {}
    for one in counts:
        newest[one.flow_id] = max(one.ended_at, newest.get(one.flow_id, one.ended_at))
    return newest


def _all_added(account_id: UUID, flows: Collection[UUID]) -> Iterator[FlowCount]:
    """Of those flows: one that came since they were held is counted by its sessions themselves."""
    rows = AISession.objects.for_account(account_id).filter(flow_version__isnull=False, status__in=ENDED)
    of_flows = Prefetch("steps", OF_FLOWS.order_by("step_order"), to_attr="of_flows")
    kept = AISessionStep.objects.for_account(account_id).exclude(of_version=None).order_by()
    keys = set(kept.values_list("of_version", flat=True).distinct())
    keys.update(rows.order_by().values_list("flow_version", flat=True).distinct())
    found = FlowVersion.objects.defer("grounding").in_bulk(keys)
    versions = {key: version for key, version in found.items() if version.flow_id in flows}
    for session in rows.order_by("pk").prefetch_related(of_flows).iterator(chunk_size=500):
        yield from added(session, session.of_flows, versions)


def _sums(counts: Iterable[FlowCount]) -> list[FlowStat]:
    stats: dict[tuple[UUID, str], FlowStat] = {}
    for one in counts:
        for key, numbers in one.parts.items():
            place = (one.version_id, key)
            if place not in stats:
                node, _slash, option = key.partition("/")
                stats[place] = FlowStat(
                    account_id=one.account_id, version_id=one.version_id, node=node, option=option
                )
            for column, number in zip(COLUMNS, numbers, strict=True):
                setattr(stats[place], column, getattr(stats[place], column) + number)
    return list(stats.values())


def _add(counted: FlowCount, sign: int) -> None:
    places = [(*key.partition("/")[::2], numbers) for key, numbers in counted.parts.items()]
    known = {
        (stat.node, stat.option): stat for stat in FlowStat.objects.filter(version_id=counted.version_id)
    }
    made, changed = [], []
    for node, option, numbers in places:
        stat = known.get((node, option))
        if stat is None:
            stat = FlowStat(
                account_id=counted.account_id, version_id=counted.version_id, node=node, option=option
            )
            made.append(stat)
        else:
            changed.append(stat)
        for column, number in zip(COLUMNS, numbers, strict=True):
            setattr(stat, column, max(getattr(stat, column) + sign * number, 0))
    FlowStat.objects.bulk_create(made)
    FlowStat.objects.bulk_update(changed, COLUMNS)
    Flow.objects.filter(pk=counted.flow_id).update(
        uses=F("uses") + sign,
        resolved=F("resolved") + sign * int(counted.resolved),
        escalated=F("escalated") + sign * int(counted.escalated),
    )


def _date(flow: Flow) -> None:
    """When it was last used."""
    newest = FlowCount.objects.for_account(flow.account_id).filter(flow=flow).aggregate(at=Max("ended_at"))
    Flow.objects.filter(pk=flow.pk).update(last_used_at=newest["at"])
