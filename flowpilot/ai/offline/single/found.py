"""What a run of blocks held, and how several plans of it stand to one another."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from flowpilot.ai.offline.single.goals import without_announcement
from flowpilot.ai.offline.single.plan import (
    Plan,
    Span,
    alternatives,
    sequence,
    titled,
    with_context,
    with_warnings,
)


@dataclass
class Found:
    """What a run of blocks held."""

    plan: Plan | None
    statements: list[tuple[str, Span]] = field(default_factory=list)
    """Prose that orders nothing: background."""
    handover: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Warnings that no action took."""
    goal: str = ""
    """What the prose at the end says is to be done, when nothing below it does it."""


def linked(links: Many[tuple[Plan, bool]]) -> Plan | None:
    """Alternatives, each of which may be a run of actions that continue one another."""
    runs: list[list[Plan]] = []
    for plan, continues in links:
        if continues and runs:
            runs[-1].append(plan)
        else:
            runs.append([plan])
    lead, ways = without_announcement([made for run in runs if (made := sequence(run)) is not None])
    whole = alternatives(ways)
    return with_context(whole, lead) if whole is not None and lead is not None else whole


def joined(runs: list[Found], title: str, warnings: Many[str]) -> Found:
    """Runs of labelled blocks, one tried after the other."""
    plan = alternatives([run.plan for run in runs if run.plan])
    return Found(
        titled(with_warnings(plan, list(warnings)), title if len(runs) == 1 else "") if plan else None,
        [text for run in runs for text in run.statements],
        [text for run in runs for text in run.handover],
    )
