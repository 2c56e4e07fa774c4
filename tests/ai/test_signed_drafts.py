"""What a technician would not sign: titles that break off, notes after the act, no way out."""

import pytest

from flowpilot.ai.contracts import NewFlow, Nothing
from flowpilot.ai.offline.single.bodies import guarded
from flowpilot.ai.offline.single.flow_title import TITLE_LIMIT, flow_title
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.render import inline
from flowpilot.ai.offline.single.signing import Doubt, doubts, held_back
from flowpilot.ai.offline.single.solved import solved_title
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket


def tree_of(resolution: str, title: str = "The gate printer in Excel prints blank labels") -> Tree:
    flow = mine_one(ticket(title, f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def actions(tree: Tree) -> list[Node]:
    return [node for node in tree.nodes if node.kind == "action"]


def test_a_long_title_ends_with_a_whole_phrase_and_its_product() -> None:
    title = (
        "Gate operators without rights to the loading list in SharePoint Online don't receive the "
        "option to ask "
        "the depot for a place on the ramp"
    )
    shown = flow_title(title, "")
    assert "…" not in shown
    assert "SharePoint" in shown
    assert len(shown) <= TITLE_LIMIT


@pytest.mark.parametrize(
    ("title", "resolution", "product"),
    [
        ("The pallet count is wrong after the night shift", "Restart Outlook on the scanner.", "(Outlook)"),
        ("Public folders of the depot open slowly for drivers", "", "(Exchange)"),
    ],
)
def test_the_product_comes_from_the_resolution_or_the_topic(
    title: str, resolution: str, product: str
) -> None:
    assert flow_title(title, "", resolution).endswith(product)


def test_a_note_that_guards_a_step_stands_before_it() -> None:
    step = "Delete the queue.\n\n> **Note:** Labels in it are lost.\n\nThen close the list."
    assert guarded(step) == (
        "> **Note:** Labels in it are lost.\n\nDelete the queue.\n\nThen close the list."
    )


@pytest.mark.parametrize(
    "step",
    [
        "Close the list.\n\n> **Note:** The list is empty now.",
        "Close the list.\n\n> **Note:** Before you do this:\n> 1. Open the list.\n> 2. Save the list.",
    ],
)
def test_a_note_on_the_result_or_with_steps_of_its_own_stays_behind_the_step(step: str) -> None:
    assert guarded(step) == step


def test_whoever_cannot_tell_tries_what_there_is() -> None:
    tree = tree_of(
        "Resolution\nIf the gate printer is shared, remove the share in the printer properties of "
        "the server. "
        "Then print the label list again from the workbook.\n"
    )
    asked = next(node for node in tree.nodes if node.title.startswith("Is the gate printer"))
    labels = {option.label: option.next for option in asked.options}
    assert labels["Can't tell"] == labels["Yes"] == actions(tree)[0].id


def test_a_fix_under_the_heading_workaround_says_what_is_true_now() -> None:
    tree = tree_of(
        "Workaround\nTo work around this issue, clear the option Draft labels on the Paper tab of "
        "the printer, "
        "and restart the print service of the gate.\n"
    )
    ending = next(node.title for node in tree.nodes if node.kind == "resolution")
    assert ending == "The gate printer in Excel no longer prints blank labels (worked around)"


def test_a_way_beside_the_problem_does_not_say_that_it_is_solved() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, print the label list from the web page of the depot "
        "instead. Choose the "
        "long layout there before you print, and select the printer of the ramp.\n"
    )
    ending = next(node.title for node in tree.nodes if node.kind == "resolution")
    assert ending.startswith("Worked around by printing the label list")


def test_a_complaint_that_is_no_message_is_gone_when_what_it_tells_is() -> None:
    assert solved_title("The label list is missing in the gate report", "No rows were presented here") == (
        "The label list is no longer missing in the gate report"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Set it to _2_ or greater.", "Set it to `2` or greater."),
        ("Replace *GateName* with the name.", "Replace `GateName` with the name."),
        ("Do *not* close the gate.", "Do not close the gate."),
        ("Select *Gate list* now.", "Select Gate list now."),
        ("Open *.csv and *.xls files.", "Open `*.csv` and `*.xls` files."),
        (r"Open C:\Gates\\\<gate>\labels\today.txt now.", r"Open `C:\Gates\<gate>\labels\today.txt` now."),
    ],
)
def test_emphasis_becomes_code_or_goes(text: str, shown: str) -> None:
    assert inline(text) == shown


