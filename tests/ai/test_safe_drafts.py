"""Where a text can't be read for certain, the draft says less: own headings, plain ends, whole questions."""

import pytest

from flowpilot.ai.contracts import NewFlow, Nothing
from flowpilot.ai.offline.single.confirming import asked_by_statement
from flowpilot.ai.offline.single.error import find_error
from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.render import inline, render_all
from flowpilot.ai.offline.single.solved import solved_title
from flowpilot.ai.offline.single.title_fit import fitted
from flowpilot.ai.offline.text.model import Code, Note
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket


def tree_of(resolution: str, title: str = "The ramp printer in Excel stays blank", text: str = "") -> Tree:
    flow = mine_one(ticket(title, text or f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def nodes(tree: Tree, kind: str) -> list[Node]:
    return [node for node in tree.nodes if node.kind == kind]


def titles(tree: Tree) -> list[str]:
    return [node.title for node in nodes(tree, "action")]


METHODS = """Resolution
To fix this issue, use one of the following methods.

### Method 1: Free the ramp from the depot desk

1. Open the desk.
2. Find the pallet that has a small lock.
3. Right-click the pallet, and select Delete.

If you can't delete the pallet, pause the belt, and then try again.

### Method 2: Use the same badge at the ramp and in the depot

""" + "\n".join(f"{n}. Select panel {n} of the ramp." for n in range(1, 11))


def test_a_method_is_called_what_its_heading_says_in_all_its_parts() -> None:
    first, second, third = titles(tree_of(METHODS))
    assert first == "Free the ramp from the depot desk"
    assert second == "Use the same badge at the ramp and in the depot (steps 1 to 5)"
    assert third == "Use the same badge at the ramp and in the depot"


def test_what_helps_when_a_step_does_not_work_stays_with_the_step() -> None:
    tree = tree_of(METHODS)
    assert "If you can't delete the pallet" in nodes(tree, "action")[0].body
    assert len(nodes(tree, "question")) == 1


RATHER = """Resolution
We recommend that you print the list with the long layout of the ramp.

If you must use the short layout, you can add the following values on the computer of the ramp:

DWORD = UseShortLayout
Value = 1
"""


def test_another_way_for_those_who_cannot_take_the_first_is_an_action_of_its_own() -> None:
    tree = tree_of(RATHER)
    assert len(nodes(tree, "action")) == 2
    assert "```\nDWORD = UseShortLayout\nValue = 1\n```" in nodes(tree, "action")[1].body


def test_fields_of_a_registry_value_are_copied_as_they_stand() -> None:
    blocks = (
        parse_document("Set this:\n\nKey: `HKEY_CURRENT_USER\\Ramp One`\nValue name: Layout\n")
        .sections[0]
        .blocks
    )
    assert isinstance(blocks[1], Code)
    assert blocks[1].text == "Key: HKEY_CURRENT_USER\\Ramp One\nValue name: Layout"


def test_a_note_ends_before_the_line_that_leads_to_the_steps() -> None:
    blocks = parse_document(
        "Note For ramp 7 you need a badge.\nTo add the badge, follow these steps:\n"
    ).sections[0]
    assert isinstance(blocks.blocks[0], Note)
    assert render_all(blocks.blocks[:1]) == "> **Note:** For ramp 7 you need a badge."


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "Browse to https://*your_depot*-ramp.example.com now.",
            "Browse to `https://<your_depot>-ramp.example.com` now.",
        ),
        ("Enter https://<*depot*>.example.com here.", "Enter `https://<depot>.example.com` here."),
        ("Allow https://*.example.com only.", "Allow `https://*.example.com` only."),
        ("Go to https://ramp.example.com/help.", "Go to https://ramp.example.com/help."),
        (
            "User Configuration\\Depot Settings\\Ramp Rights",
            "`User Configuration\\Depot Settings\\Ramp Rights`",
        ),
        ("Call the FreeRamp() function.", "Call the `FreeRamp()` function."),
        ("Select the ramp icon () first.", "Select the ramp icon first."),
    ],
)
def test_an_address_with_a_hole_is_code_and_brackets_of_a_function_stay(told: str, shown: str) -> None:
    assert inline(told) == shown


@pytest.mark.parametrize(
    ("title", "question"),
    [
        (
            "The ramp can't print or a driver sees the wrong list",
            "Do you find that the ramp can't print or a driver sees the wrong list?",
        ),
        ("Sometimes labels don't appear at the ramp", "Do labels fail to appear at the ramp?"),
        (
            "Torn labels prevent loading at the ramp",
            "Do you find that torn labels prevent loading at the ramp?",
        ),
        (
            "Delays when you print on a ramp that is running in a depot",
            "Are you seeing delays when you print on a ramp that is running in a depot?",
        ),
    ],
)
def test_a_sentence_that_cannot_be_turned_round_is_asked_as_it_stands(title: str, question: str) -> None:
    assert asked_by_statement(title, "", task=False) == question


