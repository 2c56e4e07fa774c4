"""From text to terms: the one tokenisation behind similarity, domains, signatures and matching.

Pure, without a corpus, and the same for the same text always. What identifies a technical problem is
kept whole and normalised: error codes (`0x80070005`, `event-4625`, `aadsts50076`, `5.7.1`, `kb5034441`,
`error-1603`), symbols (`irql_not_less_or_equal`), cmdlets, file and host names. Other words are
lower-cased, mapped to one spelling ("log on", "sign-in" → `signin`) and lightly stemmed. Stop words,
what every ticket says ("please", "issue", "doesn't work"), short and long bare numbers, addresses of people and IP
addresses are dropped. Word lists live in `data/terms.json`.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from importlib import resources
from typing import Final

SIGNATURE_SIZE: Final = 24
CODE_WEIGHT: Final = 9.0
NAME_WEIGHT: Final = 6.0
"""Of file, host and cmdlet names, and of any word with a digit in it."""
RARE_WEIGHT: Final = 5.5
"""Of a word that the frequency table does not know."""
NUMBER_WEIGHT: Final = 3.0
"""Of a bare number of 3 to 6 digits: half a code, or just a number. A year weighs 1."""
IDENTIFYING_WEIGHT: Final = 2.5
"""Words below this ("outlook", "server") are too frequent to find candidates by."""

_DATA: Final[dict[str, dict[str, str]]] = json.loads(
    resources.files("flowpilot.core").joinpath("data/terms.json").read_text("utf-8")
)
_LONGEST: Final = 200_000
"""Characters that are looked at; a log of megabytes says no more about the problem."""

_TICKET_PREFIXES: Final = frozenset(_DATA["words"]["ticket_prefixes"].split())
_NOT_CODES: Final = frozenset(_DATA["words"]["not_codes"].split())
_STOP: Final = frozenset(_DATA["words"]["stop"].split())
_PROTECTED: Final = frozenset(_DATA["words"]["protected"].split())
_ALIASES: Final = {
    word: target for target, words in _DATA["aliases"].items() for word in words.split()
}
_PHRASES: Final = {
    phrase.strip(): target
    for target, phrases in _DATA["phrases"].items()
    for phrase in phrases.split("|")
}
_PHRASE: Final = re.compile(
    r"(?<!\w)(?:"
    + "|".join(
        re.escape(phrase).replace(r"\ ", r"[\s-]?")
        for phrase in sorted(_PHRASES, key=lambda each: (-len(each), each))
    )
    + r")(?!\w)"
)

_HTTP_REASON: Final = (
    r"errors?|service unavailable|not found|forbidden|unauthorized|bad request|"
    r"internal server error|bad gateway|gateway time-?out"
)
_ENHANCED_STATUS: Final = re.compile(
    r"(?<![\d.])(?:[245]\d\d[ -])?#?(?P<enhanced>[45]\.[0-7]\.\d{1,3})(?![\d.]*\d)"
)
_CODE: Final = re.compile(
    r"""
      \b(?P<cve>CVE-\d{4}-\d{4,7})\b
    | \b0x(?P<hex>[0-9a-f]{1,16})L?\b
    | (?<![\w.-])(?P<bare_hex>800[0-9a-f]{5})(?![\w.-])
    | \bKB[ -]?(?P<kb>\d{6,7})\b
    | \bevent\s*(?:log\s*)?(?:ids?|codes?|numbers?)\s*[:\#=]?\s*(?P<events>\d{1,5}(?:\s*(?:,|and|or|&)\s*\d{2,5}\b)*)
    | \bevents?\s+(?P<event>\d{3,5})\b
    | \bHTTP(?:/\d\.\d)?[\s:-]*(?:(?:status|error|response|code)[\s:-]*)*(?P<http>[45]\d\d(?:\.\d{1,2})?)\b
    | \b(?P<reason>[45]\d\d(?:\.\d{1,2})?)\s+(?:"""
    + _HTTP_REASON.replace(" ", r"\s")
    + r""")\b
    | \b(?:errors?|stop|exit|bug\s?check|failure|return|result|status|err)\s?
      (?:(?:codes?|numbers?|no\.?|ids?|messages?|status)\s*)*[:\#=('"]*\s*
      (?P<numbered>-?\d{2,10}(?:[-.]\d{1,5})?)(?![\w%])(?!\s*(?:times|days|hours|minutes|users|pcs)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SHOUTED_CODE: Final = re.compile(
    r"\b(?P<prefix>[A-Z]{3,})-?(?P<number>\d{4,})(?P<suffix>[A-Z]?)\b"
    r"|\b(?P<short_prefix>[A-Z]{2})-?(?P<long_number>\d{5,})\b"
    r"|\b(?P<symbol>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b"
)
_FILE_ENDINGS: Final = "|".join(_DATA["words"]["file_endings"].split())
_HOST_ENDINGS: Final = "|".join(_DATA["words"]["host_endings"].split())
_VERBS: Final = "|".join(_DATA["words"]["cmdlet_verbs"].lower().split())
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
_MASKED: Final = re.compile(r"<SECRET_\d+>")
"""What masking leaves in the place of a secret."""
_WORD: Final = re.compile(r"[^\W_](?:[\w'’.+-]*\w)?")
_YEAR: Final = re.compile(r"20[0-3]\d")
_NUMBER: Final = re.compile(r"\d{3,6}")
_NUMBERED_CODE: Final = re.compile(r"(?:event|error)-(\d+)")
_VERSION_BEFORE: Final = re.compile(r"(?:version|\bver\.?|\bv|build|release)\s*$", re.IGNORECASE)


def terms(text: str) -> list[str]:
    """Terms of a text with repetitions: first its codes and names, then its words in their order."""
    rest, found = _cut_codes(_normalised(text))
    found += [number for number in map(_number_of, found) if number]
    rest, names = _cut_names(rest)
    found += names
    found += _words(rest)
    return found


def _number_of(code: str) -> str:
    """People write "error 8606" or just "8606": a numbered code counts as its bare number too."""
    match = _NUMBERED_CODE.fullmatch(code)
    return match[1] if match and _NUMBER.fullmatch(match[1]) else ""


def codes(text: str) -> list[str]:
    """Distinct error codes and symbols of a text, normalised, in the order in which they appear."""
    return list(dict.fromkeys(_cut_codes(_normalised(text))[1]))


def signature(title: str, text: str) -> list[str]:
    """At most 24 terms that tell this problem from others, the most telling first.

    Made to be stored and compared by overlap: terms that half of all tickets share are left out
    unless hardly anything else is there. A term of the title counts double.
    """
    of_title = terms(title)
    return most_telling(of_title, of_title + terms(text))


def most_telling(of_title: Collection[str], of_all: Iterable[str]) -> list[str]:
    """`signature` for terms at hand; `of_all` with repetitions, those of the title included."""
    in_title = set(of_title)
    counts = Counter(of_all)
    score = {
        term: weight(term) * (2.0 if term in in_title else 1.0) * (1.0 + 0.1 * min(count - 1, 5))
        for term, count in counts.items()
    }
    ranked = sorted(score, key=lambda term: (-score[term], term))
    telling = [term for term in ranked if weight(term) >= IDENTIFYING_WEIGHT]
    return (telling if len(telling) >= 3 else ranked)[:SIGNATURE_SIZE]


@lru_cache(maxsize=65_536)
def weight(term: str) -> float:
    """How much a term says about which problem this is: 0.5 (in every ticket) to 9 (an error code)."""
    if is_code(term):
        return CODE_WEIGHT
    known = _FREQUENCY.get(term)
    if known is not None:
        return known
    if any(not char.isalpha() for char in term):
        return _number_weight(term) if term.isdecimal() else NAME_WEIGHT
    return RARE_WEIGHT


def _number_weight(term: str) -> float:
    return 1.0 if _YEAR.fullmatch(term) else NUMBER_WEIGHT


@lru_cache(maxsize=65_536)
def is_code(term: str) -> bool:
    """Whether a term, as `terms` gives it, is an error code or symbol."""
    match = _NORMAL_CODE.fullmatch(term)
    return match is not None and match["prefix"] not in _NOT_CODES


_NORMAL_CODE: Final = re.compile(
    r"0x[0-9a-f]+|event-\d+|error-\d+(?:[-.]\d+)?|[45]\.[0-7]\.\d{1,3}|kb\d{6,7}|cve-\d+-\d+"
    r"|(?P<prefix>[a-z]{3,}(?=\d{4})|[a-z]{2}(?=\d{5}))\d+[a-z]?|[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
)


def _normalised(text: str) -> str:
    return _MASKED.sub(" ", unicodedata.normalize("NFKC", text[:_LONGEST])).replace("’", "'")


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


def _cut_codes(text: str) -> tuple[str, list[str]]:
    rest, found = _cut(_CODE, text, _read_code)
    rest, enhanced = _cut(_ENHANCED_STATUS, rest, _read_enhanced_status)
    rest, shouted = _cut(_SHOUTED_CODE, rest, _read_shouted_code)
    return rest, found + enhanced + shouted


def _read_code(match: re.Match[str]) -> list[str] | None:
    kind, value = str(match.lastgroup), match[str(match.lastgroup)].lower()
    if kind in ("hex", "bare_hex"):
        return _read_hex(value)
    if kind in ("event", "events"):
        return [f"event-{number}" for number in re.findall(r"\d+", value)]
    if kind == "kb":
        return [f"kb{value}"]
    return [value] if kind == "cve" else [f"error-{value.lstrip('-')}"]


def _read_hex(digits: str) -> list[str]:
    """`0x0000011b` and `0x11b` are one code; more than 8 digits are a memory address."""
    value = int(digits, 16)
    return [f"0x{value:x}"] if value <= 0xFFFFFFFF else []


def _read_enhanced_status(match: re.Match[str]) -> list[str] | None:
    before = match.string[max(0, match.start() - 12) : match.start()]
    return None if _VERSION_BEFORE.search(before) else [match["enhanced"]]


def _read_shouted_code(match: re.Match[str]) -> list[str] | None:
    symbol = match["symbol"]
    if symbol:
        return None if symbol.startswith(("HKEY", "REG_")) or len(symbol) < 8 else [symbol.lower()]
    prefix = (match["prefix"] or match["short_prefix"]).lower()
    number = match["number"] or match["long_number"]
    if prefix in _TICKET_PREFIXES:
        return []
    if prefix in _NOT_CODES or _YEAR.fullmatch(number):
        return None
    return [f"{prefix}{number}{(match['suffix'] or '').lower()}"]


def _cut_names(text: str) -> tuple[str, list[str]]:
    """Names have no blanks in them and some punctuation, so most words need no look at all."""
    rest: list[str] = []
    found: list[str] = []
    for word in text.split():
        if _MAY_BE_NAME.search(word):
            word, names = _cut(_NAME, word, _read_name)
            found += names
        rest.append(word)
    return " ".join(rest), found


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
    return list(dict.fromkeys(part.replace("_", "-") for part in kept if part not in _STOP))


def _words(text: str) -> Iterator[str]:
    lowered = _PHRASE.sub(lambda match: f" {_PHRASES[_spaced(match.group())]} ", text.lower())
    for token in _WORD.findall(lowered):
        yield from _parts(token)


def _spaced(phrase: str) -> str:
    """A phrase as the table spells it: "sign-in", "signin" and "sign  in" are "sign in"."""
    return _PHRASE_SPELLINGS[re.sub(r"[\s-]+", "", phrase)]


_PHRASE_SPELLINGS: Final = {re.sub(r"[\s-]+", "", phrase): phrase for phrase in _PHRASES}


@lru_cache(maxsize=65_536)
def _parts(token: str) -> tuple[str, ...]:
    if any(char.isdigit() for char in token):
        return _with_digits(token)
    parts = (part.partition("'")[0] for part in re.split(r"[._+-]", token) if "n't" not in part)
    stemmed = (_ALIASES.get(part) or stem(part) for part in parts if _is_word(part))
    return tuple(part for part in (_ALIASES.get(part, part) for part in stemmed) if part not in _STOP)


def _is_word(part: str) -> bool:
    return len(part) > 1 and part not in _STOP


def _with_digits(token: str) -> tuple[str, ...]:
    token = token.partition("'")[0]
    if token in _STOP or not any(char.isalpha() for char in token):
        return (token,) if _NUMBER.fullmatch(token) else ()
    return (_ALIASES.get(token, token).replace("_", "-"),)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A light English stem: plural, -ing, -ed, -ation, -ion, -ate and a last -e go. Not a word, a key."""
    if len(word) < 4 or word in _PROTECTED or not word.isascii():
        return word
    word = _singular(word)
    for ending, shortest in (("ation", 4), ("ating", 4), ("ated", 4), ("ate", 5), ("ing", 3), ("ed", 3)):
        base = word.removesuffix(ending)
        if base != word and len(base) >= shortest and any(char in "aeiouy" for char in base):
            return _undoubled(base)
    if word.endswith(("tion", "sion")) and len(word) > 6:
        return word[:-3]
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _undoubled(base: str) -> str:
    if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    return base[:-1] if base.endswith("e") and len(base) > 4 else base


_FREQUENCY: Final = {
    term: float(value) for value, words in _DATA["frequency"].items() for term in words.split()
}
