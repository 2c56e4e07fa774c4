"""What a procedure is called of which no sentence says what it is for, and how a summary tells its parts."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.several import procedure_title
from flowpilot.ai.offline.single.titles import standing_alone
from flowpilot.flows.document import parse
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


def action_titles(resolution: str) -> list[str]:
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    return [node.title for node in parse(found.tree).nodes if node.kind == "action"]


_STEPS = "\n\n1. Open the Paper tab.\n2. Select the roll.\n3. Select Apply.\n"


@pytest.mark.parametrize(
    ("lead", "title"),
    [
        (
            "To see the labels in the archive of the hall, you must connect to the printer with the "
            "cache turned off. To turn off the cache of the printer, follow these steps:",
            "Turn off the cache of the printer",
        ),
        (
            "Update the drivers of all printers. To rebuild the label index, follow these steps:",
            "Update the drivers of all printers, and rebuild the label index",
        ),
        (
            "We recommend that you back up the templates. To delete the stale labels, follow these steps:",
            "Delete the stale labels",
        ),
        (
            "To set the printer aside on clients that run Labels 7, Labels 8, or other tools of the maker, "
            "you have to deny access to the feeder page. To do this, follow these steps:",
            "Deny access to the feeder page",
        ),
        (
            "Use the steps listed below to set the margin to a higher value:",
            "Set the margin to a higher value",
        ),
    ],
)
def test_steps_are_called_after_the_goal_right_above_them(lead: str, title: str) -> None:
    assert action_titles(f"Resolution\n{lead}{_STEPS}") == [title]


def test_a_program_that_is_ended_and_run_again_is_more_than_a_click() -> None:
    resolution = (
        "Resolution\nClose the Label Setup Wizard, and then run it again. You can download the wizard from "
        "the page of the maker. Running the wizard starts a new connection and should remove the fault.\n"
    )
    assert action_titles(resolution) == ["Close the Label Setup Wizard, and then run it again"]


def test_a_command_is_called_after_what_it_is_for() -> None:
    resolution = (
        "Resolution\nTo change the new default behavior, the print admin must run the following "
        "Set-LabelRoll cmdlet to allow the users of the hall to change the roll:\n\n"
        "```powershell\nSet-LabelRoll -Open $true\n```\n"
    )
    assert action_titles(resolution) == ["Allow the users of the hall to change the roll"]


@pytest.mark.parametrize(
    ("resolution", "title"),
    [
        (
            "Resolution\nTo fix this, follow these steps:\n\n1. Open "
            "the file of the press, and then locate the key.\n"
            "2. If the value of the key is not 0, change it to 0.\n3. Close the file of the press.\n",
            "Change the value of the key to 0",
        ),
        (
            "Workaround\nThe labels are skipped when the value FeederKeepsGapPosition is set to False in the "
            "configuration of the press on the second floor. To correct "
            "the issue, change this setting to True.\n",
            "Change the setting FeederKeepsGapPosition to True",
        ),
        (
            "Resolution\nTo print on the roll of the hall, the owner "
            "must grant you permissions of Printer or "
            "higher. The permission is shown in the list of printers of the label tool on the server.\n",
            "Get permissions of Printer or higher",
        ),
        (
            "Resolution\nTo fix presses that have the tool deployed "
            "from an image of the old server:\n\n1. Sign in "
            "to the press as the user of the hall.\n2. Download the "
            "latest build of the tool and reinstall it.\n",
            "Reinstall the latest build of the tool",
        ),
        (
            "Workaround\nIf the folder from where the labels are "
            "printed is trusted by everybody in the hall, add "
            "that folder to the list of trusted folders of the label tool on the server.\n",
            "Add the folder to the list of trusted folders of the label tool on the server",
        ),
    ],
)
def test_what_a_title_speaks_of_stands_in_it(resolution: str, title: str) -> None:
    assert title in action_titles(resolution)


def test_a_part_is_not_called_after_what_stands_in_another() -> None:
    steps = "\n".join(f"{n}. Select Feeder {n}." for n in range(1, 10))
    lead = "Resolution\nTo rebuild the label index, follow these steps:\n\n"
    titles = action_titles(f"{lead}{steps}\n10. Select the margin.\n11. Delete this line item.\n")
    assert [title.partition(" (")[0] for title in titles] == ["Rebuild the label index"] * 2


@pytest.mark.parametrize(
    "title", ["Request that the user prints again", "Verify that the feeder runs", "Upload the document"]
)
def test_a_clause_keeps_its_that(title: str) -> None:
    assert standing_alone(title) == title


@pytest.mark.parametrize(
    ("resolution", "title"),
    [
        (
            "Resolution\nTo make a copy of a label in the same roll as "
            "the source, make sure that the roll has "
            f"no other label of that name. Then follow these steps:{_STEPS}",
            "Make a copy of a label in the same roll as the source",
        ),
        (
            "Resolution\nTo resolve this issue, determine the name of "
            "the roll by running the Get-Roll cmdlet, "
            "as follows:\n\n```powershell\n$roll = (Get-Roll "
            "7).Name\n```\n\nThen, run the Test-Roll cmdlet by "
            "using the name of the roll:\n\n```powershell\nTest-Roll $roll\n```\n",
            "Run the Test-Roll cmdlet by using the name of the roll",
        ),
        (
            "Resolution\nTo delete the copy of the roll that you want "
            "to give away, use the following steps to "
            "submit a support request to the maker:\n\n1. Sign in to "
            "the page of the press.\n2. Select the roll "
            "in the list.\n3. Fill in the other required fields, and then select Send.\n",
            "Submit a support request to the maker",
        ),
        (
            "Resolution\nTo fix this issue, don't enable the gap filter "
            "between the rolls of one and the same "
            "press. The gap filter drops every second label of a roll "
            "that comes from another press of the hall.\n",
            "Keep the gap filter between the rolls of one and the same press disabled",
        ),
        (
            "Resolution\nTo fix the issue, follow these steps:\n\n1. "
            "Run the feeder command to collect logs.\n2. "
            "Compare the version in the log with the versions that are "
            "supported.\n3. Use the recovery tool to "
            "restore the press to a supported state.\n4. Close the tool.\n5. Open the feeder.\n",
            "Use the recovery tool to restore the press to a supported state",
        ),
    ],
)
def test_what_only_prepares_an_act_is_not_its_title(resolution: str, title: str) -> None:
    assert title in action_titles(resolution)


def test_the_summary_says_that_a_message_can_be_ignored() -> None:
    resolution = (
        "Resolution\nThis event can be safely ignored. If the label printer "
        "stops, perform a clean boot of the print server in the "
        "hall to find the tool that conflicts with it.\n"
    )
    found = mine_one(ticket("Event 77 is logged by the label printer", "", resolution))
    assert isinstance(found, NewFlow)
    assert "this says when it can be ignored and offers: perform a clean boot" in found.summary


def test_what_is_added_by_its_bare_name_is_added_to_what_was_opened() -> None:
    resolution = (
        "Resolution\nTo fix the issue, follow these steps:\n\n1. Open the policy editor.\n"
        "2. In the details pane, double-click Print as a service.\n"
        "3. Click Add User or Group, add PRINT_USERS, and then click OK.\n"
    )
    assert action_titles(resolution) == ["Add PRINT_USERS to Print as a service"]
