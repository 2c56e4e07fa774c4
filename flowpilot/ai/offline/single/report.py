"""Plain prose that reports work ("Cleared the cache and restarted Outlook. If it stays, …") as a plan.

Engineers write a resolution as two to five sentences without headings: what they found, what they did, what
came of it, and what to do otherwise. Each sentence is one of these; what was done becomes an order.
"""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace

from flowpilot.ai.offline.single.parts import split
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Reading,
    Route,
    Span,
    alternatives,
    sequence,
)
from flowpilot.ai.offline.single.render import inline
from flowpilot.ai.offline.single.titles import main_step
from flowpilot.ai.offline.text.clauses import yes_no
from flowpilot.ai.offline.text.cues import is_fallback, is_support
from flowpilot.ai.offline.text.debris import is_debris_sentence, plain_words
from flowpilot.ai.offline.text.model import Document, Paragraph
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.reported import reported
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.offline.text.verbs import risk_of

_OUTCOME = re.compile(
    r"^(?:the )?(?:user|users|client|customer|she|he|they|all|everyone|everything|issue|problem|it|this)\b"
    r"(?! (?:must|should|has to|needs? to|can)\b).*"
    r"|^(?:confirmed|verified|tested)\b.{0,40}\b(?:work\w*|ok|fine|resolved|user|client)\b.*"
    r"|.*\b(?:(?:has|have|did|does) not (?:come|came|happen\w*|return\w*|reoccur\w*)|work(?:s|ing|ed)"
    r" (?:again|now|fine|as expected)|confirmed (?:by|with|working)"
    r"|(?:was|were|is|are) (?:stable|back|fine|resolved|ok|happy)"
    r"|no further|appeared after|all good|seems? (?:ok|fine)|issue resolved|closing)\b.*",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"^(?:in (?:the )?future|going forward|next time|for next time|if (?:this|it) (?:happens|occurs|comes)"
    r" (?:up )?again|please note|note)\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"^(?:(?:i|we|tech|engineer) )?(?:(?:checked|reviewed|looked at|went through) [^,.]{3,60}(?:,| and) )?"
    r"(?:(?:found|saw|noticed|discovered|identified|determined|confirmed|established)(?: out)? that"
    r"|(?:it )?turn(?:s|ed) out(?: that)?)\s+(?P<what>.{8,200})$",
    re.IGNORECASE,
)
_IF = re.compile(r"^if (?P<condition>[^,]{4,120}), (?:then )?(?P<then>.{6,})$", re.IGNORECASE | re.DOTALL)
_IF_NOT = re.compile(r"^(?:if not|otherwise|if that is not the case),? (?P<then>.{6,})$", re.IGNORECASE)
_STAYS = re.compile(
    r"\b(?:stays?|still|persists?|remains?|continues?|doesn't|does not|didn't|did not|not help|fails?"
    r"|comes back)\b",
    re.IGNORECASE,
)
_PAST_STATE = ((r"\bhad been\b", "has been"), (r"\bhad\b", "has"), (r"\bwas\b", "is"), (r"\bwere\b", "are"))
_PERSONS = (
    (r"\b(ask|tell|have|help|guide) (?:him|her|them)\b(?= to\b)", r"\1 the user"),
    (r"^(add|remove|give|move|assign|log|sign) (?:him|her|them)\b", r"\1 the user"),
    (r"\b(?:his|her) (?=[a-z])", "the user's "),
)
_CMDLET = re.compile(r"(?::| with| run| ran) (?P<command>[A-Z][a-z]+-[A-Z]\w+(?: -?\S+)+?)\.?$")
_INLINE_COMMAND = re.compile(
    r"\b(?:manage-bde|netsh|ipconfig|sfc|dism|gpupdate|chkdsk|nslookup|certutil|wsreset|slmgr|msiexec|regsvr32)"
    r"(?: (?:[-/][\w:]+|[A-Z]:|[a-z]+(?= (?:[-/]|reset|set|show))|reset|set|show))+",
    re.IGNORECASE,
)


@dataclass
class _Told:
    done: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    background: list[str] = field(default_factory=list)
    handover: list[str] = field(default_factory=list)
    instead: list[Plan] = field(default_factory=list)
    """What to try when it did not help."""
    before: list[tuple[str, str]] = field(default_factory=list)
    """(condition, order) that decides before anything is done."""
    otherwise: str = ""


def report_reading(document: Document) -> Reading | None:
    """The report as a plan; None when the text is not prose, or reports no work."""
    sections = document.sections
    if len(sections) != 1 or sections[0].heading.kind not in ("text", "resolution"):
        return None
    blocks = [block for block in sections[0].blocks if isinstance(block, Paragraph)]
    if not blocks or len(blocks) != len(sections[0].blocks) or sections[0].children:
        return None
    texts = [s.text for block in blocks for s in sentences(block.text) if not is_debris_sentence(s.text)]
    telling = any(reported(text) or _IF_NOT.match(plain_words(text)) for text in texts)
    if not telling or len(texts) > _MOST_SENTENCES:
        return None
    span = Span(blocks[0].start, blocks[-1].end)
    told = _Told()
    for text in texts:
        _take(text, told, span)
    plan = _plan(told, span)
    if plan is None:
        return None
    return Reading(
        plan,
        tuple((inline(text), span) for text in told.causes),
        _cause_question(told.causes, span),
        tuple((inline(text), span) for text in told.background),
        tuple(told.handover),
    )


