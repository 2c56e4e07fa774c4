"""The form of a tree, the buttons that change it, and what the editor shows of it."""

from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.flows.changes import Conflict, merge3
from flowpilot.flows.contradictions import choices, contradictions
from flowpilot.flows.document import Node, Option, Script, Tree, parse, problems
from flowpilot.flows.editing import Edited, UnknownOperation, perform
from flowpilot.flows.editor import Editor
from flowpilot.flows.formfields import MOST_FIELDS, UnreadableForm, from_fields, target_value, to_fields
from flowpilot.flows.trees.fields import MAX_OPTIONS
from tests.flows.samples import READ, chain, printing, with_options
from tests.flows.strategies import trees

PROPERTY = settings(max_examples=60)

PLAIN = ("add-option", "set-first", "remove-node", "add-script", "remove-script")
OF_AN_ANSWER = ("remove-option", "move-up", "move-down")


def fields_of(tree: Tree) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in to_fields(tree):
        fields.setdefault(name, []).append(value)
    return fields


def with_line_feeds(tree: Tree) -> Tree:
    """The tree as forms can carry it: every line break is one line feed."""

    def plain(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def of(node: Node) -> Node:
        script = node.script and replace(
            node.script, body=plain(node.script.body), undo=plain(node.script.undo)
        )
        return replace(node, body=plain(node.body), script=script)

    return replace(tree, nodes=tuple(of(node) for node in tree.nodes))


def ways(tree: Tree, node: str) -> list[tuple[str, str, str]]:
    return [(option.id, option.label, option.next) for option in tree.node(node).options]


# --- form and tree ---------------------------------------------------------------------------------


@PROPERTY
@given(trees())
def test_the_form_of_a_valid_tree_gives_the_same_tree_back(tree: Tree) -> None:
    assert from_fields(fields_of(tree)) == with_line_feeds(tree)


def test_line_breaks_of_a_browser_become_line_feeds() -> None:
    fields = {**fields_of(printing()), "n2.body": ["1. Open\r\n2. Close\r3. Wait"]}
    assert from_fields(fields).node("n2").body == "1. Open\n2. Close\n3. Wait"


def test_the_form_of_a_tree_that_breaks_rules_is_read_all_the_same() -> None:
    fields = {
        **fields_of(printing()),
        "n1.title": [""],
        "n2.kind": ["handoff"],
        "n2.o1.next": [""],
        "root": ["n9"],
    }
    tree = from_fields(fields)
    assert (tree.root, tree.node("n1").title, tree.node("n2").kind) == ("n9", "", "handoff")
    assert ways(tree, "n2") == [("o1", "Prints", ""), ("o2", "Still stuck", "n3")]


def test_a_step_may_be_written_with_its_title_where_it_is_typed() -> None:
    tree = printing()
    fields = {**fields_of(tree), "n1.o1.next": [target_value(tree.node("n3"))], "n1.o2.next": [" n2 "]}
    assert ways(from_fields(fields), "n1") == [("o1", "Yes", "n3"), ("o2", "No", "n2")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"root": []}, "The field root is missing."),
        ({"n1.title": ["a", "b"]}, "The field n1.title is there more than once."),
        ({"n2.script.undo": []}, "The field n2.script.undo is missing."),
        ({"n1.o1.next": []}, "The field n1.o1.next is missing."),
        ({"node": ["n1", "n2", "n1"]}, "The field node holds “n1”, which comes twice."),
        ({"node": ["n 1"]}, "The field node holds “n 1”, which is not an id."),
        ({"n1.option": ["o1", "o1"]}, "The field n1.option holds “o1”, which comes twice."),
        ({"node": [f"n{n}" for n in range(501)]}, "The field node is there 501 times: 500 is the most."),
        (
            {"n1.option": [f"o{n}" for n in range(25)]},
            "The field n1.option is there 25 times: 24 is the most.",
        ),
    ],
)
def test_a_form_that_no_page_of_ours_sends_is_refused_by_name(
    change: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(UnreadableForm) as caught:
        from_fields({**fields_of(printing()), **change})
    assert str(caught.value) == message


def test_a_page_may_send_as_many_fields_as_the_biggest_tree_has() -> None:
    script = Script("bash", "true", "read", "")
    options = tuple(Option(f"o{n}", f"Answer {n}", "n2") for n in range(MAX_OPTIONS))
    node = to_fields(Tree(1, "n1", (Node("n1", "question", "Which?", "", script, options),)))[1:]
    assert len(node) * 500 == MOST_FIELDS
    assert django_settings.DATA_UPLOAD_MAX_NUMBER_FIELDS >= MOST_FIELDS + 100


# --- operations ------------------------------------------------------------------------------------


def test_a_new_answer_comes_last_and_waits_for_its_words() -> None:
    edited = perform("add-option:n1", printing())
    assert ways(edited.tree, "n1") == [("o1", "Yes", "n2"), ("o2", "No", "n3"), ("o3", "", "")]
    assert edited.focus == "n1.o3.label"


def test_new_ids_are_in_none_of_the_trees_that_this_one_comes_from() -> None:
    base = printing()
    shorter = perform("remove-option:n1/o2", perform("remove-node:n5", base).tree).tree
    assert perform("add-option:n1", shorter, [base]).focus == "n1.o3.label"
    assert perform("add-after:n1:escalation", shorter, [base]).focus == "n6.title"


def test_a_removed_answer_leaves_the_others_as_they_are() -> None:
    edited = perform("remove-option:n1/o1", with_options("a", "b", "c"))
    assert ways(edited.tree, "n1") == [("o2", "b", "n2"), ("o3", "c", "n2")]
    assert edited.focus == "n1.o2.label"


def test_focus_goes_to_the_title_when_no_answer_is_left() -> None:
    edited = perform("remove-option:m1/o1", parse(chain(2)))
    assert (ways(edited.tree, "m1"), edited.focus) == ([], "m1.title")


@pytest.mark.parametrize(
    ("op", "order", "focus"),
    [
        ("move-up:n1/o3", ["o1", "o3", "o2"], "n1.o3.up"),
        ("move-up:n1/o2", ["o2", "o1", "o3"], "n1.o2.down"),
        ("move-down:n1/o1", ["o2", "o1", "o3"], "n1.o1.down"),
        ("move-down:n1/o2", ["o1", "o3", "o2"], "n1.o2.up"),
        ("move-up:n1/o1", ["o1", "o2", "o3"], "n1.o1.down"),
        ("move-down:n1/o3", ["o1", "o2", "o3"], "n1.o3.up"),
    ],
)
def test_a_moved_answer_keeps_the_button_that_moves_it_on(op: str, order: list[str], focus: str) -> None:
    edited = perform(op, with_options("a", "b", "c"))
    assert ([option.id for option in edited.tree.node("n1").options], edited.focus) == (order, focus)


def test_a_step_after_one_with_a_single_way_on_goes_between() -> None:
    edited = perform("add-after:m1:action", parse(chain(2)))
    assert ways(edited.tree, "m1") == [("o1", "Done", "n1")]
    assert edited.tree.node("n1") == Node("n1", "action", "", options=(Option("o1", "Done", "m2"),))
    assert edited.focus == "n1.title"


def test_a_question_between_leads_on_by_its_first_answer() -> None:
    edited = perform("add-after:m1:question", parse(chain(2)))
    assert ways(edited.tree, "n1") == [("o1", "", "m2"), ("o2", "", "")]


def test_a_step_after_a_question_hangs_on_another_answer() -> None:
    edited = perform("add-after:n1:action", printing())
    assert ways(edited.tree, "n1") == [("o1", "Yes", "n2"), ("o2", "No", "n3"), ("o3", "", "n6")]
    assert ways(edited.tree, "n6") == [("o1", "Done", "")]


def test_an_end_after_a_step_with_one_way_on_is_another_way() -> None:
    edited = perform("add-after:m1:escalation", parse(chain(2)))
    assert ways(edited.tree, "m1") == [("o1", "Done", "m2"), ("o2", "", "n1")]


def test_what_led_to_a_removed_step_of_a_chain_leads_on() -> None:
    edited = perform("remove-node:m2", parse(chain(3)))
    assert [node.id for node in edited.tree.nodes] == ["m1", "m3"]
    assert (ways(edited.tree, "m1"), edited.focus) == ([("o1", "Done", "m3")], "m1.o1.next")


def test_what_led_to_a_removed_question_waits_for_a_step() -> None:
    edited = perform("remove-node:n2", printing())
    assert (ways(edited.tree, "n1"), edited.focus) == ([("o1", "Yes", ""), ("o2", "No", "n3")], "n1.o1.next")


def test_the_step_behind_a_removed_first_one_becomes_the_first() -> None:
    edited = perform("remove-node:m1", parse(chain(3)))
    assert (edited.tree.root, edited.focus) == ("m2", "m2.title")


def test_the_last_step_cannot_be_removed() -> None:
    with pytest.raises(UnknownOperation, match="A flow needs one step at least"):
        perform("remove-node:m1", parse(chain(1)))


def test_another_step_becomes_the_first() -> None:
    assert perform("set-first:n3", printing()) == Edited(replace(printing(), root="n3"), "n3.title")


def test_a_script_is_added_empty_and_removed_whole() -> None:
    added = perform("add-script:n3", printing())
    assert (added.tree.node("n3").script, added.focus) == (
        Script("powershell", "", "read", ""),
        "n3.script.body",
    )
    assert perform("add-script:n2", printing()).tree.node("n2").script == READ
    assert perform("remove-script:n3", added.tree).tree == printing()


@pytest.mark.parametrize(
    "op",
    [
        "",
        "paint:n1",
        "add-option",
        "add-option:n9",
        "remove-option:n1",
        "remove-option:n1/o9",
        "move-up:n1",
        "add-after:n1",
        "add-after:n1:handoff",
        "add-option:n1\n",
        "add-option:" + "n" * 5000,
    ],
)
def test_a_button_that_does_not_exist_is_refused(op: str) -> None:
    with pytest.raises(UnknownOperation, match="not known here"):
        perform(op, printing())


@PROPERTY
@given(trees(), st.data())
def test_no_series_of_buttons_loses_an_id_or_stops_the_editor(tree: Tree, data: st.DataObject) -> None:
    current = tree
    for _press in range(6):
        node = data.draw(st.sampled_from(current.nodes))
        ops = [f"{name}:{node.id}" for name in PLAIN] + [
            f"add-after:{node.id}:{kind}" for kind in ("question", "action", "resolution", "escalation")
        ]
        ops += [f"{name}:{node.id}/{option.id}" for option in node.options for name in OF_AN_ANSWER]
        op = data.draw(st.sampled_from(ops))
        if op.startswith("remove-node") and len(current.nodes) == 1:
            continue
        edited = perform(op, current, [tree])
        kept = [one.id for one in current.nodes if one.id != node.id or not op.startswith("remove-node")]
        assert [one.id for one in edited.tree.nodes][: len(kept)] == kept
        assert from_fields(fields_of(edited.tree)) == with_line_feeds(edited.tree)
        editor = Editor(edited.tree, tree, checked=True)
        assert len(editor.problems) == len(problems(edited.tree.to_json()))
        assert sorted(card.node.id for card in editor.cards) == sorted(one.id for one in edited.tree.nodes)
        current = edited.tree


# --- what the editor shows -------------------------------------------------------------------------


def told(editor: Editor) -> list[tuple[str, str, str]]:
    return [(problem.where, problem.what, problem.anchor) for problem in editor.problems]


def test_cards_stand_breadth_first_with_the_numbers_of_the_drawn_tree() -> None:
    cards = Editor(printing()).cards
    assert [(card.node.id, card.number, card.is_first) for card in cards] == [
        ("n1", 1, True),
        ("n2", 2, False),
        ("n3", 4, False),
        ("n4", 3, False),
        ("n5", 5, False),
    ]


def test_a_step_that_is_not_reached_has_a_card_without_a_number() -> None:
    editor = Editor(perform("set-first:n3", printing()).tree, printing())
    assert [(card.node.id, card.number) for card in editor.cards] == [
        ("n3", 1),
        ("n4", 2),
        ("n5", 3),
        ("n1", None),
        ("n2", None),
    ]
    assert [(problem.where, problem.anchor) for problem in editor.problems] == [
        ("– · Does the printer answer?", "card-n1"),
        ("– · Restart the spooler", "card-n2"),
    ]


def test_every_problem_names_its_step_in_words_and_leads_to_its_field() -> None:
    fields = fields_of(perform("add-option:n1", perform("add-script:n3", printing()).tree).tree)
    fields |= {"n2.title": [" "], "n4.kind": ["handoff"], "n1.o1.label": ["no"], "n3.o2.next": ["n1"]}
    editor = Editor(from_fields(fields))
    assert told(editor) == [
        (
            "1 · Does the printer answer?, answer 2",
            "label “No” is used twice here: reword one.",
            "n1.o2.label",
        ),
        ("1 · Does the printer answer?, answer 3", "label is empty: write one.", "n1.o3.label"),
        (
            "1 · Does the printer answer?, answer 3",
            "choose the step that this answer leads to.",
            "n1.o3.next",
        ),
        ("2 · Untitled", "title is empty: write one.", "n2.title"),
        ("4 · Check the cable, script", "body is empty: write one.", "n3.script.body"),
        (
            "3 · The printer prints",
            "kind “handoff” is unknown: choose one of question, action, resolution, escalation.",
            "n4.kind",
        ),
        (
            "4 · Check the cable, answer 2",
            "leads back to “n1”, so the flow would never end: lead it on to another node.",
            "n3.o2.next",
        ),
        (
            "– · Send somebody",
            "no path from the first node leads here: lead an option to it or remove it.",
            "card-n5",
        ),
    ]


def test_fields_tell_what_is_wrong_only_when_a_check_was_asked_for() -> None:
    tree = perform("add-option:n1", printing()).tree
    asked, quiet = Editor(tree, checked=True), Editor(tree)
    assert asked.cards[0].answers[2].label.errors == ("label is empty: write one.",)
    assert quiet.cards[0].answers[2].label.errors == ()
    assert len(quiet.problems) == len(asked.problems) == 2


def test_a_tree_without_its_first_step_is_not_drawn_but_can_be_edited() -> None:
    editor = Editor(replace(printing(), root="n9"), printing())
    assert (editor.drawn, editor.marks, [card.number for card in editor.cards]) == (None, None, [None] * 5)
    assert told(editor)[0] == ("The flow", "the first node “n9” does not exist: choose another.", "cards")


def test_marks_compare_with_the_tree_that_this_one_comes_from() -> None:
    fields = fields_of(perform("add-after:n1:escalation", printing()).tree)
    fields |= {"n6.title": ["Ask the vendor"], "n1.o3.label": ["Only sometimes"], "n2.title": ["Restart it"]}
    cards = Editor(from_fields(fields), printing()).cards
    assert [(card.node.id, card.state) for card in cards if card.state != "same"] == [
        ("n2", "changed"),
        ("n6", "added"),
    ]


def test_steps_are_typed_with_suggestions_where_lists_would_be_huge() -> None:
    nodes = [Node(f"q{n}", "question", f"Is it {n}?", options=_answers(n)) for n in range(1, 499)]
    editor = Editor(
        Tree(1, "q1", (*nodes, Node("q499", "resolution", "Done"), Node("q500", "escalation", "No")))
    )
    assert (editor.big, Editor(printing()).big) == (True, False)
    assert editor.cards[0].answers[0].written == "q2 · Is it 2?"
    assert editor.room is False


def _answers(number: int) -> tuple[Option, ...]:
    return (Option("o1", "Yes", f"q{number + 1}"), Option("o2", "No", "q500"))


# --- contradictions of a merge ---------------------------------------------------------------------


def retitled(tree: Tree, node: str, title: str) -> Tree:
    return replace(
        tree, nodes=tuple(replace(one, title=title) if one.id == node else one for one in tree.nodes)
    )


def test_a_contradiction_tells_all_three_versions_and_can_be_settled() -> None:
    base = printing()
    ours, theirs = retitled(base, "n4", "It prints again"), retitled(base, "n4", "Pages come out")
    merge = merge3(base, ours, theirs)
    (shown,) = contradictions(merge.conflicts, theirs, base)
    assert (shown.where, shown.what, shown.choice) == ("Pages come out", "Title", "settle.n4:title")
    assert (shown.base, shown.ours, shown.theirs) == (
        "The printer prints",
        "It prints again",
        "Pages come out",
    )
    settled = merge3(base, ours, theirs, settle=choices({shown.choice: ["theirs"], "title": ["x"]}))
    assert settled.tree is not None
    assert settled.tree.node("n4").title == "Pages come out"


def test_contradictions_tell_steps_and_answers_by_their_words() -> None:
    tree = printing()
    conflicts = [
        Conflict(None, None, "root", "n1", "n2", "n3", "…"),
        Conflict("n1", "o2", "next", "n3", "n4", "n5", "…"),
        Conflict("n1", None, "order", ["o1", "o2"], ["o2", "o1"], ["o1"], "…"),
        Conflict("n2", None, "script", READ.to_json(), None, {**READ.to_json(), "body": "Stop-Service"}, "…"),
        Conflict("n5", None, "presence", tree.node("n5").to_json(), None, {"title": "Send two"}, "…"),
        Conflict("n2", None, "tree", None, None, None, "Both together make a circle."),
    ]
    assert [
        (one.where, one.base, one.ours, one.theirs, one.choice, one.message)
        for one in contradictions(conflicts, tree)
    ] == [
        (
            "The flow",
            "Does the printer answer?",
            "Restart the spooler",
            "Check the cable",
            "settle.root",
            "",
        ),
        (
            "Does the printer answer? → No",
            "Check the cable",
            "The printer prints",
            "Send somebody",
            "settle.n1/o2:next",
            "",
        ),
        ("Does the printer answer?", "Yes · No", "No · Yes", "Yes", "settle.n1:order", ""),
        ("Restart the spooler", "Get-Service Spooler", "None", "Stop-Service", "settle.n2:script", ""),
        ("Send somebody", "Send somebody", "Not there", "Send two", "settle.n5:presence", ""),
        ("Restart the spooler", "Not there", "Not there", "Not there", "", "Both together make a circle."),
    ]


def test_a_choice_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(UnreadableForm, match="The field settle.n4:title must be ours or theirs"):
        choices({"settle.n4:title": ["both"]})
