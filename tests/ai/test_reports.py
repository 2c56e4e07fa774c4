"""Resolutions in two to five sentences that report what was found and done."""

import pytest

from flowpilot.ai.contracts import NewFlow, Nothing
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.rubric import score
from flowpilot.flows.document import Tree, parse
from tests.ai.tickets import step, ticket


def mined(title: str, text: str, resolution: str) -> Tree:
    session = ticket(title, text, resolution)
    flow = mine_one(session)
    assert isinstance(flow, NewFlow)
    assert score(flow, [session]) == []
    return parse(flow.tree)


def shape(tree: Tree) -> list[tuple[str, str, list[str]]]:
    return [
        (node.kind, node.title, [f"{o.label} → {tree.node(o.next).title}" for o in node.options])
        for node in tree.nodes
        if node.options
    ]


OTHER = "No, something else → A different problem: gather details and hand over"
EXHAUSTED = "Known fixes do not apply or did not help"


def test_what_was_found_is_asked_and_what_was_done_is_ordered() -> None:
    tree = mined(
        "Label printer offline",
        "The label printer in the warehouse shows offline.",
        "We found that the port of the label printer was blocked on the core switch. "
        "Unblocked the port, moved the "
        "printer to the printer network and restarted the print spooler. Labels were "
        "fine for the next two days.",
    )
    action = "Unblock the port, move the printer to the printer network and restart the print spooler"
    asked = "Is the port of the label printer blocked on the core switch?"
    assert shape(tree) == [
        ("question", "Is the label printer offline?", [f"Yes → {asked}", OTHER]),
        ("question", asked, [f"Yes → {action}", f"No → {EXHAUSTED}", f"Can't tell → {action}"]),
        ("action", action, ["Solved → Label printer is no longer offline", f"Not solved → {EXHAUSTED}"]),
    ]


def test_a_condition_with_its_otherwise_is_a_question_before_both_ways() -> None:
    tree = mined(
        "Can't scan to mail",
        "Scanning to mail ends with an error.",
        "If the office has a fixed address, use the relay on port 25. If not, create a "
        "mailbox for the scanner and set "
        "a password on it. Then send a test scan to the service desk.",
    )
    assert [node.title for node in tree.nodes if node.kind in ("question", "action")] == [
        "Are you unable to scan to mail?",
        "Does the office have a fixed address?",
        "Use the relay on port 25",
        "Create a mailbox for the scanner and set a password on it",
        "Send a test scan to the service desk",
    ]


def test_what_to_do_when_it_stays_is_tried_next() -> None:
    tree = mined(
        "Budget file locked",
        "The budget file is locked for all users of the finance share.",
        "Closed the open handle of the budget file on the file server in the console for "
        "shared folders. If the file "
        "stays locked, delete the hidden owner file in the same folder. Told the user to "
        "close the file at night.",
    )
    first, second = (node for node in tree.nodes if node.kind == "action")
    assert tree.node(first.options[1].next) == second
    assert second.title == "Delete the hidden owner file in the same folder"


def test_advice_for_next_time_is_background() -> None:
    tree = mined(
        "Recovery key asked at every start",
        "The laptop asks for the recovery key at every start.",
        "Entered the recovery key from the directory, suspended protection in the "
        "console and restarted twice. "
        "In future suspend protection before updating the firmware of the laptop.",
    )
    (resolution,) = (node for node in tree.nodes if node.kind == "resolution")
    assert resolution.body == "In future suspend protection before updating the firmware of the laptop."


@pytest.mark.parametrize(
    "resolution", ["Restarted the router, seems ok now.", "Rebooted. User happy.", "Issue resolved.", "Done"]
)
def test_vague_reports_are_nothing(resolution: str) -> None:
    assert isinstance(mine_one(ticket("Internet slow", "Internet is slow", resolution)), Nothing)


def test_a_console_session_of_nothing_but_a_restart_is_nothing_and_asks() -> None:
    session = ticket("PC slow", "PC slow", "Restarted").model_copy(
        update={"steps": (step(1, "action", "Restart the PC", outcome="worked"),)}
    )
    finding = mine_one(session)
    assert isinstance(finding, Nothing)
    assert len(finding.questions) == 3
