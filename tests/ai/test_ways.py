"""Which ways a text offers, and how they stand to each other."""

import pytest

from flowpilot.flows.document import Tree
from tests.ai.test_mine_one import by_title, mined, titles, ways
from tests.ai.tickets import ticket

SYMPTOM = "The label printer in the warehouse prints every label twice since the move."


def read(resolution: str) -> Tree:
    return mined(ticket("Label printer prints every label twice", SYMPTOM, resolution))[1]


def test_a_sentence_that_only_announces_the_methods_is_no_action() -> None:
    tree = read(
        """Resolution
To resolve this issue, change the copy count by using either of the following methods.

### Method 1: Change the copy count in the driver

1. Open the printer properties.
2. Set Copies to 1.
3. Select OK.

### Method 2: Change the copy count on the panel

1. Press Menu.
2. Set Copies to 1.
3. Press Save.
"""
    )
    assert titles(tree, "action") == [
        "Change the copy count in the driver",
        "Change the copy count on the panel",
    ]


def test_the_goal_of_versions_stands_in_their_question() -> None:
    tree = read(
        """Resolution
To fix this issue, increase the time-out of the print spooler service on the print server.

### Windows Server 2016

1. Open the registry editor.
2. Set SpoolTimeout to 600.
3. Restart the spooler.

### Windows Server 2019

1. Open the Print Management console.
2. Select Advanced settings.
3. Set Timeout to 600.
"""
    )
    question = by_title(tree, "Which version or edition is in use?")
    assert question.body.startswith("To fix this issue, increase the time-out of the print spooler")
    assert [option.label for option in question.options] == [
        "Windows Server 2016",
        "Windows Server 2019",
        "None of these",
    ]


def test_a_method_that_is_only_a_reference_says_that_its_steps_did_not_come_along() -> None:
    tree = read(
        """Resolution
### Method 1: Reinstall the printer driver

For the steps, see Installing the label driver from the vendor share.

### Method 2: Reset the print queue

1. Stop the spooler service.
2. Delete the files in the spool folder.
3. Start the spooler service.
"""
    )
    assert titles(tree, "action") == ["Reinstall the printer driver", "Reset the print queue"]
    named = next(node.body for node in tree.nodes if node.title == "Reinstall the printer driver")
    assert named == (
        "Reinstall the printer driver.\n\n> **Note:** The ticket names this way without its steps."
    )


def test_a_version_without_a_way_is_an_answer_that_ends() -> None:
    tree = read(
        """Workaround
### For Windows 10 version 22H2

1. Open the printer properties.
2. Clear Enable advanced printing features.
3. Select OK.

### For Windows 11 version 23H2

1. Open the printer properties.
2. Clear Enable bidirectional support.
3. Select OK.

### For Windows 7 and earlier versions

There is no way around the double labels on these systems.
"""
    )
    question = by_title(tree, "Which version or edition is in use?")
    assert "There is no way around the double labels" in question.body
    kinds = {option.label: tree.node(option.next).kind for option in question.options}
    assert kinds["Windows 7 and earlier versions"] == "escalation"
    assert kinds["Windows 10 version 22H2"] == "action"


@pytest.mark.parametrize(
    ("cue", "title"),
    [
        ("If you're still experiencing this issue, clear the template cache:", "Clear the template cache"),
        ("Alternatively, clear the template cache as follows:", "Clear the template cache"),
        ("To work around this problem, clear the template cache:", "Clear the template cache"),
    ],
)
def test_a_way_under_more_information_follows_the_others(cue: str, title: str) -> None:
    tree = read(
        f"""Resolution
To resolve this issue, install driver version 7.4 on the print server and restart the print server.
More information
The double labels were first seen with firmware 3.

{cue}

1. Open the folder of the label designer.
2. Delete the files in it.
3. Start the label designer.
"""
    )
    first, second = titles(tree, "action")
    assert second == title
    (not_solved,) = [target for label, target in ways(tree, by_title(tree, first)) if label == "Not solved"]
    assert not_solved == title
    assert "firmware 3" in by_title(tree, titles(tree, "resolution")[0]).body


def test_how_to_confirm_the_cause_is_a_question_before_the_fix() -> None:
    tree = read(
        """Cause
The spooler sends the job again after a lost acknowledgement.

To confirm that this is the issue that you're experiencing, follow these steps:

1. Open the event log of the print server.
2. Look for event 372 at the time of the double label.
Resolution
To resolve this issue, install driver version 7.4 on the print server and restart the print server.
"""
    )
    question = by_title(tree, "Does this check confirm the cause?")
    assert "2. Look for event 372 at the time of the double label." in question.body
    assert [label for label, _ in ways(tree, question)] == ["Yes", "No", "Can't tell"]


