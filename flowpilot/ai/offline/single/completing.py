"""Titles that name a tool or a click only, completed by what the steps do with it."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.named_below import with_names_below
from flowpilot.ai.offline.single.plan import Action, Plan, actions_of, by_version, mapped, titled
from flowpilot.ai.offline.single.registry_titles import with_entry
from flowpilot.ai.offline.single.several import procedure_title
from flowpilot.ai.offline.single.titles import CHANGING, MEANINGFUL, first_word, main_step, told, worth
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

_TOOL = re.compile(
    r"^Use (?:the |an? )?(?:registry|[A-Z][\w.-]*(?: (?:[A-Z(][\w.()-]*|the|on|for|or|in|admin|center|web"
    r"|\d{4}|command|prompt|window|view|client|app|desktop|tool|feature|[a-z-]+ functionality)){0,8})$"
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
    if title.startswith("If "):
        title = _without_condition(title, action)
    elif _TOOL.match(title):
        title = _with_use(title, action)
    elif _BARE.match(title):
        title = _with_opened(title, action)
    elif _NAMELESS.match(title):
        title = _with_only_name(title, action)
    elif worth(title) <= MEANINGFUL and _CLICKED.match(title):
        title = _with_name(title, action)
    title = with_names_below(with_entry(title, _body(action)), _body(action))
    return replace(action, title=_with_fix(_with_object(title, action), action))


def _body(action: Action) -> str:
    return "\n\n".join([*action.context, *action.items, *action.after])


_BARE = re.compile(r"^Add (?!\w+ )[^\s,]+$")
_OPENED = re.compile(r"\b[Dd]ouble-click (?:the )?(?P<what>[A-Z][^,.:;()]{5,60})[.,]")


def _with_opened(title: str, action: Action) -> str:
    """ "Add LABELERS" in steps that open "Print as a service" before: to what it is added."""
    found = [match["what"] for item in action.items for match in _OPENED.finditer(plain_words(item))]
    return f"{title} to {found[-1].strip()}" if found else title


_NAMELESS = re.compile(
    r"^(?P<act>(?:change|set|modify|remove|delete|disable|enable|add)) the "
    r"(?P<kind>setting|property|parameter|attribute|registry (?:key|entry|value))"
    r"(?P<rest>| (?:to|from|back)\b.*)$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\b(?:[A-Z][a-z]+){3,}\b|`(?P<marked>[A-Za-z]\w*[a-z][A-Z]\w*)`")


def _with_only_name(title: str, action: Action) -> str:
    """ "Change the setting to True": the one setting that the text names."""
    found = {
        match["marked"] or match[0] for match in _JOINED.finditer("\n".join([*action.context, *action.items]))
    }
    match = _NAMELESS.match(title)
    if match is None or len(found) != 1:
        return title
    return f"{match['act']} the {match['kind']} {found.pop()}{match['rest']}"


_PRONOUN = re.compile(r"^(?P<verb>[\w-]+) (?:them|it)\b(?P<rest>.*)$")
_GIVEN = re.compile(
    r"^If (?:you (?:have|see|find)|there (?:is|are)) (?:any |several |multiple |some |an? )?"
    r"(?P<what>[a-z][^,.]{4,60}), ",
    re.IGNORECASE,
)


def _with_object(title: str, action: Action) -> str:
    """ "If you have several old queues, remove them": "Remove the old queues"."""
    pronoun = _PRONOUN.match(title)
    found = map(_GIVEN.match, (*action.context, *action.items)) if pronoun is not None else ()
    given = next((match for match in found if match is not None), None)
    if pronoun is None or given is None:
        return title
    return f"{pronoun['verb']} the {given['what']}{pronoun['rest']}"


_FINDS_OUT = frozenset(("check", "determine", "examine", "look", "review", "verify", "view", "find"))


def _with_fix(title: str, action: Action) -> str:
    """A check that is told with what to change then is called after both."""
    if first_word(title) not in _FINDS_OUT or action.part:
        return title
    for text in (*action.context, *action.items, *action.after):
        value = _VALUE_SET.match(plain_words(text.split("\n", 1)[0]))
        if value is not None and re.search(r"\b(?:propert|value|attribute|parameter|setting)", title):
            named, bracket, case = title.partition(" (")
            return f"{named}, and set it to {value['value']}{bracket}{case}"
        for sentence in sentences(text.split("\n```", 1)[0]):
            condition = condition_of(sentence.text)
            order = order_of(condition[1]) if condition is not None else None
            fix = told(order.text) if order is not None and not order.generic else ""
            if (
                worth(fix) >= CHANGING
                and not _AGAIN.search(fix)
                and len(title) + len(fix) <= _LIMIT - _NEEDED
            ):
                return f"{title}, and {fix[:1].lower()}{fix[1:]} if needed"
    return title


_VALUE_SET = re.compile(
    r"(?:set|change) (?:the )?(?:property )?(?:value|property|attribute) (?:value )?to "
    r"(?P<value>[\w$-]{1,40})\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:step|again|support|it|them|this|these|those|proceed|continue|repeat)\b", re.IGNORECASE
)
_NEEDED = len(", and  if needed")


def _without_condition(title: str, action: Action) -> str:
    """ "If you run the old one" is for whom it is; what is done stands below."""
    done = main_step([*action.items, *action.context])
    return done if worth(done) >= CHANGING else title


def _called_after_a_step(action: Action) -> bool:
    return bool(action.items) and action.title.startswith(procedure_title(action.items))


def towards(plan: Plan, goal: str) -> Plan:
    """The ways below a goal, called after it: one for each version, and those that only name their tool."""
    if worth(goal) < CHANGING or goal.lower().startswith("use "):
        return plan
    if by_version(plan) and all(_called_after_a_step(action) for action in actions_of(plan)):
        return titled(plan, goal)
    aim = re.sub(r" by using .*$", "", f"{goal[:1].lower()}{goal[1:]}")

    def named(action: Action) -> Action:
        bare = _TOOL.match(action.title) and completed(action).title == action.title
        fits = bare and len(action.title) + len(aim) + len(" to ") <= _LIMIT
        return replace(action, title=f"{action.title} to {aim}") if fits else action

    return mapped(plan, named)


_LEANS = re.compile(r"^use |\b(?:this|these|that|those) \w+$", re.IGNORECASE)


def _with_use(title: str, action: Action) -> str:
    use = main_step([*action.items, *action.context]).split(", ")[0]
    if worth(use) < CHANGING or len(title) + len(use) > _LIMIT or _LEANS.search(use):
        return title
    if "registry" in title.lower() and "registry" in use:
        return use
    return f"{title} to {use[:1].lower()}{use[1:]}"


def _with_name(title: str, action: Action) -> str:
    found = _EXACT.search("\n".join([*action.context, *action.items]))
    if found is None or found["name"].lower() in plain_words(title).lower():
        return title
    return f"{title} for {found['name']}"
