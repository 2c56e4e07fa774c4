"""What is true when the complaint is gone: the title of the resolution."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.asking import (
    FINITE,
    FINITE_WORDS,
    SINGLE,
    STATE,
    UNABLE,
    Clause,
    clause_of,
    first_of_two,
    is_plural,
    settled,
    task_of,
)
from flowpilot.ai.offline.single.confirming import RARELY, without_remark
from flowpilot.ai.offline.single.error import QUOTED, codes_in, evened, same_error
from flowpilot.ai.offline.single.telling import short_error
from flowpilot.ai.offline.text.clauses import lower_first
from flowpilot.ai.offline.text.sentences import first_words
from flowpilot.ai.offline.text.verbs import gerund, is_verb, third_person

_CONDITION = re.compile(
    r",? (?:if|because(?: of)?|when|unless|(?:after|since)(?= (?:you|users?|an?|the|it|\w+ing)\b)|due to"
    r"|while|even (?:if|though)|until|despite) .*$|,? trying to .*$"
)
_NO_MESSAGE = re.compile(
    r"(?i:from|to|cc|subject|date|sent|source|level|log name)\s?:"
    r"|(?:[A-Z][\w-]*(?: |$)){1,5}(?:\([A-Z]{2,6}\))?$"
    r"|[A-Z]\w+ (?:service|server|shell|console|wizard|cmdlet)s?$"
)
"""The head of a mail or log entry, or the name of a program: nothing that can be gone."""


def _gone(shown: str, codes: list[str], *, others: str, called: bool) -> str:
    """`called`: the ticket says in so many words that it is an error."""
    if shown in codes[:1] and len(codes) > 1:
        named = " and ".join(f'"{code}"' for code in codes)
        return f"{named} no longer appear"
    if not shown or (_NO_MESSAGE.match(shown) and not _FAULT.search(shown) and not called):
        return ""
    return f'"{shown}" and the other {others} no longer appear' if others else f'"{shown}" no longer appears'


_FAULT = re.compile(
    r"error|denied|fail|invalid|unavailable|not |\bno\b|unable|\d|warning|missing", re.IGNORECASE
)


def solved_title(title: str, error: str, *, task: bool = False, others: str = "") -> str:
    """What is true now: the complaint turned round, without the condition under which it was made.

    `others`: of what the error is only one, "messages" or "symptoms".
    """
    statement = RARELY.sub("", without_remark(title))
    shown = short_error(error, 90)
    long = len(shown.split()) > _FEW and len(title.split()) > _FEW and _FAULT.search(shown)
    told_alike = long and (same_error(shown, title) or same_error(title, shown))
    head = evened(_unconditional(statement))
    begun = len(head.split()) > _FEWEST_WORDS and evened(shown).startswith(head)
    named = shown and (told_alike or begun or evened(shown.removesuffix(" …")) in evened(title))
    called = f'"{shown}" error' in title
    gone = _gone(shown, codes_in(title), others=others, called=called)
    quoted = bool(QUOTED.search(statement))
    if not named and (both := _both_over(statement)):
        return both
    if named and (works := _works_again(statement)):
        return works
    unconditional = statement if quoted else _unconditional(statement)
    if len(unconditional.split()) < _FEWEST_WORDS:
        unconditional = statement
    turned = "" if named or quoted else _of_all(_turned(unconditional))
    if turned and len(turned.split()) < _TELLING and not quoted:
        turned = _of_all(_turned(statement)) or turned
    if turned:
        return turned[:1].upper() + turned[1:]
    told = clause_of(unconditional) is not None or STATE.match(unconditional) is not None
    told = told and not _PERFECT.search(unconditional)
    if gone and (named or quoted or not told or _ABOUT_ERRORS.search(statement)):
        return gone
    goal = task_of(statement, task=task)
    if goal:
        return f"Done: {goal[:1].lower()}{first_words(goal, 150)[1:]}"
    turned = _of_all(denied(first_words(unconditional, 150)))
    return turned[:1].upper() + turned[1:]


def _works_again(statement: str) -> str:
    """What could not be done beside a message or an event: that it can be is worth more than the silence."""
    for found in (_UNABLE_BESIDE.match(statement), _BESIDE_UNABLE.search(statement)):
        if found is not None and '"' not in found["what"]:
            return f"You can {_positive(found['what'])}"
    return ""


_WHERE_ENDS = r"(?= (?:and|with) (?:\"|(?:an? )?(?:[Ee]vent|[Ee]rror))| (?:when|after|if|because)\b|$)"
_UNABLE_BESIDE = re.compile(
    r"(?:(?:you|users?) )?(?:can't|cannot|unable to) "
    r"(?P<what>[a-z][^:;,]{8,90}?)(?: (?:when|after|if) [^\"]{4,80})?(?= (?:and|with) (?:\"|[Ee]vent \d))",
    re.IGNORECASE,
)
_BESIDE_UNABLE = re.compile(
    rf" and (?:you|users?) (?:can't|cannot) (?P<what>[a-z][^:;,]{{4,90}}?){_WHERE_ENDS}"
)


def _both_over(statement: str) -> str:
    """ "A is missing or B is wrong", "A can't start and shows B": neither is so any longer."""
    for joint in _JOINT.finditer(statement) if '"' not in statement else ():
        first, second = statement[: joint.start()], statement[joint.end() :]
        subject = clause_of(first)
        if subject is None or _CIRCUMSTANCE.search(first):
            continue
        own = _OWN_VERB.match(second) or _OWN_ACT.match(second)
        acts = _ACTS.match(second)
        if own is None and (acts is None or acts["verb"] not in FINITE_WORDS):
            continue
        ends = [_turned(first) or denied(first), _turned(second) or denied(second)]
        if own is None:
            shared = denied(f"{_STANDS_FOR} {second}")
            ends[1] = shared.removeprefix(f"{_STANDS_FOR} ")
        last = ends[1] if second[:1].isupper() else lower_first(ends[1])
        return f"{ends[0][:1].upper()}{ends[0][1:]} and {last}"
    return ""


_JOINT = re.compile(r" (?:or|and) ")
_STANDS_FOR = "It"
"""The subject of both, in the second."""
_CIRCUMSTANCE = re.compile(
    r"\b(?:when|if|that|after|before|while|because|since|which|who|whose)\b", re.IGNORECASE
)
_ACTS = re.compile(r"(?P<verb>[a-z]+s) (?!(?:is|are|in|on|at|of|for|to|and|or)\b)\w+")
_OWN_ACT = re.compile(r"(?:[a-z][\w-]* ){0,2}[a-z]+s (?:fail|crash|hang|disappear|stop|can't|cannot)\b")
_OWN_VERB = re.compile(
    r"(?:(?!(?:you|when|if|that|after|before|while|because|since|which|who)\b)[\w-]+ ){1,7}"
    r"(?:is|are|isn't|aren't|doesn't|don't|can't) \w+",
    re.IGNORECASE,
)
_FEWEST_WORDS = 2
_FEW = 3
_TELLING = 4
"""Words from which on an ending says what is meant without its condition."""
_PERFECT = re.compile(r"\b(?:has|have) (?:reached|exceeded|failed|expired|changed|become|been)\b")
"""What has come about once does not go on: it can't be denied with "no longer"."""
_ABOUT_ERRORS = re.compile(
    r"\b(?:errors?|NDRs?|warnings?|messages?|prompts?|events?|exceptions?|code)\b", re.IGNORECASE
)
"""A complaint about a message is gone with it; any other is gone when what it tells is."""


