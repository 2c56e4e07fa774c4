"""Ends say what is true, causes are causes, and what did not come along is gone."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.flow_title import PRODUCT, flow_title
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.render import prose, render_all, without_lead
from flowpilot.ai.offline.single.solved import solved_title, way_around
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket


def tree_of(resolution: str, title: str, text: str = "") -> Tree:
    flow = mine_one(ticket(title, text or f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def ending(tree: Tree, kind: str = "resolution") -> Node:
    return [node for node in tree.nodes if node.kind == kind][-1]


AROUND = (
    "Solution\nTo work around this issue, send the parcel list as a PDF file from the portal of the depot. "
    "Choose the long layout there, and select the printer of the ramp before you send it.\n"
)


def test_a_solution_that_only_works_around_says_so_of_the_error_that_is_gone() -> None:
    tree = tree_of(AROUND, '"Ramp 7 refused" error when you print the parcel list')
    assert ending(tree).title == '"Ramp 7 refused" no longer appears (worked around)'


def test_one_way_around_is_told_with_all_that_it_takes() -> None:
    title = "Empty the ramp, and then close it"
    assert way_around(title, both=True) == "emptying the ramp and then closing it"


CANNOT = "Parcels can't be weighed at the ramp"


def test_the_goal_of_a_way_around_says_what_can_be_done_now() -> None:
    tree = tree_of(AROUND.replace("issue, send", "issue, use the portal to weigh the parcels. Send"), CANNOT)
    assert ending(tree).title == "You can weigh the parcels (worked around)"


def test_a_complaint_that_only_ends_is_told_as_ended() -> None:
    tree = tree_of(AROUND, "Labels are missing at the ramp")
    assert ending(tree).title == "Labels are no longer missing at the ramp (worked around)"


def test_a_solution_that_resolves_says_that_the_error_is_gone() -> None:
    tree = tree_of(
        AROUND.replace("To work around", "To resolve"),
        '"Ramp 7 refused" error when you print the parcel list',
    )
    assert ending(tree).title == '"Ramp 7 refused" no longer appears'


FIX = (
    "Resolution\nTo fix this, follow these steps:\n\n1. Open the depot console.\n"
    "2. Set the parcel limit of the ramp to 40.\n3. Restart the label service of the ramp.\n"
)


def told(cause: str) -> str:
    tree = tree_of(
        f"Cause\nThis issue occurs if the parcel limit is 0.\n\n{cause}\n{FIX}", "The ramp rejects parcels"
    )
    return ending(tree).body


@pytest.mark.parametrize(
    "said",
    [
        "If you don't know the cause, try each method in the order in which they are listed.",
        "If you aren't over the limit, these are the most common ways.",
        "For example, the screenshot shows a ramp. This ramp works because it has only two parcels.",
        "Alternatively, a depot can be given a second ramp by its owner.",
    ],
)
def test_a_sentence_that_tells_no_reason_is_no_cause(said: str) -> None:
    assert said.split(". ")[-1].rstrip(".") not in told(said)


def test_the_cause_is_not_cut_before_the_reason() -> None:
    cause = (
        "The ramp sends a list of eleven belts with each parcel. The lists are read by the depot. "
        "They are sorted by length. The depot of the partner does not know the last belt."
    )
    tree = tree_of(f"Cause\n{cause}\n{FIX}", "The ramp rejects parcels")
    bodies = " ".join(node.body for node in tree.nodes)
    assert "does not know the last belt." in bodies


def test_advice_for_a_solved_case_is_not_handed_over_with_an_unsolved_one() -> None:
    advice = (
        "If the ramp no longer rejects parcels after you restart it, contact the manufacturer of the belt "
        "for support."
    )
    assert advice not in ending(tree_of(f"{FIX}\n{advice}\n", "The ramp rejects parcels"), "escalation").body


def test_a_prompt_for_credentials_is_no_output_to_hand_over() -> None:
    resolution = (
        "Resolution\nTo fix this, follow these steps:\n\n1. Run `$login = Get-Credential` on the server.\n"
        "2. Run `Get-ParcelLimit -Ramp 7` and note the limit.\n3. Set the limit of the ramp to 40.\n"
    )
    body = ending(tree_of(resolution, "The ramp rejects parcels"), "escalation").body
    assert "Get-Credential" not in body
    assert "- the output of `Get-ParcelLimit`" in body


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The following screen shot shows the ramp:", ""),
        ("The screenshot for this:", ""),
        ("Open the gate. Follow the directions in the following article to close it.", "Open the gate."),
        ("Click the link specific to your depot, and follow the steps.", ""),
        ("Set ramps 4 &ndash; 7.", "Set ramps 4 – 7."),
    ],
)
def test_what_points_at_something_that_did_not_come_along_is_left_out(text: str, kept: str) -> None:
    assert prose(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Lists the ramps. The following example shows the belts:", "Lists the ramps."),
        ("It has an orange icon, as follows:", "It has an orange icon."),
        ("Select one of these:", "Select one of these:"),
    ],
)
def test_a_lead_without_what_it_leads_to_is_taken_off(text: str, kept: str) -> None:
    assert without_lead(text) == kept


def shown(markdown: str) -> str:
    return render_all(block for section in parse_document(markdown).sections for block in section.blocks)


def test_a_table_with_nothing_below_its_heading_is_left_out() -> None:
    assert shown("|Ramp 1|Ramp 2|\n|---|---|\n|||\n") == ""


def test_a_table_loses_only_its_empty_rows() -> None:
    kept = shown("|Ramp|Limit|\n|---|---|\n|||\n|7|40|\n")
    assert kept == "|Ramp|Limit|\n|---|---|\n|7|40|"


def test_an_escaped_at_sign_is_one() -> None:
    assert plain_words(r"ada\@depot.example") == "ada@depot.example"


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("401 Access denied", None),
        ("A form in Access freezes", "Access"),
        ("The Teams group of the site", None),
        ("A Teams group chat", "Teams"),
        ("An Edge Transport server", None),
    ],
)
def test_a_word_of_another_thing_is_no_product(text: str, product: str | None) -> None:
    found = PRODUCT.search(text)
    assert (found[0] if found else None) == product


def test_a_title_keeps_the_number_that_defines_the_problem() -> None:
    title = (
        "Error in Outlook when you add or change sorting rules that apply to parcels from 20 or more senders"
    )
    assert (
        flow_title(title, "")
        == "Error in Outlook when you add or change sorting rules for parcels from 20 or more senders"
    )


def test_a_title_does_not_end_in_what_is_done_with_them() -> None:
    assert title_of("Use the Set-ParcelLimit cmdlet to raise them.") == "Use the Set-ParcelLimit cmdlet"


def test_what_is_typed_is_the_act_and_not_what_it_is_for() -> None:
    resolution = (
        "Resolution\nTo fix this, night users must type the complete number of the parcel to find any parcel "
        "in the depot. Parcels without a complete number are kept at the ramp until somebody calls.\n"
    )
    actions = [node.title for node in tree_of(resolution, "Drivers can't find parcels").nodes]
    assert "Find any parcel in the depot" not in actions


def test_where_the_steps_are_done_stays_with_them() -> None:
    resolution = FIX.replace("these steps:", "these steps on the server that hosts the ramp:")
    action = ending(tree_of(resolution, "The ramp rejects parcels"), "action")
    assert action.body.startswith("To fix this, follow these steps on the server that hosts the ramp:")


def test_a_goal_that_names_only_the_complaint_is_no_title() -> None:
    resolution = (
        "Resolution\nTo change this behavior, follow these steps:\n\n1. Start Depot Console.\n"
        "2. Click Options.\n3. Under Ramps, click to clear the Reject parcels check box, and then click OK.\n"
    )
    assert ending(tree_of(resolution, "The ramp rejects parcels"), "action").title == (
        "Clear the Reject parcels check box"
    )


def test_what_only_looks_says_what_it_found_and_not_that_it_solved() -> None:
    resolution = (
        "Resolution\nCheck the lamp of the ramp:\n\n1. Look at the lamp above ramp 7 of the depot.\n"
        "2. Compare its colour with the legend of the ramp plan in the office.\n"
        "3. Read the number below the lamp and compare it with the plan.\n"
    )
    action = ending(tree_of(resolution, "The ramp rejects parcels"), "action")
    assert [option.label for option in action.options] == [
        "Solved after correcting it",
        "Nothing to correct, or not solved",
    ]


def test_one_of_several_messages_ends_with_all_of_them_gone() -> None:
    text = (
        "When you print, you receive one of the following error messages:\n\n"
        "> The ramp is not ready\n\n> The belt is not ready\n"
    )
    tree = tree_of(FIX, '"The ramp is not ready" error when you print parcel lists', text)
    assert ending(tree).title == '"The ramp is not ready" and the other messages no longer appear'


@pytest.mark.parametrize("said", ["Subject: Ramp report", "Ramp Control Console"])
def test_a_mail_header_or_a_program_is_no_error_that_can_be_gone(said: str) -> None:
    assert solved_title("The ramp rejects parcels", said) == "The ramp no longer rejects parcels"


def test_an_address_that_is_verified_is_a_change_and_can_solve() -> None:
    resolution = FIX.replace("Set the parcel limit of the ramp to 40", "View the list of addresses")
    resolution = resolution.replace("To fix this", "Verify some of your ramp addresses. To do this")
    resolution = resolution.replace("Restart the label service of the ramp", "Check the list again")
    action = ending(tree_of(resolution, "The ramp rejects parcels"), "action")
    assert action.title == "Verify some of your ramp addresses"
    assert [option.label for option in action.options] == ["Solved", "Not solved"]


PDF = "Send the parcel list as a PDF file from the portal"
TWO = "Workaround\nTo work around this issue, use one of the following methods.\n\n"


def around(*acts: str) -> str:
    methods = "\n\n".join(f"### Method {at}\n\n{act} of the depot." for at, act in enumerate(acts, start=1))
    tree = tree_of(f"{TWO}{methods}\n", CANNOT)
    return ending(tree).title


def test_ways_around_are_named_and_of_long_ones_the_first() -> None:
    long = "Ask the driver of every ramp to copy the numbers of the parcels onto the long list of the morning"
    assert around(PDF, "Share the list with the drivers") == (
        "Worked around by sending the parcel list as a PDF file from the portal of the depot "
        "or by sharing the list with the drivers of the depot: the problem no longer gets in the way"
    )
    assert around(PDF, f"{long} and of the evening, and to bring it to the counter") == (
        "Worked around by sending the parcel list as a PDF file from the portal of the depot, "
        "or in another of the ways offered"
    )


def test_who_avoids_what_is_not_supported_has_ended_the_problem() -> None:
    tree = tree_of(
        "Cause\nTwo labels on one parcel are not supported by the ramp of the depot.\nResolution\n"
        "Avoid using two labels on one parcel at the northern ramp of the depot, and print the second "
        "label on the paper that goes with the parcel instead of on the parcel itself.\n",
        "The ramp crashes when it weighs a parcel",
    )
    assert ending(tree).title == "The ramp no longer crashes"


def test_what_the_text_calls_a_limitation_is_not_said_to_work_now() -> None:
    tree = tree_of(
        "Cause\nColors are not available for parcels of other depots.\nWorkaround\n"
        "To work around this limitation, add the other depot as an account of its own to the console of the "
        "ramp, and sort its parcels there by the color of the account.\n",
        "You can't assign colors to parcels of other depots",
    )
    assert ending(tree).title.startswith("Worked around by adding the other depot as an account")


def test_an_ending_of_few_words_keeps_its_circumstances() -> None:
    assert solved_title("A ramp does not move when you move its depot", "") == (
        "A ramp moves when you move its depot"
    )


@pytest.mark.parametrize(
    ("title", "way"),
    [
        ("Use the sort and print page of the portal", "using the sort and print page of the portal"),
        ("Use the portal and print the list", "using the portal"),
        ("Use a Person or Group column", "using a Person or Group column"),
        ("Use the portal and don't save the list", "using the portal"),
        ("Use the gate: Select Open at the gate", "using the gate"),
    ],
)
def test_a_way_around_is_not_cut_within_one_noun(title: str, way: str) -> None:
    assert way_around(title) == way


def test_of_two_complaints_both_are_over() -> None:
    title = "Labels are displayed incorrectly or second labels are missing"
    assert solved_title(title, "554 Hop count") == (
        "Labels are no longer displayed incorrectly and second labels are no longer missing"
    )
    told = "Ramps still move after a badge is lost or a gate is closed"
    assert " and " not in solved_title(told, "")


@pytest.mark.parametrize(
    ("title", "over"),
    [
        (
            "Ramps are locked and gates fail at night",
            "Ramps are no longer locked and gates no longer fail at night",
        ),
        (
            "Driver can't print or sees the wrong list",
            "Driver can print and no longer sees the wrong list",
        ),
    ],
)
def test_of_two_predicates_both_are_over(title: str, over: str) -> None:
    assert solved_title(title, "") == over


def test_what_could_not_be_done_beside_an_event_can_be_done() -> None:
    title = "Event ID 1309 and you can't open the ramp list after you install Depot 2"
    assert solved_title(title, "Event ID 1309") == "You can open the ramp list"
    title = "Unable to create a ramp list after a move with Event 1098 in the depot log"
    assert solved_title(title, "Event 1098") == "You can create a ramp list"


def test_both_of_two_quoted_codes_are_gone() -> None:
    title = '"0xE4020AB4" and "0x8007ABDF" errors when you load the ramp'
    assert solved_title(title, "0xE4020AB4") == '"0xE4020AB4" and "0x8007ABDF" no longer appear'


def test_a_hand_over_ends_with_a_whole_sentence_and_the_first_act_knows_how_long_it_takes() -> None:
    tree = tree_of(
        f"{FIX}\nTo delete the ramp, use the following steps to submit a support request to the depot:\n"
        "More information\nAfter you set the limit, you may receive the error that is mentioned in the "
        '"Problem" section until the ramp has restarted.\n',
        "The ramp rejects parcels",
    )
    assert not ending(tree, "escalation").body.endswith(":")
    act = next(node for node in tree.nodes if node.kind == "action")
    assert act.body.startswith(
        "> **Note:** After you set the limit, you may receive the error until the ramp has restarted."
    )
