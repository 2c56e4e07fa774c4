"""Two at one flow: nobody's work is written over, and both versions are shown."""

from django.test import Client

from flowpilot.flows import actions
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from tests.factories import Cast, small_tree
from tests.flows.editor.pressing import again, at, draft_of, opened, press, seen, titles
from tests.proposals.pages import buttons_of, form_of
from tests.screens import HTMX, signed_in, text, words


def test_the_second_of_two_editors_sees_both_versions_and_nothing_is_written(
    cast: Cast, client: Client, flow: Flow
) -> None:
    mine, theirs = opened(client, flow), opened(signed_in(cast.account_admin), flow)
    press(signed_in(cast.account_admin), flow, "save", {**theirs, "n1.title": ["Theirs"]})

    response = press(client, flow, "redraw", {**mine, "n1.title": ["Mine"]}, **HTMX)

    assert response.status_code == 409
    assert "Owner saved this draft meanwhile" in words(response)
    assert form_of(text(response))["n1.title"] == ["Mine"]
    assert 'id="theirs-n1"' in text(response)
    assert titles(draft_of(flow).tree)[0] == "Theirs"


def test_mine_is_saved_over_theirs_only_while_theirs_is_what_was_shown(
    cast: Cast, client: Client, flow: Flow
) -> None:
    mine, other = opened(client, flow), signed_in(cast.account_admin)
    press(other, flow, "save", {**opened(other, flow), "n1.title": ["Theirs"]})
    shown = form_of(text(press(client, flow, "save", {**mine, "n1.title": ["Mine"]})))
    press(other, flow, "save", {**opened(other, flow), "n1.title": ["Theirs again"]})

    again = press(client, flow, "overwrite", shown)
    assert (again.status_code, titles(draft_of(flow).tree)[0]) == (409, "Theirs again")

    assert press(client, flow, "overwrite", form_of(text(again))).status_code == 200
    assert titles(draft_of(flow).tree)[0] == "Mine"


def test_a_draft_on_an_older_version_is_merged_before_it_is_published(
    cast: Cast, client: Client, flow: Flow
) -> None:
    press(client, flow, "save", {**opened(client, flow), "n3.title": ["Pages come out"]})
    base = flow.current_version
    actions.publish_version(flow, small_tree("Is it on?"), base=base, by=cast.account_admin)
    page = client.get(at(flow))
    assert "The flow is at version 2 now" in words(page)
    assert "publish" not in buttons_of(text(page))

    press(client, flow, "merge", form_of(text(page)))

    draft = draft_of(flow)
    assert draft.base_version.number == 2
    assert titles(draft.tree) == [
        "Is it on?",
        "Restart the print spooler",
        "Hand over with the error text",
        "Pages come out",
    ]


def test_a_form_of_a_former_draft_is_not_saved_over_a_new_one(cast: Cast, client: Client, flow: Flow) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["First draft"]})
    stale, former = opened(client, flow), seen(flow)
    actions.publish_draft(again(flow), seen=former, by=cast.account_admin)
    press(client, flow, "save", {**opened(client, flow), "n2.title": ["New work"]})

    assert press(client, flow, "save", {**stale, "n3.title": ["Stale"]}).status_code == 409
    for name in ("publish", "discard"):
        client.post(at(flow, name), {"lock": str(former), "note": ""})
    assert titles(draft_of(flow).tree)[:2] == ["First draft", "New work"]
    assert FlowVersion.objects.count() == 2


def test_a_conflict_found_while_one_types_is_shown_in_place_of_the_whole_form(
    cast: Cast, client: Client, flow: Flow
) -> None:
    mine, other = opened(client, flow), signed_in(cast.account_admin)
    press(other, flow, "save", {**opened(other, flow), "n1.title": ["Theirs"]})

    response = press(client, flow, "redraw", {**mine, "n1.title": ["Mine"]}, **HTMX)

    assert response.status_code == 409
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#editor", "innerHTML")
    assert "What you typed is not saved" in words(response)
    assert "Draft saved at" not in words(response)


def test_while_a_conflict_is_shown_typing_on_changes_nothing(cast: Cast, client: Client, flow: Flow) -> None:
    mine, other = opened(client, flow), signed_in(cast.account_admin)
    press(other, flow, "save", {**opened(other, flow), "n1.title": ["Theirs"]})
    shown = form_of(text(press(client, flow, "save", {**mine, "n1.title": ["Mine"]})))

    assert press(client, flow, "redraw", {**shown, "n1.title": ["Mine too"]}, **HTMX).status_code == 204
    assert titles(draft_of(flow).tree)[0] == "Theirs"


def test_a_conflict_names_what_no_drawing_shows(cast: Cast, client: Client, flow: Flow) -> None:
    mine, other = opened(client, flow), signed_in(cast.account_admin)
    theirs = {"title": ["Printer prints twice"], "summary": ["Gets pages out"], "domain": ["email"]}
    unreached = {"n2.o1.next": [""], "n2.o2.next": [""], "n1.o1.next": [""], "n2.body": ["Their words"]}
    press(other, flow, "save", {**opened(other, flow), **theirs, **unreached})

    shown = words(press(client, flow, "save", {**mine, "n4.title": ["Mine"]}))

    for line in (
        "Title: Printer prints nothing twice",
        "Summary: Gets pages out",
        "Domain: printing email",
    ):
        assert line in shown
    assert "Step that is not drawn: Restart the print spooler Their words" in shown


def test_a_conflict_of_trees_that_cannot_be_drawn_names_every_step_that_differs(
    cast: Cast, client: Client, flow: Flow
) -> None:
    mine, other = opened(client, flow), signed_in(cast.account_admin)
    press(other, flow, "save", {**opened(other, flow), "root": ["n9"], "n3.title": ["Theirs"]})

    shown = words(press(client, flow, "save", {**mine, "n4.title": ["Mine"]}))

    assert "Step that is not drawn: Pages come out again Theirs" in shown
    assert "First step: Does the printer show an error? Untitled" in shown


def test_two_first_versions_that_contradict_each_other_are_settled_by_a_person(
    cast: Cast, client: Client
) -> None:
    begun = actions.start_flow(cast.account.pk, title="Mail", team=cast.team, by=cast.team_admin)
    page = opened(client, begun)
    FlowDraft.objects.filter(flow=begun).update(tree=small_tree("Theirs").to_json())
    actions.publish_draft(again(begun), seen=seen(begun), by=cast.account_admin)
    mine = {**page, "n1.title": ["Mine"], "n1.kind": ["resolution"]}
    taken = press(client, begun, "overwrite", form_of(text(press(client, begun, "save", mine))))

    asked = press(client, begun, "merge", form_of(text(taken)))

    assert "1 contradiction with version 1" in words(asked)
    assert titles(draft_of(begun).tree) == ["Mine"]