_ONLY_PART = re.compile(
    r"^Only (?:a subset|some|a part|a few) of (?:the )?(?P<what>[\w ]{3,40}?) (?P<verb>are|is) no longer\b",
    re.IGNORECASE,
)
""" "Only some of the labels are printed", turned round word by word."""


def _of_all(statement: str) -> str:
    """ "Some clients can connect" says nothing: those that could not are meant."""
    statement = _ONLY_PART.sub(r"All \g<what> \g<verb>", statement)
    return re.sub(r"^[Ss]ome (?=\w+(?: \w+){0,4}? (?:can|is|are)\b)(?!.*\bno longer\b)", "", statement)


def _unconditional(statement: str) -> str:
    """A sentence without its condition; a thing that is seen keeps the "when" that says which one it is.

    What is complained of as still being so is only wrong under its condition.
    """
    if _STILL.search(statement):
        return statement
    shorter = _CONDITION.sub("", statement)
    whole = clause_of(shorter) is not None or UNABLE.match(shorter) or STATE.match(shorter)
    return shorter if whole else _REASON.sub("", statement)


_STILL = re.compile(r"\bstill\b", re.IGNORECASE)
_REASON = re.compile(r",? (?:if|because(?: of)?|due to|even (?:if|though)) .*$")


def _turned(statement: str) -> str:
    """The complaint said the other way round, where grammar allows."""
    if len(re.findall(r"n't\b|\bnot\b|\bno\b|\bcannot\b|\bunable\b", statement)) > 1:
        return ""
    if re.search(r"\berrors?\b|\bNDR\b|\bwarning\b|\bby design\b", statement, re.IGNORECASE):
        return ""
    match = re.match(
        r"^(?:(?P<subject>[^,;:]{2,90}?) )?(?:can't|cannot|can not|could not"
        r"|couldn't) (?P<rest>[a-z].{3,140})$",
        statement,
        re.IGNORECASE,
    )
    told = match["subject"] or "" if match else ""
    rest = first_of_two(match["rest"]) if match else ""
    if match and not re.search(r"\b(?:when|if|because|any|and|or|that|which|who)\b", told):
        subject = match["subject"] or "You"
        return f"{subject} can {_positive(rest)}"
    match = re.match(
        r"^(?:(?:you|users?|the user) (?:are|is) )?unable to (?P<rest>[a-z].{3,140})$",
        statement,
        re.IGNORECASE,
    )
    if match:
        return f"You can {_positive(match['rest'])}"
    match = re.match(
        r"^(?P<subject>[^,;:]{2,80}?) (?P<aux>doesn't|does not|don't|do not|isn't|is not|aren't|are not"
        r"|fails to|fail to) (?P<rest>[a-z].{1,140})$",
        statement,
    )
    if match is None or re.search(r"\b(?:that|which|who|because|if|when|after|and|or)\b", match["subject"]):
        return ""
    return _affirmed(match["subject"], match["aux"], _positive(match["rest"]))


