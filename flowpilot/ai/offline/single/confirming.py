"""The first question of a flow: does the caller have this problem? "Yes" always means so."""

import re

from flowpilot.ai.offline.single.asking import (
    FINITE,
    FINITE_WORDS,
    UNABLE,
    asked,
    clause_of,
    is_plural,
    settled,
    task_of,
)
from flowpilot.ai.offline.single.error import (
    QUOTED,
    Error,
    codes_in,
    evened,
    named_in,
    same_error,
)
from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.single.telling import short_error
from flowpilot.ai.offline.single.title_fit import OR_RECEIVE
from flowpilot.ai.offline.text.clauses import lower_first, yes_no
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Paragraph
from flowpilot.ai.offline.text.sentences import first_words, sentences
from flowpilot.ai.offline.text.verbs import is_verb

_LONGEST = 200
_CLAUSE_LIMIT = 130


def without_remark(title: str) -> str:
    """The title without a last remark in brackets."""
    return re.sub(r"\s*\([^()]*\)$", "", title)


def confirming_question(title: str, error: Error, shown: str, told: str, *, task: bool) -> str:
    """Asks for the state that the title quotes, for the error that it names, else for the complaint."""
    quoted = QUOTED.search(title) and not (title.startswith('"') and named_in(title))
    if quoted and not re.search(r"\berrors?\b", title, re.IGNORECASE):
        if _twofold(without_remark(title)):
            return asked(first_words(without_remark(title), 160))
        stated = yes_no(without_remark(title))
        if stated is not None and stated.yes_means_so:
            return with_article(stated.title)
    short = short_error(shown)
    either = OR_RECEIVE.match(title)
    title = either["first"] if either is not None else title
    statement = _with_names(asked_by_statement(title, told, task=task), title)
    if not short:
        return statement
    if either is None and _is_named(title, short):
        return _asked_by_error(title, error, short)
    when = when_of(error.lead)
    if when and not error.several and either is None:
        question = f'{when[0].upper()}{when[1:]}, do you get "{short}"?'
        if len(question) <= _LONGEST:
            return question
    return _with_example(statement, short)


def _with_example(statement: str, short: str) -> str:
    question = f'{statement.removesuffix("?")}, for example with "{short}"?'
    return question if short not in statement and len(question) <= _LONGEST else statement


_ONLY_ERROR = re.compile(r"^(?:an? )?(?:\w+ ){0,2}?errors?\b(?! \d)(?: message)?(?! code)", re.IGNORECASE)


def _is_named(title: str, short: str) -> bool:
    """Whether the title is about this error: names it, tells it in other words, or only says "error"."""
    if _fails_besides(title, short):
        return False
    said = _ABOUT.sub("", title)
    return (
        evened(short.removesuffix(" …")) in evened(title)
        or bool(_ONLY_ERROR.match(title))
        or _is_unquoted(title)
        or bool(named_in(title))
        or (len(said.split()) > _TWO and len(short.split()) > _TWO and same_error(short, said))
    )


_BESIDES = re.compile(r",? with \"?$")


def _fails_besides(title: str, short: str) -> bool:
    """ "Unable to weigh a parcel, with Event 12": what fails is asked for, not only what is logged of it."""
    before, found, _ = title.partition(short)
    joined = _BESIDES.search(before) if found else None
    return joined is not None and UNABLE.match(before) is not None


def _is_unquoted(title: str) -> bool:
    """ "The tray is not empty error when you print": a sentence before "error" is what the error says."""
    match = _SAID_BY_ERROR.match(title)
    if match is None or _GIVES.search(match["said"]):
        return False
    return (clause_of(match["said"]) or UNABLE.match(match["said"])) is not None


_GIVES = re.compile(
    r"\b(?:triggers?|causes?|returns?|displays?|receives?|gets?|throws?|shows?|generates?|with|or|and)\b"
    r"(?: [\w-]+){0,4}$",
    re.IGNORECASE,
)
"""What leads to an error, and does not say it."""