@pytest.mark.parametrize(
    ("title", "error", "solved"),
    [
        (
            "Label printer isn't running layout 13 or a later layout",
            "Label printer 'R7' isn't running layout 13 or a later layout.",
            "\"Label printer 'R7' isn't running layout 13 or a later layout\" no longer appears",
        ),
        ("Label has reached the limit of the ramp", "", "Label has no longer reached the limit of the ramp"),
        ("Problems opening lists from a depot", "", "Problems opening lists from a depot no longer occur"),
        ('"RAMP LOCKED" error when you print lists', "RAMP LOCKED", '"RAMP LOCKED" no longer appears'),
        (
            "Cannot read pallet when you free a ramp",
            "Cannot read pallet \"to type 'Ramp'\". Only ramps are read.",
            "\"Cannot read pallet 'to type 'Ramp''. Only ramps are read\" no longer appears",
        ),
    ],
)
def test_an_error_text_is_not_turned_into_a_claim(title: str, error: str, solved: str) -> None:
    assert solved_title(title, error) == solved


def test_a_command_on_the_screen_is_no_error() -> None:
    blocks = parse_document('The option "Free the ramp at night" is not visible.').sections[0].blocks
    assert find_error("Can't free the ramp", blocks).text == ""
    assert find_error('Troubleshoot "View on the ramp" issues in the depot', ()).text == ""


CAUSES = """Cause
This issue occurs if {cause}.
Resolution
To fix this issue, follow these steps:

1. Open the depot console.
2. Set the label limit of the ramp to 40.
3. Restart the label service.
"""


@pytest.mark.parametrize(
    ("cause", "questions"),
    [
        ("the label limit is set to 0", 2),
        ("the limit is set to 0, and the ramp is missing from the list of the depot", 1),
        ("the ramp is disabled because a driver has used the limit of the day", 1),
    ],
)
def test_only_a_plain_state_is_asked_for(cause: str, questions: int) -> None:
    tree = tree_of(CAUSES.format(cause=cause))
    assert len(nodes(tree, "question")) == questions
    assert (f"**Cause:** This issue occurs if {cause}" in nodes(tree, "action")[0].body) is (questions == 1)


def test_titles_of_pages_that_did_not_come_along_are_left_out() -> None:
    tree = tree_of(
        "Resolution\nTo fix this, follow these steps:\n\n"
        "1. Remove the ramp trust. For more info, see the following:\n"
        "   - In depot 7: Remove a ramp trust.\n   - In depot 8: Remove a trust.\n"
        "2. Restart the ramp.\n3. Print a list.\n"
    )
    assert "In depot 7" not in nodes(tree, "action")[0].body


def test_a_condition_without_its_verb_is_no_end_of_a_title() -> None:
    title = "Label list of the ramp doesn't refresh when depot authentication and night layouts are used"
    assert fitted(title, 75, PRODUCT) == "Label list of the ramp doesn't refresh"


DESIGN = """Cause
This behavior is by design.
Resolution
To see the list of the ramp, run the `Get-RampList` cmdlet in the shell of the depot. The list shows the ramps
that were made by hand, with their limits, their badges and the drivers of the night.
"""


def test_what_is_by_design_is_not_said_to_work_now() -> None:
    tree = tree_of(DESIGN, "The list of the ramp isn't displayed in the depot")
    assert nodes(tree, "resolution")[0].title == "You can see the list of the ramp (worked around)"


def test_the_hand_over_asks_for_products_not_for_parts_of_their_names() -> None:
    tree = tree_of(CAUSES.format(cause="the label limit is 0"), "You can't open lists in Visio Web Access")
    assert "the version of Visio, and" in nodes(tree, "escalation")[-1].body


BULLETS = """Resolution
To work around this issue, you can free the ramp as follows:

- Use a short list for the ramp of the depot.
- Move the pallet to a ramp that is not locked by another driver.
"""


def test_bullets_that_change_different_things_are_tried_one_after_the_other() -> None:
    assert titles(tree_of(BULLETS)) == [
        "Use a short list for the ramp of the depot",
        "Move the pallet to a ramp that is not locked by another driver",
    ]


def test_bullets_under_a_heading_that_names_the_act_stay_together() -> None:
    heading = "Resolution\n### Change the ramp\n\n"
    assert (
        len(titles(tree_of(BULLETS.replace("Resolution\n", heading).replace("you can free the ramp as", ""))))
        == 1
    )


CONDITIONAL = """Resolution
To resolve this issue, use one of the following methods:

- Lock the ramp of the depot for the night with the long badge.
- If the driver uses badges, lists, or other papers of the night shift, the depot owner can create a new ramp.
- If you see the gate first, nothing is required.
"""


def test_a_way_under_a_condition_with_commas_is_read_and_a_case_without_an_act_is_a_note() -> None:
    tree = tree_of(CONDITIONAL)
    assert [title for title in titles(tree) if "ramp" in title][-1] == "Create a new ramp"
    assert "> **Note:** If you see the gate first, nothing is required." in nodes(tree, "action")[0].body


