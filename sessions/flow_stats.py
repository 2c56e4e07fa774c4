"""How sessions that followed a flow ended, counted for each step and answer of it.

Each ended session adds a few numbers, and `FlowCount` keeps which. Counting a session compares that with what
it should add now and writes the difference, so it may be counted at any time: at its ending, and when it is
reopened, which takes everything back. Called within the verbs' transactions, the session's row locked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Prefetch, Q

from flowpilot.core.statistics import ENOUGH, wilson
from flowpilot.flows.document import Tree
from flowpilot.flows.models import Flow, FlowStat, FlowVersion
from sessions.models import AISession, AISessionStep, FlowCount

ENDED: Final = frozenset({AISession.Status.RESOLVED, AISession.Status.ESCALATED, AISession.Status.ABANDONED})
COLUMNS: Final = ("shown", "chosen", "resolved", "escalated", "seconds")
LONGEST_STEP: Final = 8 * 3600
"""Seconds of one step that count at most: a session that lay overnight says nothing about the step."""
LATE: Final = ENOUGH
"""Sessions that are compared with those before them to see whether a flow decays."""

COUNTING: Final = Q(source=AISessionStep.Source.FLOW, superseded_at__isnull=True) & ~Q(node_id="")
"""Steps of a flow that were not replaced by a changed answer."""

Parts = Mapping[str, list[int]]


@dataclass(frozen=True)
class Ending:
    resolved: bool
    escalated: bool


def count(session: AISession) -> None:
    """Bring the statistics in step with one session."""
    counted = FlowCount.objects.filter(session=session).first()
    wanted = _wanted(session, session.flow_version, session.steps.filter(COUNTING).order_by("step_order"))
    if counted is None and wanted is None:
        return
    flows = {one.flow_id for one in (counted, wanted) if one}
    # Held in the same order by everybody, so that two endings do not wait for each other.
    rows = Flow.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=flows)
    held = list(rows.only("pk", "account_id").order_by("pk"))
    if counted is not None:
        _add(counted, -1)
        counted.delete()
    if wanted is not None:
        wanted.save(force_insert=True)
        _add(wanted, 1)
    for flow in held:
        _sum_up(flow)


@transaction.atomic
def recount(account_id: UUID) -> int:
    """Count every session of an account anew, all at once; how many there were."""
    flows = Flow.objects.for_account(account_id)
    held = list(flows.select_for_update(of=("self",), no_key=True).only("pk", "account_id").order_by("pk"))
    FlowStat.objects.for_account(account_id).delete()
    FlowCount.objects.for_account(account_id).delete()
    flows.update(uses=0, resolved=0, escalated=0, last_used_at=None, decaying=False)
    counts = list(_all_wanted(account_id))
    FlowCount.objects.bulk_create(counts, batch_size=1000)
    FlowStat.objects.bulk_create(_sums(counts), batch_size=1000)
    used = Counter(one.flow_id for one in counts)
    solved = Counter(one.flow_id for one in counts if one.resolved)
    handed_over = Counter(one.flow_id for one in counts if one.escalated)
    for flow in held:
        if used[flow.pk]:
            Flow.objects.filter(pk=flow.pk).update(
                uses=used[flow.pk], resolved=solved[flow.pk], escalated=handed_over[flow.pk]
            )
            _sum_up(flow)
    return len(counts)


def _all_wanted(account_id: UUID) -> Iterator[FlowCount]:
    rows = AISession.objects.for_account(account_id).filter(flow_version__isnull=False, status__in=ENDED)
    steps = AISessionStep.objects.filter(COUNTING).order_by("step_order")
    versions = FlowVersion.objects.for_account(account_id).in_bulk(
        rows.order_by().values_list("flow_version", flat=True).distinct()
    )
    prefetched = rows.order_by("pk").prefetch_related(Prefetch("steps", steps, to_attr="counting"))
    for session in prefetched.iterator(chunk_size=500):
        wanted = _wanted(session, versions[session.flow_version_id], session.counting)
        if wanted is not None:
            yield wanted


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


def _wanted(
    session: AISession, version: FlowVersion | None, steps: Iterable[AISessionStep]
) -> FlowCount | None:
    """What the session adds as it is now; None while it is open or followed no flow."""
    if session.status not in ENDED or version is None or session.ended_at is None:
        return None
    handed_over = session.escalation_requested_at is not None and session.escalated_to_id is not None
    ending = Ending(
        resolved=session.status == AISession.Status.RESOLVED,
        escalated=session.status == AISession.Status.ESCALATED or handed_over,
    )
    return FlowCount(
        account_id=session.account_id,
        session_id=session.pk,
        flow_id=version.flow_id,
        version_id=version.pk,
        parts=parts_of(
            [step for step in steps if step.of_version in (None, version.pk)], version.tree, ending
        ),
        resolved=ending.resolved,
        escalated=ending.escalated,
        ended_at=session.ended_at,
    )


def parts_of(steps: Iterable[AISessionStep], tree: Tree, ending: Ending) -> Parts:
    """What the steps of a session add, by node and by option; a step that comes twice counts as the last."""
    found: dict[str, list[int]] = {}
    ended = [int(ending.resolved), int(ending.escalated)]
    for step in steps:
        if step.node_id not in tree:
            continue
        seconds = _seconds(step)
        option = next((one for one in tree.node(step.node_id).options if one.id == step.chosen_option), None)
        found[step.node_id] = [1, int(option is not None), *ended, seconds]
        if option is not None:
            found[f"{step.node_id}/{option.id}"] = [1, 1, *ended, seconds]
            # The end of a way is no step of its own: whoever chose what leads there came to it.
            if not tree.node(option.next).options:
                found[option.next] = [1, 0, *ended, 0]
    return found


def _seconds(step: AISessionStep) -> int:
    if step.answered_at is None:
        return 0
    return min(max(int((step.answered_at - step.created_at).total_seconds()), 0), LONGEST_STEP)


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


def _sum_up(flow: Flow) -> None:
    """When it was last used, and whether it solves clearly less often of late than before."""
    rows = FlowCount.objects.for_account(flow.account_id).filter(flow=flow).order_by("-ended_at", "-id")
    late = list(rows.values_list("resolved", "ended_at")[:LATE])
    flow.refresh_from_db(fields=["uses", "resolved"])
    solved = sum(resolved for resolved, _at in late)
    before = wilson(flow.resolved - solved, flow.uses - len(late))
    decaying = before.rate is not None and before.enough and wilson(solved, len(late)).high < before.rate
    Flow.objects.filter(pk=flow.pk).update(
        last_used_at=late[0][1] if late else None, decaying=bool(decaying and len(late) == LATE)
    )
