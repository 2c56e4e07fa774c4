"""Titles that name the entry of the registry, the files and the parameters that their steps are about."""

import pytest

from flowpilot.ai.offline.single.named_below import with_names_below
from flowpilot.ai.offline.single.registry_titles import registry_title, with_entry

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
