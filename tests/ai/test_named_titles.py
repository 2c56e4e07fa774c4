"""Titles that name the entry of the registry, the files and the parameters that their steps are about."""

import pytest

from flowpilot.ai.offline.single.command_titles import with_command
from flowpilot.ai.offline.single.draft_titles import draft_title, pointed_goal
from flowpilot.ai.offline.single.named_below import with_names_below
from flowpilot.ai.offline.single.piece import Piece
from flowpilot.ai.offline.single.registry_titles import registry_title, with_entry
from flowpilot.ai.offline.single.several import procedure_title
from flowpilot.ai.offline.text.headings import heading_of
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of

_KEY = "Locate the key `HKEY_CURRENT_USER\\Software\\Acme\\Labels\\Tray`."


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        (
            ["Select New, and then select DWORD Value.", "Type `ShowTray`, and then press Enter."],
            "Add ShowTray to the registry",
        ),
        (
            [
                "Select New, and then select DWORD Value.",
                "Enter ShowTray, and then press Enter.",
                "In the Value data box, type `2`, and then select OK.",
            ],
            "Set the registry value ShowTray to 2",
        ),
        (["Right-click `ShowTray`, change the value to 0020."], "Set the registry value ShowTray to 0020"),
        (["Right-click the `ShowTray` key, and then select Delete."], "Delete the registry value ShowTray"),
        (
            [
                "Double-click `ShowTray`, and change the value.",
                "Double-click `HideTray`, and change the value.",
            ],
            "Edit the registry under Acme\\Labels\\Tray",
        ),
        (["Close the editor."], "Edit the registry under Acme\\Labels\\Tray"),
    ],
)
def test_steps_in_the_registry_are_called_after_the_entry(steps: list[str], title: str) -> None:
    assert registry_title("\n".join([_KEY, *steps])) == title


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Create the registry key on the server", "Create the registry value ShowTray on the server"),
        (
            "Update the driver, and then add the key",
            "Update the driver, and then add the registry value ShowTray",
        ),
        ("Replace the key of the tray", "Replace the key of the tray"),
    ],
)
def test_a_registry_value_without_a_name_gets_the_one_of_the_text(title: str, named: str) -> None:
    text = "Subkey: `HKEY_LOCAL_MACHINE\\Software\\Acme`\n\nName: `ShowTray`\n\nValue: 1"
    assert with_entry(title, text) == named


@pytest.mark.parametrize(
    ("title", "text", "named"),
    [
        (
            "Add the program files",
            "Add the following program files:\n\n- `red.exe`\n- `blue.exe`",
            "Add the program files red.exe and blue.exe",
        ),
        (
            "Enable the policy to show the tray",
            "Enable the following policy to show the tray:\n\nTemplates > Labels > Show the tray",
            'Enable the policy "Show the tray" to show the tray',
        ),
        (
            "Add the program files",
            "Add the following program files:\n\n- `red.exe`\n- `blue.exe`\n- `pink.exe`",
            "Add the program files",
        ),
        (
            "Verify the settings",
            "Verify the following settings:\n\n- If you print at home, the tray is set.",
            "Verify the settings",
        ),
    ],
)
def test_the_few_things_listed_below_are_named(title: str, text: str, named: str) -> None:
    assert with_names_below(title, text) == named


def test_this_registry_key_is_the_only_one_of_the_text() -> None:
    text = "Look at `HKEY_LOCAL_MACHINE\\Software\\Acme\\No Trays`."
    assert with_entry("Set the value of this registry key to 2", text) == (
        "Set the value of the registry key No Trays to 2"
    )


@pytest.mark.parametrize(
    ("title", "code", "told"),
    [
        (
            "Run the command",
            "Set-Tray -Identity Red -AutoFeed $true",
            "Run Set-Tray with -AutoFeed $true",
        ),
        ("Use the Get-Tray cmdlet", "Get-Tray <name> -Recount", "Use the Get-Tray cmdlet with -Recount"),
        ("Run the command", "Set-Tray Red -A1 1 -B1 2 -C1 3", "Run Set-Tray"),
        ("Run the command", "Get-Tray | Set-Tray -Roll <roll>", "Run Set-Tray with -Roll"),
    ],
)
def test_a_command_is_told_apart_by_what_it_sets(title: str, code: str, told: str) -> None:
    assert with_command(title, code) == told


