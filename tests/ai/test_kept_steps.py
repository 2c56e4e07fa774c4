"""Nothing that is to be done, or to be known first, is lost on the way from the text to the nodes."""

from flowpilot.ai.contracts import NewFlow, Nothing
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket

TITLE = "The ramp printer in Excel stays blank"


def tree_of(resolution: str, text: str = "") -> Tree:
    flow = mine_one(ticket(TITLE, text or f"{TITLE}.", f"Resolution\n{resolution}\n"))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def actions(tree: Tree) -> list[Node]:
    return [node for node in tree.nodes if node.kind == "action"]


STEPS = "1. Open the depot console on the ramp.\n2. Set the parcel limit to 40.\n3. Close the console.\n"


def test_what_is_done_before_the_steps_stands_above_them() -> None:
    told = f"To fix this, install the label update of the depot. Then, follow these steps:\n\n{STEPS}"
    (action,) = actions(tree_of(told))
    assert "nstall the label update of the depot." in action.body
    told = f"Make sure that the printer has paper. Set the limit. To do this, follow these steps:\n\n{STEPS}"
    (action,) = actions(tree_of(told))
    assert "Make sure that the printer has paper." in action.body


def test_the_goal_of_the_steps_is_said_once() -> None:
    (action,) = actions(
        tree_of(f"To fix this, set the parcel limit. To do this, follow these steps:\n\n{STEPS}")
    )
    assert action.body.startswith("1. Open the depot console")


WAYS = (
    "Take any of the following actions:\n\n- Reduce the number of parcels in the list of the ramp.\n"
    "- Use a shorter name for the depot.\n- Use the label console in offline mode to print the list.\n\n"
)


def test_a_note_behind_the_ways_stays_with_the_one_that_it_speaks_of() -> None:
    *others, offline = actions(
        tree_of(f"{WAYS}NOTE:\n> The label console prints the long list only once a day.\n")
    )
    assert "> **Note:** The label console prints the long list only once a day." in offline.body
    assert not any("**Note:**" in other.body for other in others)


def test_a_note_on_every_way_stands_at_the_first() -> None:
    first, *others = actions(
        tree_of(f"{WAYS}NOTE:\n> Try each of these methods with the label console one by one.\n")
    )
    assert "one by one" in first.body
    assert not any("one by one" in other.body for other in others)


def test_a_note_below_the_only_command_is_kept_beside_the_script() -> None:
    told = (
        "Run this command on the print server of the depot to clear the list, and then print it again:\n\n"
        "```powershell\nClear-RampList -Depot <depot>\n```\n\n"
        "Note: The parcels stay in the list of the gate.\n"
    )
    (action,) = actions(tree_of(told))
    assert action.script is not None
    assert "The parcels stay in the list of the gate." in action.body


def test_a_step_that_also_names_a_page_loses_only_the_page() -> None:
    told = (
        "To fix this, follow these steps:\n\n1. Open the depot console.\n"
        "2. If the ramp is not in the list, call the warden or go to the following website:\n\n"
        "   - Ramps of the depot\n3. Print the list of the ramp again.\n"
    )
    (action,) = actions(tree_of(told))
    assert "2. If the ramp is not in the list, call the warden.\n3. Print" in action.body


def test_a_cmdlet_within_a_message_is_no_command() -> None:
    (section,) = parse_document("> Update-RampList\n> Failed\n> Error: the list is open\n").sections
    (quote,) = section.blocks
    assert [type(block).__name__ for block in quote.blocks] == ["Paragraph"]


def test_group_policy_is_a_name_not_an_order() -> None:
    assert not begins_with_verb("Group Policy may block access")
    assert begins_with_verb("group the rows by depot")


CHECK = (
    "More information\nTo determine which parcel limit the depot accepts, follow these steps:\n\n"
    "1. Open the depot page.\n2. Look for the row of the ramp.\n"
)


def test_how_to_find_out_what_a_step_asks_for_stands_with_it() -> None:
    told = "To fix this, set the parcel limit of the ramp to a number that the depot accepts, then print it."
    (action,) = actions(tree_of(f"{told}\n{CHECK}"))
    assert "To determine which parcel limit the depot accepts" in action.body
    assert "2. Look for the row of the ramp." in action.body


def test_how_to_find_out_something_else_is_left_out() -> None:
    told = "To fix this, replace the print head of the label printer with a new one, then print the list."
    (action,) = actions(tree_of(f"{told}\n{CHECK}"))
    assert "To determine" not in action.body


def test_what_is_said_once_more_of_the_one_fix_stands_with_it() -> None:
    told = "Install the updated version of the depot console, and then print the list of the ramp again."
    more = (
        "More information\nTo resolve this problem, update the console. Version 3 does not update itself.\n"
    )
    (action,) = actions(tree_of(f"{told}\n{more}"))
    assert "Version 3 does not update itself." in action.body