_SAID_BY_ERROR = re.compile(
    r"(?P<said>[^\"]+?) error(?: message)?(?: occurs)?(?: (?:when|while|if|after)\b.*)?$", re.IGNORECASE
)
_TWO = 2


_ONE_OF = re.compile(
    r"\b(?:one of|any of|either of) (?:these|the following) (?:\w+ )?(?:messages|errors)\b"
    r"|\b(?:message|error|warning)s? [^.:]{0,40}\b(?:one|any|either) of (?:these|the following):"
)


OTHERS = "or another of the messages below"


def _asked_by_error(title: str, error: Error, short: str) -> str:
    """ "Do you get … when you open the tray?", with the clause of the title, else that of the text."""
    found = [(what, _asked_about(title, error, short, what)) for what in _named(title, error, short)]
    placed = (question for what, question in found if question != f"Do you get {what}?")
    return next(placed, found[0][1])


def _named(title: str, error: Error, short: str) -> list[str]:
    """What is asked for, what tells most first: both of two messages, or that there are others."""
    codes = codes_in(title)
    quoted = _JOINED.match(title)
    named = [found["text"] for found in QUOTED.finditer(quoted[0])] if quoted is not None else codes
    if len(named) > 1 and (quoted or short == codes[0]):
        return [_either(named)]
    if not _ONE_OF.search(error.lead):
        return [f'"{short}"']
    others = f'"{short}" {OTHERS}'
    second = short_error(error.second, _ONE_OF_TWO)
    if not second or (second.endswith("…") and len(second.split()) <= _TORN):
        return [others, f'"{short}"']
    return [_either([short, second]), _either([short_error(short, _ONE_OF_TWO), second]), others]


_TORN = 3
"""Words of a message of which so little is left that nobody knows it again."""
_ONE_OF_TWO = 70
"""Characters that a message may take where two of them are asked for."""


def names_others(question: str, error: Error) -> bool:
    """Whether the question asks for more than one message."""
    return OTHERS in question or bool(error.second and short_error(error.second, _ONE_OF_TWO) in question)


def _asked_about(title: str, error: Error, short: str, what: str) -> str:
    about = _about(title, short) or _place(title, short)
    question = f"Do you get {what} {about}?" if about else ""
    if 0 < len(question) <= _LONGEST:
        return question
    when = when_of(error.lead)
    question = f"{when[0].upper()}{when[1:]}, do you get {what}?" if when else ""
    if 0 < len(question) <= _LONGEST:
        return question
    left = re.sub(rf"[\s,:;–(-]*(?:with )?{re.escape(short)}[)\s]*$", "", title)
    if left != title and len(left.split()) > 1:
        question = f"{asked(left).removesuffix('?')}, with {what}?"
        return question if len(question) <= _LONGEST else f"Do you get {what}?"
    return f"Do you get {what}?"


_JOINED = re.compile(r"\"[^\"]+\"(?: error)?(?:,? (?:or|and) \"[^\"]+\")+")
"""Several errors that a title names."""


def _either(texts: list[str]) -> str:
    *first, last = (f'"{text}"' for text in texts)
    return f"{', '.join(first)} or {last}" if first else last


_ABOUT = re.compile(
    r"\b(?P<about>(?:when|while|after|if) (?:you\b|(?:an?|the|some|one) |users? |[\w-]+ing\b|[A-Z]).{4,110})$"
)
_TRYING = re.compile(r"\b(?P<what>trying to .{4,100})$")


def _about(title: str, shown: str) -> str:
    """ "when you open the tray" of a title, as long as it does not hold the error itself."""
    named = title.casefold().startswith(shown.casefold())
    match = _ABOUT.search(title, len(shown) if named else 0)
    if match is not None:
        about = re.sub(r"^if (?=you |users? |an? )", "when ", match["about"])
        return "" if shown.casefold() in about.casefold() or about.count('"') % 2 else about
    trying = _TRYING.search(title, title.rfind('"') + 1)
    return f"when {trying['what']}" if trying is not None else ""


