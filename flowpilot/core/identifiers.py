"""Error codes and names in free text: what must survive tokenisation whole, in one spelling each.

| as people write it | as it comes out |
|---|---|
| 0x0000011B, 0x11b; 80070005, error -2147024891 | `0x11b`; `0x80070005` |
| Event ID 4625; Event IDs 41, 6008 | `event-4625`; `event-41`, `event-6008` |
| error 1603, exit code -1603, HTTP 503, 503 Service Unavailable | `error-1603`, `error-503` |
| 550 5.7.1, #5.7.1 | `5.7.1` |
| AADSTS50076, HCW8014, ORA-00942 | `aadsts50076`, `hcw8014`, `ora00942` |
| KB5034441, CVE-2021-34527, IRQL_NOT_LESS_OR_EQUAL | lower-cased |
| Set-Mailbox, spoolsv.exe, srv-dc01.contoso.local | lower-cased |
| paths, shares and registry keys | their telling parts, lower-cased |

Ticket numbers, mail and IP addresses are dropped. Word lists live in `data/identifiers.json`.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Final

_DATA: Final[dict[str, str]] = json.loads(
    resources.files("flowpilot.core").joinpath("data/identifiers.json").read_text("utf-8")
)
YEAR: Final = re.compile(r"20[0-3]\d")
"""A number that is more likely a version or a year than a code."""
_LONGEST_WORD: Final = 300
"""Characters of a word; more is encoded data, and no name of a file or host."""
_LONGEST_CODE: Final = 64
"""Characters of a code; more is a line of a drawing or encoded data, and fits into no index."""
_TICKET_PREFIXES: Final = frozenset(_DATA["ticket_prefixes"].split())
_NOT_CODES: Final = frozenset(_DATA["not_codes"].split())
_HTTP_REASON: Final = (
    r"errors?|service unavailable|not found|forbidden|unauthorized|bad request|"
    r"internal server error|bad gateway|gateway time-?out"
)
_ENHANCED_STATUS: Final = re.compile(
    r"(?<![\d.])(?:[245]\d\d[ -])?#?(?P<enhanced>[45]\.[0-7]\.\d{1,3})(?![\d.]*\d)"
)
_CODE: Final = re.compile(
    r"""
      \b(?=[c0458kehsbfr])(?:
      (?P<cve>CVE-\d{4}-\d{4,7})\b
    | 0x(?P<hex>[0-9a-f]{1,16})L?\b
    | (?<![\w.-])(?P<bare_hex>800[0-9a-f]{5})(?![\w.-])
    | KB[ -]?(?P<kb>\d{6,7})\b
    | event\s*+(?:log\s*+)?(?:ids?|codes?|numbers?)\s*+[:\#=]?\s*+
      (?P<events>\d{1,5}(?:\s*+(?:,|and|or|&)\s*+\d{2,5}\b)*)
    | events?\s++(?P<event>\d{3,5})\b
    | HTTP(?:/\d\.\d)?[\s:-]*+(?:(?:status|error|response|code)[\s:-]*+){0,6}+
      (?P<http>[45]\d\d(?:\.\d{1,2})?)\b
    | (?P<reason>[45]\d\d(?:\.\d{1,2})?)\s++(?:"""
    + _HTTP_REASON.replace(" ", r"\s")
    + r""")\b
    | (?:errors?|stop|exit|bug\s?check|failure|return|result|status|err)\s?
      (?:(?:codes?|numbers?|no\.?|ids?|messages?|status)\s*+){0,6}+[:\#=('"]*+\s*+
      (?P<numbered>-?\d{2,10}(?:[-.]\d{1,5})?)(?![\w%])(?!\s*+(?:times|days|hours|minutes|users|pcs)\b)
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Blanks are taken whole or not at all (`*+`), and words between a code and its name are few: what is tried
grows with the text, whatever stands in it. What may begin a code is looked at first: most words do not."""
_HRESULT_DECIMAL: Final = re.compile(r"-2\d{9}")
_HRESULT_BARE: Final = re.compile(r"800\d{5}")
_SHOUTED_CODE: Final = re.compile(
    r"\b(?P<prefix>[A-Z]{3,})-?(?P<number>\d{4,})(?P<suffix>[A-Z]?)\b"
    r"|\b(?P<short_prefix>[A-Z]{2})-?(?P<long_number>\d{5,})\b"
    r"|\b(?P<symbol>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b"
)
_MAY_BE_STATUS: Final = re.compile(r"[45]\.[0-7]\.\d")
_MAY_BE_SHOUTED: Final = re.compile(r"[A-Z0-9](?:_[A-Z0-9]|-?\d{4})")
"""What a match of the two has in it, found in a twentieth of the time."""
_FILE_ENDINGS: Final = "|".join(_DATA["file_endings"].split())
_HOST_ENDINGS: Final = "|".join(_DATA["host_endings"].split())
_VERBS: Final = "|".join(_DATA["cmdlet_verbs"].split())
_NAME: Final = re.compile(
    rf"""
      (?P<dropped>[\w.+-]+@[\w-]+(?:\.[\w-]+)*|\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?\b)
    | \bhttps?://(?P<url>[^\s/:?\#'"<>)]+)[^\s'"<>)]*
    | (?P<path>(?:\\\\|\b[a-z]:\\|\bHK[A-Z_]+\\)[^\s"'<>|*?,;]+)
    | (?P<cmdlet>\b(?:{_VERBS})-[a-z][a-z0-9]{{3,}}\b)
    | (?P<file>(?<![\w.])(?:[\w$-]+\.)+(?:{_FILE_ENDINGS})\b)
    | (?<![\w.])\.(?P<ending>{_FILE_ENDINGS})\b
    | (?P<host>(?<![\w.])(?:[\w-]+\.)+(?:{_HOST_ENDINGS})\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MAY_BE_NAME: Final = re.compile(r"[@\\:-]|\.(?=\w)")
_VERSION_BEFORE: Final = re.compile(r"(?:version|\bver\.?|\bv|build|release)\s*$", re.IGNORECASE)
_NORMAL_CODE: Final = re.compile(
    r"0x[0-9a-f]+|event-\d+|error-\d+(?:[-.]\d+)?|[45]\.[0-7]\.\d{1,3}|kb\d{6,7}|cve-\d+-\d+"
    r"|(?P<prefix>[a-z]{3,}(?=\d{4})|[a-z]{2}(?=\d{5}))\d+[a-z]?|[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
)


@lru_cache(maxsize=16_384)
def is_code(term: str) -> bool:
    """Whether a term, as it comes out of a text, is an error code or symbol."""
    match = _NORMAL_CODE.fullmatch(term)
    return match is not None and match["prefix"] not in _NOT_CODES


def cut_codes(text: str) -> tuple[str, list[str]]:
    """A text without its error codes, and these, normalised, with repetitions."""
    rest, found = _cut(_CODE, text, _read_code)
    if _MAY_BE_STATUS.search(rest):
        rest, enhanced = _cut(_ENHANCED_STATUS, rest, _read_enhanced_status)
        found += enhanced
    if _MAY_BE_SHOUTED.search(rest):
        rest, shouted = _cut(_SHOUTED_CODE, rest, _read_shouted_code)
        found += shouted
    return rest, found


def codes_as_written(text: str) -> list[tuple[int, str]]:
    """Where the error codes of a text stand, and each as the text spells it, in the order of the text."""
    readers = (
        (_CODE, _read_code),
        (_ENHANCED_STATUS, _read_enhanced_status),
        (_SHOUTED_CODE, _read_shouted_code),
    )
    found = {
        match.start(): match.group().strip()
        for pattern, read in reversed(readers)
        for match in pattern.finditer(text)
        if read(match)
    }
    return sorted(found.items())


def cut_names(text: str) -> tuple[str, list[str]]:
    """A text without the names of files, hosts, keys and cmdlets in it, and these, lower-cased.

    Names have no blanks in them and some punctuation, so most words need no look at all.
    """
    rest: list[str] = []
    found: list[str] = []
    for word in text.split():
        if len(word) > _LONGEST_WORD:
            continue
        if _MAY_BE_NAME.search(word):
            word, names = _cut(_NAME, word, _read_name)
            found += names
        rest.append(word)
    return " ".join(rest), found


def _cut(
    pattern: re.Pattern[str], text: str, read: Callable[[re.Match[str]], list[str] | None]
) -> tuple[str, list[str]]:
    """Cut out what `read` understands (None leaves it standing); the rest and what was found."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        taken = read(match)
        if taken is None:
            return match.group()
        found.extend(taken)
        return " "

    return pattern.sub(take, text), found


def _read_code(match: re.Match[str]) -> list[str] | None:
    kind, value = str(match.lastgroup), match[str(match.lastgroup)].lower()
    if kind in ("hex", "bare_hex"):
        return _read_hex(value)
    if kind in ("event", "events"):
        return [f"event-{number}" for number in re.findall(r"\d+", value)]
    if kind == "kb":
        return [f"kb{value}"]
    return [value] if kind == "cve" else _read_numbered(value)


def _read_numbered(value: str) -> list[str]:
    """HRESULTs also come as a signed decimal number (-2147024891) or without their 0x."""
    if _HRESULT_DECIMAL.fullmatch(value):
        return _read_hex(f"{int(value) & 0xFFFFFFFF:x}")
    return _read_hex(value) if _HRESULT_BARE.fullmatch(value) else [f"error-{value.lstrip('-')}"]


def _read_hex(digits: str) -> list[str]:
    """`0x0000011b` and `0x11b` are one code; more than 8 digits are a memory address."""
    value = int(digits, 16)
    return [f"0x{value:x}"] if value <= 0xFFFFFFFF else []


def _read_enhanced_status(match: re.Match[str]) -> list[str] | None:
    before = match.string[max(0, match.start() - 12) : match.start()]
    return None if _VERSION_BEFORE.search(before) else [match["enhanced"]]


def _read_shouted_code(match: re.Match[str]) -> list[str] | None:
    if len(match.group()) > _LONGEST_CODE:
        return []
    symbol = match["symbol"]
    if symbol:
        return None if symbol.startswith(("HKEY", "REG_")) or len(symbol) < 8 else [symbol.lower()]
    prefix = (match["prefix"] or match["short_prefix"]).lower()
    number = match["number"] or match["long_number"]
    if prefix in _TICKET_PREFIXES:
        return []
    if prefix in _NOT_CODES or YEAR.fullmatch(number):
        return None
    return [f"{prefix}{number}{(match['suffix'] or '').lower()}"]


def _read_name(match: re.Match[str]) -> list[str] | None:
    kind = match.lastgroup
    if kind is None or kind == "dropped":
        return []
    value = match[kind].lower()
    if kind == "path":
        return _read_path(value)
    return [value.removeprefix("www.") if kind in ("url", "host") else value]


def _read_path(path: str) -> list[str]:
    """The last two parts of a path or key tell the problem; for a share also its host."""
    parts = [part for part in re.split(r"[\\/]+", path.rstrip(".:`)]}")) if len(part) > 1 and part[-1] != ":"]
    kept = parts[:1] + parts[-1:] if path.startswith("\\\\") else parts[-2:]
    return list(dict.fromkeys(part.replace("_", "-") for part in kept))
