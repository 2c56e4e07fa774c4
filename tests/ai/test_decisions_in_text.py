"""What a text decides along the way becomes a question: checks, versions, tables of causes."""

from flowpilot.flows.document import Node, Tree
from tests.ai.test_mine_one import by_title, mined, titles
from tests.ai.tickets import ticket

SYMPTOM = "The label printer in the warehouse prints every label twice since the move."


def read(resolution: str) -> Tree:
    return mined(ticket("Label printer prints every label twice", SYMPTOM, resolution))[1]


def led_to(tree: Tree, node: Node, label: str) -> str:
    """Title of the node to which the answer leads."""
    return tree.node(next(option.next for option in node.options if option.label == label)).title


def test_a_fix_under_a_condition_that_the_steps_before_find_out_is_asked_for() -> None:
    tree = read(
        """Resolution
To fix this issue, follow these steps:

1. Open the management shell on the print server.
2. Run the following command:

   ```powershell
   Get-PrintQueue -Name Labels
   ```

3. Check whether the copy rules are listed.
4. If the copy rules are listed, remove them by running the following command:

   ```powershell
   Remove-PrintQueueRule -Name Copy
   ```

5. Restart the queue.
"""
    )
    question = by_title(tree, "Are the copy rules listed?")
    assert [option.label for option in question.options] == ["Yes", "No", "Can't tell"]
    assert led_to(tree, question, "Yes") == "Remove the copy rules"
    assert led_to(tree, question, "No") == "Known fixes do not apply or did not help"
    assert "Get-PrintQueue" in question.body
    assert "Remove-PrintQueueRule" not in question.body
    assert by_title(tree, "Remove the copy rules").body.startswith("4. If the copy rules are listed")


def test_a_condition_that_only_the_dialog_decides_stays_in_its_step() -> None:
    tree = read(
        """Resolution
To print each label once, change the number of copies of the printer:

1. Open the properties of the printer on the print server.
2. Set Copies to 1.
3. If you are prompted to confirm, select Yes.
4. Select OK.
"""
    )
    assert titles(tree, "question") == [tree.node(tree.root).title]


def test_a_way_that_begins_with_its_version_is_asked_for_it() -> None:
    tree = read(
        """Resolution
Use one of the following methods.

### Method 1

Set the number of copies in the driver of the label printer to one.

### Method 2

For Label Server 4.1.2, remove the copy rule from the queue of the label printer on the server.
"""
    )
    question = by_title(tree, "Is this Label Server 4.1.2?")
    assert led_to(tree, question, "Yes").startswith("Remove the copy rule from the queue")
    assert led_to(tree, question, "No") == "Known fixes do not apply or did not help"


def test_a_table_of_causes_and_what_removes_each_is_a_question() -> None:
    tree = read(
        """Resolution
Use one of the methods in the following table.

|Cause|Resolution|
|---|---|
|The driver counts copies twice.|Set the number of copies in the driver of the printer to one.|
|The queue holds a copy rule.|Remove the copy rule from the queue on the print server.|
"""
    )
    question = by_title(tree, "Which of these causes applies?")
    assert [option.label for option in question.options] == [
        "The driver counts copies twice",
        "The queue holds a copy rule",
        "None of these, or can't tell",
    ]
    assert led_to(tree, question, "The queue holds a copy rule").startswith("Remove the copy rule")


def test_ways_that_are_counted_within_long_lines_are_ways_of_their_own() -> None:
    tree = read(
        """Resolution
There are two workarounds for this behavior of the label printer.

Workaround 1 - Set the number of copies to one in the driver of the label printer. The driver counts.

Workaround 2 - Remove the copy rule from the queue on the print server. The rule comes back later.
"""
    )
    assert titles(tree, "action") == [
        "Set the number of copies to one in the driver of the label printer",
        "Remove the copy rule from the queue on the print server",
    ]


def test_steps_that_only_find_out_where_are_done_before_the_act_not_instead_of_it() -> None:
    tree = read(
        """Resolution
To determine the queue that the labels use, follow these steps:

1. Open the printer properties.
2. Look at the name on the Ports tab.
3. Note the name of the queue.

To remove the copy rule, follow these steps:

1. Open the print management console.
2. Select the queue.
3. Delete the copy rule.
"""
    )
    first = tree.node(tree.root).options[0].next
    assert [option.label for option in tree.node(first).options] == ["Done", "Could not be done"]


def test_what_leads_to_ways_in_nodes_of_their_own_is_left_out_and_names_them() -> None:
    tree = read(
        """Resolution
To resolve this issue, remove the copy rule from the queue. To do this, use one of the following methods.

### Method 1: Use the Print Console

1. Open the console.
2. Select the queue.
3. Select Rules, and then press Delete.

### Method 2: Use Server Manager

1. Open the manager.
2. Select the queue.
3. Select Rules, and then press Delete.
"""
    )
    goal = "remove the copy rule from the queue"
    assert titles(tree, "action") == [f"Use the Print Console to {goal}", f"Use Server Manager to {goal}"]
    assert "one of the following methods" not in by_title(tree, f"Use the Print Console to {goal}").body
