"""Cases told apart: causes, versions and scenarios as questions whose answers can be given on the phone."""

import pytest

from flowpilot.ai.offline.single.labels import label_text
from flowpilot.flows.document import Node, Tree
from tests.ai.test_safe_drafts import nodes, tree_of


def asked(tree: Tree, at: int = 1) -> Node:
    """The question after the first, which confirms the problem."""
    return nodes(tree, "question")[at]


def labels(node: Node) -> list[str]:
    return [option.label for option in node.options]


@pytest.mark.parametrize(
    ("told", "label"),
    [
        (
            "The badge certificate (BC) that the clerk of the depot uses at the ramp in the week is issued "
            "by a guild that the depot does not trust",
            "The badge certificate is issued by a guild that the depot does not trust",
        ),
        (
            "You were let in at the ramp of the depot by a badge of the porter who works there, such "
            "as one that a friend left behind there",
            "You were let in at the ramp of the depot by a badge of the porter who works there",
        ),
        (
            "32-bit versions of Microsoft Office on 32-bit versions of Windows, or 64-bit versions of "
            "Microsoft Office on 64-bit versions of Windows",
            "32-bit Office on 32-bit Windows, or 64-bit Office on 64-bit Windows",
        ),
    ],
)
def test_a_long_label_keeps_what_it_says_of_its_subject(told: str, label: str) -> None:
    assert label_text(told) == label


CAUSES = """Cause
This issue occurs for one of the following reasons:

- Cause 1: The badge of the clerk has expired.
- Cause 2: The lamp of the ramp is broken.

Resolution
### Resolution 1

Renew the badge of the clerk at the desk of the depot, and print the badge again.

### Resolution 2

Replace the lamp of the ramp by a lamp with 60 watts, and switch the ramp on.
"""


def test_causes_that_are_answers_are_not_told_above_them_again() -> None:
    question = asked(tree_of(CAUSES))
    assert labels(question)[:2] == ["The badge of the clerk has expired", "The lamp of the ramp is broken"]
    assert question.body == ""


SCENARIOS = """Cause
### Scenario 1

This issue occurs when the badge of the clerk has expired.

### Scenario 2

This issue occurs when the lamp of the ramp is broken.

Resolution
### Resolution for Scenario 1

Renew the badge of the clerk at the desk of the depot, and print the badge again.

### Resolution for Scenario 2

Replace the lamp of the ramp by a lamp with 60 watts, and switch the ramp on.
"""


def test_the_cause_of_one_case_does_not_stand_above_the_question_for_it() -> None:
    assert "**Cause:**" not in asked(tree_of(SCENARIOS)).body


FIX = "\nResolution\nClean the lamp of the ramp with a dry cloth, switch it off, and switch it on again.\n"


@pytest.mark.parametrize(
    ("told", "question"),
    [
        (
            "Use this panel to ensure the ramp is indeed stopped by the lamp.",
            "Is the ramp indeed stopped by the lamp?",
        ),
        (
            "To verify that you're experiencing this issue, open the panel, and then search the text of the "
            'panel for the "lamp cold" entry.',
            'Do you find "lamp cold" in the text of the panel?',
        ),
        (
            "To confirm that this is the issue, open the panel.\n\nYou should see the following message:\n\n"
            "> The lamp is cold since noon",
            'Do you find "The lamp is cold since noon"?',
        ),
    ],
)
def test_a_check_is_asked_for_by_what_it_looks_for(told: str, question: str) -> None:
    assert asked(tree_of(f"Cause\nThe lamp of the ramp gives up.\n\n{told}\n{FIX}")).title == question


COUNTED = """Resolution
This issue may have several causes.

### Cause 1: The badge has expired

Resolution:

Renew the badge of the clerk at the desk of the depot, and print the badge again.

### Cause 2: The lamp of the ramp is broken

Resolution:

Replace the lamp of the ramp by a lamp with 60 watts, and switch the ramp on.
"""


