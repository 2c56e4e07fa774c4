"""Words of a mined flow: its title, how the reader confirms the problem, titles and texts of its nodes."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.many.merging import Item
from flowpilot.ai.offline.many.observing import Observation
from flowpilot.ai.offline.many.words import read, similarity, weights_of
from flowpilot.core.terms import codes

TITLE_LENGTH: Final = 90
_NODE_TITLE_LENGTH: Final = 200
_BODY_LENGTH: Final = 4000
_SYMPTOM_LENGTH: Final = 600
_MOST_CODES: Final = 3
_OUTCOME_LENGTH: Final = 300
_TELLING: Final = 4
"""Concepts from which on a text describes a problem."""
_BOILERPLATE: Final = re.compile(
    r"^\s*(?:(?:re|fw|fwd|aw|wg|fixed|solved|resolved|closed|urgent)\s*[:\-–]\s*|\[[^\]]{0,30}\]\s*"
    r"|(?:ticket|incident|case|request|inc|sr)\s*#?\s*\d+\s*[:\-–]?\s*)+",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"“”]([^\"“”\n]{4,120})[\"“”]|`([^`\n]{4,120})`")
_CODE_LIKE: Final = re.compile(r"\b(?:0x[0-9A-Fa-f]{2,}|[A-Z]{2,}[A-Z0-9_]*[-_ ]?\d{3,}|\w*\d[\w.-]*)")
_READING: Final = re.compile(r"^[<>≤≥~-]*\s*\d[\d\s.,:/%+-]*(?:[a-z]{1,4})?$", re.IGNORECASE)
"""An answer that is only a number, or several, with a unit: it says nothing without what was measured."""
_ASKS: Final = re.compile(
    r"^(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|which|what|who|when|where|how|why)\b",
    re.IGNORECASE,
)


def cut(text: str, limit: int) -> str:
    """One line of at most `limit` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def clean_title(title: str) -> str:
    """A session's title without "RE:", ticket numbers and "Fixed:"."""
    return _BOILERPLATE.sub("", " ".join(title.split())).strip(" .–-:") or title.strip()


def clearest_title(sessions: Sequence[SessionFacts]) -> str:
    """The session title that says what most of the others say, at most 90 characters."""
    titles = sorted({clean_title(session.title) for session in sessions} - {""})
    if not titles:
        return ""
    counts = Counter(clean_title(session.title) for session in sessions)
    readings = {title: read(title) for title in titles}
    weights = weights_of(readings.values())

    def likeness(title: str) -> float:
        return sum(
            count * similarity(readings[title], readings[other], weights)
            for other, count in sorted(counts.items())
            if other
        )

    best = min(titles, key=lambda title: (len(title) > TITLE_LENGTH, -round(likeness(title), 6), title))
    return cut(best, TITLE_LENGTH)


def verbatim_errors(sessions: Sequence[SessionFacts]) -> list[str]:
    """The quoted message that half of the sessions report, else the codes that half of them report one of."""
    quotes = _reported(sessions, _quotes)
    if quotes and 2 * quotes[0][1] >= len(sessions):
        return [quotes[0][0]]
    codes_told = [(code, count) for code, count in _reported(sessions, _codes) if 10 * count >= len(sessions)]
    told = sum(count for _code, count in codes_told[:_MOST_CODES])
    return [code for code, _count in codes_told[:_MOST_CODES]] if 2 * told >= len(sessions) else []


def symptom(sessions: Sequence[SessionFacts], title: str) -> str:
    """The first paragraph of a problem text: of the session whose title was chosen, if that says anything."""
    ordered = sorted(sessions, key=lambda each: (clean_title(each.title)[:60] != title[:60], each.id))
    texts = [text for each in ordered if (text := each.text.strip().split("\n\n")[0].strip())]
    telling = next((text for text in texts if len(read(text).concepts) >= _TELLING), "")
    return (telling or max(texts, key=len, default=""))[:_SYMPTOM_LENGTH].rstrip()


def node_title(item: Item) -> str:
    """The clearest wording of the item; a question that was put as one ends in a question mark."""
    title = cut(item.wording, _NODE_TITLE_LENGTH - 1)
    if item.role == "test" and _ASKS.match(title) and not title.endswith(("?", "…")):
        title += "?"
    return _capital(title)


def asked_title(item: Item, labels: Sequence[str]) -> str:
    """The title of a step that is answered: a wording that asks, where there is one.

    "Check the protectors" with the answers "0, 2, 4, 11" and "7, 11" would not say what is read off.
    """
    asking = [
        seen.wording for seen in item.observations if _asks(seen.wording) and not read(seen.wording).opaque
    ]
    if asking and not _asks(item.wording):
        counts = Counter(asking)
        return _capital(cut(min(counts, key=lambda text: (-counts[text], text)), _NODE_TITLE_LENGTH))
    title = node_title(item)
    if title.endswith("?") or not any(_READING.match(label) for label in labels):
        return title
    return cut(_("%(title)s: what does it show?") % {"title": title.rstrip(".:")}, _NODE_TITLE_LENGTH)


def _asks(wording: str) -> bool:
    return wording.rstrip().endswith("?") or bool(_ASKS.match(wording))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def node_body(item: Item) -> str:
    """The most frequent body of the item's steps, of equals the fullest."""
    counts = Counter(body for seen in item.observations if (body := _informative_body(seen)))
    if not counts:
        return ""
    return min(counts, key=lambda body: (-counts[body], -len(body), body))[:_BODY_LENGTH].rstrip()


def is_question(item: Item) -> bool:
    """Whether a test is something to ask rather than to do."""
    kinds = Counter(seen.kind for seen in item.observations)
    return (
        bool(_ASKS.match(item.wording))
        or kinds["question"] + kinds["check"] >= kinds["action"] + kinds["script"]
    )


def outcome_text(sessions: Sequence[SessionFacts], fix: str) -> str:
    """What was true after the fix, in the fullest short words; "" if these sessions only repeat the fix."""
    told = sorted({session.resolution.strip() for session in sessions})
    short = [text for text in told if len(text) <= _OUTCOME_LENGTH and "\n" not in text]
    telling = [text for text in short if not read(text).concepts <= read(fix).concepts]
    return max(telling, key=lambda text: (len(text), text), default="")


def quoted_list(texts: Sequence[str], limit: int = 5) -> str:
    """“One”, “two” and 3 more."""
    shown = ", ".join(f"“{cut(text, 80)}”" for text in texts[:limit])
    more = len(texts) - limit
    return shown if more <= 0 else _("%(list)s and %(count)d more") % {"list": shown, "count": more}


def _informative_body(seen: Observation) -> str:
    return "" if seen.body == seen.wording else seen.body


def _quotes(text: str) -> dict[str, str]:
    return {
        " ".join(found.lower().split()): found for pair in _QUOTED.findall(text) for found in pair if found
    }


def _codes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _CODE_LIKE.finditer(text):
        code = codes(match[0])
        if code:
            found.setdefault(code[0], match[0])
    return found


def _reported(
    sessions: Sequence[SessionFacts], find: Callable[[str], dict[str, str]]
) -> list[tuple[str, int]]:
    """What is found in the sessions' titles and texts, as first spelled, with the number of sessions."""
    counts: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for session in sorted(sessions, key=lambda each: each.id):
        found = find(f"{session.title}\n{session.text}")
        counts.update(found.keys())
        spelled = {**found, **spelled}
    ranked = sorted(counts, key=lambda key: (-counts[key], -len(key), key))
    return [(spelled[key], counts[key]) for key in ranked]
