from flowpilot.ai.contracts import NewFlow, Nothing, SessionFacts
from flowpilot.ai.offline.parsing import steps_of
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.rubric import score
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import LONG, SCANNER_TEXT, VERSIONS, scanner, step, ticket


def mined(session: SessionFacts) -> tuple[NewFlow, Tree]:
    flow = mine_one(session)
    assert isinstance(flow, NewFlow)
    assert score(flow, [session]) == []
    return flow, parse(flow.tree)


def titles(tree: Tree, kind: str) -> list[str]:
    return [node.title for node in tree.nodes if node.kind == kind]


def by_title(tree: Tree, title: str) -> Node:
    (node,) = [node for node in tree.nodes if node.title == title]
    return node


def ways(tree: Tree, node: Node) -> list[tuple[str, str]]:
    return [(option.label, tree.node(option.next).title) for option in node.options]


def test_symptom_cause_and_methods_become_a_tree() -> None:
    flow, tree = mined(scanner())
    other, exhausted = (
        "A different problem: gather details and hand over",
        "Known fixes do not apply or did not help",
    )
    solved = '"Destination full" no longer appears'
    assert flow.title == '"Destination full" error when you scan to a network folder'
    assert [(node.kind, node.title, ways(tree, node)) for node in tree.nodes if node.options] == [
        (
            "question",
            'Do you get "Destination full" when you scan to a network folder?',
            [("Yes", "Is the scan folder larger than 2 GB?"), ("No, something else", other)],
        ),
        (
            "question",
            "Is the scan folder larger than 2 GB?",
            [("Yes", "Raise the quota"), ("No", exhausted), ("Can't tell", "Raise the quota")],
        ),
        ("action", "Raise the quota", [("Solved", solved), ("Not solved", "Empty the scan folder")]),
        ("action", "Empty the scan folder", [("Solved", solved), ("Not solved", exhausted)]),
    ]


def test_what_destroys_comes_after_what_does_not() -> None:
    _, tree = mined(scanner())
    assert titles(tree, "action") == ["Raise the quota", "Empty the scan folder"]


def test_error_text_stands_verbatim_in_the_first_question() -> None:
    _, tree = mined(scanner())
    assert "> Error `0x80AA00FF`: Destination full" in tree.node(tree.root).body


def test_steps_notes_and_code_stay_together() -> None:
    _, tree = mined(scanner())
    assert by_title(tree, "Raise the quota").body.endswith(
        "1. Open a PowerShell window as an administrator.\n"
        "2. Run the following command:\n\n"
        "   ```powershell\n   Set-FsrmQuota -Path C:\\Scans -Size 5GB\n   ```\n"
        "3. Restart the scanner."
    )
    assert "> **Note:** Keep the file `index.dat`." in by_title(tree, "Empty the scan folder").body


def test_debris_is_left_out() -> None:
    _, tree = mined(scanner())
    everything = "\n".join(node.body for node in tree.nodes)
    assert "Community" not in everything
    assert "Managing quotas" not in everything
    assert "The limit is set by the file server." in everything


def test_grounding_points_at_the_words_that_a_node_comes_from() -> None:
    session = scanner()
    flow, tree = mined(session)
    (span,) = flow.grounding[by_title(tree, "Empty the scan folder").id]
    assert span.field == "resolution"
    assert session.resolution[span.start : span.end].startswith("1. Open File Explorer.")
    assert session.resolution[span.start : span.end].endswith("> Keep the file index.dat.")


def test_versions_are_a_question() -> None:
    _, tree = mined(ticket("Tray app doesn't sign in", "The tray app doesn't sign in.", VERSIONS))
    assert ways(tree, by_title(tree, "Which version or edition is in use?")) == [
        ("Version 7", "Sign in again"),
        ("Version 8 or later", "Remove the account, and add the account again"),
        ("None of these", "Known fixes do not apply or did not help"),
    ]


def test_long_procedures_are_split_and_count_on() -> None:
    _, tree = mined(ticket("Search finds nothing", "Search finds nothing at all.", LONG))
    parts = [node for node in tree.nodes if node.kind == "action"]
    assert [node.title for node in parts] == [
        "Rebuild the search index (steps 1 to 6)",
        "Rebuild the search index (steps 7 to 13)",
    ]
    assert [option.label for option in parts[0].options] == ["Done", "Could not be done"]
    assert parts[1].body.startswith(f"{parts[0].body.count('Check shelf') + 1}. Check shelf")


