"""Weak options, and nodes from which many are escalated, of the versions that are in force."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, QuerySet

from analytics.gaps.finding import Found, Look, of_its_team, reasons_of
from flowpilot.core.statistics import ENOUGH, Share, wilson
from flowpilot.flows.document import Tree
from flowpilot.flows.models import Flow, FlowVersion
from sessions import sets
from sessions.models import AISession, AISessionStep

ESCALATED_FROM: Final = 10


@dataclass
class Taken:
    """The sessions that took a way."""

    sessions: set[UUID] = field(default_factory=set)
    resolved: int = 0
    escalated: int = 0

    def add(self, session: UUID, resolved: bool, was_escalated: bool) -> None:
        """A session counts once, however often it came by."""
        if session not in self.sessions:
            self.sessions.add(session)
            self.resolved += resolved
            self.escalated += was_escalated

    @property
    def solved(self) -> Share:
        return wilson(self.resolved, len(self.sessions))

    @property
    def lost(self) -> Share:
        return wilson(self.escalated, len(self.sessions))


def weak_options(look: Look) -> Iterator[Found]:
    """Options after which fewer are resolved than along the flow as a whole, and not by chance."""
    for version, whole, ways in _walked(look):
        rate = whole.solved.rate or 0.0
        for (node, option), taken in ways.items():
            if option and is_weak(taken.solved, rate):
                share = taken.solved
                yield Found(
                    "weak_option",
                    f"{version.flow_id}:{node}:{option}",
                    f"{version.flow.title}: {_label(version.tree, node, option)}",
                    {
                        "flow": str(version.flow_id),
                        "version": version.number,
                        "node": node,
                        "option": option,
                        **_told(share, "resolved"),
                        "flow_rate": round(rate, 4),
                    },
                    tuple(sorted(taken.sessions)),
                    version.flow.team_id,
                    version.flow.domain or "",
                )


def is_weak(share: Share, rate: float) -> bool:
    return share.n >= ENOUGH and share.high < rate


def escalating_nodes(look: Look, team_rates: dict[UUID | None, float]) -> Iterator[Found]:
    """Of each flow the node after which most are escalated, if more than in its team as a whole."""
    for version, _whole, ways in _walked(look):
        rate = team_rates.get(version.flow.team_id, 1.0)
        nodes = {
            node: taken for (node, option), taken in ways.items() if not option and is_high(taken.lost, rate)
        }
        if nodes:
            node, taken = max(nodes.items(), key=lambda each: (each[1].lost.low, each[0]))
            yield Found(
                "high_escalation",
                f"node:{version.flow_id}:{node}",
                f"{version.flow.title}: {_label(version.tree, node, '')}",
                {
                    "flow": str(version.flow_id),
                    "scope": "node",
                    "key": node,
                    **_told(taken.lost, "escalated"),
                    "team_rate": round(rate, 4),
                    "reasons": reasons_of(look, taken.sessions),
                },
                tuple(sorted(taken.sessions)),
                version.flow.team_id,
                version.flow.domain or "",
            )


def is_high(share: Share, rate: float) -> bool:
    return share.n >= ESCALATED_FROM and share.low > rate


def _told(share: Share, hits: str) -> dict[str, float]:
    """A share as plain numbers."""
    return {
        "n": share.n,
        hits: share.hits,
        "rate": round(share.rate or 0.0, 4),
        "low": round(share.low, 4),
        "high": round(share.high, 4),
    }


Ways = dict[tuple[str, str], Taken]


def _walked(look: Look) -> Iterator[tuple[FlowVersion, Taken, Ways]]:
    """Each version in force, who went along it, and by which ways: (node, option), or (node, "") for whoever
    came there at all."""
    versions = {
        version.pk: version
        for version in FlowVersion.objects.for_account(look.account.pk)
        .filter(pk__in=_in_force(look))
        .select_related("flow")
    }
    whole: defaultdict[UUID, Taken] = defaultdict(Taken)
    ways: defaultdict[UUID, Ways] = defaultdict(lambda: defaultdict(Taken))
    sessions = look.ended().filter(of_its_team("flow_version__flow"), flow_version__in=versions)
    steps = AISessionStep.objects.for_account(look.account.pk).filter(
        session__in=sessions,
        source=AISessionStep.Source.FLOW,
        superseded_at__isnull=True,
        answered_at__isnull=False,
    )
    outcomes = {
        pk: (version, status == AISession.Status.RESOLVED, was)
        for pk, version, status, was in sessions.annotate(
            was=ExpressionWrapper(sets.passed_on(look.now), output_field=BooleanField())
        ).values_list("pk", "flow_version_id", "status", "was")
    }
    for pk, (version, resolved, was) in outcomes.items():
        whole[version].add(pk, resolved, was)
    for pk, node, option in steps.order_by().values_list("session_id", "node_id", "chosen_option"):
        version, resolved, was = outcomes[pk]
        for way in {(node, ""), (node, option)}:
            ways[version][way].add(pk, resolved, was)
    for pk in sorted(ways):
        yield versions[pk], whole[pk], ways[pk]


def _in_force(look: Look) -> QuerySet[Any]:
    flows = Flow.objects.for_account(look.account.pk).published()
    return flows.values("current_version")


def _label(tree: Tree, node_id: str, option_id: str) -> str:
    """How the flow names the way."""
    node = next((each for each in tree.nodes if each.id == node_id), None)
    if node is None:
        return node_id
    option = next((each.label for each in node.options if each.id == option_id), "")
    return f"{node.title} → {option}" if option else node.title
