"""When two descriptions are one finding. The bounds are those measured, with a little air."""

import pytest

from flowpilot.ai.offline.similarity import (
    RELATED,
    SAME,
    Problem,
    same,
    similarity,
)
from tests.ai.reworded import Pair, pairs, tickets

SPOOLER = Problem("Print spooler stops on PRN01", "spoolsv.exe crashes every few minutes, nobody can print.")


@pytest.mark.parametrize("half", ["develop", "held_out"])
def test_unlike_tickets_are_never_merged(half: str) -> None:
    merged = [
        (pair.one.name, pair.other.name) for pair in pairs(half) if not pair.is_one and same(*_problems(pair))
    ]
    assert merged == []


@pytest.mark.parametrize(("half", "found"), [("develop", 29), ("held_out", 27)])
def test_most_rewordings_are_recognised(half: str, found: int) -> None:
    assert sum(same(*_problems(pair)) for pair in pairs(half) if pair.is_one) >= found


def _problems(pair: Pair) -> tuple[Problem, Problem]:
    return pair.one.problem, pair.other.problem


@pytest.mark.parametrize("half", ["develop", "held_out"])
def test_rewordings_share_a_term_of_their_signatures(half: str) -> None:
    apart = [
        pair.one.name
        for pair in pairs(half)
        if pair.is_one and not set(pair.one.problem.signature) & set(pair.other.problem.signature)
    ]
    assert apart == []


def test_similarity_is_symmetric_and_within_bounds() -> None:
    found = tickets("develop")[:20]
    for one in found:
        for other in found:
            score = similarity(one.problem, other.problem)
            assert score == similarity(other.problem, one.problem)
            assert 0.0 <= score <= 1.0


def test_a_text_is_the_same_as_itself_however_long() -> None:
    long = Problem(
        "Crash of the warehouse module", " ".join(f"module{number}.dll failed" for number in range(400))
    )
    assert same(SPOOLER, SPOOLER)
    assert same(long, long)


def test_other_error_codes_in_otherwise_equal_texts_are_other_problems() -> None:
    def ticket(code: str) -> Problem:
        return Problem(
            f"Sign-in to the portal fails with {code}", f"User gets {code} when opening the portal."
        )

    assert similarity(ticket("AADSTS50076"), ticket("AADSTS90072")) < RELATED
    assert similarity(ticket("AADSTS50076"), ticket("AADSTS50076")) >= SAME


def test_a_bare_number_does_not_contradict_the_same_numbered_code() -> None:
    one = Problem("L2TP VPN fails with error 809", "Home user cannot connect, error 809.")
    other = Problem("Home user cannot connect L2TP VPN, 809", "Event ID 20227 in the log.")
    assert similarity(one, other) > similarity(one, Problem(other.title.replace("809", "789"), other.text))


def test_texts_without_a_word_in_common_are_unlike() -> None:
    assert similarity(SPOOLER, Problem("DHCP scope exhausted", "Laptops get 169.254 addresses.")) == 0.0


def test_nothing_said_is_like_nothing() -> None:
    empty = Problem("Please help", "It doesn't work")
    assert similarity(empty, empty) == 0.0


def test_an_unknown_domain_is_no_evidence_and_another_one_is() -> None:
    one = Problem(SPOOLER.title, SPOOLER.text, domain="printing")
    other = Problem("Spooler crashes on PRN01", "No printing, spoolsv.exe stops.", domain=None)
    unlike = Problem(other.title, other.text, domain="voip")
    assert similarity(one, other) == similarity(SPOOLER, other) > similarity(one, unlike)


def test_a_like_fix_speaks_for_one_problem() -> None:
    fix = "Removed the old Kyocera driver and cleared the spool folder."
    one, other = "Spooler stops on PRN01", "Nobody can print, spooler crashes"
    assert similarity(Problem(one, fix=fix), Problem(other, fix=fix)) > similarity(
        Problem(one), Problem(other)
    )


def test_titles_that_quote_unlike_messages_speak_against_one_problem() -> None:
    one = Problem('"A name like this is in use by another record" in the portal', "Adding a record fails.")
    other = Problem('"A name like this is in use" in the portal', "Adding a user fails.")
    unquoted = Problem(other.title.replace('"', ""), other.text)
    assert similarity(one, other) == similarity(one, unquoted)
    unlike = Problem('"This name belongs to an account that was deleted" in the portal', other.text)
    assert similarity(one, unlike) < similarity(one, Problem(unlike.title.replace('"', ""), unlike.text))
