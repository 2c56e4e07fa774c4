"""One line that says what is the matter, put together from the intake's own words.

The sentence that tells the symptom comes first, then the error text where that sentence has none, then the
codes that would otherwise be lost. Words are left out, never added or exchanged.
"""

import re
from collections.abc import Sequence
from typing import Final

from flowpilot.ai.offline import logs
from flowpilot.ai.offline.intake.reading import codes_of
from flowpilot.ai.offline.single.error import QUOTED, evened
from flowpilot.ai.offline.single.flow_title import without_boilerplate
from flowpilot.ai.offline.single.telling import short_error
from flowpilot.ai.offline.text.debris import is_debris_line, is_debris_sentence, plain_words
from flowpilot.ai.offline.text.sentences import first_words, sentences
from flowpilot.core.terms import terms, weight

LIMIT: Final = 200
_ERROR: Final = 100
"""Characters of an error text that are kept."""
_SYMPTOM: Final = 60
"""Characters that the sentence keeps at least, however long error and codes are."""
_LINES: Final = 60
"""Lines of a text among which the symptom is looked for."""
_LOG_LINES: Final = 3
"""Lines of a log whose codes have a place in the summary."""
_OPENING: Final = 400
_GREETING: Final = re.compile(
    r"^(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[\w .'&]{0,30}?(?:,|!|[-–]"
    r"|\s(?=(?:i|my|we|our|the)\b))\s*"
    r"|(?:please|pls|could you|can you)(?: please)? (?:help|assist)[^.!?]{0,40}[.!?]?\s*"
    r"|(?:hope (?:you|this)|thanks|thank you|many thanks|kind regards|best regards|regards|cheers"
    r"|sent from)\b.*)",
    re.IGNORECASE,
)
_PROBLEM: Final = re.compile(
    r"\b(?:errors?|fail\w*|can(?:no|')t|can not|could ?n[o']t|does ?n[o']t|do ?n[o']t|is ?n[o']t|not"
    r"|won'?t|unable|denied|refused"
    r"|crash\w*|freez\w*|hang\w*|stuck|slow|lost|missing|gone|locked|broken|blocked|disconnect\w*"
    r"|drops?|stopp?\w*|keeps?"
    r"|asks? for|prompt\w*|black|blank|no (?:sound|signal|power|internet|network|connection|longer)"
    r"|offline|expired|full)\b",
    re.IGNORECASE,
)
_TOLD: Final = re.compile(
    r"\b(?:errors?|messages?|says?|saying|shows?|reads?|states?|gets?|with)\s*(?:is|was|message"
    r"|code)?\s*[:=]\s*(?P<text>[^\n]{8,200})",
    re.IGNORECASE,
)


def summary_of(title: str, text: str, log: Sequence[logs.LogLine]) -> str:
    """At most 200 characters, in one line; empty when none of the three says anything.

    `title` is the ticket's, and is taken for the symptom if there is one; `log` the lines worth reading.
    """
    error = _error_in(title, text, log)
    codes = codes_of([title, text, *(line.text for line in log[:_LOG_LINES])])
    symptom = _symptom(title, text) or error
    told = "" if evened(error) in evened(symptom) else short_error(error, _ERROR)
    return _joined(symptom, told, codes)


def symptom_of(text: str) -> str:
    """The sentence of a text that tells most what is wrong, whole."""
    found = [(_worth(sentence, place), -place, sentence) for place, sentence in enumerate(_sentences(text))]
    return max(found)[2] if found else ""


def _symptom(title: str, text: str) -> str:
    cleaned = without_boilerplate(title[: LIMIT * 2], text) if title.strip() else ""
    if len(cleaned.split()) > 1:
        return cleaned
    return symptom_of(text) or cleaned or plain_words(text[:_OPENING]).strip()


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for line in text.split("\n")[:_LINES]:
        bare = _GREETING.sub("", plain_words(line[:2_000])).strip()
        if bare and not is_debris_line(bare):
            found += [part.text for part in sentences(bare) if _says_something(part.text)]
    return found


def _says_something(sentence: str) -> bool:
    return bool(terms(sentence)) and not is_debris_sentence(sentence) and not _GREETING.fullmatch(sentence)


def _worth(sentence: str, place: int) -> float:
    """A sentence that names a problem, and names it precisely; the first ones a little more."""
    telling = min(30.0, sum(sorted((weight(term) for term in set(terms(sentence))), reverse=True)[:6]))
    return telling + (12.0 if _PROBLEM.search(sentence) else 0.0) - min(place, 10) * 1.5


def _error_in(title: str, text: str, log: Sequence[logs.LogLine]) -> str:
    """The error text in quotation marks or after "error:"; else the gravest line of the log."""
    for part in (title, text):
        quoted = next((match["text"] for match in QUOTED.finditer(part) if _is_message(match["text"])), "")
        told = _TOLD.search(part)
        if quoted or told:
            return (quoted or told["text"] if told else quoted).strip()
    if not log or log[0].severity not in ("fatal", "error", "warning"):
        return ""
    return logs.message_of(log[0].text)


def _is_message(quoted: str) -> bool:
    """Whether words in quotation marks are a message and not the name of a button or a file."""
    return bool(_PROBLEM.search(quoted)) or len(quoted.split()) > 3 or bool(codes_of([quoted]))


def _joined(symptom: str, error: str, codes: Sequence[str]) -> str:
    """Codes have their place first, then the error, the symptom gets what is left."""
    said = f"{symptom} {error}".casefold()
    missing = [code for code in codes if code.casefold() not in said]
    tail = ""
    room = LIMIT - _SYMPTOM
    if error and len(error) + 4 <= room:
        tail = f': "{error}"'
    for code in missing:
        if len(tail) + len(code) + 4 <= room:
            tail += f" ({code})"
    return _fitted(symptom, codes, tail)


def _fitted(symptom: str, codes: Sequence[str], tail: str) -> str:
    head = " ".join(symptom.split()).rstrip(" .:;,")
    if len(head) + len(tail) > LIMIT:
        cut = first_words(head, LIMIT - len(tail) - 2).rstrip(" .:;,…")
        lost = [code for code in codes if code in head and code not in cut and code not in tail]
        extra = "".join(f" ({code})" for code in lost)[: LIMIT // 3]
        cut = first_words(cut, LIMIT - len(tail) - len(extra) - 2).rstrip(" .:;,…")
        head, tail = f"{cut} …", f"{extra}{tail}" if extra.endswith(")") else tail
    return f"{head[:1].upper()}{head[1:]}{tail}"[:LIMIT] if head else tail.lstrip(": ")[:LIMIT]
