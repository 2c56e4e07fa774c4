"""The lexicon against 320 labelled sentences, which were written before it.

Of the `held_out` half only the figures were looked at; the bounds are those figures with a little air.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from flowpilot.ai.offline.domains import classify
from flowpilot.flows.domains import DOMAINS

_ROWS = json.loads((Path(__file__).parent.parent / "data" / "domain_sentences.json").read_text("utf-8"))
_KEYS = [domain.key for domain in DOMAINS]


def sentences(half: str) -> list[tuple[str, str | None]]:
    return [(row["text"], row["domain"]) for row in _ROWS if row["half"] == half]


def confusion(labelled: Sequence[tuple[str, str | None]]) -> Counter[tuple[str | None, str | None]]:
    """How often each (label, guess) came up; a guess of None is an abstention."""
    return Counter((label, classify(text).domain) for text, label in labelled)


def test_each_domain_has_at_least_fifteen_labelled_sentences() -> None:
    assert Counter(row["domain"] for row in _ROWS) == Counter(dict.fromkeys([*_KEYS, None], 20))


@pytest.mark.parametrize(("half", "right", "wrong"), [("develop", 0.95, 0.02), ("held_out", 0.92, 0.05)])
def test_labelled_sentences_are_recognised(half: str, right: float, wrong: float) -> None:
    labelled = [(text, label) for text, label in sentences(half) if label]
    matrix = confusion(labelled)
    hits = sum(count for (label, guess), count in matrix.items() if label == guess)
    misses = sum(count for (label, guess), count in matrix.items() if guess not in (label, None))
    assert hits / len(labelled) >= right
    assert misses / len(labelled) <= wrong


@pytest.mark.parametrize("key", _KEYS)
def test_each_domain_is_mostly_recognised(key: str) -> None:
    matrix = confusion([(row["text"], row["domain"]) for row in _ROWS if row["domain"] == key])
    assert matrix[key, key] >= 16


def test_sentences_about_nothing_technical_are_mostly_left_open() -> None:
    vague = [(row["text"], None) for row in _ROWS if row["domain"] is None]
    assert confusion(vague)[None, None] >= 16


@pytest.mark.parametrize("text", ["", "Please help", "qwertz asdf"])
def test_a_text_that_says_nothing_has_no_domain(text: str) -> None:
    guess = classify(text)
    assert (guess.domain, guess.score, guess.confidence, guess.terms) == (None, 0.0, 0.0, ())


def test_the_guess_names_what_led_to_it() -> None:
    guess = classify("Nobody can print: spooler on the print server stops with 0x0000011b")
    assert guess.domain == "printing"
    assert {"0x11b", "spooler", "print server"} <= set(guess.terms)
    assert 0.0 < guess.confidence <= 1.0


def test_one_weak_word_is_not_enough() -> None:
    guess = classify("The page")
    assert guess.domain is None
    assert guess.score > 0


def test_a_code_outweighs_everyday_words() -> None:
    assert classify("User at home gets AADSTS50076 on the laptop").domain == "identity_mfa"
    assert classify("Message from the server came back with 550 5.7.1").domain == "email"


def test_words_of_an_entry_count_only_near_each_other() -> None:
    far = "print the long list of all our new people for the office party, it is on the old server"
    assert "print server" in classify("the print server").terms
    assert "print server" not in classify(far).terms


def test_every_domain_of_the_lexicon_is_in_the_table() -> None:
    guesses = {classify(row["text"]).domain for row in _ROWS} - {None}
    assert guesses == set(_KEYS)
