"""A condition short enough to choose: what only describes goes first, what it says of its subject stays."""

import re
from collections.abc import Callable

from flowpilot.ai.offline.single.asking import clause_of
from flowpilot.ai.offline.text.sentences import first_words, sentences

LABEL_LIMIT = 120

_RELATIVE = re.compile(r",? (?:that|which|who|whose)(?:'s|'re|'ve)?\b")
_SECOND_CLAUSE = re.compile(
    r",? (?:(?:or|and|but) (?=(?:is|are|was|were|has|have|it|the|they)\b)|that's |which )"
)
_REASON = re.compile(r",? (?:because|so that|which means)\b|, (?:so|but|and|which)\b|\. (?=[A-Z])|;")
_GLUED = re.compile(r"(?<=[a-z])\.(?=[A-Z][a-z]* )")
"""A stop without a blank behind it."""
_BITS = re.compile(r"\b(\d\d-bit) (?:version|edition)s? of (?:Microsoft )?(?=[A-Z])")


def shortened(text: str) -> str:
    """The text within the limit; what it says would be lost last is taken off first."""
    for shorter in _WAYS:
        if len(text) <= LABEL_LIMIT:
            return text
        text = shorter(text).strip()
    return text if len(text) <= LABEL_LIMIT else first_words(_REASON.split(text, maxsplit=1)[0], LABEL_LIMIT)


def _first_sentence(text: str) -> str:
    return _GLUED.split(sentences(text)[0].text, maxsplit=1)[0].rstrip(".")


def _without_brackets(text: str) -> str:
    return re.sub(r"\s*\([^()]*\)", "", text)


def _without_bits(text: str) -> str:
    """ "32-bit versions of Office on 64-bit versions of Windows" is "32-bit Office on 64-bit Windows"."""
    return _BITS.sub(r"\1 ", text)


def _without_examples(text: str) -> str:
    return re.sub(r",? (?:such as|for example,?) .*$", "", text)


def _without_description(text: str) -> str:
    """ "The key that the clerk keeps is lost" is "The key is lost": what the subject is said to be stays."""
    clause = clause_of(text)
    if clause is None or not _THING.match(clause.subject):
        return text
    return f"{_RELATIVE.split(clause.subject, maxsplit=1)[0]} {clause.verb} {clause.rest}"


_THING = re.compile(r"(?:the|an?|your|some|any|each|this|one) ", re.IGNORECASE)
"""A subject that a description follows, not a sentence of its own."""


def _without_second_clause(text: str) -> str:
    cuts = [match.start() for match in _SECOND_CLAUSE.finditer(text) if match.start() <= LABEL_LIMIT]
    return text[: cuts[-1]] if cuts else text


_WAYS: tuple[Callable[[str], str], ...] = (
    _first_sentence,
    _without_brackets,
    _without_bits,
    _without_examples,
    _without_description,
    _without_second_clause,
)
