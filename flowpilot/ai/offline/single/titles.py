"""What an action is called: its goal, never the click that it begins with."""

import re
from collections.abc import Iterable, Sequence

from flowpilot.ai.offline.single.antecedents import with_antecedent
from flowpilot.ai.offline.single.command_titles import RUN, with_command
from flowpilot.ai.offline.single.registry_titles import registry_title
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.verbs import CHANGE, DESTRUCTIVE, READ, is_verb
from flowpilot.core.terms import terms

FALLBACK_TITLE = "Apply the known fix"
MEANINGFUL = 2
"""From this worth on a title says what is done; below, it only says where somebody clicks."""
CHANGING = 4

_WEAK = re.compile(
    r"^(?:make sure that the prerequisites|change (?:the )?directory\b|(?:tell|ask|inform|advise|notify) "
    r"|(?:change|set|modify) (?:it|them) to\b.*|\w+ (?:it|them|this|that|these)(?: (?:on|off|up"
    r"|again))?$|note|see|keep|consider|try again|wait|repeat"
    r"|name (?:the|this) (?:new )?(?:\w+ )?(?:value|entry|key|subkey)$|test to (?:verify|see)"
    r"|make sure that you have|read|run the (?:\w+ ){0,3}?(?:commands?|cmdlets?|scripts?)$"
    r"|(?:select|click|enter|type|use|add|set|apply|configure|change|enable|disable|find|locate) the"
    r" (?:commands?|cmdlets?"
    r"|settings?|steps?|scripts?|values?|options?|keys?|entries|following)$)", re.IGNORECASE
)  # fmt: skip
_POINTS = re.compile(
    r"^\w+ (?:it|them)\b|^\w+ (?:this|that)$"
    r"|^(?:change|modify|edit|set|do|disable|enable|use|perform|create|add|delete|remove|clear)"
    r" (?:this|that|these|those) \w+\b"
    r"|^(?:edit|open|modify|update|change) the (?:following )?(?:files?|registry|entr(?:y|ies)|keys?)$"
    r"|^\w+ (?:the|this|these|any) (?:issues?|problems?|errors?|behaviors?|situation)$"
    r"|^(?:set|change) the (?:property )?(?:values?|value data|settings?|keys?) (?:to|by)\b"
    r"|^set value data to (?:one of )?the\b|\b(?:you prefer|appropriate (?:option|method|scenario))$"
    r"|\bthat (?:is|are) present$",
    re.IGNORECASE,
)
"""What it is about stands somewhere else: "Change this setting", "Set the property value to False"."""
_LAUNCH = re.compile(
    r"^(?:[Ss]tart|[Oo]pen|[Ll]aunch|[Rr]estart|[Ee]xit|[Cc]lose) (?:the )?"
    r"[A-Z]\w*(?: [A-Z0-9][\w.]*)*(?: \([\w.]+\))?$"
)
_CONFIRMING = re.compile(
    r"^(?:click|select|press|tap|choose|type)(?: on)? (?:the )?(?:OK|Yes|Next|Close|Save|Finish|Apply|Exit"
    r"|Start|File|Tools|Options|Enter|Done|Settings|Properties|Advanced|Change|Set|Browse|Add|New|cmd"
    r"|regedit)\b(?! [a-z]+ing\b)|^(?:exit|close|start|open|quit)\b",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"^(?:select|click|choose|type|enter|set|clear|tick)\b.*\b(?:check ?box|option|setting|as default"
    r"|disabled|enabled|never|always|enable|disable)\b",
    re.IGNORECASE,
)
_TICKS = re.compile(r"^check (?:on )?(?:the|that) (?:check ?)?box\b", re.IGNORECASE)
"""The verb of a check, of what is a click."""
_SUPPORTING_WORDS = """
restart reboot stop close end refresh retry set-up repeat sync clear copy paste save export schedule
roll resize point right-select arrange sort force
"""
_SUPPORTING = frozenset(_SUPPORTING_WORDS.split())
_CLICKS_WORDS = """
click select open reopen close type press enter go scroll expand point exit navigate browse sign log locate
connect double right choose double-click right-click left-click right-select switch return repeat
highlight quit hover tap drill
"""
CLICKS = frozenset(_CLICKS_WORDS.split())
_PREPARES = re.compile(
    r"^(?:import|install|load|add) the (?:[\w-]+ ){1,6}module\b|^(?:back up|extract|unzip)\b"
    r"|^(?:create|make) a (?:backup|copy)\b",
    re.IGNORECASE,
)
"""What is needed before anything is changed."""
_BY_NUMBER = re.compile(r"(?<![(\"“])\b(?:steps?|method) \d|^repeat\b", re.IGNORECASE)
"""A title stands alone: nobody sees which step has that number."""
_BROKEN_OFF = re.compile(r" (?:to|in|on|at|from|the|for|with|of|when|if)$")


