"""Titles that speak of "the files" where the text lists below which: the few that it names."""

import re
from collections.abc import Iterator

from flowpilot.ai.offline.text.debris import plain_words

_LEAD = re.compile(
    r"\bthe following:? (?P<what>(?:[\w-]+ ){0,3}?[\w-]+?)(?P<rest>(?=[ ,:.])[^\n:.]{0,90})[:.]\n{1,2}",
    re.IGNORECASE,
)
_ENDS_NOUN = re.compile(
    r"(?:to|in|on|for|at|from|is|are|has|have|that|which|doesn't|don't|if|by|when|with|within|and|or|as|into"
    r"|under|of|about|you)\b",
    re.IGNORECASE,
)
_ENTRY = re.compile(r" *(?:[-*] )?(?P<name>[^\n]{3,160}?)\.?$")
_KNOWLEDGE_BASE = re.compile(r"\((?P<number>KB\d{6,7})\)$")
_PATH = re.compile(r"(?:[A-Za-z]:\\|%\w+%\\|\\\\)")
_SENTENCE = re.compile(r"\b(?:is|are|you|your|if|and then|select|click|see)\b|[:;`|<]", re.IGNORECASE)
_GENERIC = re.compile(
    r"\b(?:commands?|cmdlets?|scripts?|quer(?:y|ies)|steps?|methods?|options?|articles?|links?|code|lines?"
    r"|reg(?:istry)?|keys?|subkeys?|entr(?:y|ies)|information|table|example|syntax|format|actions?)\b",
    re.IGNORECASE,
)
"""What is no name for a thing, or has a name in a way of its own."""
_LONGEST_NAME = 60
_MOST = 2
_READ = 400
"""Characters that so few names take."""
_LIMIT = 130


def with_names_below(title: str, text: str) -> str:
    """ "Add the files" above a list of two: "Add the files red.dat and blue.dat"."""
    for lead in _LEAD.finditer(text):
        what = _noun(f"{lead['what']}{lead['rest']}")
        names = _names(text[lead.end() : lead.end() + _READ])
        at = re.search(rf"\bthe {re.escape(what)}(?=$|[,.]| )", title) if what and names else None
        if at is None or _GENERIC.search(what) or any(name.lower() in title.lower() for name in names):
            continue
        told = f"{title[: at.end()]} {' and '.join(names)}{title[at.end() :]}"
        if len(told) <= _LIMIT:
            return told
    return title


def _noun(words: str) -> str:
    """ "executable files to the list": "executable files"."""
    kept: list[str] = []
    for word in words.split(" "):
        if len(kept) > 3 or (kept and _ENDS_NOUN.match(word)):
            break
        kept.append(word.rstrip(","))
    return " ".join(kept)


def _names(below: str) -> list[str]:
    """The one name, or the entries of the list, right below; empty where these are more, or say more."""
    found = list(_entries(below))
    return found if 0 < len(found) <= _MOST and all(found) else []


def _entries(below: str) -> Iterator[str]:
    lines = below.split("\n")
    listed = lines[0].lstrip().startswith(("- ", "* "))
    for number, line in enumerate(lines):
        entry = _ENTRY.match(line)
        if (
            not line.strip()
            or entry is None
            or (number and (not listed or not line.lstrip().startswith("- ")))
        ):
            return
        yield _name(entry["name"])


def _name(entry: str) -> str:
    """The entry as a title can hold it; empty for a sentence."""
    number = _KNOWLEDGE_BASE.search(entry)
    if number is not None:
        return number["number"]
    plain = plain_words(entry)
    coded = entry.startswith("`") and entry.count("`") == 2
    name = (
        "\\".join(plain.rstrip("\\").split("\\")[-2:])
        if _PATH.match(plain) and len(plain) > _LONGEST_NAME
        else plain
    )
    name = name.rpartition(" > ")[2]
    proper = coded or plain.startswith("http") or (name[:1].isupper() and not _SENTENCE.search(name))
    if not proper or len(name) > _LONGEST_NAME:
        return ""
    return name if coded or " " not in name else f'"{name}"'
