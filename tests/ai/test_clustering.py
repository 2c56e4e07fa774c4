"""Sessions of one problem come together, and only those."""

from random import Random
from uuid import UUID

import pytest

from flowpilot.ai.contracts import SessionFacts, StepFacts
from flowpilot.ai.offline.clustering import cluster, group
from flowpilot.ai.offline.similarity import Problem, similarity
from tests.ai.reworded import tickets


def _session(number: int, title: str, text: str = "", **extra: object) -> SessionFacts:
    return SessionFacts.model_validate({"id": UUID(int=number), "title": title, "text": text, **extra})


def _reworded() -> list[SessionFacts]:
    found = [*tickets("develop"), *tickets("held_out")]
    return [
        _session(number, each.problem.title, each.problem.text, resolution=each.problem.fix)
        for number, each in enumerate(found)
    ]


@pytest.mark.parametrize(("half", "together"), [("develop", 28), ("held_out", 26)])
def test_rewordings_come_together_and_nothing_else_does(half: str, together: int) -> None:
    found = tickets(half)
    names = [{found[index].name for index in members} for members in group([each.problem for each in found])]
    assert [each for each in names if len(each) > 1] == []
    assert len(found) - len(names) >= together


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_input_does_not_matter(seed: int) -> None:
    sessions = _reworded()
    shuffled = sessions.copy()
    Random(seed).shuffle(shuffled)
    assert cluster(shuffled) == cluster(sessions)


def test_every_session_is_in_exactly_one_cluster() -> None:
    sessions = _reworded()
    found = [session.id for members in cluster(sessions) for session in members]
    assert sorted(found) == [session.id for session in sessions]


def test_nothing_makes_no_clusters() -> None:
    assert cluster([]) == []


def test_empty_texts_stay_alone() -> None:
    sessions = [_session(number, "Please help") for number in range(3)]
    assert [len(members) for members in cluster(sessions)] == [1, 1, 1]


def test_unlike_ends_of_a_chain_are_not_joined() -> None:
    """a and b are one problem, b and c share a product: c stays apart."""
    a = Problem(
        "Spooler stops on PRN01", "spoolsv.exe crashes, nobody can print.", "Removed the Kyocera driver."
    )
    b = Problem("No printing, spooler crashes", "spoolsv.exe stops on PRN01.", "Took the Kyocera driver off.")
    c = Problem(
        "Kyocera prints blank pages", "Toner low alert, drum unit worn.", "Replaced toner and drum unit."
    )
    assert group([a, b, c]) == [(0, 1), (2,)]


def test_many_alike_sessions_are_one_cluster() -> None:
    """More than the number from which a term's pairs are no longer all compared."""
    sessions = [
        _session(
            number,
            f"Veeam job failed on SRV-SQL{number:02}",
            "Failed to freeze guest, wait timeout, VSS writer.",
        )
        for number in range(90)
    ]
    assert [len(members) for members in cluster(sessions)] == [90]


def test_what_was_asked_and_done_speaks_for_one_problem() -> None:
    def told(title: str, *steps: str) -> SessionFacts:
        facts = [
            StepFacts(id=UUID(int=order), order=order, kind="action", source="engineer", title=step)
            for order, step in enumerate(steps)
        ]
        return _session(1, title, steps=tuple(facts))

    steps = ("Check Credential Manager entries", "Clear cached credentials", "Enable modern authentication")
    one, other = "Outlook asks for the password again and again", "Password prompt loop in Outlook"
    alone = similarity(Problem.of(told(one)), Problem.of(told(other)))
    assert similarity(Problem.of(told(one, *steps)), Problem.of(told(other, *steps))) > alone


STEPS = (
    "Which licensing mode does RD Licensing Diagnoser show?",
    "Is TCP 135 to the licence server open?",
    "Set licence server and licensing mode by group policy",
    "Restart the session host",
)


def _told(number: int, title: str, *steps: str) -> SessionFacts:
    facts = [
        StepFacts(id=UUID(int=number * 100 + order), order=order, kind="action", source="offline", title=step)
        for order, step in enumerate(steps)
    ]
    return _session(number, title, steps=tuple(facts))


def test_one_problem_in_quite_other_words_is_known_by_what_was_asked_and_done() -> None:
    titles = (
        "RDP refused: no License Servers available",
        "Terminal server turns everybody away this morning",
    )
    sessions = [_told(number, title, *STEPS) for number, title in enumerate(titles)]
    assert [len(members) for members in cluster(sessions)] == [2]


def test_relatives_that_share_their_first_steps_stay_apart() -> None:
    one = _told(1, "RDP refused: no License Servers available", *STEPS[:2], "Set the licensing mode")
    other = _told(2, "Session host is slow in the afternoon", *STEPS[:2], "Move the profile disks to SSD")
    assert [len(members) for members in cluster([one, other])] == [1, 1]


def test_same_steps_after_other_codes_are_other_problems() -> None:
    titles = ("Sending fails with 5.7.23", "Mail bounces, 5.7.133")
    sessions = [_told(number, title, *STEPS) for number, title in enumerate(titles)]
    assert [len(members) for members in cluster(sessions)] == [1, 1]
