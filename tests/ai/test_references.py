"""Methods and steps that the text calls by number are called by what the flow shows of them."""

from flowpilot.flows.document import Node, Tree
from tests.ai.test_mine_one import mined
from tests.ai.tickets import ticket

SYMPTOM = "The label printer in the warehouse prints every label twice since the move."


def read(resolution: str) -> Tree:
    return mined(ticket("Label printer prints every label twice", SYMPTOM, resolution))[1]


def actions(tree: Tree) -> list[Node]:
    return [node for node in tree.nodes if node.kind == "action"]


METHODS = """Resolution
To resolve this issue, use one of the following methods.

### Method 1: Replace the driver

1. Open the Print Management console.
2. Select the driver of the label printer.
3. Select Replace, and then select the driver of Method 1 in the list `Method 2`.

### Method 2: Reset the feeder

IMPORTANT:
> If the feeder can't be reset, you must use Method 1.

1. Press Menu on the panel.
2. Select Feeder.
3. Select Reset.
"""


def test_another_method_is_called_by_its_title() -> None:
    reset = actions(read(METHODS))[1]
    assert "you must use “Replace the driver”" in reset.body


def test_a_method_is_this_one_in_its_own_text_and_code_stays_as_it_is() -> None:
    replaced = actions(read(METHODS))[0]
    assert "the driver of this method in the list `Method 2`" in replaced.body


def test_a_step_that_the_action_counts_itself_is_another_than_the_section() -> None:
    tree = read(
        """Resolution

### Step 1: Check the feeder

1. Open the cover of the feeder.
2. Look for paper dust. If there is none, go to step 3. If there is some, go to step 2.
3. Close the cover of the feeder.

If a clean feeder doesn't fix this issue, go to step 2.

### Step 2: Clean the sensor

1. Open the cover of the sensor.
2. Clean the lens with a dry cloth.
3. Close the cover of the sensor.

### Step 3: Replace the board

1. Turn off the label printer.
2. Replace the board.
3. Turn on the label printer.
"""
    )
    feeder, sensor, _board = actions(tree)
    assert feeder.body.endswith(
        "If there is none, go to step 3. If there is some, go to “Clean the sensor”.\n"
        "3. Close the cover of the feeder."
    )
    # What the last sentence says is what the option does.
    assert feeder.options[-1].next == sensor.id


def test_no_warning_of_the_registry_where_only_another_way_edits_it() -> None:
    tree = read(
        """Resolution
To resolve this issue, use one of the following methods.

### Method 1: Use Registry Editor to set the speed of the feeder

IMPORTANT:
> Serious problems might occur if you modify the registry incorrectly.

1. Open Registry Editor.
2. Set the value of FeederSpeed to 1.
3. Restart the spooler.

### Method 2: Set the speed on the panel

NOTE:
> The steps set the same speed as Method 1.

1. Press Menu on the panel.
2. Select Feeder.
3. Set Speed to 1.
"""
    )
    assert "Serious problems" not in actions(tree)[1].body
