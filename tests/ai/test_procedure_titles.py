"""What a procedure is called of which no sentence says what it is for, and how a summary tells its parts."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.several import procedure_title
from tests.ai.tickets import ticket


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        (
            ["Open the tool.", "Install the feeder driver.", "Click OK.", "Add the queue to the server."],
            "Install the feeder driver, and add the queue to the server",
        ),
        (
            ["Make sure that the clock is right.", "Clear the spool folder.", "Allow raw printing."],
            "Make sure that the clock is right, clear the spool folder, and allow raw printing",
        ),
        (
            [
                "Remove the printers from the farm.",
                "Install the May update on every printer.",
                "Update the feeder driver.",
                "Add the printers back to the farm.",
            ],
            "Install the May update on every printer, and update the feeder driver",
        ),
        (
            [
                "Temporarily assign a queue.",
                "Update the driver.",
                "Convert the port.",
                "Remove the temporary queue.",
            ],
            "Update the driver, and convert the port",
        ),
        (
            [
                "Temporarily assign a queue to keep the job.",
                "Convert the port.",
                "Remove the temporary queue.",
            ],
            "Temporarily assign a queue to keep the job, and convert the port",
        ),
        (
            [
                "Change the value of the roll name to Left.",
                "Open the Paper tab.",
                "Change the value of the roll name to Right.",
            ],
            "Change the value of the roll name to Left",
        ),
        (
            ["Reinstall the driver.", "Delete the old queue.", "Reopen the tool and install the driver."],
            "Reinstall the driver",
        ),
        (["Find the stale rule, and then delete it.", "Click OK."], "Delete the stale rule"),
        (
            ["Set the margin.", "Delete the template.", "Set the width.", "Add a roll."],
            "Set the margin, and add a roll",
        ),
        (
            ["Set the margin.", "If the tool asks for it, contact the support of the vendor."],
            "Set the margin",
        ),
    ],
)
def test_steps_without_a_goal_are_called_after_what_they_change(steps: list[str], title: str) -> None:
    assert procedure_title(steps) == title


def test_two_acts_that_are_too_long_together_are_not_cut() -> None:
    long = " of the label printer on the second floor of the hall next to the office with the rough paper"
    steps = [f"Set the margin{long}.", "Click OK.", f"Change the width{long}."]
    assert procedure_title(steps) == f"Set the margin{long}"


def test_two_acts_are_short_enough_to_be_read_out() -> None:
    steps = [
        "Update the feeder drivers on the print servers that run Windows Server 2019 or a later version.",
        "Rerun the configuration wizard to update the printers of the hall and of the two offices.",
    ]
    assert (
        procedure_title(steps)
        == "Update the feeder drivers on the print servers, and rerun the configuration wizard"
    )


def test_a_procedure_in_parts_is_offered_once() -> None:
    steps = "\n".join(f"{n}. Click Feeder {n}." for n in range(1, 11))
    found = mine_one(
        ticket(
            "Label printer skips every second label",
            "",
            f"To calibrate the feeder, follow these steps:\n\n{steps}\n11. Set the margin to 3.\n",
        )
    )
    assert isinstance(found, NewFlow)
    assert "this offers: calibrate the feeder. Based" in found.summary


def test_what_each_version_does_its_way_is_offered_once() -> None:
    found = mine_one(
        ticket(
            "Label printer skips every second label",
            "",
            """## Resolution

To work around this issue, reset the feeder mode. To do this, follow the steps for your version.

### Label Tool 2019

1. Open the Feeder tab.
2. Select Reset mode, and then restart the tool.

### Label Tool 2016

1. Open the Paper tab.
2. Select Clear mode, and then restart the tool.
""",
        )
    )
    assert isinstance(found, NewFlow)
    assert "offers: reset the feeder mode. Based" in found.summary


def test_what_each_version_does_its_way_is_handed_over_as_it_was_done() -> None:
    ways = "\n\n".join(
        f"### Label Tool {year}\n\n1. Open the Feeder tab.\n2. Select Mode {year}, and then restart the tool."
        for year in (2016, 2019)
    )
    resolution = (
        f"## Resolution\n\nReset the feeder mode. To do this, follow the steps for your version.\n\n{ways}\n"
    )
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    nodes = found.tree["nodes"]
    done = [node["title"] for node in nodes if node["kind"] == "action"]
    bodies = [node["body"] for node in nodes if node["kind"] == "escalation"]
    assert len(done) == 2
    assert any(all(f"- {title}" in body for title in done) for body in bodies)


_LONG_TITLE = (
    "Use the Feeder wizard to set the margin of all label printers in the hall when you print labels with "
    "a rough edge on the left side"
)


def test_a_long_title_is_short_and_its_rest_stands_in_the_body() -> None:
    steps = "1. Open the wizard.\n2. Select Next.\n3. Select Finish.\n"
    found = mine_one(
        ticket("Label printer skips every second label", "", f"## Resolution\n\n### {_LONG_TITLE}\n\n{steps}")
    )
    assert isinstance(found, NewFlow)
    act = next(node for node in found.tree["nodes"] if node["kind"] == "action")
    assert act["title"] == "Use the Feeder wizard to set the margin of all label printers in the hall"
    assert act["body"].startswith(f"{_LONG_TITLE}.")


def test_what_the_next_sentence_goes_on_about_stays() -> None:
    resolution = (
        "## Resolution\n\nReset the feeder of the printer. This empties its queue.\n\n"
        "Here's how to reset the feeder:\n\n1. Open the Feeder tab.\n2. Select Reset.\n3. Select OK.\n"
    )
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    act = next(node for node in found.tree["nodes"] if node["kind"] == "action")
    assert act["body"].startswith("Reset the feeder of the printer. This empties its queue.")