def test_causes_that_a_resolution_counts_are_asked_for() -> None:
    question = asked(tree_of(COUNTED))
    assert question.title == "Which of these causes applies?"
    assert labels(question) == [
        "The badge has expired",
        "The lamp of the ramp is broken",
        "None of these, or can't tell",
    ]


WAYS = """Resolution
{lead}

### {first}

Renew the badge of the clerk at the desk of the depot, and print the badge again.

### {second}

Replace the lamp of the ramp by a lamp with 60 watts, and switch the ramp on.
"""


@pytest.mark.parametrize(
    ("first", "second", "question"),
    [
        ("Method for group owner", "Method for administrator", "Which role do you have?"),
        ("Excel for the web", "Word Mobile", "Which of these is in use?"),
        ("Internet Explorer 9", "Internet Explorer 11", "Which version or edition is in use?"),
    ],
)
def test_what_is_asked_fits_the_answers(first: str, second: str, question: str) -> None:
    tree = tree_of(WAYS.format(lead="Use the method that applies.", first=first, second=second))
    assert asked(tree).title == question


def test_titles_under_a_heading_that_promises_cases_are_answers() -> None:
    resolution = WAYS.format(lead="", first="A badge is refused", second="Light at the ramp").replace(
        "### ", "#### "
    )
    tree = tree_of(resolution.replace("Resolution\n", "Resolution\n### Common scenarios\n", 1))
    assert labels(asked(tree))[:2] == ["A badge is refused", "Light at the ramp"]


BUILDS = """Resolution
Use one of these, depending on the type of your installation.

To fix this issue for Excel 2016 MSI clients, apply the following update:

May 3, 2016, update for Excel 2016 (KB7003)

Excel 2016 Click-to-Run clients:

This issue is fixed in builds 16.0.4787.1002 and later builds.

Excel 2019 Click-to-Run clients:

Current Channel: Builds 16.0.6741.2017 and later builds
Deferred Channel: 16.0.6741.2048 and later builds
"""


def test_versions_alone_on_their_lines_with_their_builds_are_a_question() -> None:
    tree = tree_of(BUILDS)
    assert labels(asked(tree)) == [
        "Excel 2016 MSI clients",
        "Excel 2016 Click-to-Run clients",
        "Excel 2019 Click-to-Run clients",
        "None of these",
    ]
    actions = nodes(tree, "action")
    assert [action.title for action in actions] == [
        "Apply May 3, 2016, update for Excel 2016 (KB7003)",
        "Update to build 16.0.4787.1002 or later",
        "Update to a build in which this is fixed",
    ]
    assert "Deferred Channel: 16.0.6741.2048 and later builds" in actions[2].body


ENDING = """Resolution
To resolve this issue, set the badge list of the ramp. To do this, follow these steps:

1. Open the desk of the depot.
2. Determine whether the badge list of the ramp exists.
3. Do one of the following:

   - If the list exists, add the badge of the clerk to the list.
   - If the list doesn't exist, create the list by using the form in the drawer.
"""


def test_cases_that_the_steps_find_out_at_their_end_are_a_question() -> None:
    tree = tree_of(ENDING)
    question = asked(tree)
    assert question.title == "Does the badge list of the ramp exist?"
    assert labels(question) == ["Yes", "No", "Can't tell"]
    assert "2. Determine whether the badge list of the ramp exists." in question.body
    assert [node.title for node in nodes(tree, "action")] == [
        "Add the badge of the clerk to the list",
        "Create the list by using the form in the drawer",
    ]


def test_steps_that_change_something_before_the_cases_stay_one_action() -> None:
    tree = tree_of(ENDING.replace("2. Determine whether", "2. Replace the lamp, and determine whether"))
    assert len(nodes(tree, "question")) == 1


def test_ways_for_the_appropriate_scenario_are_answers() -> None:
    lead = "To fix this issue, select the option for the appropriate scenario."
    tree = tree_of(WAYS.format(lead=lead, first="Badges of clerks", second="For the other badges"))
    assert labels(asked(tree)) == ["Badges of clerks", "Other badges", "None of these"]


