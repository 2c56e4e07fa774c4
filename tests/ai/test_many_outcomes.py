"""What a mined flow says is true at its ends, and what a step asks that is answered with readings."""

from uuid import UUID

import pytest

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.many.outcomes import state_told
from tests.ai.test_many import BY_PLACE, after, flow, session


def told(*resolutions: str) -> str:
    return state_told(
        [
            SessionFacts(id=UUID(int=n), title="t", text="", resolution=text)
            for n, text in enumerate(resolutions)
        ]
    )


@pytest.mark.parametrize(
    ("resolution", "state"),
    [
        (
            "The scope was full. Shortened the lease; clients get addresses again.",
            "Clients get addresses again",
        ),
        ("Boot order corrected on all laptops, no more recovery screen.", "No more recovery screen"),
        ("Restarted the service, writer is stable now.", "Writer is stable"),
        ("Ran Suspend-BitLocker and restarted.", ""),
        ("The print processor runs inside the spooler. Set the queues to winprint.", ""),
        ("Removed the key, works.", ""),
        ("", ""),
    ],
)
def test_what_is_true_now_is_the_last_part_that_tells_no_act(resolution: str, state: str) -> None:
    assert told(resolution) == state


def test_words_that_stand_on_their_own_win_then_the_most_frequent() -> None:
    assert told("Added it, starts docked.", "Did it, the laptop starts.") == "The laptop starts"
    twice = ["Did it, mail arrives.", "Added it; mail arrives.", "Did it, scans arrive."]
    assert told(*twice) == "Mail arrives"


def test_each_fix_that_tells_something_of_its_own_has_its_end() -> None:
    notes = ["Opened the ports, VPN connects.", "", "Restarted it; all laptops connect.", ""]
    sessions = [
        each.model_copy(update={"resolution": note}) for each, note in zip(BY_PLACE, notes, strict=True)
    ]
    _, tree = flow(sessions)
    assert after(tree, "Yes", "Yes", "Solved").title == "VPN connects"
    assert after(tree, "Yes", "No", "Solved").title == "All laptops connect"
    assert "Restart the IKEEXT service" in after(tree, "Yes", "No", "Solved").body


def test_fixes_of_which_nothing_is_told_share_one_end_that_names_them() -> None:
    _, tree = flow(BY_PLACE)
    one, other = after(tree, "Yes", "Yes", "Solved"), after(tree, "Yes", "No", "Solved")
    assert one == other
    assert one.title == "No longer occurs: VPN does not connect"
    assert "- Open UDP 500 and 4500 on the router\n- Restart the IKEEXT service" in one.body


def test_readings_are_answers_to_a_question_that_says_what_is_read_off() -> None:
    readings = [("0, 2, 4, 11", "Enable Secure Boot"), ("7, 11", "Suspend BitLocker")] * 2
    sessions = [
        session(n, ("check", "Check the PCR binding", said), ("action", fix, "worked"))
        for n, (said, fix) in enumerate(readings, 1)
    ]
    _, tree = flow(sessions)
    assert after(tree, "Yes").title == "Check the PCR binding: what does it show?"


def test_wording_that_asks_is_the_title_of_a_step_that_is_answered() -> None:
    wordings = ["Check which PCRs the drive uses"] * 3 + ["Which PCRs does the drive use?"]
    readings = [("0, 2, 4, 11", "Enable Secure Boot"), ("7, 11", "Suspend BitLocker")] * 2
    sessions = [
        session(n, ("check", wording, said), ("action", fix, "worked"))
        for n, (wording, (said, fix)) in enumerate(zip(wordings, readings, strict=True), 1)
    ]
    _, tree = flow(sessions)
    assert after(tree, "Yes").title == "Which PCRs does the drive use?"


def test_what_nobody_took_or_reached_names_no_session() -> None:
    found, tree = flow(BY_PLACE)
    home = after(tree, "Yes")
    assert found.grounding[f"{home.id}/o3"] == ()
    assert {found.grounding[node.id] for node in tree.nodes if node.kind == "escalation"} == {()}
