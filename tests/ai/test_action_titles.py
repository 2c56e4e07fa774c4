"""What the actions of a mined ticket are called, and what is asked before them."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.causes import read_causes
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.titles import main_step, told
from flowpilot.ai.offline.text.exact import with_code_marks
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.flows.document import Tree, parse
from tests.ai.tickets import ticket


def mined(resolution: str) -> Tree:
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    return parse(found.tree)


def titles(resolution: str) -> list[str]:
    return [node.title for node in mined(resolution).nodes if node.kind == "action"]


def labels(resolution: str) -> list[list[str]]:
    questions = [node for node in mined(resolution).nodes if node.kind == "question"]
    return [[option.label for option in node.options] for node in questions[1:]]


@pytest.mark.parametrize(
    ("order", "title"),
    [
        ("click Change to increase the label buffer", "Increase the label buffer"),
        ("run the following command to remove the old queue", "Remove the old queue"),
        ("click the label that you want to rename", "Click the label that you want to rename"),
        ("remove these orphaned labels", "Remove the orphaned labels"),
        ("click Close to close the window", "Click Close to close the window"),
        ("go to the status page and verify that the feeder is ready", "Verify that the feeder is ready"),
        ("remove the ports that you noted in step 4", "Remove the ports"),
        ("change the value in step 6 to be 1", "Change the value to be 1"),
        ("apply the roll from the list below", "Apply the roll from the list"),
    ],
)
def test_a_click_is_named_by_what_it_is_for(order: str, title: str) -> None:
    assert told(order) == title


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        (["Open Control Panel.", "Click Printers.", "Remove the stale port."], "Remove the stale port"),
        (
            ["Click File.", "Click Advanced.", "Under Feed, click to select the Gap sensor check box."],
            "Select the Gap sensor check box under Feed",
        ),
        (["Select Start.", "Select the feeder.", "Select Recycle."], "Select Recycle"),
        (["Select Ports.", "Select New port, add LPT2, and then select OK."], "Add LPT2"),
        (
            ["Run the following command:\n\n```powershell\nSet-Printer Labels\n```", "Force a reprint."],
            "Run Set-Printer",
        ),
        (
            [
                "Start Registry Editor.",
                "Locate `HKEY_LOCAL_MACHINE\\SOFTWARE\\Labels\\Feed`.",
                "Click New, and then click DWORD Value.",
                "Type `GapSensor`, and then press Enter.",
                "Double-click GapSensor, type 1 in the Value data box, and then click OK.",
            ],
            "Set the registry value GapSensor to 1",
        ),
    ],
)
def test_steps_are_named_by_the_one_that_changes_something(steps: list[str], title: str) -> None:
    assert main_step(steps) == title


def test_the_goal_above_the_steps_names_them() -> None:
    resolution = """Resolution
To calibrate the label sensor, follow these steps:

1. Open the front cover.
2. Press the feed button until the light blinks twice.
3. Close the front cover, and wait until three labels are fed.
"""
    assert titles(resolution) == ["Calibrate the label sensor"]


def test_the_sentence_before_do_this_names_the_steps() -> None:
    resolution = """Resolution
To resolve this problem, locate the missing label library. To do this, follow these steps:

1. Open the label editor.
2. Select Tools, and then select Libraries.
3. Clear the check box next to the library that is shown as missing.
"""
    assert titles(resolution) == ["Locate the missing label library"]


def test_a_check_is_named_with_the_value_that_is_set_then() -> None:
    resolution = """Resolution
To resolve this problem, follow these steps:

1. Open the console of the label printer.
2. Check the `GapSensor` property in the list of the sensors.
3. Set the property value to False by using the arrow keys, and then press Save on the panel.
"""
    assert titles(resolution) == [
        "Check the GapSensor property in the list of the sensors, and set it to False"
    ]


def test_a_sentence_that_points_gives_the_goal_and_is_no_step() -> None:
    resolution = """Resolution
Use the following procedure to update the firmware of the feeder.

1. Download the firmware file from the portal of the maker.
2. Copy the firmware file to an empty USB stick.
3. Plug in the stick, and then turn on the printer.
"""
    assert titles(resolution) == ["Update the firmware of the feeder"]


HEADED = """Resolution
### Method 1: Reset the feeder

For Labelmaker 2013 and later versions:

1. Open Settings.
2. Select Feeder.
3. Select OK.

For Labelmaker 2010:

1. Open the Tools menu.
2. Select Options.
3. Select OK.
"""


def test_the_heading_names_the_clicks_of_each_version() -> None:
    assert titles(HEADED) == [
        "Reset the feeder (Labelmaker 2013 and later versions)",
        "Reset the feeder (Labelmaker 2010)",
    ]


def test_of_several_clicks_for_one_goal_each_says_how() -> None:
    resolution = """Resolution
To resolve this issue, use one of the following methods to print a test label:

- Select the Preview icon on the toolbar of the label editor.
- Double-click the first label in the overview of the label editor.
"""
    assert titles(resolution) == [
        "Print a test label by selecting the Preview icon on the toolbar of the label editor",
        "Print a test label by double-clicking the first label in the overview of the label editor",
    ]


def test_versions_that_come_again_are_asked_once_and_each_has_its_acts_in_turn() -> None:
    again = HEADED.replace(
        "### Method 1: Reset the feeder\n\n", "To reset the feeder, follow these steps.\n\n"
    )
    second = again.split("Resolution\n", 1)[1].replace("reset the feeder", "clean the print head")
    versions = ["Labelmaker 2013 and later versions", "Labelmaker 2010"]
    assert labels(f"{again}\n{second}") == [[*versions, "None of these"]]
    of_each = [
        way
        for version in versions
        for way in (f"Reset the feeder ({version})", f"Clean the print head ({version})")
    ]
    assert sorted(titles(f"{again}\n{second}")) == sorted(of_each)


CAUSES = """Cause
### Cause 1