COUNTED = """Cause
These issues can have any of the following causes.

Cause 1: The label limit of the ramp is set to 0 in the depot console.

Cause 2: The badge of the driver has expired.
Resolution
Restart the ramp and print again. If the issue persists, try the following resolutions.

Resolution 1: Raise the label limit of the ramp in the depot console.

Resolution 2: Renew the badge of the driver at the gate.
"""


def test_counted_causes_lead_to_the_resolutions_of_their_number() -> None:
    tree = tree_of(COUNTED)
    asked = nodes(tree, "question")[1]
    assert asked.title == "Which of these causes applies?"
    ways = {option.label: tree.node(option.next).title for option in asked.options}
    assert ways["The badge of the driver has expired"] == "Renew the badge of the driver at the gate"
    assert titles(tree)[0] == "Restart the ramp and print again"


def test_a_placeholder_in_italics_is_one_piece_of_code() -> None:
    assert inline("Replace <*RampName*> with the name.") == "Replace `<RampName>` with the name."


def test_a_case_for_those_who_are_beyond_the_first_way_is_another_way() -> None:
    tree = tree_of(
        "Resolution\nTo fix this issue, use a name without hyphens for ramps.\n\n"
        "If the ramps have already been set up in this manner, you can protect the list of each ramp. "
        "To do this, follow these steps:\n\n1. Open the ramp.\n2. Select View.\n3. Select Protect it.\n"
    )
    assert len(titles(tree)) == 2


def test_a_check_with_what_to_change_then_is_called_after_both() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, check the value of the ramp limit. "
        "To do so, run the following command:\n\n"
        "```powershell\nGet-RampLimit | FL\n```\n\nThe limit should be 40.\n\n"
        "If the command returns 0, raise the limit of the ramp to 40.\n"
    )
    assert titles(tree) == [
        "Check the value of the ramp limit, and raise the limit of the ramp to 40 if needed"
    ]


def test_steps_that_resolve_name_the_action_not_the_look_before_them() -> None:
    tree = tree_of(
        "Resolution\nTo determine the limit of the ramp, run the following command:\n\n"
        "```powershell\nGet-RampLimit | FL\n```\n\nTo resolve this issue, follow these steps:\n\n"
        "1. Raise the limit of the ramp to 40 in the console.\n2. Wait for the night.\n3. Print a list.\n"
    )
    assert titles(tree) == ["Raise the limit of the ramp to 40 in the console"]


VALUES = """Resolution
Run a repair of the depot software on the computer of the ramp.

Alternatively, you can change the registry key to match the layout of your ramp.

### Fixed ramps

`HKEY_CURRENT_USER\\Software\\Depot\\Fixed`

### Moving ramps

`HKEY_CURRENT_USER\\Software\\Depot\\Moving`
"""


def test_values_for_each_case_stand_below_the_way_that_uses_them() -> None:
    shown = titles(tree_of(VALUES))
    assert not any(title.startswith("Apply the known fix") for title in shown)


def test_a_heading_in_tags_is_a_heading() -> None:
    sections = parse_document(
        'Resolution\nFree it.\n\n<h3 id="stop">Stop the belt</h3>\n\n1. Open.\n'
    ).sections
    assert sections[0].children[0].heading.title == "Stop the belt"


def test_a_name_in_the_directory_is_one_piece_of_code() -> None:
    assert inline("DC=\\<DEPOT>,CN=Ramps,CN=Ramp Settings") == "`DC=<DEPOT>,CN=Ramps,CN=Ramp Settings`"


def test_updates_for_one_version_each_are_asked_for_by_version() -> None:
    tree = tree_of(
        "Resolution\nThis issue is fixed in the following updates:\n\n"
        "- Office 2013 MSI: April update for Office 2013 (KB 300)\n"
        "- Office 2016 Click-to-Run: Build 16.0.1 or a later build\n"
    )
    asked = nodes(tree, "question")[1]
    assert asked.title == "Which version or edition is in use?"
    assert [option.label for option in asked.options] == [
        "Office 2013 MSI",
        "Office 2016 Click-to-Run",
        "None of these",
    ]


def test_where_a_message_can_be_ignored_the_end_says_so() -> None:
    tree = tree_of(
        "Resolution\nMake sure that no driver has the option to open the gate by hand at the ramp. "
        "If no driver has this option, you can safely ignore the error message of the ramp.\n",
        "You can't disable the gate of the ramp",
    )
    assert nodes(tree, "resolution")[0].title == "Nothing is wrong: the message can be ignored"


def test_a_list_of_which_most_steps_point_elsewhere_is_no_fix() -> None:
    finding = mine_one(
        ticket(
            "The badge of the ramp is expiring",
            "The badge of the ramp is expiring.",
            "Resolution\nTo resolve this issue, follow these steps:\n\n"
            "1. Install the badge module on the computer.\n"
            '2. Follow the steps in the "Badges" section of Depot errors and how to fix them.\n'
            "3. Follow the steps in Badges and the ramps of the depot.\n",
        )
    )
    assert isinstance(finding, Nothing)
