"""Sessions of one claim, partitioned into what belongs together."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from flowpilot.ai.answers import partition
from flowpilot.ai.contracts import Analyst, SessionFacts
from flowpilot.ai.offline.leaving.paths import Walk, walk
from flowpilot.ai.offline.similarity import Problem, problem_of
from flowpilot.flows.models import Flow, FlowVersion
from proposals.facts import Loaded, Place, ended

TERMS_KEPT = 48
"""Terms that a group is looked up by, those that most of its members share first."""


@dataclass(frozen=True)
class Group:
    """Sessions of one team that are about one thing: a problem, or one way out of one flow."""

    team_id: UUID | None
    members: tuple[SessionFacts, ...]
    version: FlowVersion | None = None
    """The version that was followed, or the one in force of the flow that was left."""
    left_at: str = ""
    """Node, or node/option, at which the members left the flow; empty when they followed it."""
    apart_from: UUID | None = None
    """The proposal that a person said this is not the same finding as."""

    @property
    def is_followed_flow(self) -> bool:
        return self.version is not None and not self.left_at

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What the members are about."""
        return tuple(problem_of(facts) for facts in self.members)

    @cached_property
    def terms(self) -> list[str]:
        """What known proposals are looked up by: where a flow was left, or the problem's own words and
        stand-ins for what was asked and done."""
        if self.left_at:
            return [self.left_at]
        words = Counter(term for problem in self.problems for term in problem.lookup)
        common = sorted(words, key=lambda term: (-words[term], term))
        return sorted(common[:TERMS_KEPT])

    @cached_property
    def fingerprint(self) -> str:
        """Two open proposals of one account never share it: what is compared, condensed."""
        flow = str(self.version.flow_id) if self.version else ""
        apart = [str(self.apart_from)] if self.apart_from else []
        return sha256("\n".join([str(self.team_id), flow, *self.terms, *apart]).encode()).hexdigest()


def load(account_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Loaded]:
    """Rows and facts of those sessions that are still ended; one that was reopened is missing."""
    return {row.pk: (row, facts) for row, facts in ended(account_id, ids)}


def groups_of(rows: Sequence[Loaded], engine: Analyst) -> list[Group]:
    """Partition sessions by team, then by where they left a flow (or that they did not), the rest by
    problem. A session that left an older version is placed on the one in force: that is what changes.
    """
    versions = _versions(row for row, facts in rows)
    flow_groups: dict[tuple[Any, Any, str], list[SessionFacts]] = defaultdict(list)
    free: dict[UUID | None, list[SessionFacts]] = defaultdict(list)
    for row, facts in rows:
        if place := _place(row, facts, versions):
            version, left_at = place
            flow_groups[row.team_id, version.pk, left_at].append(facts)
        else:
            free[row.team_id].append(facts)
    groups = [
        Group(team, tuple(members), versions[pk], left_at)
        for (team, pk, left_at), members in flow_groups.items()
    ]
    for team, members in free.items():
        groups += [Group(team, cluster) for cluster in partition(engine, members)]
    return sorted(groups, key=lambda group: min(facts.id for facts in group.members))


def _place(
    row: Place, facts: SessionFacts, versions: dict[UUID, FlowVersion]
) -> tuple[FlowVersion, str] | None:
    """The version and the place where a session left it; None for a session that walked no flow, or
    left one that is retired by now."""
    pinned = versions.get(row.flow_version_id) if row.flow_version_id else None
    if pinned is None:
        return None
    taken = walk(facts, pinned.tree)
    if taken.followed:
        return pinned, ""
    current = versions.get(pinned.flow.current_version_id) if pinned.flow.current_version_id else None
    if current is None or pinned.flow.status != Flow.Status.PUBLISHED or not taken.path:
        return None
    if current.pk != pinned.pk:
        taken = walk(facts, current.tree)
    left_at = _departure(taken)
    return (current, left_at) if left_at else None


def _departure(taken: Walk) -> str:
    if taken.left_at is None:
        return ""
    node, option = taken.left_at.node, taken.left_at.option
    return f"{node}/{option}" if option else node


def _versions(rows: Iterable[Place]) -> dict[UUID, FlowVersion]:
    """The pinned versions and those in force of the same flows."""
    pinned = {row.flow_version_id for row in rows if row.flow_version_id}
    if not pinned:
        return {}
    versions = FlowVersion.objects.select_related("flow").in_bulk(list(pinned))
    current = {version.flow.current_version_id for version in versions.values()} - versions.keys() - {None}
    return {**versions, **FlowVersion.objects.select_related("flow").in_bulk(list(current))}