def _place(title: str, shown: str) -> str:
    """ "in the tray app" after the error that a title names."""
    match = re.search(
        r"[\"')] (?:(?:error|message|warning)(?: message)? )?"
        r"(?P<place>(?:in|on|during|for|from) (?:(?! and (?:you|it|the|users?)\b)[^\"]){3,90})(?: and .*)?$",
        title,
    )
    return match["place"] if match is not None and shown.casefold() not in match["place"].casefold() else ""


_SUBJECT = r"(?:you|users?|they|it|some users?|this|these|(?:the|an?|one of the|either) [\w -]{3,40}?) "
_WHEN = re.compile(
    r"^(?P<word>when|if|after|while|whenever|as soon as|once)\s+(?P<clause>.{6,220}?),\s+"
    rf"(?:then )?(?={_SUBJECT})(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_WHEN_LATE = re.compile(r"\b(?P<when>when (?:you|users?|they|a user|an? \w+) [^.:,]{6,110})[.:]?$")


def when_of(lead: str) -> str:
    """ "when you upload a large file" from the last sentence of the paragraph that introduces the error."""
    for sentence in reversed(sentences(lead)):
        plain = _IN_THIS.sub("", plain_words(sentence.text))
        match = _WHEN.match(plain)
        if match is not None:
            return _plain_when(match["word"].lower(), match["clause"])
        late = _WHEN_LATE.search(plain)
        if late is not None:
            return _plain_when("when", late["when"].removeprefix("when ").rstrip(":. "))
        if not _CONTINUES.match(plain):
            return ""
    return ""


_IN_THIS = re.compile(r"^in this (?:situation|scenario|case), (?=when )", re.IGNORECASE)
_CONTINUES = re.compile(
    r"(?:in this (?:situation|scenario|case)|then|additionally)\b|(?:\w+ ){0,6}error", re.IGNORECASE
)


def _plain_when(word: str, clause: str) -> str:
    if "\n" in clause or len(clause) > _CLAUSE_LIMIT:
        return ""
    clause = re.sub(r",? in this (?:scenario|situation|case|configuration)\b", "", clause)
    if re.search(
        r"\bfollowing\b|\bas (?:shown|follows)\b|\bthis (?:action|issue|change|cmdlet|command)\b"
        r"|\bdo (?:this|that|so|it)\b",
        clause,
    ):
        return ""
    clause = re.sub(r"^they\b", "users", clause)
    return f"{'when' if word == 'if' else word} {clause}"


def told_first(blocks: list[Block]) -> str:
    """What the first sentences say that can be asked: "Do you see duplicate folders in your mailbox?"."""
    for block in blocks[:2]:
        for sentence in sentences(block.text)[:2] if isinstance(block, Paragraph) else ():
            plain = re.sub(
                r"^(?:in|on|with) [^,]{3,60}, (?=you\b|users?\b|the\b|a\b|an\b)",
                "",
                plain_words(sentence.text),
                flags=re.IGNORECASE,
            )
            found = yes_no(plain) if re.match(r"(?:you|users|the|a|an)\b", plain, re.IGNORECASE) else None
            if found is not None and found.yes_means_so and _COMPLAINT.search(plain):
                return found.title
    return ""


_COMPLAINT = re.compile(
    r"\b(?:see|sees|receive|experience|notice|find|not|missing|slow|incorrect\w*|wrong|fails?|crash\w*"
    r"|duplicate\w*|blank|stops?|unexpected\w*|lost|lose|disappears?|delay\w*|hangs?|freez\w*|empty|unable"
    r"|blocked|only|still|unhealthy)\b",
    re.IGNORECASE,
)


def asked_by_statement(title: str, told: str, *, task: bool) -> str:
    statement = RARELY.sub("", settled(without_remark(title)))
    goal = task_of(statement, task=task)
    if goal:
        return f"Do you need to {goal[:1].lower()}{first_words(goal, 160)[1:]}?"
    if _twofold(statement):
        return asked(first_words(statement, 160))
    found = yes_no(statement)
    if found is not None and found.yes_means_so and not _turned_too_late(statement, found.title):
        return with_article(found.title)
    said = _failing(statement) or (told if clause_of(statement) is None else "")
    return with_article(said or asked(first_words(statement, 160)))


def _turned_too_late(statement: str, question: str) -> bool:
    """Whether a helping verb of a later clause was turned round: "The report shows the scan was …"."""
    clause = clause_of(statement)
    helper = question.split(" ", 1)[0].lower()
    return (
        clause is not None
        and FINITE.match(helper) is not None
        and FINITE.match(clause.verb) is None
        and helper not in ("do", "does", "did")
    )


RARELY = re.compile(
    r"^(?:sometimes|occasionally|intermittent(?:ly)?|possible|potential) (?=\w)", re.IGNORECASE
)
_SECOND = re.compile(r",? (?:and|or|but) (?P<second>.+)$")
_GOES_ON = re.compile(r"(?:[a-z]+s|may|might|can|can't|cannot|is|are|has|have|does|do|isn't|aren't)$")


def _twofold(statement: str) -> bool:
    """Whether a second sentence follows: turned round, only the first of them would be asked."""
    clause = clause_of(QUOTED.sub("it", statement))
    if clause is None:
        return False
    for match in _SECOND.finditer(f" {clause.rest}"):
        first = match["second"].split(" ", 1)[0]
        acts = first.lower() in FINITE_WORDS or FINITE.match(first) is not None or is_verb(first[:-1])
        if (acts and _GOES_ON.match(first)) or clause_of(match["second"]) is not None:
            return True
    return False


_BARE = re.compile(
    r"^(?P<verb>Is|Does|Has|Can) "
    r"(?!(?:the|a|an|it|there|this|that|your|any|each|every|one|only|all|some|no|another)\b"
    r"|(?!incoming|outgoing)\w+ing\b|\w+'s\b|e-?mail\b|mail\b|search\b|authentication\b|access\b)(?=[a-z\"])"
)


_NAME = re.compile(r"(?P<first>[A-Z][a-z]+) (?P<second>[A-Z][A-Za-z]+)\b")
_NO_NAME = re.compile(
    r"(?:some|many|all|new|two|multiple|certain|various|several|duplicated?|missing|unable|additional|only|each"
    r"|primary|managing|not?|in|on|after|when|an?|the|error|slow|poor|old|users?|possible|incorrect)$",
    re.IGNORECASE,
)


def _with_names(question: str, title: str) -> str:
    """ "Focused Inbox" stays a name: two capitals in a row at the start of the title."""
    name = _NAME.match(title)
    if name is None or _NO_NAME.match(name["first"]) or PRODUCT.match(name["second"]):
        return question
    lowered = f"{name['first'].lower()} {name['second']}"
    return question.replace(lowered, name[0], 1)


def with_article(question: str) -> str:
    """ "Does printer on floor 2 hang?" with "the" before a thing that is neither named nor many."""
    return _BARE.sub(r"\g<verb> the ", question)


def _failing(statement: str) -> str:
    """ "The name doesn't update" -> "Does the name fail to update?"; "can't" -> "Is … unable to"."""
    match = re.match(
        r"^(?P<subject>[^,;:]{2,90}?) (?P<aux>doesn't|don't|does not|do not|can't|cannot"
        r"|can not) (?P<rest>[a-z][^;]{3,140})$",
        statement,
    )
    if match is None or re.search(r"\b(?:that|which|who|because|if|when|after|and)\b", match["subject"]):
        return ""
    if match["rest"].startswith("be "):
        return ""
    subject, aux = lower_first(match["subject"]), match["aux"]
    plural = aux in ("don't", "do not") if aux.startswith("do") else is_plural(match["subject"])
    if aux.startswith("do"):
        return f"{'Do' if plural else 'Does'} {subject} fail to {match['rest']}?"
    return f"{'Are' if plural else 'Is'} {subject} unable to {match['rest']}?"
