"""How a draft begins and what it ends in: questions that can be asked, sentences that follow one another."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.title_words import with_brief_names
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket


def tree_of(resolution: str, title: str, text: str = "") -> Tree:
    flow = mine_one(ticket(title, text or f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def ending(tree: Tree, kind: str = "resolution") -> Node:
    return [node for node in tree.nodes if node.kind == kind][-1]


FIX = (
    "Resolution\nTo fix this, follow these steps:\n\n1. Open the depot console.\n"
    "2. Set the parcel limit of the ramp to 40.\n3. Restart the label service of the ramp.\n"
)


@pytest.mark.parametrize(
    ("cause", "more", "told"),
    [
        (
            "The limit of the ramp is 0 because the depot was moved.",
            "Ramps have weighed parcels since the second release.\n\nThis helps to find out who printed it.",
            "**Cause:** The limit of the ramp is 0 because the depot was moved.",
        ),
        (
            "The limit of the ramp is 0 because the depot was moved.",
            "This behavior is by design.",
            "**Cause:** The limit of the ramp is 0 because the depot was moved. This behavior is by design.",
        ),
        (
            "It has a limit of 0 since the move. That means that no label is printed.",
            "The error occurs if nobody has set the limit again.",
            "**Cause:** It has a limit of 0 since the move. That means that no label is printed. "
            "The error occurs if nobody has set the limit again.",
        ),
        (
            "The ramp has a limit. For example, see the picture of the label. Therefore it refuses parcels.",
            "These numbers are printed on the label.",
            "**Cause:** The ramp has a limit.",
        ),
    ],
)
def test_sentences_of_the_background_follow_one_another_and_speak_of_the_problem(
    cause: str, more: str, told: str
) -> None:
    tree = tree_of(f"Cause\n{cause}\n{FIX}More information\n{more}\n", "The ramp rejects parcels")
    assert ending(tree).body == told


def first_and_last(title: str, text: str = "") -> tuple[str, str]:
    tree = tree_of(FIX, title, text)
    return tree.node(tree.root).title, ending(tree).title


@pytest.mark.parametrize(
    ("title", "asked", "solved"),
    [
        (
            "The Update Impairs the Scale of the Ramp",
            "Do you find that the Update impairs the Scale of the Ramp?",
            "The Update no longer impairs the Scale of the Ramp",
        ),
        (
            "Inconsistent pace when working with parcels",
            "Are you seeing inconsistent pace when working with parcels?",
            "Inconsistent pace when working with parcels no longer occurs",
        ),
        (
            "Password prompt at every start of the ramp or unable to print labels",
            "Are you seeing a password prompt at every start of the ramp?",
            "Password prompt at every start of the ramp no longer occurs",
        ),
        (
            "The ramp stops and returns the parcels after a weighing",
            "Do you find that the ramp stops and returns the parcels after a weighing?",
            "The ramp no longer stops and no longer returns the parcels after a weighing",
        ),
        (
            "Labels of the ramp show numbers not names in the head",
            "Do you find that labels of the ramp show numbers not names in the head?",
            "Labels of the ramp no longer show numbers",
        ),
        (
            "Access: Wrong registry key",
            "Are you seeing a wrong registry key?",
            "Wrong registry key no longer occurs",
        ),
    ],
)
def test_the_complaint_of_a_title_is_a_sentence_that_can_be_asked_and_denied(
    title: str, asked: str, solved: str
) -> None:
    assert first_and_last(title) == (asked, solved)


def test_a_task_begins_with_its_verb_in_small() -> None:
    asked, solved = first_and_last("How to force Excel to open on the ramp")
    assert asked == "Do you need to force Excel to open on the ramp?"
    assert solved == "Done: force Excel to open on the ramp"


TWO = (
    "When you print a label, you receive one of the following error messages:\n\n"
    "Error message 1\n\n> The ramp is closed.\n\nError message 2\n\n> The scale can't be read.\n"
)


def test_both_of_two_messages_are_asked_for() -> None:
    asked, solved = first_and_last("Error when you print a label", TWO)
    assert asked == 'Do you get "The ramp is closed" or "The scale can\'t be read" when you print a label?'
    assert solved == '"The ramp is closed" and the other messages no longer appear'


def test_of_long_messages_the_question_says_that_there_are_others() -> None:
    text = TWO.replace("The scale can't", f"The {'very ' * 30}heavy scale can't")
    asked, _ = first_and_last(f"Error when you print a label {'of the second ramp ' * 3}of the depot", text)
    assert "or another of the messages below" in asked or asked.count('"') == 4


def test_a_label_and_the_fields_of_a_log_are_no_messages() -> None:
    text = (
        "When you import a list, you receive one of the following errors:\n\nSecond ramp:\n\n"
        "> This list is not valid.\n"
    )
    asked, _ = first_and_last("The ramp cannot import a list", text)
    assert '"This list is not valid"' in asked
    text = (
        "The console crashes when you print.\n\nYou see information that resembles the following error:\n\n"
        "> Application Name: ramp.exe\n> Module Version: 14.0.4\n"
    )
    assert first_and_last("The console crashes when you print", text)[0].startswith("Does the console crash")


def test_a_sentence_before_the_word_error_is_what_the_error_says() -> None:
    text = (
        "When you run the wizard, you receive an error that resembles the following:\n\n"
        "> Moving the depot failed with error 7: Depot north isn't a depot of the ramp.\n"
    )
    asked, _ = first_and_last("Depot isn't a depot of the ramp error when you run the wizard", text)
    assert asked.startswith('Do you get "Moving the depot failed with error 7')


def test_a_helping_verb_of_a_later_clause_is_not_turned_round() -> None:
    asked, _ = first_and_last("The results of the report indicate a scan was forced by the depot")
    assert asked == "Do you find that the results of the report indicate a scan was forced by the depot?"


SENT = (
    "Resolution\nTo fix this, set the parcel limit of the ramp to 40 and restart the label service. "
    "Choose the long layout of the labels, and select the printer of the northern ramp.\n\n"
)


@pytest.mark.parametrize(
    ("said", "heading", "kept"),
    [
        (
            "If the issue persists after that, contact Ramp Support for further assistance.",
            "Ramp Support",
            "",
        ),
        ("For more help, contact Ramp Support.", "Ramp Support", ""),
        ("If the issue persists after 24 hours, contact Ramp Support.", "", "after 24 hours"),
        ("If you are the only administrator, contact Technical Support.", "", "only administrator"),
    ],
)
def test_the_hand_over_names_whom_the_text_sends_to_once(said: str, heading: str, kept: str) -> None:
    body = ending(tree_of(SENT + said, "The ramp rejects parcels"), "escalation").body
    assert (f"Hand over to {heading}:" in body) == bool(heading)
    assert (kept in body) if kept else (said not in body)


def test_a_command_of_the_cause_is_no_output_to_hand_over() -> None:
    cause = "Cause\nThis issue occurs because Get-RampLimit returns 0 after the depot was moved.\n"
    body = ending(tree_of(cause + FIX, "The ramp rejects parcels"), "escalation").body
    assert "Get-RampLimit" not in body


def acts(resolution: str) -> str:
    tree = tree_of(resolution, "The ramp rejects parcels")
    return "\n\n".join(node.body for node in tree.nodes if node.kind == "action")


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("To install ramp tools 2.1, see Installing the Ramp Tools.", "Installing"),
        ("The following blog post describes how to do it.\n\nMoving a Ramp in Ten Days", "Moving"),
        ("Alternatively, if you use the depot.example page, see Add a Depot to the Ramp.", "Add a Depot"),
        ("The limit is printed on the label, as shown.", "as shown"),
        ('This corrects the limit that\'s displayed in the "Symptoms" section.', "Symptoms"),
        ('This corrects the limit in the "Cause" section.', "Cause"),
    ],
)
def test_titles_and_sections_that_did_not_come_along_are_left_out(said: str, gone: str) -> None:
    assert gone not in acts(f"{SENT}{said}\n")


def test_a_caption_is_not_told_a_second_time() -> None:
    text = (
        "Resolution\n### Method 1\n\nSet the parcel limit\n\n1. Open the console.\n2. Set the limit to 40.\n"
        "3. Restart the label service of the northern ramp.\n"
    )
    assert acts(text).startswith("1. Open the console.")


IGNORED = "You can safely ignore this error message. The ramp reads the second scale by itself then."


def test_a_message_that_can_be_ignored_ends_so_before_anything_is_done() -> None:
    text = f"Resolution\n{IGNORED}\n\nWe recommend that you use a scale that the northern depot has approved."
    tree = tree_of(text, 'Error "Scale 1 is missing" on the ramp')
    asked = tree.node(tree.node(tree.root).options[0].next)
    assert [option.label for option in asked.options] == [
        "Only the message appears",
        "Something fails, or the message has to go",
        "Can't tell",
    ]
    ignored = tree.node(asked.options[0].next)
    assert (ignored.kind, ignored.title) == ("resolution", "Nothing is wrong: the message can be ignored")
    assert ignored.body == IGNORED
    assert tree.node(asked.options[1].next).kind == "action"


def test_what_is_told_aside_is_for_another_matter_than_the_message() -> None:
    text = (
        f"Cause\nThe ramp looks for a scale of the old depot first.\nResolution\n{IGNORED}\n"
        "More information\nTo troubleshoot a crash of the ramp, you can restart the label service. "
        "The console has it under Services.\n"
    )
    tree = tree_of(text, "Event 35 is logged when the ramp starts")
    act = next(node for node in tree.nodes if node.kind == "action")
    assert "old depot" not in act.body
    assert tree.node(act.options[0].next).title == (
        "What failed works again; the message by itself can be ignored"
    )


def test_a_message_that_can_be_ignored_in_one_case_only_is_not_waved_through() -> None:
    text = f"{SENT}If nobody prints labels there, you can safely ignore the error message.\n"
    titles = [node.title for node in tree_of(text, "The ramp rejects parcels").nodes]
    assert "Nothing is wrong: the message can be ignored" not in titles


def test_a_way_told_late_brings_along_what_it_speaks_of() -> None:
    text = (
        f"{SENT}More information\nCheck the following registry key:\n\n`HKEY_LOCAL_MACHINE\\Ramp\\Limit`\n\n"
        "If it is set to 1, the counters are disabled. To fix this error, set this registry key to 2."
    )
    assert "HKEY_LOCAL_MACHINE\\Ramp\\Limit" in acts(text)


def test_a_workaround_below_more_information_is_offered_last() -> None:
    text = (
        f"{SENT}More information\nThe limit counts parcels.\n\n### Workarounds\n\n"
        "Use the portal of the depot to send the list, and choose the printer of the second ramp there.\n"
    )
    titles = [n.title for n in tree_of(text, "The ramp rejects parcels").nodes if n.kind == "action"]
    assert len(titles) == 2
    assert titles[-1].startswith("Use the portal")


def titled(title: str, text: str = "") -> str:
    flow = mine_one(ticket(title, text or f"{title}.", FIX))
    assert isinstance(flow, NewFlow)
    return flow.title


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "Error (The scale of the second ramp was not found in the list) when you print a label in Excel",
            '"The scale of the second ramp was not found in the list" when you print a label in Excel',
        ),
        (
            "Lync 2013 and Skype for Business 2016 users at the northern ramps are prompted with "
            '"You now work at ramp 7" notice that was dismissed before',
            '"You now work at ramp 7" notice (Lync)',
        ),
        (
            "SharePoint workflow of the northern depot with two ramps returns: "
            '"To weigh again, reload the ramp and then start"',
            '"To weigh again, reload the ramp and then start" error (SharePoint)',
        ),
    ],
)
def test_a_long_title_keeps_the_message_and_what_its_verb_is_about(title: str, shown: str) -> None:
    assert titled(title).startswith(shown)


@pytest.mark.parametrize(
    ("title", "brief"),
    [
        ("Labels in Exchange Server 2013", "Labels in Exchange 2013"),
        ('"SharePoint Online is busy" in SharePoint Online', '"SharePoint Online is busy" in SharePoint'),
        ("Labels in Skype for Business", "Labels in Skype for Business"),
        ("Labels in Skype for Business 2016", "Labels in Skype for Business 2016"),
    ],
)
def test_a_brief_name_is_one_that_the_product_has(title: str, brief: str) -> None:
    assert with_brief_names(title) == brief


def test_a_code_is_asked_for_with_what_was_done() -> None:
    text = (
        "When you run the weighing wizard, you receive the following error message:\n\n"
        "> 0x8014AB: no scale was found.\n"
    )
    asked, _ = first_and_last("0x8014AB The scale was not cleared", text)
    assert asked == 'When you run the weighing wizard, do you get "0x8014AB"?'