_FOR_GOAL = re.compile(
    r"^(?:(?:click|select|choose|press|tap)\b.{2,60}?|(?:type|enter)\b.{2,30}?"
    r"|(?:run|use) the (?:\w+ )?(?:command|cmdlet|script)s?(?: in [A-Z][\w ]+?)?(?: both)?)"
    r"(?<![Ll]ink)(?<!want)(?<!need)(?<!have)(?<!used)(?<!able)(?<!go) to "
    r"(?!execute\b|run\b|be\b)(?P<goal>\w+ .{6,})$",
    re.IGNORECASE,
)


_NAMED_VALUE = re.compile(
    r"^Name (?:the|this) (?:new )?(?:\w+ )?(?:DWORD|value|key|entry)(?: value)?(?: as)? "
    r"(?P<name>\w+)(?: with .*)?$"
)


def told(order: str) -> str:
    """The order as a title; of "click Change to increase the paging file", what the click is for."""
    match = _FOR_GOAL.match(order)
    goal = title_of(match["goal"]) if match else ""
    enough = MEANINGFUL if RUN.match(order) else CHANGING
    title = goal if is_verb(first_word(goal)) and worth(goal) >= enough else title_of(order)
    title = _beyond_the_way(order, title)
    title = _NAMED_VALUE.sub(r"Add \g<name> to the registry", title)
    return re.sub(r"^(\w+) (?:these|those) (?=\w+ \w+)", r"\1 the ", re.sub(r" depending$", "", title))


_THAT = re.compile(
    r"^(?P<verb>[a-z-]+) (?:this|that) (?!(?:the|an?|you|your|it)\b)(?=[\w-]+ \w+)", re.IGNORECASE
)


def standing_alone(title: str) -> str:
    """ "Upload this document": "Upload the document"; nobody sees which one stood before."""
    match = _THAT.match(title)
    changes = match is not None and match["verb"].lower() in CHANGE | DESTRUCTIVE
    return _THAT.sub(r"\g<verb> the ", title) if changes else title


_ON_THE_WAY = re.compile(
    r"^(?:go to|open|reopen|browse to|navigate to|visit|sign in|log on)\b.+?,? and (?:then )?"
    r"(?P<then>[a-z][a-z-]* .{8,})$",
    re.IGNORECASE,
)


def _beyond_the_way(order: str, title: str) -> str:
    """ "Go to the admin center and verify the address": what is done there."""
    match = _ON_THE_WAY.match(order) if worth(title) < MEANINGFUL else None
    then = title_of(match["then"]) if match else ""
    return then if is_verb(first_word(then)) and worth(then) >= MEANINGFUL else title


_SWITCHES = re.compile(r"turn (?:on|off)\b", re.IGNORECASE)
_ANEW = re.compile(
    r"(?:close|exit|quit|stop)\b.{4,60},? and (?:then )?(?:run|start|open) it again$", re.IGNORECASE
)
"""A program is ended and run once more: more than a click."""


def first_word(title: str) -> str:
    return re.split(r"[\s,]", title, maxsplit=1)[0].lower()


def worth(title: str) -> int:
    """How well it names a whole action: -1 not at all, 0 or 1 a click, 2 a check or setting, 4 a change."""
    verb = first_word(title)
    if not title or _WEAK.match(title) or _BROKEN_OFF.search(title):
        return -1
    if _ANEW.match(title):
        return MEANINGFUL
    if _LAUNCH.match(title):
        return 0
    if _TICKS.match(title) or _POINTS.search(title) or _BY_NUMBER.search(title):
        return 1
    if verb in CLICKS:
        return 2 if _SETTING.match(title) else 0 if _CONFIRMING.match(title) else 1
    if (verb in READ and not _SWITCHES.match(title)) or _PREPARES.match(title):
        return 2
    return 2 if verb in _SUPPORTING else CHANGING


def naming(order: str, purpose: str) -> str:
    """The purpose names an action better than the click that it begins with."""
    fits = purpose and not re.search(r"\b(?:behavio|issue|problem)", purpose) and worth(title_of(purpose)) > 0
    return purpose if fits and worth(told(order)) < MEANINGFUL else order


_THEN = re.compile(r",? and then |, then |(?<=[.]) +(?=[A-Z])")


def main_step(items: Sequence[str]) -> str:
    """The step that changes something, as a title; of mere clicks, the last."""
    titles = list(step_titles(items))
    best = max(titles, key=worth, default="")
    if worth(best) < CHANGING and _LOOKS.match(best):
        within = [
            told for told in step_titles(_nested(items)) if worth(told) >= CHANGING and told.count(" ") > 2
        ]
        best = within[-1] if within else best
    if worth(best) >= MEANINGFUL:
        return _with_counterpart(best, titles) if best in titles else best
    return registry_title("\n".join(items)) or max(reversed(titles), key=worth, default="")


