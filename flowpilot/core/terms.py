"""From text to terms: the one tokenisation behind similarity, domains, signatures and matching.

Pure, without a corpus, and the same for the same text always. Error codes and names stay whole (see
`flowpilot.core.identifiers`). Other words are lower-cased, mapped to one spelling ("log on",
"sign-in" → `signin`) and lightly stemmed. Stop words, what every ticket says ("please", "issue",
"doesn't work"), and numbers of one, two or more than six digits are dropped. Word lists live in
`data/terms.json`; the frequencies in it are logarithmic (0.5 in every ticket, 5 in one of 150) and
were counted over public support articles, with everyday words of managed IT set by judgement.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from flowpilot.core.identifiers import YEAR, cut_codes, cut_names, is_code

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

_DATA: Final[dict[str, Any]] = json.loads(
    resources.files("flowpilot.core").joinpath("data/terms.json").read_text("utf-8")
)
_LONGEST: Final = 200_000
"""Characters that are looked at; a log of megabytes says no more about the problem."""

_STOP: Final = frozenset(_DATA["stop"].split())
_PROTECTED: Final = frozenset(_DATA["protected"].split())
_ALIASES: Final = {word: target for target, words in _DATA["aliases"].items() for word in words.split()}
_PHRASES: Final = {
    phrase.strip(): target for target, phrases in _DATA["phrases"].items() for phrase in phrases.split("|")
}


def _any_of(phrases: Iterable[str]) -> str:
    """A pattern of the longest of these that stands somewhere, with or without its blanks. Those with the
    same first letter are together, so that most words are compared with a few."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for phrase in sorted(phrases, key=lambda each: (-len(each), each)):
        by_letter[phrase[0]].append(re.escape(phrase[1:]).replace(r"\ ", r"[\s-]?"))
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())


_PHRASE: Final = re.compile(rf"(?<!\w)(?:{_any_of(_PHRASES)})(?!\w)")
_WORD: Final = re.compile(r"[^\W_](?:[\w'’.+-]*\w)?")
_NUMBER: Final = re.compile(r"\d{3,6}")
_NUMBERED_CODE: Final = re.compile(r"(?:event|error)-(\d+)")
_MASKED: Final = re.compile(r"<SECRET_\d+>")
"""What masking leaves in the place of a secret."""


def terms(text: str) -> list[str]:
    """Terms of a text with repetitions: first its codes and names, then its words in their order."""
    rest, found = cut_codes(_normalised(text))
    found += [number for number in map(_number_of, found) if number]
    rest, names = cut_names(rest)
    found += [name for name in names if name not in _STOP]
    found += _words(rest)
    return found


def _number_of(code: str) -> str:
    """People write "error 8606" or just "8606": a numbered code counts as its bare number too."""
    match = _NUMBERED_CODE.fullmatch(code)
    return match[1] if match and _NUMBER.fullmatch(match[1]) else ""


def codes(text: str) -> list[str]:
    """Distinct error codes and symbols of a text, normalised, in the order in which they appear."""
    return list(dict.fromkeys(cut_codes(_normalised(text))[1]))


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


@lru_cache(maxsize=16_384)
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
    return 1.0 if YEAR.fullmatch(term) else NUMBER_WEIGHT


def _normalised(text: str) -> str:
    return _MASKED.sub(" ", unicodedata.normalize("NFKC", text[:_LONGEST])).replace("’", "'")


def _words(text: str) -> Iterator[str]:
    lowered = _PHRASE.sub(lambda match: f" {_PHRASES[_spaced(match.group())]} ", text.lower())
    for token in _WORD.findall(lowered):
        yield from _parts(token)


def _spaced(phrase: str) -> str:
    """A phrase as the table spells it: "sign-in", "signin" and "sign  in" are "sign in"."""
    return _PHRASE_SPELLINGS[re.sub(r"[\s-]+", "", phrase)]


_PHRASE_SPELLINGS: Final = {re.sub(r"[\s-]+", "", phrase): phrase for phrase in _PHRASES}


@lru_cache(maxsize=16_384)
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


@lru_cache(maxsize=16_384)
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
