"""Several causes with several ways: which is asked, which is told, and who is sent where."""

from flowpilot.ai.contracts import NewFlow, Nothing
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket


def tree_of(resolution: str, title: str = "The kiosk prints empty receipts") -> Tree:
    flow = mine_one(ticket(title, f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def node(tree: Tree, title: str) -> Node:
    return next(node for node in tree.nodes if node.title == title)


def ways(tree: Tree, title: str) -> dict[str, str]:
    """Labels of the question with the title of the node that each leads to."""
    titles = {each.id: each.title for each in tree.nodes}
    return {option.label: titles[option.next] for option in node(tree, title).options}


TWO_CAUSES = (
    "Cause\nThis issue occurs for one of the following reasons:\n\n"
    "- The thermal paper is inserted with the coated side down.\n"
    "- The print density of the kiosk driver is too low.\n"
    "Resolution\nUse one of the following methods.\n\n"
    "### Method 1\n\nTurn the thermal paper:\n\n1. Open the lid.\n2. Take out the thermal paper.\n"
    "3. Insert the thermal paper with the coated side up.\n\n"
    "### Method 2\n\nRaise the print density:\n\n1. Open the kiosk driver.\n2. Set Print density to 8.\n"
    "3. Select Save.\n"
)


def test_each_cause_leads_to_the_way_that_names_it() -> None:
    tree = tree_of(TWO_CAUSES)
    assert ways(tree, "Which of these causes applies?") == {
        "The thermal paper is inserted with the coated side down": "Turn the thermal paper",
        "The print density of the kiosk driver is too low": "Raise the print density",
        "None of these, or can't tell": "Turn the thermal paper",
    }


def test_who_cannot_tell_the_cause_tries_the_ways_in_their_order() -> None:
    tree = tree_of(TWO_CAUSES)
    after = {option.label: option.next for option in node(tree, "Turn the thermal paper").options}
    assert after["Not solved"] == node(tree, "Raise the print density").id


def test_steps_that_are_for_one_cause_each_are_no_procedure() -> None:
    tree = tree_of(
        "Cause\nOne of the following conditions is true:\n\n"
        "- The date of the kiosk is wrong.\n- The receipt template is empty.\n- The cash drawer is locked.\n"
        "Resolution\nTo fix this, follow these steps:\n\n"
        "1. Set the date of the kiosk to today in Settings.\n"
        "2. Restore the receipt template from the backup share.\n"
        "3. Unlock the cash drawer with the key of the shift manager.\n"
    )
    assert list(ways(tree, "Which of these causes applies?").values())[:3] == [
        "Set the date of the kiosk to today in Settings",
        "Restore the receipt template from the backup share",
        "Unlock the cash drawer with the key of the shift manager",
    ]


def test_a_state_that_nobody_sees_is_told_with_the_fix_and_not_asked() -> None:
    tree = tree_of(
        "Cause\nThis issue occurs if the KioskSpoolMode attribute of the till is corrupted.\n"
        "Resolution\nTo fix this, follow these steps:\n\n"
        "1. Open the till console.\n2. Delete the spool file.\n3. Restart the till.\n"
    )
    assert [each.kind for each in tree.nodes].count("question") == 1
    first = next(each for each in tree.nodes if each.kind == "action")
    assert first.body.startswith("**Cause:** This issue occurs if the")


def test_a_state_that_the_first_step_shows_is_asked_with_that_step() -> None:
    tree = tree_of(
        "Cause\nThis issue occurs if the SpoolMode parameter of the till is set to Draft.\n"
        "Resolution\nTo fix this, follow these steps:\n\n"
        "1. Check the SpoolMode parameter of the till:\n\n"
        "   ```powershell\n   Get-Till -Id 4 | fl SpoolMode\n   ```\n"
        "2. Run the following command:\n\n"
        "   ```powershell\n   Set-Till -Id 4 -SpoolMode Full\n   ```\n"
    )
    asked = node(tree, "Is the SpoolMode parameter of the till set to Draft?")
    assert "Get-Till -Id 4 | fl SpoolMode" in asked.body


def test_near_twins_of_causes_are_not_told_apart_by_chance() -> None:
    tree = tree_of(
        "Cause\nOne of the following conditions is true:\n\n"
        "- The name of the till is not in the price list of the shop.\n"
        "- The name of the till is not in the tax list of the shop.\n"
        "Resolution\nUse one of the following methods.\n\n"
        "### Method 1\n\nRename the till:\n\n1. Open Settings.\n2. Enter another name.\n\n"
        "### Method 2\n\nReset the till:\n\n1. Hold the power button.\n2. Wait ten seconds.\n"
    )
    assert "Which of these causes applies?" not in [each.title for each in tree.nodes]


def test_a_fix_comes_before_a_way_around_whatever_it_removes() -> None:
    tree = tree_of(
        "Workaround\nTo work around this, print from the other till.\n\n"
        "1. Sign in to till 7.\n2. Print again.\n"
        "Resolution\nTo fix this, follow these steps:\n\n"
        "1. Open the till console.\n2. Delete the broken receipt template.\n3. Restart the till.\n"
    )
    actions = [each.title for each in tree.nodes if each.kind == "action"]
    assert actions == ["Delete the broken receipt template", "Print from the other till"]


def test_a_symptom_that_the_problem_counts_is_the_answer_in_its_own_words() -> None:
    text = (
        "The kiosk has these problems:\n\n### Symptom 1\n\nThe kiosk prints the receipt twice.\n\n"
        "### Symptom 2\n\nThe kiosk prints no logo.\n"
    )
    resolution = (
        "Resolution\n### Resolution for symptom 1\n\n1. Open the queue.\n2. Clear the Repeat check box.\n\n"
        "### Resolution for symptom 2\n\n1. Open the template.\n2. Insert the logo again from the share.\n"
    )
    flow = mine_one(ticket("Receipts are wrong", text, resolution))
    assert isinstance(flow, NewFlow)
    labels = [option.label for option in parse(flow.tree).nodes[1].options]
    assert labels[:2] == ["The kiosk prints the receipt twice", "The kiosk prints no logo"]
    assert "**Symptom 2**" in parse(flow.tree).nodes[0].body


def test_a_lead_that_sums_up_the_ways_below_is_no_way() -> None:
    tree = tree_of(
        "Resolution\nTo fix this, replace the ribbon. Also, clean the print head.\n\n"
        "### Replace the ribbon\n\n1. Open the lid.\n2. Take out the ribbon.\n3. Insert another.\n\n"
        "### Clean the print head\n\n1. Switch off the kiosk.\n2. Wipe the head with alcohol.\n"
    )
    actions = [each.title for each in tree.nodes if each.kind == "action"]
    assert actions == ["Replace the ribbon", "Clean the print head"]


def test_a_text_that_only_says_where_to_look_is_no_flow() -> None:
    finding = mine_one(
        ticket(
            "Kiosk shows a code",
            "The kiosk shows a code and stops.",
            "Resolution\nTo troubleshoot this, identify the code of the kiosk, and then call the maker:\n\n"
            "1. Look at the back of the kiosk.\n2. Note the four digits behind the letter K.\n",
        )
    )
    assert isinstance(finding, Nothing)
    assert "does not say what to change" in finding.reason
