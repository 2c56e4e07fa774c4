"""The last look at a plan that was read: titles completed, leftovers gone, what has to be decided asked."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.asked_once import asked_once
from flowpilot.ai.offline.single.brief_titles import brief_titles
from flowpilot.ai.offline.single.completing import completed
from flowpilot.ai.offline.single.deciding import decided
from flowpilot.ai.offline.single.deciding_told import decided_as_told
from flowpilot.ai.offline.single.either import either_way
from flowpilot.ai.offline.single.ending_cases import by_ending_cases
from flowpilot.ai.offline.single.for_version import asked_for_version
from flowpilot.ai.offline.single.leftovers import tidied
from flowpilot.ai.offline.single.noted import noted_where_named
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, choice_asks, mapped
from flowpilot.ai.offline.single.registry_warned import warned_where_edited
from flowpilot.ai.offline.single.version_steps import by_version_in_steps

UNSURE = "Can't tell"
_ROLE = re.compile(r"Are you (?:an? )?(?:[\w-]+ ){0,2}(?:administrator|admin)\b")
"""Who cannot tell is none."""
_WISH = re.compile(r"(?:Do|Would) you (?:want|prefer|like|need)\b")


def finished(plan: Plan) -> Plan:
    """The plan as it is shown."""
    shown = mapped(noted_where_named(warned_where_edited(asked_for_version(plan))), _shown)
    return brief_titles(_with_unsure(asked_once(shown)))


def _shown(action: Action) -> Plan:
    shown: Plan = by_ending_cases(tidied(completed(action)))
    for decide in (by_version_in_steps, decided, decided_as_told, either_way):
        if isinstance(shown, Action):
            shown = decide(shown)
    return shown


def _with_unsure(plan: Plan) -> Plan:
    """The plan with an honest answer to each yes/no question: who cannot tell tries what there is."""
    if isinstance(plan, Action):
        return plan
    if not isinstance(plan, Choice):
        return replace(plan, parts=tuple(map(_with_unsure, plan.parts)))
    routes = tuple(replace(r, plan=_with_unsure(r.plan) if r.plan else None) for r in plan.routes)
    choice = replace(plan, routes=routes)
    if not choice_asks(choice) or choice.unsure or choice.otherwise or _WISH.match(choice.question):
        return choice
    if all(route.plan for route in routes) or _ROLE.match(choice.question):
        return replace(choice, otherwise=UNSURE)
    return replace(choice, unsure=UNSURE)
