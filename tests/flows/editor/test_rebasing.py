"""A variant and its origin: what the origin changed is taken over, or settled by a person."""

from django.test import Client

from flowpilot.flows import actions
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from tests.factories import Cast, small_tree
from tests.flows.editor.pressing import again, at, draft_of, opened, press, seen, titles
from tests.proposals.pages import form_of
from tests.screens import signed_in, text, words


def test_a_variant_keeps_its_origin_and_is_rebased_on_it(cast: Cast, client: Client, flow: Flow) -> None:
    typed = {"title": "Printer at Northwind", "team": cast.team.pk, "client": cast.client.pk}
    client.post(at(flow, "fork"), typed)
    variant = Flow.objects.get(title="Printer at Northwind")
    assert (variant.forked_from, variant.client, variant.origin.version) == (flow, cast.client, 1)
    press(client, variant, "save", {**opened(client, variant), "n3.title": ["Tell the front desk"]})
    version = actions.publish_draft(variant, seen=seen(variant), by=cast.team_admin)
    actions.publish_version(
        flow, small_tree("Is it on?"), base=FlowVersion.objects.get(flow=flow), by=cast.team_admin
    )
    assert "Its origin is at version 2 now" in words(client.get(at(variant, "detail")))

    press(client, variant, "rebase", opened(client, variant))
    actions.publish_draft(variant, seen=seen(variant), by=cast.team_admin)

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


def test_mine_over_a_rebased_draft_is_offered_the_origins_changes_again(
    cast: Cast, client: Client, flow: Flow
) -> None:
    variant = actions.fork(flow, title="Variant", client=cast.client, team=cast.team, by=cast.team_admin)
    actions.publish_version(flow, small_tree("Is it on?"), base=flow.current_version, by=cast.team_admin)
    mine, other = opened(client, variant), signed_in(cast.account_admin)
    press(other, variant, "rebase", opened(other, variant))
    assert draft_of(variant).origin is not None

    conflict = press(client, variant, "save", {**mine, "n3.title": ["Mine"]})
    kept = press(client, variant, "overwrite", form_of(text(conflict)))

    assert draft_of(variant).origin is None
    assert "Its origin is at version 2 now" in words(kept)
    press(client, variant, "rebase", form_of(text(kept)))
    tree = draft_of(variant).work
    assert (tree.node("n1").title, tree.node("n3").title) == ("Is it on?", "Mine")


def test_a_rebase_that_is_settled_for_ones_own_side_is_done(cast: Cast, client: Client, flow: Flow) -> None:
    variant = actions.fork(flow, title="Variant", client=cast.client, team=cast.team, by=cast.team_admin)
    press(client, variant, "save", {**opened(client, variant), "n1.title": ["Ours at the client"]})
    actions.publish_draft(again(variant), seen=seen(variant), by=cast.team_admin)
    actions.publish_version(flow, small_tree("Is it on?"), base=flow.current_version, by=cast.team_admin)
    asked = press(client, variant, "rebase", opened(client, variant))

    done = press(client, variant, "rebase", {**form_of(text(asked)), "settle.n1:title": ["theirs"]})

    assert "Its origin is at version" not in words(done)
    assert again(variant).origin.version == 2
    assert "Its origin is at version" not in words(client.get(at(variant, "detail")))
    assert not FlowDraft.objects.filter(flow=variant).exists()


def test_a_draft_takes_over_newer_texts_that_it_never_changed_and_shows_its_own(
    cast: Cast, client: Client, flow: Flow
) -> None:
    fields = {**opened(client, flow), "n3.title": ["Pages come out"], "domain": ["email"]}
    press(client, flow, "save", fields)
    actions.describe(flow, {"title": "New title", "summary": "New summary"}, by=cast.account_admin)
    base = again(flow).current_version
    actions.publish_version(flow, small_tree("Is it on?"), base=base, by=cast.account_admin)

    press(client, flow, "merge", opened(client, flow))

    assert "Domain: printing email" in words(client.get(at(flow, "publish")))
    actions.publish_draft(again(flow), seen=seen(flow), by=cast.team_admin)
    kept = again(flow)
    assert (kept.title, kept.summary, kept.domain) == ("New title", "New summary", "email")
    assert kept.current_version.texts == {"title": "New title", "summary": "New summary", "domain": "email"}
