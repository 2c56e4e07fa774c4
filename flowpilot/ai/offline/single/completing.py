"""Titles that name a tool or a click only, completed by what the steps do with it."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action
from flowpilot.ai.offline.single.titles import CHANGING, MEANINGFUL, main_step, worth
from flowpilot.ai.offline.text.debris import plain_words

_TOOL = re.compile(
    r"^Use (?:the |a )?(?:registry|[A-Z][\w.-]*(?: (?:[A-Z(][\w.()-]*|the|on|for|admin|center|web)){0,7})$"
)
_CLICKED = re.compile(
    r"^(?:select|click|clear|uncheck|choose|double-click|tick|delete|modify)\b.{0,60}"
    r"\b(?:check ?box|option|value|entry|property|modify)\b.{0,20}$",
    re.IGNORECASE,
)
_EXACT = re.compile(r"`(?P<name>(?:PR_[A-Z_]+|[A-Za-z][A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*))`")
_LIMIT = 150


def completed(action: Action) -> Action:
    """The action with a title that says what the tool is used for, or which value a click is about."""
    title = action.title
    if _TOOL.match(title):
        title = _with_use(title, action)
    elif worth(title) <= MEANINGFUL and _CLICKED.match(title):
        title = _with_name(title, action)
    return replace(action, title=title)


def _with_use(title: str, action: Action) -> str:
    use = main_step([*action.items, *action.context])
    if worth(use) < CHANGING or len(title) + len(use) > _LIMIT or use.lower().startswith("use "):
        return title
    return f"{title} to {use[:1].lower()}{use[1:]}"


def _with_name(title: str, action: Action) -> str:
    found = _EXACT.search("\n".join([*action.context, *action.items]))
    if found is None or found["name"].lower() in plain_words(title).lower():
        return title
    return f"{title} for {found['name']}"
