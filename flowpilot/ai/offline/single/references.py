"""Steps that are named by number, once the steps have become actions of their own."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Plan, mapped

_LETTERED = r"\b(?P<step>[Ss]tep) {number}\.?\(?(?P<letter>[A-Za-z])\)?(?![\w])"


def own_steps(text: str, number: int) -> str:
    """ "Step 2b" among the steps below the second is the second of them: "step 2"."""
    lettered = re.compile(_LETTERED.format(number=number))
    return lettered.sub(lambda found: f"{found['step']} {ord(found['letter'].lower()) - ord('a') + 1}", text)


def with_own_steps(plan: Plan, number: int) -> Plan:
    """The actions that were entry `number` of a list, their references to one another put right."""

    def renamed(action: Action) -> Action:
        return replace(
            action,
            items=tuple(own_steps(text, number) for text in action.items),
            after=tuple(own_steps(text, number) for text in action.after),
        )

    return mapped(plan, renamed)
