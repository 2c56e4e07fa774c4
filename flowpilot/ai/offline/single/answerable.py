"""Whether the question for the cause can be answered; where it can't, the cause is told with the fix."""

import re
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.cause_text import CONDITIONS_BELOW, from_reason, reasons_in_brief
from flowpilot.ai.offline.single.cause_ways import WHICH_CAUSE, by_cause
from flowpilot.ai.offline.single.causes import ONE_OF_THEM, Causes
from flowpilot.ai.offline.single.plan import (
    Action,
    Alternatives,
    Choice,
    Plan,
    Span,
    actions_of,
    with_context,
)
from flowpilot.ai.offline.text.clauses import yes_no
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_INSIDE = re.compile(
    r"\b(?:attributes?|propert(?:y|ies)|parameters?|flags?|guids?|class|schema|stamped|registry|subkeys?|heap"
    r"|bindings?|corrupt\w*|malformed|damaged|incorrect\w*|correctly|successfully|misconfigured|cached|imported"
    r"|overwritten|cleared|escaped|objects?|tokens?|wrong(?:ly)?|process|metadata|prevents?"
    r"|protocol|know how|tries to)\b"
    r"|\b[A-Z][a-z]+[A-Z][a-z]+[A-Z]\w*|\b[a-z]+[A-Z]\w+|\b[A-Z]+_[A-Z_]+\b",
)
"""States that nobody sees without being told where to look."""
_UNASKABLE = re.compile(
    r"^(?:Must|Should|Could|Do you (?:try|send|select|upgrade|create|want)|Are failed)\b"
    r"|\band (?:you|it|they|the|this|[A-Z][\w ]+ (?:is|are))\b"
    r"|\b(?:because|before|during|while|no longer|when|so that|that makes|than there|yet|unsuccessful)\b"
    r"|\b(?:periodically|regularly|frequently|occasionally)\b|^(?:Is|Are|Has|Have) .{4,60} updated\?$"
    r"|\b(?:created|updated) (?:or|by)\b|, [^,]+, [^,]+, |.{111}",
)
"""More than one statement, an explanation, or what is done in the very moment: not a state to look up."""
_OF_DEGREE = re.compile(
    r"\btoo (?:fast|slow|high|low|large|small|long|short|many|few|big|much|old)\b(?!.*\d)"
    r"|\b(?:required|necessary|sufficient|appropriate|correct|proper|enough) (?:\w+ )?(?:permissions?|rights"
    r"|privileges|settings?|roles?)\b"
    r"|\b(?:than|exceeds?|reached) (?:the|a|its) (?:set |maximum |allowed |configured )?"
    r"(?:limits?|thresholds?)\b"
    r"|\bcaches?\b|\bprinter drivers?\b|\bcounters\b|\bavailable for your (?:organization|tenant)\b",
    re.IGNORECASE,
)
"""A measure without a figure, a right without a name, or what a product keeps for itself: no client knows."""
_REMEDY = re.compile(
    r"\b(?:must|has to|have to|needs? to|should) be (?:removed|cleared|deleted|changed|increased|set)\b"
    r"|\byou (?:may|might) (?:have|need) to\b",
    re.IGNORECASE,
)
"""Says what is done about it, not how one looks."""
_LOOKS = re.compile(
    r"\b(?:check|verify|determine|confirm|examine|look|locate|view|see|find|review|make sure|whether)\b",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r":$|^[^.]*\b(?:following|these|several) (?:\w+ )?(?:causes|reasons|conditions|factors)"
    r"(?: (?:is|are) (?:true|met))?\.$"
)
"""Announces causes: alone it says nothing."""
_COUNTED = re.compile(r"(?:\*\*)?(?:cause|reason) \d", re.IGNORECASE)
_COUNTS = re.compile(r"(?<!\*\*)(?<!^)\b(?:cause|issue|symptom|scenario) \d\b", re.IGNORECASE)
"""Speaks of numbers that only the source has."""
_SHARED = 2
"""Words of the question that a step has to name, so that it shows where to look."""
_LONGEST_CAUSE = 600
_LONGEST_LIST = 1000

Told = tuple[str, Span]


def by_cause_or_told(
    plan: Plan | None, asked: Choice | None, causes: Causes, described: Many[str] = ()
) -> tuple[Plan | None, Choice | None]:
    """One way for each cause; else the question that can be answered; else the cause told with the fix.

    `described`: the sentences of the problem text; who confirmed the problem has answered them.
    """
    if plan is None:
        return None, asked
    apart = by_cause(plan, causes.apart)
    if apart is not None:
        return apart, None if asked is not None and asked.question.startswith(ONE_OF_THEM) else asked
    question = _answerable(asked, plan)
    if question is not None and _confirmed(question, described):
        question = None
    return (plan if question else with_cause(plan, _of_all(plan, causes))), question


