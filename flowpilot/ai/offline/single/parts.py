"""A long action in parts of at most nine sub-steps, cut where the work pauses."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action

MOST_ITEMS = 9
FEWEST_ITEMS = 3
_ANCHOR = re.compile(
    r"^\W*(?:open|start|in|on|under|at|from|go|sign|log|connect|browse|restart|repeat|after|locate|right"
    r"|create|navigate|switch|expand|if)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"\b(?:OK|close|exit|restart|save|finish|quit|apply)\b[^.]{0,40}\.?$", re.IGNORECASE)


def split(action: Action) -> tuple[Action, ...]:
    """Parts of at most nine sub-steps, cut where the work pauses."""
    count = len(action.items)
    if count <= MOST_ITEMS:
        return (action,)
    cuts = _cuts(action.items)
    total = len(cuts) - 1
    parts = []
    for number, (start, end) in enumerate(zip(cuts, cuts[1:], strict=False), start=1):
        parts.append(
            replace(
                action,
                title=f"{action.title} (part {number} of {total})",
                warnings=action.warnings if number == 1 else (),
                context=action.context if number == 1 else (),
                items=action.items[start:end],
                first_item=start + 1,
                after=action.after if number == total else (),
                command=action.command if number == 1 else None,
            )
        )
    return tuple(parts)


def _cuts(items: tuple[str, ...]) -> list[int]:
    count = len(items)
    total = -(-count // MOST_ITEMS)
    cuts = [0]
    for number in range(1, total):
        left = total - number
        low = max(cuts[-1] + FEWEST_ITEMS, count - left * MOST_ITEMS)
        high = min(cuts[-1] + MOST_ITEMS, count - left * FEWEST_ITEMS)
        ideal = cuts[-1] + (count - cuts[-1]) / (left + 1)
        cuts.append(
            max(range(low, high + 1), key=lambda at: (_break_worth(items, at) - abs(at - ideal), -at))
        )
    return [*cuts, count]


def _break_worth(items: tuple[str, ...], at: int) -> float:
    worth = 1.5 if _ANCHOR.match(items[at]) else 0.0
    return worth + (1.5 if _CLOSED.search(items[at - 1].split("\n", 1)[0]) else 0.0)
