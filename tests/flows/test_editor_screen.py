"""The editor of a flow through its door: what is kept as a draft, published, refused, never written over."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.flows import actions
from flowpilot.flows.document import canonical, parse
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from tests.factories import Cast, make_version, small_tree
from tests.proposals.pages import buttons_of, form_of
from tests.screens import HTMX, signed_in, text, words

Fields = dict[str, list[str]]


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.team_admin)


@pytest.fixture
def flow(cast: Cast) -> Flow:
    return make_version(cast, title="Printer prints nothing", domain="printing").flow


def at(flow: Flow, name: str = "edit") -> str:
    return reverse(f"flows:{name}", args=[flow.pk])


def opened(client: Client, flow: Flow) -> Fields:
    """What the form of the page would send as it is first shown."""
    return form_of(text(client.get(at(flow))))


def press(client: Client, flow: Flow, op: str, fields: Mapping[str, Sequence[str]], **headers: str) -> Any:
    return client.post(at(flow), {**fields, "op": [op]}, headers=headers or None)


def draft_of(flow: Flow) -> FlowDraft:
    return FlowDraft.objects.select_related("base_version").get(flow=flow)


def titles(tree: dict[str, Any]) -> list[str]:
    return [node["title"] for node in tree["nodes"]]


def test_a_new_flow_begins_with_an_empty_draft_that_its_maker_owns(cast: Cast, client: Client) -> None:
    typed = {"title": "Mail is late", "domain": "email", "team": cast.team.pk, "client": ""}

    response = client.post(reverse("flows:new"), typed)

    flow = Flow.objects.get(title="Mail is late")
    assert response.headers["Location"] == at(flow)
    assert (flow.status, flow.domain, flow.team, flow.owner) == ("draft", "email", cast.team, cast.team_admin)
    assert titles(draft_of(flow).tree) == [""]


def test_a_flow_for_a_team_that_one_does_not_answer_for_is_refused(cast: Cast, client: Client) -> None:
    typed = {"title": "Mail is late", "domain": "", "team": cast.other_team.pk, "client": ""}

    assert client.post(reverse("flows:new"), typed).status_code == 422
    assert not Flow.objects.filter(title="Mail is late").exists()


def test_opening_the_editor_writes_nothing_and_saving_what_is_published_neither(
    client: Client, flow: Flow
) -> None:
    assert press(client, flow, "redraw", opened(client, flow), **HTMX).status_code == 200
    assert not FlowDraft.objects.exists()


def test_what_is_typed_is_kept_although_it_breaks_rules(client: Client, flow: Flow) -> None:
    fields = {**opened(client, flow), "n1.title": [""], "n1.o2.next": [""], "title": [""]}

    response = press(client, flow, "redraw", fields, **HTMX)

    draft = draft_of(flow)
    assert (draft.title, draft.lock_version, titles(draft.tree)[0]) == ("", 1, "")
    assert 'name="lock" value="1"' in text(response)
    flow.refresh_from_db()
    assert (flow.title, flow.current_version.number) == ("Printer prints nothing", 1)


def test_publishing_lists_what_is_wrong_with_a_link_to_the_place(client: Client, flow: Flow) -> None:
    response = press(client, flow, "publish", {**opened(client, flow), "n1.title": [""], "title": [""]})

    assert response.status_code == 422
    assert "2 problems before it can be published" in words(response)
    assert 'href="#n1.title"' in text(response)
    assert 'href="#id_title"' in text(response)
    assert FlowVersion.objects.count() == 1


def test_a_draft_is_published_with_its_title_and_a_note(cast: Cast, client: Client, flow: Flow) -> None:
    fields = {**opened(client, flow), "n1.title": ["Is it on?"], "title": ["Printer is dead"]}
    assert press(client, flow, "publish", fields).headers["Location"] == at(flow, "publish")
    page = client.get(at(flow, "publish"))
    assert "Rewrites the step “Does the printer show an error?”" in words(page)

    lock = draft_of(flow).lock_version
    response = client.post(at(flow, "publish"), {"lock": lock, "note": "Shorter"})

    assert response.headers["Location"] == at(flow, "detail")
    flow.refresh_from_db()
    version = flow.current_version
    assert (flow.title, version.number, version.note, version.published_by) == (
        "Printer is dead",
        2,
        "Shorter",
        cast.team_admin,
    )
    assert version.tree.node("n1").title == "Is it on?"
    assert not FlowDraft.objects.exists()


def test_under_htmx_the_note_is_asked_for_in_the_dialog_beside_the_saved_draft(
    client: Client, flow: Flow
) -> None:
    response = press(client, flow, "publish", {**opened(client, flow), "n1.title": ["Is it on?"]}, **HTMX)

    assert response.headers["HX-Retarget"] == "#dialog-body"
    assert 'id="edit-saved" role="status" hx-swap-oob="true"' in text(response)


def test_a_removed_step_comes_back_by_undo(client: Client, flow: Flow) -> None:
    removed = press(client, flow, "remove-node:n2", opened(client, flow))
    assert "undo" in buttons_of(text(removed))

    back = press(client, flow, "undo", form_of(text(removed)))

    assert canonical(parse(draft_of(flow).tree)) == canonical(small_tree())
    assert form_of(text(back))["n2.title"] == ["Restart the print spooler"]


def test_undo_never_takes_back_what_was_typed_since(client: Client, flow: Flow) -> None:
    removed = form_of(text(press(client, flow, "remove-node:n2", opened(client, flow))))

    press(client, flow, "undo", {**removed, "n1.title": ["Is it on?"]})

    kept = titles(draft_of(flow).tree)
    assert sorted(kept) == ["Hand over with the error text", "Is it on?", "Pages come out again"]


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


def test_a_window_that_saves_again_before_it_heard_of_its_own_save_is_no_conflict(
    client: Client, flow: Flow
) -> None:
    mine, other = opened(client, flow), opened(client, flow)
    press(client, flow, "redraw", {**mine, "n1.title": ["First"]}, **HTMX)

    assert press(client, flow, "save", {**mine, "n1.title": ["Second"]}).status_code == 200
    assert press(client, flow, "save", {**other, "n1.title": ["Another window"]}).status_code == 409
    assert titles(draft_of(flow).tree)[0] == "Second"


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


def test_a_variant_keeps_its_origin_and_is_rebased_on_it(cast: Cast, client: Client, flow: Flow) -> None:
    typed = {"title": "Printer at Northwind", "team": cast.team.pk, "client": cast.client.pk}
    client.post(at(flow, "fork"), typed)
    variant = Flow.objects.get(title="Printer at Northwind")
    assert (variant.forked_from, variant.client, variant.origin.version) == (flow, cast.client, 1)
    press(client, variant, "save", {**opened(client, variant), "n3.title": ["Tell the front desk"]})
    version = actions.publish_draft(variant, seen=draft_of(variant).lock_version, by=cast.team_admin)
    actions.publish_version(
        flow, small_tree("Is it on?"), base=FlowVersion.objects.get(flow=flow), by=cast.team_admin
    )
    assert "Its origin is at version 2 now" in words(client.get(at(variant, "detail")))

    press(client, variant, "rebase", opened(client, variant))
    actions.publish_draft(variant, seen=draft_of(variant).lock_version, by=cast.team_admin)

    variant = Flow.objects.select_related("origin").get(pk=variant.pk)
    assert (version.number, variant.current_version.number, variant.origin.version) == (1, 2, 2)
    tree = variant.current_version.tree
    assert (tree.node("n1").title, tree.node("n3").title) == ("Is it on?", "Tell the front desk")
    assert "Its origin is at version" not in words(client.get(at(variant, "detail")))


def test_what_contradicts_the_origin_is_chosen(cast: Cast, client: Client, flow: Flow) -> None:
    variant = actions.fork(flow, title="Variant", client=cast.client, team=cast.team, by=cast.team_admin)
    press(client, variant, "save", {**opened(client, variant), "n1.title": ["Ours at the client"]})
    base = flow.current_version
    actions.publish_version(flow, small_tree("Is it on?"), base=base, by=cast.team_admin)
    asked = press(client, variant, "rebase", opened(client, variant))
    assert "1 contradiction with version 2" in words(asked)
    assert draft_of(variant).origin is None

    press(client, variant, "rebase", {**form_of(text(asked)), "settle.n1:title": ["theirs"]})

    draft = draft_of(variant)
    assert draft.origin is not None
    assert (titles(draft.tree)[0], draft.origin["version"]) == ("Ours at the client", 2)


def test_discarding_a_draft_leaves_what_is_published_and_takes_a_flow_that_never_was(
    cast: Cast, client: Client, flow: Flow
) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})
    assert client.post(at(flow, "discard"), {"lock": 1}).headers["Location"] == at(flow, "detail")
    assert (FlowDraft.objects.count(), Flow.objects.count()) == (0, 1)

    begun = actions.start_flow(cast.account.pk, title="Mail is late", team=cast.team, by=cast.team_admin)
    assert client.post(at(begun, "discard"), {"lock": 1}).headers["Location"] == reverse("flows:library")
    assert list(Flow.objects.all()) == [flow]


def test_a_stale_publish_changes_nothing(client: Client, flow: Flow) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})

    response = client.post(at(flow, "publish"), {"lock": 7, "note": ""})

    assert (response.headers["Location"], FlowVersion.objects.count()) == (at(flow), 1)


@pytest.mark.parametrize("name", ["edit", "publish", "details"])
def test_an_admin_of_another_team_cannot_change_the_flow(cast: Cast, flow: Flow, name: str) -> None:
    other = signed_in(cast.other_team_admin)

    assert other.get(at(flow, name)).status_code == 403
    assert other.post(at(flow, "retire")).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("lock", ["x"]), ("lock", []), ("base", ["nonsense"]), ("title", ["t" * 201]), ("root", [])],
)
def test_a_form_that_the_page_cannot_have_sent_is_refused(
    client: Client, flow: Flow, field: str, value: list[str]
) -> None:
    response = press(client, flow, "save", {**opened(client, flow), field: value})

    assert response.status_code == 422
    assert field in words(response)
    assert not FlowDraft.objects.exists()