_TAKES_AWAY = frozenset(("remove", "delete", "uninstall", "disable", "rename", "disconnect"))
_GIVES_BACK = frozenset(
    ("re-create", "re-enable", "readd", "reconnect", "recreate", "reenable", "reinstall", "restore")
)
_AGAIN = re.compile(r" (?:again|back)\b", re.IGNORECASE)


def _with_counterpart(title: str, titles: Sequence[str]) -> str:
    """ "Remove the profile" of steps that create the profile again says both."""
    verb, _, what = title.partition(" ")
    if verb.lower() not in _TAKES_AWAY:
        return title
    alone = True
    for later in titles[titles.index(title) + 1 :]:
        then, _, again = later.partition(" ")
        if alone and _BACK.search(again) and _objects_meet(what, again):
            return f"{title}, and {later[:1].lower()}{later[1:]}"
        if then.lower() in _GIVES_BACK and set(terms(what)) == set(terms(_AGAIN.sub("", again))):
            return f"{verb} and {then.lower()} {what}"
        alone = alone and worth(later) < CHANGING
    return title


_BACK = re.compile(r" back\b", re.IGNORECASE)
_SHARED = 2


def _objects_meet(one: str, other: str) -> bool:
    return len(set(terms(one)) & set(terms(_AGAIN.sub("", other)))) >= _SHARED


_LOOKS = re.compile(
    r"(?:check|determine|examine|find|get|identify|list|look|review|verify|view)\b", re.IGNORECASE
)
_STILL = re.compile(r"\bif [^,]{0,30}\bstill\b", re.IGNORECASE)
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_NESTED = re.compile(r"^ *(?:[-*]|\d+\.) (?P<step>.+)$", re.MULTILINE)


def _nested(items: Sequence[str]) -> list[str]:
    """The steps below steps: what is done about what was looked at."""
    told = (found["step"] for found in _NESTED.finditer(_FENCED.sub("", "\n".join(items))))
    return [step for step in told if not _STILL.search(step)]


_ACT_AFTER_CLICK = re.compile(
    r"^(?:Click|Select|Choose|Tap)\b[^,]{3,60}, "
    r"((?:add|remove|change|clear|enable|disable|delete|replace) .+)$"
)


_FOUND_FIRST = re.compile(
    r"\b(?:find|locate|select|click|right-click|open|identify|look for|download) "
    r"(?P<what>(?:the|your|any) [^,]{3,90}?),? and (?:then )?(?P<verb>[a-z-]+) (?:it|them)\b",
    re.IGNORECASE,
)


def _found_first(match: re.Match[str]) -> str:
    """ "Find the rule, and then delete it": "Delete the rule"."""
    verb = match["verb"]
    what = _FOUND_BEFORE.sub("", match["what"])
    return f"{verb} {what}" if is_verb(verb) and verb not in CLICKS else match[0]


_FOUND_BEFORE = re.compile(
    r" (?:that|which) you [^,.]{2,40} in (?:step \d{1,2}\w?|the (?:previous|preceding) step)$"
)


_LEANS = re.compile(
    r"if (?:it|they|this|that|not|so|there)\b|if [^,]{4,80}, you can\b|(?:try|retry)\b.{0,80}\bagain\.?$",
    re.IGNORECASE,
)
"""For a case that only the sentence before tells, left to the reader, or the test of the steps before."""


def step_titles(items: Sequence[str]) -> Iterable[str]:
    """What each act within the steps is called, in order."""
    for item in items:
        code = "\n".join(fenced[3:-3].partition("\n")[2] for fenced in _FENCED.findall(item))
        line = _FOUND_FIRST.sub(_found_first, item.split("\n", 1)[0])
        for part in (with_antecedent(part) for part in _THEN.split(line) if not _LEANS.match(part)):
            for act in (part, *_ACT_AFTER_CLICK.findall(part)):
                order = order_of(act)
                if order is not None and order.text:
                    title = told(_with_place(naming(order.text, order.purpose), act))
                    yield with_command(title, code) if code else title


_PLACED = re.compile(
    r"^(?P<place>(?:in|on|under|from) (?:the )?[^,]{3,60}), (?=(?:please )?(?:click|select|choose|clear|check"
    r"|type|enter|press|tap|turn)\b)",
    re.IGNORECASE,
)


def _with_place(order: str, sentence: str) -> str:
    """ "On the Trays page, select Enable" says where: "Select Enable on the Trays page"."""
    match = _PLACED.match(plain_words(sentence).strip())
    if match is None or first_word(order) not in CLICKS or len(order) > 70:
        return order
    place = match["place"]
    return f"{order} {place[:1].lower()}{place[1:]}"
