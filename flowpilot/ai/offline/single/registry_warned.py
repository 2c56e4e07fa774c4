"""The warning before the registry is edited: with every action that edits it, with no other."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Plan, actions_of, mapped
from flowpilot.ai.offline.text.sentences import sentences

_WARNS = re.compile(
    r"\b(?:modify|edit|change|use)\b[^.]{0,30}\b(?:registry|Registry Editor) incorrectly\b", re.IGNORECASE
)
_EDITS = re.compile(
    r"\bregedit\b|\bregistry editor\b|\breg(?:\.exe)? (?:add|delete|import)\b"
    r"|\bHKEY_[A-Z_]+\\|\bHK(?:LM|CU):?\\",
    re.IGNORECASE,
)
_OTHER_ACT = re.compile(r"“[^”\n]{20,}”")
"""What another action is called."""
_MAKES = re.compile(
    r"\b(?:creat|add|modify|delet)\w* (?:the |a |this )?(?:following )?registry (?:entry|key|value|subkey)\b",
    re.IGNORECASE,
)
_NOTED = re.compile(r"^ *>.*$", re.MULTILINE)
"""A note may name a key that nobody edits."""
_OF_IT = re.compile(r"\bregistry\b|\bback (?:it|this) up\b|\bserious problems?\b", re.IGNORECASE)


def warned_where_edited(plan: Plan) -> Plan:
    """The plan with what its text warns of once in front of every action that it is said for."""
    actions = actions_of(plan)
    warning = next((told for action in actions for told in action.warnings if _WARNS.search(told)), "")
    if not warning or not any(map(_edits, actions)):
        return plan
    return mapped(plan, lambda action: _warned(action, warning))


def _warned(action: Action, warning: str) -> Action:
    """Only the first part of a long action: whoever comes to the next has read it."""
    there = any(_WARNS.search(told) for told in action.warnings)
    if _edits(action):
        return action if there or action.first_item > 1 else _with(action, warning)
    return replace(action, warnings=tuple(told for told in action.warnings if not _only_of_it(told)))


def _with(action: Action, warning: str) -> Action:
    return replace(action, warnings=(warning, *action.warnings))


def _edits(action: Action) -> bool:
    command = action.command.body if action.command else ""
    told = _OTHER_ACT.sub("", "\n".join((*action.context, *action.items, *action.after, command)))
    return bool(_EDITS.search(_NOTED.sub("", told)) or _MAKES.search(told))


def _only_of_it(warning: str) -> bool:
    """Whether it warns of the registry and of nothing else."""
    told = sentences(re.sub(r"^> \*\*\w+:\*\* ", "", warning))
    return bool(_WARNS.search(warning)) and all(_OF_IT.search(found.text) for found in told)
