"""What the editor keeps as a draft, and from whom it takes it."""

import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.flows.document import canonical, parse
from flowpilot.flows.formfields import to_fields
from flowpilot.flows.models import Flow, FlowDraft
from tests.factories import Cast, make_version, small_tree
from tests.flows.editor.pressing import Fields, at, draft_of, opened, press, titles
from tests.flows.samples import largest
from tests.proposals.pages import buttons_of, form_of
from tests.screens import HTMX, signed_in, text, words


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
    assert f'name="lock" value="{draft.pk}.1"' in text(response)
    flow.refresh_from_db()
    assert (flow.title, flow.current_version.number) == ("Printer prints nothing", 1)


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


def test_a_window_that_saves_again_before_it_heard_of_its_own_save_is_no_conflict(
    client: Client, flow: Flow
) -> None:
    mine, other = opened(client, flow), opened(client, flow)
    press(client, flow, "redraw", {**mine, "n1.title": ["First"]}, **HTMX)

    assert press(client, flow, "save", {**mine, "n1.title": ["Second"]}).status_code == 200
    assert press(client, flow, "save", {**other, "n1.title": ["Another window"]}).status_code == 409
    assert titles(draft_of(flow).tree)[0] == "Second"


def test_a_big_tree_is_kept_while_one_types_and_not_drawn_each_time(cast: Cast, client: Client) -> None:
    flow = make_version(cast, largest()).flow
    fields = to_fields(flow.current_version.tree)
    page = client.get(at(flow))
    assert 'hx-trigger="typed from:#edit-form delay:600ms"' in text(page)
    typed: Fields = {name: [] for name, _value in fields}
    for name, value in fields:
        typed[name].append(value)
    beside = {"title": ["Big"], "summary": [""], "domain": [""], "lock": [""], "base": [""], "origin": [""]}

    response = press(client, flow, "redraw", {**typed, **beside, "pen": [""], "n3.title": ["Kept"]}, **HTMX)

    assert response.headers["HX-Retarget"] == "#edit-saved"
    assert len(response.content) < 1000
    assert draft_of(flow).work.node("n3").title == "Kept"


def test_a_domain_of_ones_own_is_still_chosen_when_the_editor_is_opened(client: Client, flow: Flow) -> None:
    Flow.objects.filter(pk=flow.pk).update(domain="our label printers")

    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})

    assert draft_of(flow).domain == "our label printers"


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
