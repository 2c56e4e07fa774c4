"""Edit & publish through its door: what is shown, what is kept, what is published, what is refused."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from pytest_django import DjangoAssertNumQueries

from flowpilot.flows.document import Node, Option, Script, Tree, parse
from flowpilot.flows.models import Flow
from tests.factories import Cast, make_proposal, make_version, small_tree
from tests.flows.strategies import trees
from tests.proposals.editing import contradicting, drafted, edit_url, moved_on, opened, press, retitled
from tests.proposals.pages import buttons_of, form_of
from tests.screens import HTMX, signed_in

QUERIES = 5


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.team_admin)


# --- showing and publishing -------------------------------------------------------------------------


def test_the_page_shows_every_step_of_the_draft_with_its_answers(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal)
    assert fields["node"] == ["n1", "n2", "n4", "n3"]
    assert (fields["draft"], fields["base"], fields["root"]) == (
        [str(proposal.current_draft_id)],
        [""],
        ["n1"],
    )
    assert (fields["title"], fields["n1.o2.label"], fields["n1.o2.next"]) == (
        [proposal.title],
        ["No"],
        ["n4"],
    )


def test_the_page_has_named_buttons_for_all_that_changes_the_tree(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    buttons = buttons_of(client.get(edit_url(proposal)).content.decode())
    assert buttons[:2] == ["check", "publish"]  # Enter in a field presses the first one: it must do no harm
    assert [button for button in buttons if button.endswith("n2") or ":n2" in button] == [
        "remove-node:n2",
        "move-down:n2/o1",
        "remove-option:n2/o1",
        "move-up:n2/o2",
        "remove-option:n2/o2",
        "add-option:n2",
        "add-script:n2",
        "set-first:n2",
        "add-after:n2:question",
        "add-after:n2:action",
        "add-after:n2:resolution",
        "add-after:n2:escalation",
    ]


def test_publishing_an_edit_makes_a_new_flow_of_what_was_typed(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal)
    fields |= {"title": ["Spooler stuck"], "note": ["Checked by hand"], "n2.body": ["1. Open\r\n2. Close"]}

    response = press(client, proposal, "publish", fields)

    flow = Flow.objects.get()
    version = flow.current_version
    assert (response.status_code, response.url) == (303, reverse("flows:detail", args=[flow.pk]))
    assert version is not None
    expected = small_tree().to_json()
    expected["nodes"][1]["body"] = "1. Open\n2. Close"  # type: ignore[index]
    assert sorted(version.tree_structure["nodes"], key=lambda node: node["id"]) == expected["nodes"]
    assert (flow.title, version.number, version.note) == ("Spooler stuck", 1, "Checked by hand")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.published_version) == ("edited", version)
    page = client.get(edit_url(proposal))
    assert "Published “Spooler stuck” as version 1." in page.content.decode()


def test_publishing_under_htmx_sends_the_browser_to_the_flow(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    response = press(client, proposal, "publish", opened(client, proposal), **HTMX)
    assert response.headers["HX-Redirect"] == reverse("flows:detail", args=[Flow.objects.get().pk])


def test_publishing_an_enhancement_makes_the_next_version(cast: Cast, client: Client) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))

    response = press(client, proposal, "publish", opened(client, proposal))

    version.flow.refresh_from_db()
    assert response.status_code == 303
    assert version.flow.current_version is not None
    assert version.flow.current_version.number == 2
    assert version.flow.current_version.tree.node("n3").title == "It prints"


def test_the_marks_of_an_enhancement_say_what_is_different_from_the_version(
    cast: Cast, client: Client
) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    page = client.get(edit_url(proposal)).content.decode()
    assert "<del>Pages come out again</del>" in page
    assert page.count("fp-node--resolution is-changed") == 1


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=trees())
def test_the_page_of_any_draft_publishes_it_unchanged(cast: Cast, client: Client, tree: Tree) -> None:
    proposal = drafted(make_proposal(cast), tree)

    response = press(client, proposal, "publish", opened(client, proposal))

    assert response.status_code == 303
    published = Flow.objects.order_by("-id")[0].current_version
    assert published is not None
    got = {node.id: node for node in published.tree.nodes}
    assert (published.tree.root, got) == (tree.root, {node.id: sent(node) for node in tree.nodes})


def sent(node: Node) -> Node:
    """The node after a browser has sent it: line breaks are line feeds."""

    def plain(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")

    script = node.script and replace(node.script, body=plain(node.script.body), undo=plain(node.script.undo))
    return replace(node, body=plain(node.body), script=script)


# --- working on the tree ----------------------------------------------------------------------------


def test_a_button_answers_with_the_form_as_typed_and_stores_nothing(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"title": ["Mine"], "note": ["Half"], "n2.title": [" Restart <it> "]}

    page = press(client, proposal, "add-option:n1", fields).content.decode()

    expected = {**fields, "n1.option": ["o1", "o2", "o3"], "n1.o3.label": [""], "n1.o3.next": [""]}
    assert form_of(page) == expected
    assert proposal.drafts.get().tree == small_tree().to_json()
    assert Flow.objects.count() == 0


def test_the_person_goes_on_where_the_button_was_about(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    page = press(client, proposal, "add-after:n2:resolution", opened(client, proposal)).content.decode()
    assert page.count(" autofocus") == 1
    assert 'id="n5.title" name="n5.title" value="" maxlength="200" autofocus' in page


def test_under_htmx_only_the_editor_is_sent(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    response = press(client, proposal, "add-script:n2", opened(client, proposal), **HTMX)
    assert [template.name for template in response.templates][0] == "proposals/_edit_editor.html"
    assert "HX-Request" in response.headers["Vary"]


def test_while_typing_only_the_tree_and_its_problems_are_drawn_again(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"n2.title": ["Restart everything"], "n3.title": [""]}
    response = press(client, proposal, "redraw", fields, **HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Restart everything" in page
    assert '<a href="#n3.title">3 · Untitled</a>: title is empty: write one.' in page
    assert 'name="n2.title"' not in page


def test_checking_lists_every_problem_with_a_link_to_its_field(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"title": [""], "n1.o1.next": [""], "n3.title": [""]}
    response = press(client, proposal, "check", fields)
    page = response.content.decode()
    assert response.status_code == 200
    for link in ('href="#id_title"', 'href="#n1.o1.next"', 'href="#n3.title"', 'href="#card-n2"'):
        assert page.count(link) == 1
    assert "5 problems before it can be published" in page
    assert page.count('aria-invalid="true"') == 3


def test_a_tree_with_problems_is_not_published(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"n1.o1.label": ["no"]}
    response = press(client, proposal, "publish", fields)
    assert response.status_code == 422
    assert form_of(response.content.decode()) == fields
    proposal.refresh_from_db()
    assert (proposal.status, Flow.objects.count()) == ("pending", 0)


def test_a_new_flow_needs_a_title(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    response = press(client, proposal, "publish", opened(client, proposal) | {"title": ["  "]})
    assert response.status_code == 422
    assert "Title of the flow</a>: This field is required." in response.content.decode()


def test_text_that_cannot_be_stored_is_named(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast)
    fields = opened(client, proposal) | {"n2.body": ["c\x00d"]}
    response = press(client, proposal, "publish", fields)
    assert response.status_code == 400
    assert "Field “n2.body”: contains a NUL character" in response.content.decode()


# --- refusals ---------------------------------------------------------------------------------------


def test_only_admins_of_the_team_edit(cast: Cast, outsiders: Cast) -> None:
    proposal = make_proposal(cast)
    found = {
        name: [
            signed_in(person).get(edit_url(proposal)).status_code,
            signed_in(person).post(edit_url(proposal)).status_code,
        ]
        for name, person in (
            ("engineer", cast.engineer),
            ("other team", cast.other_team_admin),
            ("account admin", cast.account_admin),
            ("outsider", outsiders.account_admin),
        )
    }
    assert found == {
        "engineer": [403, 403],
        "other team": [404, 404],
        "account admin": [200, 422],
        "outsider": [404, 404],
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draft": []}, "The field draft must be there once, with an id."),
        ({"draft": ["1"]}, "The field draft must be there once, with an id."),
        (
            {"draft": ["01a20392-ffaf-7e35-b181-bf0165bbf9f8"]},
            "The field draft names no draft of this proposal.",
        ),
        ({"base": ["01a20392-ffaf-7e35-b181-bf0165bbf9f8"]}, "The field base names a version"),
        ({"root": []}, "The field root is missing."),
        ({"n2.title": []}, "The field n2.title is missing."),
        ({"op": ["paint:n1"]}, "This button is not known here."),
        ({"op": []}, "This button is not known here."),
        ({"node": [f"n{n}" for n in range(600)]}, "The field node is there 600 times: 500 is the most."),
    ],
)
def test_a_form_that_is_not_ours_is_refused_by_name(
    cast: Cast, client: Client, change: dict[str, list[str]], message: str
) -> None:
    proposal = make_proposal(cast)
    fields = {**opened(client, proposal), "op": ["check"], **change}
    for headers in (None, HTMX):
        response = client.post(edit_url(proposal), fields, headers=headers)
        assert response.status_code == 422
        assert message in response.content.decode()


def test_a_version_of_another_flow_is_no_base(cast: Cast, client: Client) -> None:
    proposal = make_proposal(cast, version=make_version(cast))
    fields = opened(client, proposal) | {"base": [str(make_version(cast).pk)]}
    response = press(client, proposal, "publish", fields)
    assert response.status_code == 422
    assert "The field base names no version of this flow." in response.content.decode()


def test_a_settlement_that_is_none_is_refused(cast: Cast, client: Client) -> None:
    proposal, _newer = contradicting(cast)
    fields = opened(client, proposal) | {"settle.n3:title": ["both"]}
    assert press(client, proposal, "merge", fields).status_code == 422


# --- size -------------------------------------------------------------------------------------------


def wide_tree() -> Tree:
    """500 steps, each question with eleven ways: nine steps of its own, then both ends."""
    script = Script("powershell", "Get-Service Spooler\n" * 5, "read", "Nothing to undo")
    nodes = [
        Node(f"n{n}", "question", f"Does step {n} work?", "Look *closely*.\n" * 5, script, _ways(n))
        for n in range(1, 499)
    ]
    ends = (Node("n499", "resolution", "Done"), Node("n500", "escalation", "Hand over"))
    return parse(Tree(1, "n1", (*nodes, *ends)).to_json())


def _ways(number: int) -> tuple[Option, ...]:
    first = (number - 1) * 9 + 2
    targets = [*(child for child in range(first, first + 9) if child <= 498), 499, 500]
    return tuple(Option(f"o{n}", f"Way {n}", f"n{target}") for n, target in enumerate(targets, start=1))


def test_the_biggest_tree_can_be_edited_and_published(cast: Cast, client: Client) -> None:
    proposal = drafted(make_proposal(cast), wide_tree())
    fields = opened(client, proposal)
    assert len(fields["node"]) == 500
    changed = press(client, proposal, "add-option:n300", fields, **HTMX)
    assert form_of(changed.content.decode())["n300.option"] == ["o1", "o2", "o3"]
    assert press(client, proposal, "publish", fields).status_code == 303
    published = Flow.objects.get().current_version
    assert published is not None
    assert {node.id: node for node in published.tree.nodes} == {node.id: node for node in wide_tree().nodes}


def test_the_number_of_queries_does_not_grow_with_the_versions(
    cast: Cast, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    client.get(edit_url(proposal))
    with django_assert_num_queries(QUERIES):
        client.get(edit_url(proposal))
    for number in range(3):
        version = moved_on(cast, version, retitled(small_tree(), "n2", f"Restart {number}"))
    with django_assert_num_queries(QUERIES):
        client.get(edit_url(proposal))