_MOST_SENTENCES = 25


def _take(text: str, told: _Told, span: Span) -> None:
    plain = plain_words(text)
    condition, negated = _IF.match(plain), _IF_NOT.match(plain)
    if is_support(text):
        told.handover.append(inline(text))
    elif _ADVICE.match(plain):
        told.background.append(text)
    elif negated is not None and told.before:
        told.otherwise = negated["then"]
    elif condition is not None and order_of(condition["then"]) is not None:
        if is_fallback(text) or _STAYS.search(condition["condition"]):
            told.instead.append(_action([condition["then"]], span))
        else:
            told.before.append((condition["condition"], condition["then"]))
    elif _OUTCOME.match(plain) and not reported(plain):
        told.background.append(text)
    else:
        _take_work(text, told)


def _take_work(text: str, told: _Told) -> None:
    found = _FOUND.match(plain_words(text))
    order = order_of(text)
    if found is not None:
        told.causes.append(found["what"][:1].upper() + found["what"][1:])
    elif reported(text) or (order is not None and order.text):
        told.done.append(text)
    elif not told.done:
        told.causes.append(text)
    else:
        told.background.append(text)


_TIME = re.compile(
    r" (?:(?:on|since|last|this|over) )*(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"| (?:since |last |this )+(?:week|night|month|morning|weekend)\b|^(?:yesterday|today|earlier),? ",
    re.IGNORECASE,
)


def _cause_question(causes: Many[str], span: Span) -> Choice | None:
    """Asks, in the present, for the first finding that can be asked for."""
    for cause in causes:
        text = _TIME.sub("", plain_words(cause))
        for pattern, now in (*_PAST_STATE, *_PERSONS):
            text = re.sub(pattern, now, text, flags=re.IGNORECASE)
        asked = yes_no(re.split(r", so |; | which ", text)[0])
        if asked is None or asked.title.startswith(("Does the error", "Do you")):
            continue
        yes, no = Route("Yes", None, span), Route("No", None, span)
        routes = (yes, no) if asked.yes_means_so else (no, yes)
        return Choice(_with_name(asked.title, text), "", routes, span, unsure="Can't tell")
    return None


def _with_name(question: str, statement: str) -> str:
    """The first word as written, where no article stands before it: it is a name."""
    name = re.match(r"(?P<name>[A-Z][a-z]+) (?:is|has|are|have)\b", statement)
    if name is None or statement.startswith(("The ", "A ", "An ")):
        return question
    return question.replace(f" {name['name'].lower()} ", f" {name['name']} ", 1)


def _plan(told: _Told, span: Span) -> Plan | None:
    main: Plan | None = _action(told.done, span) if told.done else None
    for condition, then in reversed(told.before):
        other = _action([told.otherwise], span) if told.otherwise else None
        main = _decided(condition, _action([then], span), other, main, span)
    plans = [main, *told.instead] if main is not None else told.instead
    return alternatives([plan for plan in plans if plan is not None])


def _decided(condition: str, then: Plan, other: Plan | None, rest: Plan | None, span: Span) -> Plan:
    """The condition as a question; `rest` follows both ways where both are told, else is the way of No."""
    asked = yes_no(condition)
    title = asked.title if asked is not None else f"Is it so that {condition}?"
    routes = (Route("Yes", then, span), Route("No", other or rest, span))
    if asked is not None and not asked.yes_means_so:
        routes = (Route("No", then, span), Route("Yes", other or rest, span))
    choice = Choice(title, "", routes, span)
    return (sequence([choice, rest]) or choice) if other is not None and rest is not None else choice


def _action(done: Many[str], span: Span) -> Plan:
    orders = [_ordered(text) for text in done]
    title = main_step(orders) or title_of(orders[0])
    items = tuple(_with_command(order) for order in orders)
    risk = max((risk_of(order) for order in orders), key=["read", "change", "destructive"].index)
    if len(items) == 1:
        return Action(title, span, context=items, risk=risk)
    action = Action(title, span, items=items, risk=risk)
    return sequence(list(split(replace(action, items=items)))) or action


def _ordered(text: str) -> str:
    """ "Cleared the cache and restarted Outlook." as "Clear the cache and restart Outlook."."""
    order = order_of(text)
    wanted = reported(text) or (order.text if order is not None and order.text else text)
    for pattern, named in _PERSONS:
        wanted = re.sub(pattern, named, wanted, flags=re.IGNORECASE)
    drive = ":" if re.search(r"\b[A-Z]:\.?$", text) and not wanted.endswith(":") else ""
    return wanted[:1].upper() + wanted[1:].rstrip(". ") + drive + "."


def _with_command(order: str) -> str:
    match = _CMDLET.search(order)
    if match is not None:
        return f"{inline(order[: match.start()])}:\n\n```powershell\n{match['command'].rstrip('.')}\n```"
    marked = _INLINE_COMMAND.sub(lambda found: f"`{found.group(0)}`", order)
    return inline(marked)
