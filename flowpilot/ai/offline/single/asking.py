"""A complaint as the question that confirms it, and as what is true once it is gone.

Both turn on the same grammar: a sentence ("Outlook hangs at start") has a finite verb that can be asked for
and denied; a noun phrase ("Delay when Outlook starts") is something that one sees, or no longer does.
"""

import re
from dataclasses import dataclass

from flowpilot.ai.offline.text.clauses import lower_first
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.verbs import base_of_gerund, is_verb, third_person

_BE = r"is|are|was|were|isn't|aren't|wasn't|weren't"
_MODAL = r"can|can't|cannot|could|couldn't|will|won't|may|might|must|should"
_HELPERS = r"has|have|hasn't|haven't|does|doesn't|do|don't|did|didn't"
_VERBS = """
fail break crash hang freeze stop prompt cause remain appear disappear show display open close take lose
contain return revert impair block reach indicate deploy consume move receive keep get become miss shut
slow go continue start restart sync work offer write jump drop disconnect reject bounce request
ask run create report deny exceed loop change print come need use see occur experience consider shut remember
hide require prevent turn ignore point refer match differ conflict ring beep flicker reboot overheat jam time
map pass install trigger hold decrease
shutdown
"""
FINITE_WORDS = frozenset(_VERBS.split()) | frozenset(third_person(verb) for verb in _VERBS.split())
_AMBIGUOUS_WORDS = "changes reports prompts requests drops loops points maps times triggers"
_AMBIGUOUS = frozenset(_AMBIGUOUS_WORDS.split())
"""As often nouns ("password changes"): verbs only after a name."""
_ADVERB = re.compile(r"(?:still|also|always|never|often|then|\w+ly)$", re.IGNORECASE)
FINITE = re.compile(rf"(?:{_BE}|{_MODAL}|{_HELPERS})$", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"(?:when|if|while|after|before|because|that|who|which|whose|where|since|unless|until)$", re.IGNORECASE
)
STATE = re.compile(
    r"^(?!(?:[Pp]roblems?|[Ii]ssues?|[Tt]rouble|[Dd]ifficult(?:y|ies)) )(?P<subject>(?:(?!\b(?:is|are"
    r"|was|were|isn't|aren't|that|who|which)\b)[^,;:]){3,90}?) "
    r"(?P<state>(?:not )?(?:missing|lost|locked|empty|unavailable|disabled|blocked|shown"
    r"|hidden|grayed out|incorrect|wrong|slow|offline|stuck|responding|updated|increased|emptied|retained"
    r"|saved"
    r"|synced|synchronized|delivered|available|working|displayed|found|recognized|detected|loading|printing"
    r"|connecting|opening|syncing|starting|deleted|removed))\b(?P<rest>.*)$"
)
SINGLE = re.compile(
    r"^(?:(?:[\w-]+ ){0,3}?)(?:error|delay|issue|problem|message|prompt|warning|failure|crash|state|report"
    r"|notification|screen|certificate|loop|outage|bug|conflict|limit|timeout|time-out|mismatch|key)"
    r"(?= (?:when|if|in|on|of|after|for|with|that|while|during|at|from|about|occurs)\b| ['\"]|$)",
    re.IGNORECASE,
)
_HAS_ARTICLE = re.compile(r"^(?:the|a|an|no|your|some|any|this|these|several|multiple)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """A sentence taken apart at its finite verb."""

    subject: str
    verb: str
    rest: str


def clause_of(statement: str) -> Clause | None:
    """The statement at its finite verb, None for a noun phrase; a relative clause keeps its own verb."""
    words = _expanded(statement).split(" ")
    at = _verb_at(words)
    return Clause(" ".join(words[:at]), words[at], " ".join(words[at + 1 :])) if at else None


def _verb_at(words: list[str]) -> int:
    """Index of the finite verb of the main clause; 0 when there is none."""
    bare = [word.lower().replace("’", "'").strip("\"'`,") for word in words]
    relative, found = 0, list[int]()
    for i in range(1, min(len(words), _FARTHEST)):
        if bare[i] in ("that", "who", "which") and not found:
            relative = i
        elif _BOUNDARY.match(bare[i]) and not relative:
            break
        elif _is_finite(words[: i + 1], bare[i : i + 2]):
            found.append(i)
    if not relative:
        return found[0] if found else 0
    if len(found) > 1:
        return found[1]
    return found[0] if found and found[0] - relative > _NEXT_TO else 0


_NEXT_TO = 2
"""Words within which a verb after "that" still belongs to the relative clause."""
_FARTHEST = 18
"""Words in which the finite verb of a complaint is looked for."""


def _expanded(statement: str) -> str:
    statement = re.sub(r"^(You|They|We)['’]re ", r"\1 are ", statement)
    return re.sub(r"^(There|It|That)['’]s ", r"\1 is ", statement)


def _is_finite(words: list[str], bare: list[str]) -> bool:
    if FINITE.match(bare[0]):
        return True
    if bare[0] not in FINITE_WORDS or (len(bare) > 1 and FINITE.match(bare[1])):
        return False
    before = words[:-1]
    while len(before) > 1 and _ADVERB.match(before[-1]):
        before = before[:-1]
    if before[-1].lower().endswith(("'s", "’s", "s'")):
        return False
    several = is_plural(" ".join(before)) or "and" in before
    if (
        not bare[0].endswith("s")
        and len(before) > _NEXT_TO
        and before[-1].endswith("s")
        and before[-1][:1].islower()
    ):
        return is_plural(before[-1])
    if bare[0] in _AMBIGUOUS:
        return not several and not before[-1][:1].islower()
    return several != bare[0].endswith("s") or bare[0].endswith("ss")


_TROUBLE = re.compile(
    r"\b(?:errors?|denied|when|if|fails?|failed|lost|slow|is|are|issues?|problems?|crash\w*|blank)\b",
    re.IGNORECASE,
)


_RELATIVE = re.compile(r" (?:that|who|which) .*\b(?:is|are|isn't|aren't|can't)\b")


def task_of(statement: str, *, task: bool) -> str:
    """What somebody wants to get done, as an order; empty when the statement is a complaint."""
    first, _, rest = statement.partition(" ")
    base = base_of_gerund(first)
    wanted = f"{base.capitalize()} {rest}" if base else statement
    if not task and (clause_of(statement) is not None or _TROUBLE.search(statement)):
        return ""
    order = order_of(wanted) if is_verb(base or first) else None
    return wanted if order is not None and order.text and not order.generic else ""


def asked(statement: str) -> str:
    """The complaint as a question; "yes" always means that it is so."""
    tentative = settled(statement)
    clause = clause_of(tentative)
    unable = UNABLE.match(statement)
    if unable is not None and re.search(r"\berrors?\b", statement) is None:
        return f"Are you unable to {first_of_two(statement[unable.end() :])}?"
    if clause is not None or re.search(
        r"^(?:(?! when | if | after ).)* (?:that|who|which) .*\b(?:is|are|isn't|aren't|can't|show)\b",
        tentative,
    ):
        return f"Do you find that {_named(tentative)}?"
    state = STATE.match(statement)
    if state is not None and not SINGLE.match(state["subject"]) and " when" not in state["subject"]:
        be = "are" if is_plural(state["subject"]) else "is"
        if state["state"].startswith("not "):
            return f"Do you find that {_named(state['subject'])} {be} {state['state']}{state['rest']}?"
        return f"{be.capitalize()} {_named(state['subject'])} {state['state']}{state['rest']}?"
    if re.match(r"(?:an? )?errors?\b(?! message)", statement, re.IGNORECASE):
        return f"Do you get {_with_article(statement)}?"
    return f"Are you seeing {_with_article(statement)}?"


def first_of_two(rest: str) -> str:
    """Without the second of two complaints: only the first can be denied together with its verb."""
    for match in re.finditer(r"(?:^|,? )(?:and|or|but) (?P<second>.+)$", rest):
        first = match["second"].split(" ", 1)[0].lower().replace("’", "'")
        acts = first in FINITE_WORDS and (first.endswith("s") or first == "keep")
        noun = _NAMED_ERROR.match(match["second"])
        again = first.endswith("s") and first[:-1] in rest[: match.start()].split()
        if FINITE.match(first) or acts or noun or again or clause_of(match["second"]) is not None:
            return rest[: match.start()]
    return rest


_NAMED_ERROR = re.compile(r"(?:[\w-]+ ){0,3}errors?\b(?! messages? (?:is|are))", re.IGNORECASE)


def _named(text: str) -> str:
    """Begun in lower case, with an article before a single thing: "the printer on the second floor"."""
    shown = lower_first(text)
    clause = clause_of(text)
    subject = clause.subject if clause is not None else text
    bare = _HAS_ARTICLE.match(shown) or re.match(r"(?:you|it|we|they|there|all|each|only)\b|\S+ing\b", shown)
    if bare or not shown[:1].islower() or is_plural(subject) or re.search(r" (?:and|or) |/|'s? ", subject):
        return shown
    return f"the {shown}"


UNABLE = re.compile(
    r"^(?:can't|cannot|can not|could not|couldn't|unable to|fail(?:s|ed|ing)? to|not able to) ", re.IGNORECASE
)


def settled(statement: str) -> str:
    """ "may not appear" as what is observed: "does not appear"."""
    match = re.match(r"(?P<subject>.+?) (?:may|might) (?P<rest>(?P<no>not )?(?P<verb>\w+).*)$", statement)
    if match is None:
        return statement
    plural = is_plural(match["subject"])
    if match["verb"] == "shutdown":
        return f"{match['subject']} {'shut' if plural else 'shuts'} down{match['rest'][len('shutdown') :]}"
    after = match["rest"][len(match["no"] or "") + len(match["verb"]) :]
    if match["verb"] == "be":
        return f"{match['subject']} {'are' if plural else 'is'} {match['no'] or ''}{after.strip()}"
    if match["no"]:
        return f"{match['subject']} {'do' if plural else 'does'} not {match['verb']}{after}"
    return f"{match['subject']} {match['verb'] if plural else third_person(match['verb'])}{after}"


def _with_article(phrase: str) -> str:
    if _HAS_ARTICLE.match(phrase) or not SINGLE.match(phrase) or base_of_gerund(phrase.split(" ", 1)[0]):
        return lower_first(phrase)
    shown = lower_first(phrase)
    return f"{'an' if re.match(r'[aeiouAEIO]|[FHLMNRSX][A-Z]', shown) else 'a'} {shown}"


def is_plural(subject: str) -> bool:
    low = re.sub(r" \([^()]*\)", "", subject.lower())
    head = re.split(r" (?:of|in|on|for|from|with|to|that|between|at|by|who|which) ", low)[0].split(" ")[-1]
    return (
        low.endswith(" users")
        or low in ("you", "they", "we")
        or (
            head.endswith("s")
            and not head.endswith(("ss", "us", "is", "365", "sharepoints", "teams", "windows", "access"))
        )
    )