The feeder takes at most 200 labels. The roll that is loaded in the feeder contains more than 200 labels.

### Cause 2

The gap sensor of the feeder is disabled.

- Roll feeders: 200 labels
- Stack feeders: 500 labels
Resolution
### Resolution for cause 1

Replace the roll in the feeder by a roll of 200 labels, and then restart the printer.

### Resolution for cause 2

Enable the gap sensor on the Feed page of the printer settings, and then print a test label.
"""


def test_causes_are_offered_by_the_state_they_tell_in_full() -> None:
    assert labels(CAUSES) == [
        [
            "The roll that is loaded in the feeder contains more than 200 labels",
            "The gap sensor of the feeder is disabled",
            "None of these, or can't tell",
        ]
    ]


@pytest.mark.parametrize(
    ("cause", "question"),
    [
        ("This issue occurs because Word shows the label twice when it contains a field.", None),
        ("This issue occurs if .NET Framework 4.8 isn't installed.", "Is .NET Framework 4.8 installed?"),
        ("This issue occurs if you manually changed the label height.", None),
        (
            "This issue occurs if you have manually changed the label height.",
            "Have you manually changed the label height?",
        ),
        ("This issue occurs if you don't have rights to the queue or to the port.", None),
    ],
)
def test_only_states_that_somebody_can_look_up_are_asked(cause: str, question: str | None) -> None:
    asked = read_causes(parse_document(f"Cause\n{cause}\n").sections).question
    assert (asked.question if asked else None) == question


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Add <feeder gap='on' width='3'> to it", "Add `<feeder gap='on' width='3'>` to it"),
        ("Key Path: Software\\Policies\\Labels", "Key Path: `Software\\Policies\\Labels`"),
        ('<h3 id="x">Feeder', '<h3 id="x">Feeder'),
    ],
)
def test_elements_and_registry_paths_stand_as_code(text: str, marked: str) -> None:
    assert with_code_marks(text) == marked


@pytest.mark.parametrize(
    ("order", "title"),
    [
        ("select the Gap sensor check box and click OK", "Select the Gap sensor check box"),
        (
            "download the latest version of the label tool here",
            "Download the latest version of the label tool",
        ),
        ("run the following command to verify that all feeders run", "Verify that all feeders run"),
        ("make sure that you connect to the print server", "Connect to the print server"),
        ("reset the feeder on all such printers that may have it", "Reset the feeder"),
        ("install the tool, and then follow the steps to set it up", "Install the tool"),
        ("name the new DWORD value as FeederMode", "Add FeederMode to the registry"),
        (
            "configure the print server that is hosting the label service of the second floor to prefer the "
            "narrow feeder over the wide feeder of the hall for every label on rough paper",
            "Configure the print server to prefer the narrow feeder over the wide feeder of the hall for "
            "every label on rough paper",
        ),
    ],
)
def test_titles_end_where_the_act_is_said(order: str, title: str) -> None:
    assert told(order) == title


def test_a_tool_is_named_with_what_it_is_used_for() -> None:
    assert titles(
        """Resolution
Use one of the following methods.

### Method 1: Use Label Console

1. Open Label Console on the server.
2. Remove the stale queue of the press.
3. Close Label Console.

### Method 2: Restart the spooler service

1. Open Services.
2. Right-click Print Spooler, and then select Restart.
3. Close Services.
"""
    ) == ["Use Label Console to remove the stale queue of the press", "Restart the spooler service"]


def test_a_click_is_named_with_the_value_that_it_is_about() -> None:
    assert titles(
        """Resolution
Follow these steps:

1. Open the tree of the press.
2. Open the `PressFeedHidden` property.
3. Clear the Boolean check box and select OK.
"""
    ) == ["Clear the Boolean check box for PressFeedHidden"]


def test_the_goal_of_a_pointer_names_the_steps() -> None:
    assert titles(
        """Resolution
Use the steps below to confirm that you have this problem, and to reset the feeder mode of the press.

1. Open the console.
2. Select the press.
3. Clear Narrow feed.
"""
    ) == ["Reset the feeder mode of the press"]


def test_what_is_taken_away_and_given_back_is_named_by_both() -> None:
    steps = ["Remove the label queue.", "Restart the print server.", "Re-create the label queue."]
    assert main_step(steps) == "Remove and re-create the label queue"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Add the label queue back to the print server of the office on the second floor of the hall by "
            "making a new queue of that driver, and then bind it to the port",
            "Add the label queue back to the print server of the office on the second floor of the hall by "
            "making a new queue of that driver",
        ),
        (
            "Install the latest driver of the label printer on the print server of the second floor, and "
            "then either wait for the next restart of the spooler or restart it",
            "Install the latest driver of the label printer on the print server of the second floor",
        ),
        (
            "Set the margin of the Portable Label Format (PLF) for each roll in the feeder of the printer in "
            "the hall on the second floor to the width on rough paper",
            "Set the margin of the Portable Label Format for each roll in the feeder of the printer in "
            "the hall on the second floor to the width on rough paper",
        ),
        (
            "Move the templates of the labels of all printers on the second floor to the folder of the new "
            "edition that comes with the tool of the Labels for Business on the server",
            "Move the templates of the labels of all printers on the second floor to the folder of the new "
            "edition",
        ),
    ],
)
def test_a_title_that_is_cut_ends_with_a_whole_clause(text: str, title: str) -> None:
    assert title_of(text) == title