def _positive(rest: str) -> str:
    return re.sub(r"\bany\b", "the", rest)


def _affirmed(subject: str, aux: str, rest: str) -> str:
    if aux.startswith(("is", "are")):
        return f"{subject} {aux[:2] if aux.startswith('is') else 'are'} {rest}"
    verb, _, more = rest.partition(" ")
    if aux in ("doesn't", "does not", "fails to"):
        verb = third_person(verb)
    return f"{subject} {verb} {more}".strip()


def denied(statement: str) -> str:
    """What is true once the complaint is gone: "Outlook no longer hangs at start"."""
    unable = UNABLE.match(statement)
    if unable is not None and "error" not in statement.lower():
        return f"You can {statement[unable.end() :]}"
    statement = settled(statement)
    missing = re.match(r"(?P<word>missing|no) (?P<what>.+)$", statement, re.IGNORECASE)
    if missing is not None:
        what = missing["what"]
        head = re.split(r" (?:in|on|from|when|after|for|if)\b", what)[0]
        there = "are" if is_plural(head) else "is"
        if head.endswith(" found"):
            return f"{head[:1].upper()}{head[1:].removesuffix(' found')} is found{what[len(head) :]}"
        return f"{head[:1].upper()}{head[1:]} {there} there{what[len(head) :]}"
    clause = clause_of(statement)
    if clause is not None and clause.rest.startswith("only "):
        return f"It is no longer so that {lower_first(statement)}"
    if clause is not None:
        return _denied_clause(clause)
    state = STATE.match(statement)
    if state is not None and not SINGLE.match(state["subject"]) and " when" not in state["subject"]:
        be = "are" if is_plural(state["subject"]) else "is"
        now = state["state"][4:] if state["state"].startswith("not ") else f"no longer {state['state']}"
        return f"{state['subject']} {be} {now}{state['rest']}"
    what = re.split(r" (?:when|if|after|while|that|on|in)\b", statement)[0]
    occurs = "occur" if is_plural(what) or re.search(r"\w+s\b.* and ", what) else "occurs"
    return f"{statement} no longer {occurs}"


