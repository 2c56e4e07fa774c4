"""Drafts say what is true: titles that name the fix, ends that fit it, questions that can be answered."""

import pytest

from flowpilot.ai.offline.single.solved import solved_title
from flowpilot.flows.document import Tree
from tests.ai.test_safe_drafts import nodes, titles, tree_of

MORE = (
    "\nThe label roll of the ramp is in the drawer below the gate, and the depot keeps two more rolls "
    "in a locked box beside the weighing bridge.\n"
)


def ends(tree: Tree) -> list[str]:
    return [node.title for node in nodes(tree, "resolution")]


LOOKED = """Resolution
If the ramp is not needed today, you can safely ignore the message.

If the ramp is needed, follow these steps:

1. Open the ramp console.
2. Verify that the pallet is being moved.
3. Do one of the following, as appropriate:

   - If the pallet waits, wait for a day.
   - If the pallet is stuck, remove the lock of the pallet.
"""


def test_a_fix_is_not_called_by_its_look_nor_ended_by_what_is_said_of_those_without_need() -> None:
    tree = tree_of(LOOKED, "The ramp belt stops")
    assert titles(tree) == ["Wait for a day", "Remove the lock of the pallet"]
    assert ends(tree) == ["The ramp belt no longer stops"]


def test_what_is_needed_before_the_fix_does_not_name_it() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, follow these steps:\n\n1. Open the ramp shell.\n"
        "2. Import the depot label module for shells before 3.0.\n"
        "3. Set the width of the label roll to 60 mm.\n4. Print the list again.\n"
    )
    assert titles(tree) == ["Set the width of the label roll to 60 mm"]


CONDITIONS = """Cause
{lead} the following conditions are true:

- {first}
- {second}
Resolution
Set the label width in the workbook to 60 mm, save the workbook, and print the label list again.
"""
PLAIN = ("The ramp printer is set to offline mode.", "The depot printer is not shared with the ramp.")


@pytest.mark.parametrize(
    ("lead", "conditions", "asked"),
    [
        ("This issue occurs if", PLAIN, ["Do all of these conditions apply?"]),
        (
            "This issue occurs if",
            (
                "You joined some of the labels, but not all of the labels.",
                "You joined all of the labels in it.",
            ),
            [],
        ),
        ("The setting Labels to keep applies to the ramp and to the depot if", PLAIN, []),
    ],
    ids=["of the problem", "never both", "of a feature"],
)
def test_conditions_are_asked_for_where_all_of_them_can_cause_the_problem(
    lead: str, conditions: tuple[str, str], asked: list[str]
) -> None:
    tree = tree_of(CONDITIONS.format(lead=lead, first=conditions[0], second=conditions[1]))
    assert [node.title for node in nodes(tree, "question")[1:]] == asked
    assert any(conditions[0] in node.body for node in tree.nodes)


WARNING = (
    "Important: Follow the steps in this section carefully. Serious problems might occur if you modify the "
    "registry incorrectly. Before you modify it, back up the registry for restoration in case problems occur."
)
REGISTRY = f"""Resolution
Use one of the following methods.

{WARNING}

### Method 1: Move the ramp slider

1. Open the ramp console.
2. Move the slider to All, and then select OK.

### Method 2: Add the ramp value

1. Start Registry Editor.
2. Locate the subkey `HKEY_CURRENT_USER\\Software\\Ramp`.
3. Add the value `WideLabels` and set it to 1.
"""


def test_the_registry_is_warned_of_where_it_is_edited() -> None:
    acts = nodes(tree_of(REGISTRY), "action")
    assert ["registry incorrectly" in act.body for act in acts] == [False, True]


def test_steps_of_one_procedure_are_one_fix_however_many() -> None:
    steps = ("Stop the belt", "Empty the tray", "Clear the cache", "Set the log level", "Collect the logs")
    told = "".join(
        f"### Step {n}: {step}\n\n{step} of the ramp controller in the depot console.\n\n"
        for n, step in enumerate((*steps, "Replace the label roll", "Restart the belt"), 1)
    )
    assert len(titles(tree_of(f"Resolution\n{told}"))) == 7


@pytest.mark.parametrize(
    "left",
    [
        "There is another article that also helps with the ramp.",
        'You can use this macro for the list in the "Steps to Reproduce Behavior" section.',
    ],
    ids=["another article", "how to reproduce"],
)
def test_what_leads_to_nothing_here_is_left_out(left: str) -> None:
    tree = tree_of(f"Resolution\n1. Open the ramp console.\n2. Replace the label roll.\n3. {left}\n{MORE}")
    assert not any(left in node.body for node in tree.nodes)


def test_a_step_whose_link_is_gone_is_left_out() -> None:
    body = nodes(
        tree_of(
            "Resolution\n1. Replace the label roll of the ramp.\n2. Browse to this website, and then make "
            "sure that it opens.\n3. Print the label list of the ramp again.\n" + MORE
        ),
        "action",
    )[0].body
    assert "website" not in body
    assert "2. Print the label list" in body


def test_only_some_were_and_now_all_are() -> None:
    title = "Only a subset of labels are printed at the ramp"
    assert solved_title(title, "") == "All labels are printed at the ramp"


def test_whoever_is_to_be_asked_is_asked_in_the_case_that_is_told() -> None:
    case = "If the depot can't be reached either, the line of the carrier may be down."
    tree = tree_of(
        "Resolution\nReplace the label roll of the ramp, and print the list again from the gate console. "
        f"{case} Contact the support of the carrier.\n{MORE}"
    )
    assert any(
        f"{case} Contact the support of the carrier." in node.body for node in nodes(tree, "escalation")
    )


def test_a_last_step_is_not_called_by_the_first() -> None:
    click = "\n".join(f"   {n}. Select panel {n} of the ramp." for n in range(1, 7))
    tree = tree_of(
        "Resolution\nTo resolve this issue, follow these steps:\n\n"
        "1. Set the scope of the console to the depot.\n"
        f"2. Remove the labels of the ramp, see step 3:\n{click}\n3. Remove the labels of it:\n{click}\n"
        "4. Wait for the belt, and then retry the command to remove the list.\n"
    )
    assert titles(tree)[-1] == "Retry the command to remove the list (step 4)"