def test_a_fix_for_several_scenarios_is_the_answer_to_each_of_them() -> None:
    third = (
        "\n### Scenario 3\n\nThis issue occurs when the gate of the ramp uses shared keys.\n\nResolution\n"
    )
    told = SCENARIOS.replace("\nResolution\n", third, 1).replace(
        "for Scenario 2", "for Scenario 2 and Scenario 3"
    )
    question = asked(tree_of(told))
    assert labels(question)[:3] == [
        "The badge of the clerk has expired",
        "The lamp of the ramp is broken",
        "The gate of the ramp uses shared keys",
    ]
    ways = [option.next for option in question.options]
    assert ways[1] == ways[2] != ways[0]


def test_a_scenario_among_the_fixes_is_called_by_what_only_it_says() -> None:
    same = "You use the badge list of the depot at the ramp."
    first = f"{same} The problem occurs if there are too many badges in the list.\n"
    second = f"{same} There are other lists that nobody needs any more.\n"
    tree = tree_of(
        f"Resolution\n### Scenario 1\n\n{first}\nPrint the badges again at the desk of the depot.\n\n"
        f"### Scenario 2\n\n{second}\nDelete the old lists in the drawer of the desk, one by one.\n"
    )
    assert labels(asked(tree))[:2] == [
        "There are too many badges in the list",
        "There are other lists that nobody needs any more",
    ]


def test_what_follows_from_a_cause_is_not_a_choice_of_causes() -> None:
    tree = tree_of(
        "Cause\nThe badge service of the depot restarts too late. In that case, the following issues occur:\n"
        "\n- The badge list of the ramp stays disabled in the morning.\n"
        "- The lamp of the ramp is not updated by the list.\n\n"
        "Resolution\nTo resolve this issue, follow these steps:\n\n"
        "1. Enable the badge list of the ramp.\n2. Update the lamp of the ramp from the list.\n"
    )
    assert len(nodes(tree, "question")) == 1


def test_causes_that_are_asked_for_one_by_one_are_not_asked_for_together_before() -> None:
    tree = tree_of(
        "Cause\nThis issue occurs if at least one of the following conditions is true:\n\n"
        "- The badge of the clerk has expired.\n- The lamp of the ramp is broken at night.\n\n"
        "Resolution\n### Method 1: Read the book of the depot\n\n"
        "Read the book of the depot, and note the hour in which the belt stopped.\n\n"
        "### Method 2: Renew the badge of the clerk\n\nRenew the badge at the desk, and print it again.\n\n"
        "### Method 3: Replace the lamp of the ramp\n\nReplace the lamp by one with 60 watts.\n"
    )
    assert [node.title for node in nodes(tree, "question")[1:]] == ["Which of these causes applies?"]


@pytest.mark.parametrize(
    "cause",
    [
        "This issue occurs when the speed of the reader at the ramp is too fast.",
        "This issue occurs because the porter doesn't have the required permissions to open the ramp.",
        "This issue occurs if the badge was kept in the cache. It must be removed from the cache.",
        "This issue occurs if the number of lost badges is greater than the set limit.",
    ],
)
def test_a_cause_that_nobody_sees_is_told_with_its_fix(cause: str) -> None:
    tree = tree_of(f"Cause\n{cause}\nResolution\n{_RENEW}")
    assert len(nodes(tree, "question")) == 1
    assert "**Cause:** This issue occurs" in nodes(tree, "action")[0].body


def test_a_measure_with_its_figure_is_asked_for() -> None:
    tree = tree_of(f"Cause\nThis issue occurs if the badge is more than 50 days old.\nResolution\n{_RENEW}")
    assert asked(tree).title == "Is the badge more than 50 days old?"


_RENEW = "To fix this issue, renew the badge at the desk of the depot, and print the badge again."