def test_a_text_that_only_says_what_to_avoid_is_too_thin() -> None:
    told = "Avoid using the ramp printer on a depot computer that has two network cards."
    thin = mine_one(ticket(TITLE, f"{TITLE}.", f"Resolution\n{told}\n"))
    assert isinstance(thin, Nothing)
    assert "what to avoid" in thin.reason


PAGE = (
    "Cause\nThis issue occurs because the printer was moved to a ramp whose parcels are counted elsewhere.\n"
    "Solution\nTo resolve this issue, link the parcel account of the printer to the account of the depot"
    " at which the printer stands, and then print the list of the ramp on it again.\n"
)


def test_an_act_without_steps_names_the_page_that_tells_them() -> None:
    page = "For more information, see How to link a parcel account to a depot."
    (action,) = actions(tree_of(f"{PAGE}More information\n{page}\n"))
    assert action.body.endswith("For the steps, see “How to link a parcel account to a depot”.")
    lead = "For more information about how to do this, see the following resources:"
    (action,) = actions(tree_of(f"{PAGE}{lead}\n\n- Set-ParcelAccount\n"))
    assert action.body.endswith("For the steps, see `Set-ParcelAccount`.")


def test_a_page_on_something_else_or_beside_steps_is_left_out() -> None:
    for page in ("How to order paper and ink", "How to troubleshoot a parcel account of the depot"):
        (action,) = actions(tree_of(f"{PAGE}More information\nFor more information, see {page}.\n"))
        assert "For the steps" not in action.body
    stepwise = f"To fix this, set the parcel limit of the ramp. To do this, follow these steps:\n\n{STEPS}"
    (action,) = actions(tree_of(f"{stepwise}\nFor more information, see How to set the parcel limit."))
    assert "For the steps" not in action.body


RUN = "To fix this, set the limit of the ramp in the depot's console. To do this, run this command:\n\n"


def test_sample_values_in_a_command_are_named_once() -> None:
    (action,) = actions(tree_of(f"{RUN}```powershell\nSet-Ramp -Identity ramp@contoso.com -Limit 40\n```\n"))
    assert action.body.endswith("> **Note:** Replace this sample value with your own: `ramp@contoso.com`.")
    code = 'Set-Ramp -Identity NameOfTheRamp -Depot "Parcel depot name" -Limit 40'
    (action,) = actions(tree_of(f"{RUN}```powershell\n{code}\n```\n"))
    assert "these sample values with your own: `NameOfTheRamp`, `Parcel depot name`." in action.body


def test_a_value_that_the_text_explains_is_not_named_again() -> None:
    code = "```powershell\nSet-Ramp -Identity ramp@contoso.com -Limit 40\n```\n\n"
    for told in (
        f"{code}Replace ramp@contoso.com with the address of your ramp.",
        code.replace("contoso.com", "hall.dk"),
    ):
        (action,) = actions(tree_of(f"{RUN}{told}\n"))
        assert "sample value" not in action.body


def test_what_follows_or_has_to_be_so_besides_is_kept_with_the_act() -> None:
    for told in (
        "After you link the account, you may have to publish the ramp in the yard console.",
        "It's also important to make sure that the user of the printer has a key.",
        "The problem is not resolved even after you replace the ink.",
    ):
        (action,) = actions(tree_of(f"{PAGE}More information\nThe ramp has ten doors. {told}\n"))
        assert f"> **Note:** {told}" in action.body
        assert "ten doors" not in action.body


def test_how_the_named_act_is_done_is_kept_with_it() -> None:
    how = "To link the parcel account of the printer, go to the Accounts page. Set the account to Depot."
    (action,) = actions(tree_of(f"{PAGE}More information\nThe ramp has ten doors.\n\n{how}\n"))
    assert action.body.endswith(how)


def test_a_remark_on_a_step_is_no_step_of_its_own() -> None:
    for remark in (
        "When you choose this mode, you may need to repeat it if the ramp changes.",
        "Administrators can also set the mode of the printer for the whole depot.",
        "In addition, you can also check whether the ramp is empty in the console of the depot.",
        "When you do so, make sure that you select the label of the ramp.",
    ):
        why = "Cause\nThe printer waits for a label that the yard never sends, so the list stays blank."
        told = f"Set the printer to the yard mode, and then restart the ramp. {remark}\n{why}"
        (action,) = actions(tree_of(told))
        assert "1. " not in action.body
        assert remark in action.body


def test_a_placeholder_escaped_in_a_block_of_code_is_run_without_the_backslash() -> None:
    (action,) = actions(tree_of(f"{RUN}```powershell\nSet-Ramp \\<name> -Limit 40\n```\n"))
    assert action.script is not None
    assert action.script.body == "Set-Ramp <name> -Limit 40"
