"""What use teaches about a version: how often each step and answer was met, how those sessions ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flowpilot.core.statistics import Share, wilson
from flowpilot.flows.document import Node, Option
from flowpilot.flows.models import FlowStat


@dataclass(frozen=True)
class Use:
    """One step or answer. met: sessions that came to the step, or chose the answer.

    left: sessions that came to the step and chose none of its answers; None for an answer.
    minutes: mean time until it was answered, None where nobody answered it, as at an end.
    """

    node: Node
    option: Option | None
    met: int
    left: int | None
    resolved: Share
    escalated: Share
    minutes: float | None


def uses(steps: Iterable[Node], stats: Iterable[FlowStat]) -> list[Use]:
    """Those of the steps that sessions came to, each before its answers that were chosen."""
    by_place = {(stat.node, stat.option): stat for stat in stats}
    return [use for node in steps for use in _of(node, by_place)]


def _of(node: Node, by_place: dict[tuple[str, str], FlowStat]) -> Iterator[Use]:
    whole = by_place.get((node.id, ""))
    if whole is None or not whole.shown:
        return
    chosen = [(option, by_place.get((node.id, option.id))) for option in node.options]
    taken = sum(stat.chosen for _option, stat in chosen if stat)
    yield _use(node, None, whole, whole.shown, max(whole.shown - taken, 0) if node.options else 0)
    for option, stat in chosen:
        if stat and stat.chosen:
            yield _use(node, option, stat, stat.chosen, None)


def _use(node: Node, option: Option | None, stat: FlowStat, met: int, left: int | None) -> Use:
    return Use(
        node=node,
        option=option,
        met=met,
        left=left,
        resolved=wilson(min(stat.resolved, met), met),
        escalated=wilson(min(stat.escalated, met), met),
        minutes=stat.seconds / stat.chosen / 60 if stat.chosen else None,
    )
