"""Numbered lists: entries that look after different things are ways of their own, a procedure stays whole."""

from flowpilot.flows.document import Tree
from tests.ai.test_mine_one import by_title, mined, titles
from tests.ai.tickets import ticket

SYMPTOM = "The label printer in the warehouse prints every label twice since the move."


def read(resolution: str) -> Tree:
    return mined(ticket("Label printer prints every label twice", SYMPTOM, resolution))[1]


CHECKS = """Resolution
To fix this issue, follow these steps:

1. Check the cable of the feeder.

   The cable runs from the feeder to the board. A loose cable repeats the last signal.
2. Check the port of the print server. To do this, follow these steps:
   1. Open the Print Management console.
   2. Note the port of the printer.
   3. Compare the port that you noted in step 2b with the label on the cable.
3. Make sure that the gap sensor is clean. Dust on the sensor hides the gap between two labels.
"""


def test_checks_of_different_things_are_ways_of_their_own() -> None:
    assert titles(read(CHECKS), "action") == [
        "Check the cable of the feeder",
        "Check the port of the print server",
        "Make sure that the gap sensor is clean",
    ]


def test_a_lettered_step_is_called_by_its_number_in_the_action() -> None:
    port = by_title(read(CHECKS), "Check the port of the print server")
    assert "3. Compare the port that you noted in step 2 with" in port.body


def test_steps_that_follow_one_another_stay_one_action() -> None:
    tree = read(
        """Resolution
To fix this issue, follow these steps:

1. Check the firmware of the label printer. The number stands on the status page.
2. Open the Print Management console.
3. Select Update firmware, and wait until the printer restarts.
4. Make sure that the new number is shown. It stands on the status page.
"""
    )
    assert len(titles(tree, "action")) == 1


def test_what_is_told_for_one_outcome_stays_with_its_check() -> None:
    tree = read(
        """Resolution
To troubleshoot this issue, follow these steps:

1. Make sure that the spooler service is running on the print server. It is listed under Services.
2. If the service is stopped, start the service.
3. Verify that the driver of the label printer is version 6. It is listed under Drivers.
"""
    )
    assert "Verify that the driver of the label printer is version 6" in titles(tree, "action")


def test_a_last_try_follows_the_ways_of_every_cause() -> None:
    tree = read(
        """Cause
This issue occurs for one of the following reasons:

- The feeder cable is loose.
- The gap sensor is dirty.
Resolution
To fix this issue, follow these steps:

1. Make sure that the feeder cable is tight. It runs from the feeder to the board.
2. Make sure that the gap sensor is clean. Dust on the gap sensor hides the gap.
3. If the issue persists, replace the board of the label printer, the feeder cable included.
"""
    )
    sensor = by_title(tree, "Make sure that the gap sensor is clean")
    last = next(node for node in tree.nodes if node.title.startswith("Replace the board"))
    assert [option.next for option in sensor.options][1] == last.id


def test_or_begins_what_is_done_instead() -> None:
    tree = read(
        """Resolution
To work around this issue, reduce the speed of the feeder. Or, move the label printer to a queue of its own.
More information
The feeder of the older models sends each signal twice when it runs faster than the board reads.
A queue of its own gives the board the time that it needs between two labels.
"""
    )
    assert titles(tree, "action") == [
        "Reduce the speed of the feeder",
        "Move the label printer to a queue of its own",
    ]


def test_what_a_condition_names_is_named_by_the_title() -> None:
    tree = read(
        """Resolution
If you have several stale label queues, remove them. Or, rename the label queues on the print server.
More information
A stale queue of an older driver takes each job of the label printer once more, and prints it again.
The names of the queues are shown in the Print Management console of the print server in the warehouse.
"""
    )
    assert "Remove the stale label queues" in titles(tree, "action")


def test_a_note_that_confirms_the_cause_asks_for_it() -> None:
    tree = read(
        """Cause
The port of the label printer is already used by the feeder as its control port.

NOTE:
> To confirm that this is the cause of the issue, open the Print Management console, and then note the port.
> Confirm that the `ControlPort` value is set to the port of the label printer.
Resolution
To resolve this issue, move the label printer to another port of the print server.
"""
    )
    asked = [node for node in tree.nodes if node.kind == "question"][1]
    assert "open the Print Management console" in asked.body


def test_steps_that_each_are_a_procedure_are_actions_in_a_row() -> None:
    tree = read(
        """Resolution
To resolve this issue, follow these steps:

1. Enable the gap sensor of the feeder. To do this, follow these steps:
   1. Press Menu on the panel.
   2. Set Gap sensor to On.
2. Enable the status page of the printer. To do this, follow these steps:
   1. Open the Print Management console.
   2. Set Status page to On.
"""
    )
    assert titles(tree, "action") == [
        "Enable the gap sensor of the feeder",
        "Enable the status page of the printer",
    ]


def test_what_is_done_when_the_counted_steps_do_not_help_is_another_way() -> None:
    tree = read(
        """Resolution
To resolve this issue, follow these steps:

1. Restart the spooler service of the print server.
2. Replace the roll of labels, and print the status page.
3. If steps 1 and 2 don't resolve the issue, reset the feeder on the panel of the label printer.
"""
    )
    assert titles(tree, "action")[1:] == ["Reset the feeder on the panel of the label printer"]