def test_steps_with_steps_of_their_own_become_actions_in_a_row() -> None:
    tree = read(
        """Resolution
To resolve this issue, follow these steps:

1. Export the list of label printers:
   1. Open the Print Management console.
   2. Select Printers.
   3. Select Export List.
   4. Save the list on the server.
2. Remove the label printers from the print server:
   1. Open the Print Management console.
   2. Select all label printers.
   3. Select Delete.
3. Install the label printers again:
   1. Run the setup of the vendor.
   2. Select the list of step 1.
   3. Select Install.
   4. Restart the server.
"""
    )
    first, second, third = [node for node in tree.nodes if node.kind == "action"]
    assert first.title == "Export the list of label printers (step 1)"
    assert ways(tree, first)[0] == ("Done", second.title)
    assert ways(tree, second)[0] == ("Done", third.title)
    assert ways(tree, third)[0][0] == "Solved"
    assert third.body.startswith("1. Run the setup of the vendor.")


def test_steps_for_one_version_each_are_a_question_within_the_procedure() -> None:
    tree = read(
        """Resolution
To resolve this issue, follow these steps:

1. Sign in to the print server as an administrator.
2. Open the folder of the label designer.
3. If you use Label Designer 2016, follow these steps:
   1. Open the Options page.
   2. Set Copies to 1.
4. If you use Label Designer 2019 or a later version, follow these steps:
   1. Open the Settings page.
   2. Set Quantity to 1.
"""
    )
    question = by_title(tree, "Which version or edition is in use?")
    assert [(option.label, tree.node(option.next).kind) for option in question.options] == [
        ("You use Label Designer 2016", "action"),
        ("You use Label Designer 2019 or a later version", "action"),
        ("None of these", "escalation"),
    ]


def test_a_last_step_for_when_it_did_not_help_is_the_next_action() -> None:
    tree = read(
        """Resolution
To resolve this issue, follow these steps:

1. Open the printer properties.
2. Clear Enable advanced printing features.
3. Restart the spooler service.
4. If the issue persists, install driver version 7.4 on the print server.
"""
    )
    first, second = titles(tree, "action")
    assert second == "Install driver version 7.4 on the print server"
    assert ("Not solved", second) in ways(tree, by_title(tree, first))


def test_one_goal_at_several_places_is_a_question_of_the_place() -> None:
    tree = read(
        """Resolution
### Reset the label app on Windows

1. Open Settings.
2. Select Apps, and then select the label app.
3. Select Reset.

### Reset the label app on macOS

1. Open Finder.
2. Delete the folder of the label app.
3. Start the label app.
"""
    )
    question = by_title(tree, "Which of these is in use?")
    assert [option.label for option in question.options] == ["Windows", "macOS", "None of these"]


def test_names_of_things_are_no_conditions_to_ask_for() -> None:
    tree = read(
        """Cause
This issue occurs for one of the following reasons:

- Duplicate queue
- Template cache
Resolution
To resolve this issue, delete the second queue on the print server, and then clear the template cache.
"""
    )
    assert titles(tree, "question") == [tree.node(tree.root).title]


def test_bullets_that_somebody_can_pick_from_are_alternatives() -> None:
    tree = read(
        """Resolution
You can perform the following actions to correct the issue:

- Delete the second queue on the print server.
- Install driver version 7.4 on the print server.
- Set the copy count to 1 in the label designer.
"""
    )
    assert set(titles(tree, "action")) == {
        "Delete the second queue on the print server",
        "Install driver version 7.4 on the print server",
        "Set the copy count to 1 in the label designer",
    }


def test_what_must_be_so_before_the_fix_stands_before_it() -> None:
    tree = read(
        """Resolution
To resolve this issue, create the registry value PrintOnce on the print server and restart the spooler.
More information
If you're running driver 6, make sure that it is updated to version 6.3 before you use this registry value.
"""
    )
    (fix,) = [node for node in tree.nodes if node.kind == "action"]
    assert fix.body.startswith("> **Important:** If you're running driver 6")


def test_the_condition_of_a_procedure_stays_with_its_steps() -> None:
    tree = read(
        """Resolution
To resolve this issue, follow these steps:

1. Export the list of label printers:
   1. Open the Print Management console.
   2. Select Printers.
   3. Select Export List.
   4. Save the list on the server.
   5. Close the console.
2. If the label printers share a port, delete the port:
   1. Open the Ports page.
   2. Select the port that is shared.
   3. Select Delete.
   4. Restart the spooler service.
   5. Print a test page.
"""
    )
    _, delete = [node for node in tree.nodes if node.kind == "action"]
    assert delete.body.startswith("If the label printers share a port, delete the port:")
