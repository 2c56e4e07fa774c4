"""Ways, versions and conditions that a text separates, as nodes and questions of their own."""

from tests.ai.test_case_drafts import labels
from tests.ai.test_safe_drafts import nodes, tree_of

CAUSE = "Cause\nThe card of the porter was printed long ago, and the ramp opens for new cards only.\n\n"


def titles(resolution: str) -> list[str]:
    return [node.title for node in nodes(tree_of(CAUSE + resolution), "action")]


def test_two_ways_in_one_sentence_are_tried_one_after_the_other() -> None:
    tree = tree_of(
        CAUSE + "Resolution\nTo work around this problem, print the badge on the card printer, or manually "
        "write the number of the badge on the card."
    )
    first, second = nodes(tree, "action")
    assert first.title == "Print the badge on the card printer"
    assert second.title == "Manually write the number of the badge on the card"
    assert second.body.startswith("To work around this problem, manually write")
    assert first.options[1].next == second.id


def test_verbs_that_share_their_object_are_one_act() -> None:
    assert titles("Resolution\nTo fix this, enable or update the badge reader at the ramp.") == [
        "Enable or update the badge reader at the ramp"
    ]


def test_an_entry_for_each_version_is_an_answer() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
1. For Office 2010, we recommended that you install the badge pack from the desk.
2. For Office 2007, install the small badge pack through the ramp updater.
"""
    )
    question = nodes(tree, "question")[1]
    assert question.title == "Which version or edition is in use?"
    assert labels(question)[:2] == ["Office 2010", "Office 2007"]


def test_the_only_way_is_behind_the_version_that_it_begins_with() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
For sites that use Exchange Server 2013 (CU21 or later versions), do the following:

Create a second badge for the porter at the desk of the depot, and hand it over at the ramp.
"""
    )
    question = nodes(tree, "question")[1]
    assert question.title == "Is this Exchange Server 2013 (CU21 or later versions)?"


def test_methods_that_begin_with_a_condition_are_answers() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
Use one of the following methods.

Method 1

If the problem occurs when you load the ramp in Excel 2013, make sure that the lamp of the ramp is lit.

Method 2

If the problem occurs when you clear the ramp in Excel 2013, make sure that the gate of the depot is closed.
"""
    )
    question = nodes(tree, "question")[1]
    assert question.title == "Which of these applies?"
    assert labels(question)[:2] == ["You load the ramp in Excel 2013", "You clear the ramp in Excel 2013"]


def test_the_condition_of_a_heading_is_asked() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
Try the following options.

### Clean the reader

Clean the reader at the gate with a dry cloth.

### If you use a trolley, reset the trolley

Turn the trolley off and on again.
"""
    )
    assert "Do you use a trolley?" in [node.title for node in nodes(tree, "question")]


def test_bullets_with_a_goal_each_are_answers() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
Change the lock of the ramp in the cabinet.

- To lock the ramp for visitors only, set the lamp key to 1.
- To lock the ramp for everybody, set the gate key to 1.
"""
    )
    question = nodes(tree, "question")[1]
    assert labels(question)[:2] == ["Lock the ramp for visitors only", "Lock the ramp for everybody"]
    assert "Change the lock of the ramp in the cabinet." in question.body


def test_a_step_for_whom_the_former_did_not_help_is_another_way() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
1. Renew the badge at the desk of the depot.
2. Hold it to the reader. If that doesn't help, go to step 3.
3. Replace the lamp of the ramp.
4. Close the gate.
"""
    )
    first, second = nodes(tree, "action")
    assert second.title == "Replace the lamp of the ramp"
    assert "go to step" not in first.body
    assert first.options[1].next == second.id