def test_a_single_command_becomes_the_script_of_its_action() -> None:
    resolution = (
        "Resolution\nTo resolve this issue, allow the second tray on the print server for all "
        "users of the third floor by running the following command:\n\n"
        "```powershell\nSet-Printer -Name LAB1 -Shared $true\n```\n"
    )
    _, tree = mined(ticket("Tray is missing", "The second tray is missing in the list of trays.", resolution))
    (action,) = [node for node in tree.nodes if node.kind == "action"]
    assert action.script is not None
    assert action.script.to_json() == {
        "shell": "powershell",
        "body": "Set-Printer -Name LAB1 -Shared $true",
        "risk": "change",
        "undo": "",
    }
    assert "Set-Printer" not in action.body


def test_scenarios_decide_which_fix_is_right() -> None:
    resolution = (
        "Cause\n1. The cable is loose.\n2. The fuse has blown.\nResolution\n"
        "### Resolution for cause 1\n\n1. Unplug the cable.\n2. Plug the cable in again firmly.\n\n"
        "### Resolution for cause 2\n\n1. Open the cover.\n2. Replace the fuse with a new one.\n"
    )
    _, tree = mined(ticket("Lamp stays dark", "The lamp stays dark when it is switched on.", resolution))
    assert [option.label for option in by_title(tree, "Which of these applies?").options] == [
        "The cable is loose",
        "The fuse has blown",
        "None of these, or can't tell",
    ]


def test_support_is_what_the_escalation_says_not_a_step() -> None:
    resolution = (
        "Resolution\nReplace the drum of the scanner with a new one from the store room on the second floor. "
        "If the issue persists, contact the vendor's support."
    )
    _, tree = mined(ticket("Scans have stripes", "Scans have black stripes on every page.", resolution))
    assert titles(tree, "action") == [
        "Replace the drum of the scanner with a new one from the store room on the second floor"
    ]
    assert "contact the vendor's support" in by_title(tree, "Known fixes do not apply or did not help").body


def test_nothing_says_why_and_asks() -> None:
    finding = mine_one(ticket("Fan is loud", "The fan is loud.", "Cause\nThis behavior is by design."))
    assert isinstance(finding, Nothing)
    assert "by design" in finding.reason
    assert len(finding.questions) == 3


def test_too_few_words_are_nothing() -> None:
    finding = mine_one(ticket("Fan is loud", SCANNER_TEXT, "Restarted it."))
    assert isinstance(finding, Nothing)


def test_empty_sessions_are_nothing() -> None:
    assert isinstance(mine_one(ticket("", "", "")), Nothing)


def test_the_same_session_gives_the_same_flow() -> None:
    assert mine_one(scanner()) == mine_one(scanner())


def test_console_steps_become_questions_and_alternatives() -> None:
    session = ticket(
        "Label printer prints blanks", "The label printer prints blank labels.", "Replaced the ribbon."
    )
    session = session.model_copy(
        update={
            "steps": (
                step(1, "action", "Restart the label printer", outcome="did_not_work"),
                step(2, "question", "Is the ribbon torn?", options=("Yes", "No"), chosen="Yes"),
                step(3, "action", "Replace the ribbon", body="Use the black one.", outcome="worked"),
            )
        }
    )
    _, tree = mined(session)
    assert titles(tree, "action") == ["Restart the label printer", "Replace the ribbon"]
    assert ways(tree, by_title(tree, "Is the ribbon torn?")) == [
        ("Yes", "Replace the ribbon"),
        ("No", "Known fixes do not apply or did not help"),
    ]


def test_options_told_in_their_headings_are_alternatives() -> None:
    resolution = (
        "Resolution\nOption 1: Wait until the night shift has ended and the queue is empty again\n"
        "Option 2: Restart the label server in the basement\n"
    )
    _, tree = mined(ticket("Labels come late", "Labels come an hour late.", resolution))
    assert titles(tree, "action") == [
        "Wait until the night shift has ended and the queue is empty again",
        "Restart the label server in the basement",
    ]


def test_a_way_around_does_not_claim_that_the_product_works_now() -> None:
    resolution = (
        "Workaround\nTo work around this issue, print the label from the web page of the label server. "
        "Choose the rotated layout there and select the printer in the warehouse before you print it.\n"
    )
    _, tree = mined(ticket("Labels can't be rotated", "Labels can't be rotated in the tray app.", resolution))
    assert titles(tree, "resolution") == [
        "Worked around by printing the label from the web page of the label server: "
        "the problem no longer gets in the way"
    ]


def test_steps_that_were_read_off_a_thin_text_do_not_make_a_flow_of_it() -> None:
    text = "Cause\nThe column is wide by design.\nResolution\nThis is expected behavior."
    session = ticket("The column of the report is too wide", "The report shows a wide column.", text)
    steps = tuple(
        step(order, read.kind, read.title, body=read.body, outcome="worked")
        for order, read in enumerate(steps_of(text), 1)
    )

    assert steps
    assert isinstance(mine_one(session.model_copy(update={"steps": steps})), Nothing)