def _of_all(plan: Plan, causes: Causes) -> list[Told]:
    """What may stand above the plan: a choice names its causes itself, and one of them is not that of all."""
    first = plan.parts[0] if isinstance(plan, Alternatives) else plan
    if not isinstance(first, Choice):
        return causes.statements
    if first.question == WHICH_CAUSE:
        return []
    own = [span for _, span in causes.numbered.values()] if len(causes.numbered) > 1 else []
    return [
        (text, span)
        for text, span in causes.statements
        if not any(one.start <= span.start and span.end <= one.end for one in own)
        and not _COUNTS.search(text)
    ]


def _answerable(question: Choice | None, plan: Plan) -> Choice | None:
    """The question, with where to look when a step of the plan shows it; None when nobody could answer it."""
    if question is None or len(question.routes) < 2 or question.question.startswith(ONE_OF_THEM):
        return None
    if _UNASKABLE.search(question.question) and not _says_how(question.body):
        return None
    if _OF_DEGREE.search(question.question) and not _says_how(question.body):
        return None
    listed = [line[2:] for line in question.body.split("\n") if line.startswith("- ")]
    inside = any(map(_INSIDE.search, [question.question, *listed]))
    if _says_how(question.body):
        return _as_seen(question) if inside else question
    look = _look_in(plan, question.question)
    body = "\n\n".join(part for part in (question.body, look) if part)
    return replace(question, body=body) if look else None if inside else question


_INDICATES = re.compile(
    r"\bIf (?P<clause>[^.\n]{8,110}?), (?:this|it|that) (?:indicates|means|confirms)\b", re.IGNORECASE
)


def _as_seen(question: Choice) -> Choice:
    """ "If the lamp is red, this indicates …": what is seen is asked for, not what it indicates."""
    match = _INDICATES.search(plain_words(question.body))
    clause = re.sub(r" or if (?:it|they)(?:['’]s| is| are) ", " or ", match["clause"]) if match else ""
    asked = yes_no(clause) if clause else None
    so = asked is not None and asked.yes_means_so and question.routes[0].label == "Yes"
    return replace(question, question=asked.title) if asked is not None and so else question


_CONFIRMED = 0.8
"""Share of the words of a question that one sentence of the problem text has, when it says the same."""

_FEWEST = 4


def _confirmed(question: Choice, described: Many[str]) -> bool:
    """Whether the problem text says already what the question asks for."""
    wanted = set(terms(question.question))
    return len(wanted) >= _FEWEST and any(
        len(wanted & set(terms(text))) >= _CONFIRMED * len(wanted) for text in described
    )


def with_cause(plan: Plan, statements: Many[Told]) -> Plan:
    """The plan with the cause in front of what is done first."""
    parts: list[str] = []
    for text, _ in from_reason(statements):
        listed = bool(parts and _LEADS.search(parts[-1]))
        text = reasons_in_brief(text) if listed else text
        goes_on = (
            listed
            or CONDITIONS_BELOW.search(text)
            or _COUNTED.match(text)
            or (parts and _joins(parts[-1], text))
        )
        most = _LONGEST_LIST if listed else _LONGEST_CAUSE
        if sum(map(len, parts)) + len(text) > most or (parts and not goes_on):
            break
        if text.startswith("1. "):  # how it comes about: among the steps it would be read as one of them
            break
        parts.append(text)
    while parts and _LEADS.search(parts[-1]):
        parts.pop()
    if not parts or (len(parts) == 1 and "\n" in parts[0]):
        return plan
    return with_context(
        plan, Action("", Span(0, 0), context=("\n\n".join([f"**Cause:** {parts[0]}", *parts[1:]]),))
    )


_EXACT = re.compile(r"`[^`\n]+`\.?$|`{3}")
_JOINT = re.compile(r"(?:-?or-?|and)$", re.IGNORECASE)


def _joins(before: str, text: str) -> bool:
    """Whether one key or value stands below another, or an "or" between two."""
    return bool((_EXACT.match(before) and (_EXACT.match(text) or _JOINT.match(text))) or _JOINT.match(before))


def _says_how(body: str) -> bool:
    if "```" in body:
        return True
    told = [s.text for line in body.split("\n") for s in sentences(plain_words(line))]
    orders = [order for text in told if not _REMEDY.search(text) and (order := order_of(text)) is not None]
    return any(order.text for order in orders)


def _look_in(plan: Plan, question: str) -> str:
    """The step or note that looks at what the question asks for, with the command that shows it."""
    wanted = set(terms(question))
    actions = actions_of(plan)[:1]
    told = [text for a in actions for text in (*a.items, *a.warnings, *a.context, *a.after)]
    for text in (part for whole in told for part in _NOTE.split(whole)):
        shows = "```" in text or (text.startswith("> ") and _SHOWS.search(text))
        if shows and _LOOKS.search(text.split("\n", 1)[0]) and len(wanted & set(terms(text))) >= _SHARED:
            return text
    return ""


_NOTE = re.compile(r"\n\n(?=> \*\*)")
_SHOWS = re.compile(r"^> `[^`]+`$", re.MULTILINE)
"""A command on a line of its own in a note."""
