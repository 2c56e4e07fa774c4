"""From the editor to the next version, or to nothing: publishing and throwing away."""

from django.test import Client
from django.urls import reverse

from flowpilot.flows import actions
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from tests.factories import Cast
from tests.flows.editor.pressing import at, draft_of, opened, press, seen
from tests.proposals.pages import form_of
from tests.screens import HTMX, text, words


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

    response = client.post(at(flow, "publish"), {"lock": str(seen(flow)), "note": "Shorter"})

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


def test_discarding_a_draft_leaves_what_is_published_and_takes_a_flow_that_never_was(
    cast: Cast, client: Client, flow: Flow
) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})
    assert client.post(at(flow, "discard"), {"lock": str(seen(flow))}).headers["Location"] == at(
        flow, "detail"
    )
    assert (FlowDraft.objects.count(), Flow.objects.count()) == (0, 1)

    begun = actions.start_flow(cast.account.pk, title="Mail is late", team=cast.team, by=cast.team_admin)
    assert client.post(at(begun, "discard"), {"lock": str(seen(begun))}).headers["Location"] == reverse(
        "flows:library"
    )
    assert list(Flow.objects.all()) == [flow]


def test_publishing_a_retired_flow_says_that_it_comes_back(cast: Cast, client: Client, flow: Flow) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})
    said = "Publishing brings it back"
    assert said not in words(client.get(at(flow, "publish")))

    actions.retire(flow, by=cast.account_admin)

    assert said in words(client.get(at(flow, "publish")))


def test_a_draft_is_thrown_away_only_after_a_question(client: Client, flow: Flow) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})
    address = at(flow, "discard")
    assert f'<a class="btn btn-sm" href="{address}" hx-get="{address}"' in text(
        client.get(at(flow, "detail"))
    )

    asked = client.get(address)
    assert "Throw the draft away?" in words(asked)
    assert "last saved by Lead, just now" in words(asked)
    assert "Version 1 stays as it is." in words(asked)
    client.post(address, {"lock": "whatever the page sent"})
    assert FlowDraft.objects.count() == 1

    assert client.post(address, form_of(text(asked))).headers["Location"] == at(flow, "detail")
    assert FlowDraft.objects.count() == 0
    assert client.get(address).headers["Location"] == at(flow, "detail")


def test_a_stale_publish_changes_nothing(client: Client, flow: Flow) -> None:
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})

    stale = actions.Seen(draft_of(flow).pk, 7)
    response = client.post(at(flow, "publish"), {"lock": str(stale), "note": ""})

    assert (response.headers["Location"], FlowVersion.objects.count()) == (at(flow), 1)
