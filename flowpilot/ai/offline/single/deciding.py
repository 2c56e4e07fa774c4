"""A step under a condition which the steps before it find out: the condition becomes a question.

"1. Run Get-X. 2. Look at A. 3. If A is empty, set it." is a look and a fix: "Is A empty?", with the first two
steps as the way to find out, and the rest as what to do then.
"""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Route, Span
from flowpilot.ai.offline.single.render import numbered
from flowpilot.ai.offline.single.titles import CHANGING, MEANINGFUL, first_word, main_step, told, worth
from flowpilot.ai.offline.text.clauses import YesNo, yes_no
from flowpilot.ai.offline.text.code import command_risk, shell_of
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.offline.text.verbs import READ, risk_of
from flowpilot.core.terms import terms

UNDECIDED = re.compile(
    r"\b(?:prompted|you (?:want|prefer|need|have to|must|choose|use|are using|don't)|necessary|needed"
    r"|required|possible|appears?|asked|successful\w*|finished|complete)\b|^(?:it|they|this|that|these|those|so)\b",
    re.IGNORECASE,
)
"""Conditions that no look before them decides."""
LOOKS = re.compile(
    r"\b(?:check|verify|determine|confirm|examine|look|locate|view|see|find|review|notice|note|whether|identify"
    r"|compare)\b|\bGet-\w+",
    re.IGNORECASE,
)
_BY_NUMBER = re.compile(r" (?:in|from|of) step \d+\w?\b")
_PRONOUN = re.compile(r"\b(?P<pronoun>them|it)\b")
_FENCE = re.compile(r"```(?P<language>\w*)\n(?P<code>.*?)```", re.DOTALL)


def decided(action: Action) -> Plan:
    """The action, or the question that its steps decide with what is done after it."""
    found = [(at, asked) for at, step in enumerate(action.items) if (asked := _asked(step)) is not None]
    if len(found) != 1 or action.command is not None or action.part:
        return action
    (at, asked), *_ = found
    look, fix = action.items[:at], action.items[at:]
    if at < 1 or not only_looks(look) or not _finds_out(look, asked) or not _changes(fix):
        return action
    return _split(action, at, asked)


def _asked(step: str) -> YesNo | None:
    """The condition of a step as a question, when a look can decide it."""
    first = sentences(plain_words(step.split("\n", 1)[0]))
    condition = condition_of(first[0].text) if first else None
    condition = (_BY_NUMBER.sub("", condition[0]), condition[1]) if condition is not None else None
    if condition is None or UNDECIDED.search(condition[0]) or order_of(condition[1]) is None:
        return None
    return yes_no(condition[0])


def only_looks(steps: tuple[str, ...]) -> bool:
    """Whether nothing is changed by these steps."""
    said = all(risk_of(plain_words(step.split("\n", 1)[0])) == "read" for step in steps)
    return said and not any(map(_runs_a_change, steps))


def _runs_a_change(step: str) -> bool:
    codes = [(found["code"], shell_of(found["code"], found["language"])) for found in _FENCE.finditer(step)]
    return any(shell is not None and command_risk(code, shell) != "read" for code, shell in codes)


def _finds_out(steps: tuple[str, ...], asked: YesNo) -> bool:
    """Whether a step looks at what the question is about, or the last of them shows something."""
    wanted = set(terms(asked.title))
    shows = any(shell_of(found["code"], found["language"]) for found in _FENCE.finditer(steps[-1]))
    return shows or any(LOOKS.search(step) and wanted & set(terms(step)) for step in steps)


def _changes(steps: tuple[str, ...]) -> bool:
    return worth(main_step(steps)) >= CHANGING or any(map(_runs_a_change, steps))


def _split(action: Action, at: int, asked: YesNo) -> Choice:
    look, fix = action.items[:at], action.items[at:]
    spans = action.item_spans if len(action.item_spans) == len(action.items) else ()
    decides = Span(spans[0].start, spans[at - 1].end) if spans else action.span
    done = replace(
        action,
        title=_title(action, fix, asked),
        span=Span(spans[at].start, max(spans[-1].end, action.span.end)) if spans else action.span,
        context=(),
        items=fix,
        item_spans=spans[at:],
        first_item=action.first_item + at,
    )
    how = numbered(look, action.first_item)
    body = "\n\n".join(part for part in (*action.context, how) if part)
    so, otherwise = Route("Yes", done, done.span), Route("No", None, decides)
    if not asked.yes_means_so:
        so, otherwise = Route("Yes", None, decides), Route("No", done, done.span)
    return Choice(asked.title, body, (so, otherwise), decides, otherwise="Can't tell")


def _title(action: Action, fix: tuple[str, ...], asked: YesNo) -> str:
    """What the fix is called: the action's own title where that names a change, else the fix's main step."""
    own = action.title
    if first_word(own) not in READ and worth(own) >= CHANGING and not _PRONOUN.search(own):
        return own
    titles = [_PRONOUN.sub(referent(asked), _ordered(fix[0]), count=1), main_step(fix[:1]), main_step(fix)]
    return next((title for title in titles if worth(title) >= MEANINGFUL), own)


def _ordered(step: str) -> str:
    """What a conditional step orders, as a title."""
    first = sentences(plain_words(step.split("\n", 1)[0]))
    condition = condition_of(first[0].text) if first else None
    order = order_of(condition[1]) if condition is not None else None
    return told(order.text) if order is not None else ""


_SUBJECT = re.compile(
    r"^(?:Is|Are|Was|Were|Does|Do|Has|Have|Can) (?P<subject>(?:the |any |a |an )?[^,]{3,60}?) "
    r"(?:listed|returned|missing|set|shown|displayed|selected|enabled|disabled|present|available|empty|running)\b"
)
_SEEN = re.compile(r"^Do you (?:see|find|get) (?:any |an? )?(?P<object>[^,]{3,60})\?$")


def referent(asked: YesNo) -> str:
    """What "them" means in "If the names aren't returned, add them"."""
    match = _SEEN.match(asked.title)
    if match is not None:
        return match["object"]
    subject = _SUBJECT.match(asked.title)
    return subject["subject"] if subject is not None else "it"