def test_a_step_that_leads_past_the_next_one_is_left_as_it_is() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
1. Renew the badge at the desk of the depot.
2. Hold it to the reader. If that doesn't help, go to step 4.
3. Note the number of the reader.
4. Replace the lamp of the ramp.
"""
    )
    [action] = nodes(tree, "action")
    assert "If that doesn't help, go to step 4." in action.body


def test_a_check_and_its_fix_in_one_paragraph_are_a_question_and_an_act() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
At the desk of the depot, determine whether a paper badge is required. If so, print the badge on the printer.
"""
    )
    question, act = nodes(tree, "question")[1], nodes(tree, "action")[0]
    assert question.title == "Is a paper badge required?"
    assert act.title == "Print the badge on the printer"
    assert question.options[0].next == act.id


DESCRIBED = """Consider the following scenario:

- You work at the depot.
- You set the ramp lamp to switch off automatically at night.

In this scenario, the ramp printer in Excel stays blank.
"""


def test_what_the_problem_says_is_not_asked_again() -> None:
    resolution = """Cause
This problem occurs if the ramp lamp is set to switch off automatically at night.

Resolution
Open the cabinet of the ramp, and set the lamp to stay on until the last porter has left the depot.
"""
    assert len(nodes(tree_of(resolution), "question")) == 2
    assert len(nodes(tree_of(resolution, text=DESCRIBED), "question")) == 1


def test_a_habit_is_not_asked_for() -> None:
    tree = tree_of(
        """Cause
This problem may occur if the cards of the ramp are not periodically sorted.

Resolution
Open the cabinet of the ramp, and sort the cards by the number of the porter, the oldest card first.
"""
    )
    assert len(nodes(tree, "question")) == 1


def test_the_question_for_the_cause_shows_where_to_look() -> None:
    tree = tree_of(
        """Cause
This problem occurs if the paper of the ramp printer is formatted as narrow.

Resolution
Replace the paper of the printer by a wide one, and start the printer again at the desk of the depot.

More information
You can use the lamp to determine whether the paper of the ramp printer is formatted as narrow. To do this, \
hold the paper against the lamp.
""".replace("\\\n", "")
    )
    assert "hold the paper against the lamp" in nodes(tree, "question")[1].body


def test_the_cause_says_how_to_find_out() -> None:
    tree = tree_of(
        """Cause
The depot locks the ramp at night for all cards.

You can determine whether you are using the night lock in the following two ways:

- See whether the lamp of the gate is lit at night.
- Check the night list at the desk.

Resolution
Open the cabinet of the ramp, and set the clock of the lock to the time of the depot.
"""
    )
    question = nodes(tree, "question")[1]
    assert question.title == "Are you using the night lock?"
    assert "Check the night list" in question.body


def test_a_check_at_the_end_of_a_change_tells_whether_it_helped() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
To change the lamp, follow these steps:

1. Open the cabinet of the ramp.
2. Replace the lamp.

After you replace the lamp, check the ramp to make sure that the light is shown at the gate:

1. Go to the gate.
2. Look at the ramp.
"""
    )
    last = nodes(tree, "action")[-1]
    assert last.title.startswith("Check the ramp")
    assert labels(last) == ["Solved", "Not solved"]


def test_conditions_below_a_lead_that_ends_with_a_stop_are_asked_for() -> None:
    tree = tree_of(
        """Cause
This problem occurs if both of the following conditions are true.

- The lamp of the ramp is not lit.
- You are using a paper badge at the gate of the depot.

Resolution
Open the cabinet of the ramp, and light the lamp with the switch on the left side of the lock.
"""
    )
    question = nodes(tree, "question")[1]
    assert question.title == "Do all of these conditions apply?"
    assert "The lamp of the ramp is not lit." in question.body


def test_what_closes_either_way_follows_each() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
To fix this, use one of the following methods:

- Replace the card of the porter at the desk of the depot.
- Print the badge of the porter on the large printer.

After you complete either option, restart the reader at the gate.
"""
    )
    first, second, closing = (
        next(node for node in nodes(tree, "action") if node.title.startswith(verb))
        for verb in ("Replace", "Print", "Restart")
    )
    assert labels(first) == ["Done", "Could not be done"]
    assert [option.next for option in first.options] == [closing.id, second.id]
    assert second.options[0].next == closing.id