@pytest.mark.parametrize(
    ("order", "title"),
    [
        ("update the roll limit, which has a default of 0", "Update the roll limit"),
        (
            "add the feed, also known as the tray path, to the printer",
            "Add the feed to the printer",
        ),
        (
            "add a class to the code, as illustrated below, and add the line",
            "Add a class to the code, and add the line",
        ),
        ("increase the size of the keys on these printers", "Increase the size of the keys"),
        (
            "select the roll, which feeds the printer, and the tray",
            "Select the roll, which feeds the printer, and the tray",
        ),
    ],
)
def test_what_is_said_besides_is_no_part_of_a_title(order: str, title: str) -> None:
    assert title_of(order) == title


def test_what_the_ways_below_are_for() -> None:
    assert (
        pointed_goal("To work around this, do one of the following to print the labels:")
        == "Print the labels"
    )
    assert pointed_goal("To do this, use one of the following methods.") == ""


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        (
            ["Delete the labels from the tray.", "Test the tray.", "Upload the labels back to the tray."],
            "Delete the labels from the tray, and upload the labels back to the tray",
        ),
        (
            [
                "Rename the tray folder to tray.old.",
                "Reprint. If it prints, you can delete the folder tray.old.",
            ],
            "Rename the tray folder to tray.old",
        ),
        (
            ["Add the missing roll.", "Try to enable the feeder again."],
            "Add the missing roll",
        ),
        (
            [
                "Extract the driver to a folder.",
                "Copy the fix to the folder.",
                "Run setup.exe from the folder.",
            ],
            "Copy the fix to the folder, and run setup.exe from the folder",
        ),
    ],
)
def test_what_is_taken_back_left_open_or_prepared(steps: list[str], title: str) -> None:
    assert procedure_title(steps) == title


def test_steps_below_a_goal_of_their_own_are_called_after_it() -> None:
    all_ways = "empty the tray"
    own = "determine how many labels the tray holds"
    pieces = [
        Piece(
            "To empty the tray, use one of the following methods.", all_ways, all_ways, starts_paragraph=True
        ),
        Piece(
            "To determine how many labels the tray holds, follow these steps:",
            own,
            own,
            starts_paragraph=True,
        ),
    ]
    assert (
        draft_title("", pieces, ["Open the tool.", "Select Tray."])
        == "Determine how many labels the tray holds"
    )


def test_a_resolution_for_a_version_is_a_heading() -> None:
    heading = heading_of("Resolution for Tray 2007 and earlier versions")
    assert heading is not None
    assert (heading.kind, heading.title) == ("resolution", "Tray 2007 and earlier versions")
    assert heading_of("Resolution for this issue is not known") is None


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Instead of using red rolls, use blue rolls instead.", "use blue rolls instead of red rolls"),
        ("Instead of red rolls, use blue rolls.", "use blue rolls"),
    ],
)
def test_instead_says_of_what(sentence: str, text: str) -> None:
    order = order_of(sentence)
    assert order is not None
    assert order.text == text


def test_a_title_that_is_too_long_keeps_both_acts() -> None:
    reason = (
        "so that everyone in the north and south offices can print the long labels of the yearly inventory"
    )
    title = title_of(
        f"grant the print right to the group, {reason}, and then restart the queue on the server"
    )
    assert title == "Grant the print right to the group, and then restart the queue on the server"
    drag = (
        "drag your labels from the folder that holds them (this folder has a red icon in the tool) to the new"
        " folder (this folder has a blue icon in the tool of the printer)"
    )
    assert title_of(drag) == "Drag your labels from the folder that holds them to the new folder"


def test_what_was_found_before_is_deleted_from_its_place() -> None:
    steps = ["Select the labels that you located in step 2, and then delete them from the Tray app."]
    assert procedure_title(steps) == "Delete the labels from the Tray app"
