"""Steps in the registry by the entry that they write or delete there."""

import re
from dataclasses import dataclass

_KEY = re.compile(
    r"(?:`|(?<=Key: )|(?<=path: ))(?P<key>(?:HKEY_[A-Z_]+|HK(?:LM|CU|CR|U)):?\\[^`\n]+)(?:`|$)",
    re.MULTILINE | re.IGNORECASE,
)
_NAME = r"[`*\"]{0,2}(?P<name>(?!(?i:regedit|the|this|a|an|following)\b)[A-Za-z]\w{3,60})\b[`*\"]{0,2}"
_MARKED = r"[`*]{0,2}(?P<name>(?=\w*[a-z0-9_]\w*[A-Z]|\d)\w{4,60})\b[`*]{0,2}"
_TYPED = re.compile(
    r"\b(?:DWORD|QWORD|String|Binary)\b[^\n]{0,60}?(?:\n\s{0,12}(?:\d{1,3}\.?\s{0,4})?)?"
    r"[^\n]{0,20}?\b(?:[Tt]ype|[Ee]nter) " + _NAME
)
_WRITTEN = (
    _TYPED,
    re.compile(
        r"^[-* ]*(?:(?:DWORD|QWORD|String)(?: name)?|(?:Value )?[Nn]ame)(?::| =) " + _NAME, re.MULTILINE
    ),
    re.compile(
        r"\b(?:[Rr]ight-click|[Dd]ouble-click|[Ss]elect)(?: on)? (?:the )?"
        + _MARKED
        + r"[^.\n]{0,60}\b(?:[Mm]odify|change|value)\b"
    ),
)
_DELETED = re.compile(
    r"\b[Rr]ight-click(?: on)? (?:the )?"
    + _MARKED
    + r"[^.\n]{0,60}\b(?:select|click|choose) [`*]{0,2}Delete\b"
)
_DATA = (
    re.compile(
        r"\b(?:[Tt]ype|[Ee]nter) [`*\"]{0,2}(?P<data>\w{1,12})[`*\"]{0,2} in the Value data", re.IGNORECASE
    ),
    re.compile(
        r"\bIn (?:the )?Value data(?: box| field)?, (?:type|enter) [`*\"]{0,2}(?P<data>\w{1,12})\b",
        re.IGNORECASE,
    ),
    re.compile(r"\bchange (?:the )?value(?: data)? to [`*\"]{0,2}(?P<data>\w{1,12})\b", re.IGNORECASE),
    re.compile(
        r"^[-* ]*value(?: data)?(?::| =) [`*\"]{0,2}(?P<data>\w{1,12})\b[`*\"]{0,2}(?: \(|$)",
        re.MULTILINE | re.IGNORECASE,
    ),
)


@dataclass(frozen=True)
class Entry:
    """What the text does to the one entry that it names."""

    name: str
    data: str = ""
    deleted: bool = False


def registry_entry(text: str) -> Entry | None:
    """The only entry of the registry that the text writes or deletes; None where it names several."""
    if _KEY.search(text) is None:
        return None
    written = {found["name"] for pattern in _WRITTEN for found in pattern.finditer(text)}
    deleted = {found["name"] for found in _DELETED.finditer(text)}
    if len(written | deleted) != 1:
        return None
    data = {found["data"] for pattern in _DATA for found in pattern.finditer(text)}
    return Entry((written | deleted).pop(), data.pop() if len(data) == 1 else "", bool(deleted))


def registry_title(text: str) -> str:
    """Steps in the registry editor by what they write there; empty for other steps."""
    key, entry = _KEY.search(text), registry_entry(text)
    if key is None:
        return ""
    if entry is not None and entry.deleted:
        return f"Delete the registry value {entry.name}"
    if entry is not None:
        return (
            f"Set the registry value {entry.name} to {entry.data}"
            if entry.data
            else f"Add {entry.name} to the registry"
        )
    first = _TYPED.search(text)
    if first is not None:
        return f"Add {first['name']} to the registry"
    return "Edit the registry under " + "\\".join(key["key"].rstrip("\\").split("\\")[-3:])


_UNNAMED = re.compile(
    r"\b(?:the|this) (?:(?:new )?reg(?:istry)? (?:keys?|subkeys?|entr(?:y|ies)|values?|settings?)"
    r"|(?:DWORD|key|value)(?: names? and values?)?)"
    r"(?: to the registry)?(?=$|[,:]| (?:on|to|from|by|and)\b| \()"
)


def with_entry(title: str, text: str) -> str:
    """ "Create the registry key" of a text that names one: "Create the registry value ShowBar"."""
    unnamed = _UNNAMED.search(title)
    entry = registry_entry(text) if unnamed is not None else None
    keys = {found["key"] for found in _KEY.finditer(text)}
    if unnamed is not None and entry is None and len(keys) == 1 and unnamed[0].startswith("this "):
        last = keys.pop().rstrip("\\").rpartition("\\")[2]
        return title.replace(unnamed[0], f"the registry key {last}", 1)
    if entry is None or entry.name.lower() in title.lower():
        return title
    return _UNNAMED.sub(f"the registry value {entry.name}", title, count=1)
