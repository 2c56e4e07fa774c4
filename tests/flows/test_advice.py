"""What the editor points to without forbidding it."""

from dataclasses import replace

from django.urls import reverse

from flowpilot.flows import actions
from flowpilot.flows.document import Node, Option, Script, Tree
from flowpilot.flows.editor import Editor
from flowpilot.flows.trees.advice import DEEP, MANY_ANSWERS, Advice, Known, advice, scripts_in
from tests.factories import Cast, make_proposal, make_version, redraft
from tests.proposals.pages import form_of
from tests.screens import signed_in, text, words

END = Node("end", "resolution", "It works")


def asking(*labels: str) -> Tree:
    options = tuple(Option(f"o{n}", label, "end") for n, label in enumerate(labels))
    return Tree(1, "n1", (Node("n1", "question", "What does it show?", options=options), END))


def chained(length: int) -> Tree:
    steps = [
        Node(
            f"n{n}",
            "action",
            f"Step {n}",
            options=(Option("o1", "Done", f"n{n + 1}" if n < length else "end"),),
        )
        for n in range(1, length + 1)
    ]
    return Tree(1, "n1", (*steps, END))


def test_a_question_of_several_cases_needs_an_answer_for_all_others() -> None:
    assert advice(asking("Red", "Blue", "Green")) == [Advice("n1", "no_fallback")]
    assert advice(asking("Red", "Blue", "Something else")) == []
    assert advice(asking("Both", "One", "No light at all")) == []
    assert advice(asking("Yes", "It is dark")) == []


def test_answers_are_taken_in_at_a_glance() -> None:
    many = [f"Code {n}" for n in range(MANY_ANSWERS)]

    assert advice(asking(*many, "None of these")) == [Advice("n1", "many_answers")]
    assert advice(asking(*many[1:], "None of these")) == []


def test_the_first_step_beyond_a_way_that_is_too_long_is_named() -> None:
    assert advice(chained(DEEP - 1)) == []
    assert advice(chained(DEEP + 4)) == [Advice(f"n{DEEP + 1}", "deep")]


def test_a_circle_is_a_problem_and_no_advice() -> None:
    tree = chained(2)
    back = replace(tree.nodes[1], options=(Option("o1", "Done", "n1"), Option("o2", "Works", "end")))

    assert advice(replace(tree, nodes=(tree.nodes[0], back, END))) == []


def test_the_editor_names_the_step_and_leads_to_what_is_missing() -> None:
    tree = chained(1)
    changing = replace(tree.nodes[0], script=Script("powershell", "Restart-Service Spooler", "change", ""))

    editor = Editor(replace(tree, nodes=(changing, END)))

    assert [(one.where, one.what, one.anchor) for one in editor.warnings] == [
        ("1 · Step 1", "the script changes something and does not say how to undo it.", "n1.script.undo")
    ]
    assert editor.valid


def test_a_script_that_nobody_published_yet_is_to_be_read() -> None:
    known = Script("powershell", "Get-Service Spooler\n", "read", "")
    tree = chained(1)

    def told(script: Script, reviewed: Known | None) -> list[Advice]:
        return advice(replace(tree, nodes=(replace(tree.nodes[0], script=script), END)), reviewed)

    reviewed = scripts_in([replace(tree, nodes=(replace(tree.nodes[0], script=known), END)).to_json()])
    unread = [Advice("n1", "unreviewed")]

    assert told(known, reviewed) == told(replace(known, undo="Nothing to undo"), reviewed) == []
    assert told(known, ()) == unread
    assert told(replace(known, body="Stop-Service Spooler"), reviewed) == unread
    assert told(replace(known, shell="bash"), reviewed) == unread
    assert told(replace(known, risk="change", undo="Start it"), reviewed) == unread
    assert told(known, None) == []


def test_scripts_of_the_version_in_force_and_of_the_origin_were_read(cast: Cast) -> None:
    step = replace(chained(1).nodes[0], script=Script("bash", "df -h", "read", ""))
    flow = make_version(cast, replace(chained(1), nodes=(step, END))).flow
    variant = actions.fork(flow, title="Variant", client=cast.client, team=cast.team, by=cast.team_admin)
    proposal = make_proposal(cast)
    redraft(proposal, replace(chained(1), nodes=(step, END)))
    client = signed_in(cast.team_admin)
    unread = "nobody has published this script yet"

    for known in (flow, variant):
        address = reverse("flows:edit", args=[known.pk])
        assert unread not in words(client.get(address))
        fields = {**form_of(text(client.get(address))), "n1.script.body": ["rm -r /tmp/x"], "op": ["check"]}
        page = client.post(address, fields)
        assert unread in words(page)
        assert '<a href="#n1.script.body">1 · Step 1</a>' in text(page)
    assert unread in words(client.get(reverse("proposals:edit", args=[proposal.pk])))


def test_the_page_shows_it_beside_what_may_be_published(cast: Cast) -> None:
    flow = make_version(cast, asking("Red", "Blue", "Green")).flow

    page = signed_in(cast.team_admin).get(reverse("flows:edit", args=[flow.pk]))

    assert "Nothing is wrong with the tree 1 thing to look at, which may be published" in words(page)
    assert '<a href="#card-n1">1 · What does it show?</a>: no answer takes the rest' in text(page)