@pytest.mark.parametrize(
    ("resolution", "said"),
    [
        ("Resolution\nRefer to this article to renew the certificate of the gate.", "sends to another text"),
        ("Status\nThe maker is researching this issue and tells more when more is known.", "a known issue"),
        ("Resolution\nThe gate was closed in the night.", "holds no step"),
    ],
)
def test_what_is_declined_says_why(resolution: str, said: str) -> None:
    declined = mine_one(ticket("The gate stays closed", "The gate stays closed.", resolution))
    assert isinstance(declined, Nothing)
    assert said in declined.reason


def test_what_is_offered_instead_of_something_is_a_way() -> None:
    tree = tree_of(
        "Resolution\nUse one of these approaches:\n\n- Turn on direct printing in the depot console.\n"
        "- Instead of direct printing, use the print server of the ramp.\n"
    )
    assert [node.title for node in actions(tree)] == [
        "Turn on direct printing in the depot console",
        "Use the print server of the ramp",
    ]


def test_a_further_cause_rules_nobody_out() -> None:
    tree = tree_of(
        "Cause\nThe label width in the workbook is set to zero by an old template.\n\nThis can also "
        "occur if the "
        "printer is not installed.\nResolution\nSet the label width in the workbook to 60 mm, save "
        "the workbook, and "
        "print the label list again from the gate.\n"
    )
    assert not any("installed" in node.title for node in tree.nodes)


def declined(resolution: str) -> str:
    finding = mine_one(ticket("The gate stays closed", "The gate stays closed.", resolution))
    assert isinstance(finding, Nothing)
    return finding.reason


def test_a_draft_that_leads_to_steps_which_did_not_come_along_is_held_back() -> None:
    said = declined(
        "Resolution\n1. Open the gate console.\n2. Select the queue that you noted in step 9.\n"
        "3. Remove the labels of yesterday from the queue of the ramp, and close the console.\n"
    )
    assert said == (
        "The text can't be made into a flow that somebody could rely on: it leads to “step 9”, "
        "and where that stands can't be told for certain."
    )


def test_a_manual_of_many_fixes_is_held_back() -> None:
    fixes = (
        "Restart the gate controller",
        "Replace the label ribbon",
        "Install the ramp update",
        "Clear the scanner cache",
        "Reset the loading list",
        "Reconnect the weighing bridge",
        "Disable the night shift profile",
    )
    methods = "".join(f"### Method {n}: {fix}\n\n{fix} in the depot.\n\n" for n, fix in enumerate(fixes, 1))
    said = declined(f"Resolution\nUse one of the following methods:\n\n{methods}")
    assert said.endswith("it offers 7 different fixes: a manual, not the fix of one problem.")


def test_a_title_that_is_only_a_condition_is_no_act() -> None:
    tree = Tree(
        1,
        "n1",
        (Node("n1", "action", "If the gate belongs to the harbour, or to the ramp", "Wait.", None, ()),),
    )
    assert [(doubt.line, doubt.grave) for doubt in doubts(tree)] == [(3, True)]


def test_one_doubt_alone_holds_nothing_back() -> None:
    assert held_back("the gate", [Doubt(9, "n2", "“method 2” leads nowhere")]) is None


def test_ways_that_are_acts_by_now_are_not_announced_in_the_first() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, reset the counter by using one of the following methods:\n\n"
        "### Method 1: Use the console\n\n1. Open the gate console.\n2. Select Counter.\n3. Select Reset.\n\n"
        "### Method 2: Use the panel\n\n1. Open the panel.\n2. Hold the green key.\n3. Select Zero.\n"
    )
    assert not any("following methods" in node.body for node in tree.nodes)


def test_what_a_product_cannot_do_stays_so_under_any_heading() -> None:
    tree = tree_of(
        "Cause\nThis behavior is by design.\nSolution\nUse the web page of the depot to print the list. "
        "Choose the long layout there, and select the printer of the ramp.\n",
        "Can't print the label list from Excel",
    )
    ending = next(node.title for node in tree.nodes if node.kind == "resolution")
    assert ending == "You can print the list (worked around)"


def test_two_codes_are_both_gone() -> None:
    title = "Error 0x8004aa01 or 0x8004aa02 when the gate connects"
    assert solved_title(title, "0x8004aa01") == '"0x8004aa01" and "0x8004aa02" no longer appear'


def test_a_page_that_did_not_come_along_is_not_announced() -> None:
    tree = tree_of(
        "Resolution\n1. Download the label driver from the following website:\n\n   Label drivers\n"
        "   Ramp drivers\n\n2. Install the driver on the server of the gate.\n"
        "3. Print the label list from the workbook again.\n"
    )
    assert actions(tree)[0].body.splitlines()[0] == "1. Download the label driver."


def test_code_without_a_word_on_what_is_done_with_it_is_held_back() -> None:
    tree = Tree(1, "n1", (Node("n1", "action", "Apply the known fix", "```\nx = 1\n```", None, ()),))
    assert held_back("the gate", doubts(tree)) is not None