def _denied_clause(clause: Clause) -> str:
    bare = clause.verb.lower().replace("’", "'")
    clause = replace(clause, rest=_without_contrast(first_of_two(re.sub(r"^still ", "", clause.rest))))
    subject = re.sub(r" still$", "", clause.subject)
    how = re.search(r" \w+ly$", subject)
    if how is not None:
        subject, clause = (
            subject[: how.start()],
            replace(clause, verb=f"{how.group(0).strip()} {clause.verb}"),
        )
    rest = f" {clause.rest}" if clause.rest else ""
    if bare.endswith("n't") or bare == "cannot":
        positive = {"can't": "can", "cannot": "can", "won't": "will"}.get(bare, bare.removesuffix("n't"))
        return _with_helper(subject, positive, clause.rest)
    if FINITE.match(bare) and re.match(r"not ", clause.rest):
        return _with_helper(subject, bare, clause.rest[4:])
    unable = re.match(r"unable to (?P<what>.+)$", clause.rest)
    if unable is not None:
        return f"{subject} can {unable['what']}"
    if bare in ("is", "are") and clause.rest.startswith("no "):
        return f"{subject} {bare} now {'' if is_plural(clause.rest) else 'a '}{clause.rest[3:]}"
    if bare in ("has", "have"):
        return _had(subject, bare, rest)
    if FINITE.match(bare):
        return f"{subject} {clause.verb} no longer{rest}"
    return f"{subject} no longer {clause.verb}{rest}"


_CONTRAST = re.compile(
    r"(?<=\w),? (?:(?:instead of|rather than)|(?<!is )(?<!are )(?<!do )(?<!does )(?<!can )(?<!has )not) \w.*$"
)


def _without_contrast(rest: str) -> str:
    """ "shows the number, not the name": that it shows the number is over."""
    shorter = _CONTRAST.sub("", rest)
    return shorter if shorter and shorter.count('"') % 2 == 0 else rest


def _had(subject: str, verb: str, rest: str) -> str:
    if re.match(r" (?:been|\w{3,}ed|become|gone|lost|run)\b", rest):
        return f"{subject} {verb} no longer{rest}"
    if rest.startswith(" insufficient "):
        return f"{subject} {verb} {rest.removeprefix(' in')}"
    return f"{subject} {'does' if verb == 'has' else 'do'} not have{rest} any longer"


def _with_helper(subject: str, verb: str, rest: str) -> str:
    """ "does appear" is "appears"; other helpers stay."""
    first, _, more = re.sub(r"\bany\b", "the", rest).partition(" ")
    if verb in ("do", "does"):
        return f"{subject} {third_person(first) if verb == 'does' else first} {more}".strip()
    return f"{subject} {verb} {first} {more}".strip()


_LAST_NOUN = re.compile(r"(?:^|.* )(?:the|a|an) \w+$")
_DETERMINED = re.compile(
    r"(?:the|an?|any|all|it|them|this|that|these|those|your|their|its|each|every|[A-Z\d`\"])"
)


def _of_one_noun(before: str, after: str) -> bool:
    """ "the search and delete page": what stands before and after the "and" belongs to one noun."""
    return _LAST_NOUN.match(before) is not None and bool(after) and not _DETERMINED.match(after)


_SECOND = re.compile(r",? (?:and|or) (?:then )?(?=\w)|, (?=\w+ )|; ")
_BOTH = re.compile(r"(?P<joint>and|or) (?P<verb>[\w-]+) (?=\w)")


def way_around(title: str, *, both: bool = False) -> str:
    """An action's title as the way that was taken: "Use the web page" -> "using the web page"."""
    title = re.sub(r"^[Mm]anually ", "", without_remark(title)).split(": ")[0]
    avoided = re.match(r"(?:do not|don't) (?=\w)", title, re.IGNORECASE)
    first, _, rest = title[avoided.end() if avoided else 0 :].partition(" ")
    first = first.lower()
    if not is_verb(first) or not rest or re.match(r"(?:either|one|any) ", rest):
        return ""
    verbs = _BOTH.match(rest)
    if verbs is not None and is_verb(verbs["verb"].removeprefix("re-")):
        rest = f"{verbs['joint']} {gerund(verbs['verb'])} {rest[verbs.end() :]}"
    for match in _SECOND.finditer(rest):
        verb, _, what = rest[match.end() :].partition(" ")
        acts = verb.islower() and is_verb(verb.removeprefix("re-"))
        if both and acts and what and "and" in match[0] and not _of_one_noun(rest[: match.start()], what):
            rest = f"{rest[: match.start()]} {match[0].lstrip(', ')}{gerund(verb)} {what}"
            break
        if verb == "don't" or (acts and not _of_one_noun(rest[: match.start()], what)):
            rest = rest[: match.start()]
            break
    return f"{'not ' if avoided else ''}{gerund(first.lower())} {rest}"