def test_lines_for_one_version_each_are_answers() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
You can enlarge the list of the ramp. See the following articles as appropriate for your version.

Exchange Server 2016 and 2013: Configure the list of the ramp

Exchange Server 2010: Set the list of the gate
"""
    )
    question = nodes(tree, "question")[1]
    assert question.title == "Which version or edition is in use?"
    assert labels(question)[:2] == ["Exchange Server 2016 and 2013", "Exchange Server 2010"]


def test_who_cannot_tell_is_no_administrator() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
Clean the reader at the gate with a dry cloth, and dry it.

If you are an administrator, follow these steps:

1. Open the cabinet of the ramp.
2. Replace the lamp.
"""
    )
    question = next(node for node in nodes(tree, "question") if node.title == "Are you an administrator?")
    answers = {option.label: option.next for option in question.options}
    assert answers["Can't tell"] == answers["No"] != answers["Yes"]


def test_a_note_shows_where_to_look_for_the_cause() -> None:
    tree = tree_of(
        """Cause
This problem occurs because the list of the ramp contains fewer than five badges.

Resolution
Print badges until the list of the ramp holds five of them or more, then restart the reader at the gate.

NOTE:
> To determine how many badges the list of the ramp contains, run the following command at the desk:
>
> `ramp.exe /count /all`
"""
    )
    assert "`ramp.exe /count /all`" in nodes(tree, "question")[1].body


def test_the_last_of_three_causes_has_the_last_of_three_ways() -> None:
    tree = tree_of(
        """Cause
This problem occurs for one of the following reasons:

- The lamp of the ramp is broken.
- The badge of the porter has expired.
- The trust between the lamp and the badge is lost.

Resolution
Use one of the following methods.

### Method 1: Replace the lamp of the ramp

Replace the lamp with a lamp of 60 watts.

### Method 2: Renew the badge of the porter

Renew the badge at the desk of the depot.

### Method 3: Run the pairing again

Hold the badge to the lamp until the lamp blinks, and run the pairing from the desk.
"""
    )
    question = nodes(tree, "question")[1]
    assert "The trust between the lamp and the badge is lost" in labels(question)


def test_more_of_the_same_act_is_no_other_way() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
### Method 1: Create a list of badges

To fix this, create a list of badges for one porter. You can print it at the desk of the depot.

```powershell
New-BadgeList -Porter "One"
```

You can also create a list of badges for a group. The following is an example of a list for a group.

```powershell
New-BadgeList -Group "All"
```

### Method 2: Replace the lamp

Replace the lamp of the ramp with a lamp of 60 watts.
"""
    )
    first, second = nodes(tree, "action")
    assert "-Porter" in first.body
    assert "-Group" in first.body
    assert second.title == "Replace the lamp"


def test_a_way_for_one_case_is_behind_its_condition() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
1. If you route badges through the gate of the partner, verify the following settings:

   - The lamp of the gate is lit.
   - The list of the gate is not empty.

2. Check the reader of the ramp. If it is dirty, clean it with a dry cloth.
"""
    )
    assert nodes(tree, "question")[1].title == "Do you route badges through the gate of the partner?"


def test_what_is_seen_is_asked_for() -> None:
    tree = tree_of(
        """Cause
This problem occurs if the ramp is set up incorrectly.

To verify that you're experiencing this issue, examine the lamp. If the lamp is red or if it's dark, this \
indicates an incorrect setup.

Resolution
Open the cabinet of the ramp, and set the switch on the left side of the lock to the number of the depot.
"""
    )
    assert nodes(tree, "question")[1].title == "Is the lamp red or dark?"


def test_a_heading_that_repeats_the_order_above_it_tells_how() -> None:
    tree = tree_of(
        f"""{CAUSE}Resolution
Increase the lamp power to be able to see the gate.

### Increase lamp power

1. Open the cabinet of the ramp.
2. Turn the switch to the right.
3. Close the cabinet.
"""
    )
    (act,) = nodes(tree, "action")
    assert act.title == "Increase the lamp power to be able to see the gate"
    assert "Turn the switch" in act.body
