"""Where what a version says came from: kept by each verb that publishes, told in the history, filled in for
what was published before."""

from importlib import import_module
from types import ModuleType
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from flowpilot.flows import actions
from flowpilot.flows.actions import starters as installing
from flowpilot.flows.actions.importing import import_flows
from flowpilot.flows.actions.starters import install_starters
from flowpilot.flows.exchange.portable import PortableFlow
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from flowpilot.flows.starter.catalogue import Starter
from proposals.actions import approve, publish_edited
from tests.factories import Cast, make_proposal, make_version, small_tree
from tests.flows.editor.pressing import again, opened, press, seen
from tests.screens import signed_in, words

FILE = PortableFlow("scanner", "Scanner jams", "", "", small_tree("Is paper in it?"))


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.team_admin)


def sources(flow: Flow) -> list[str]:
    return list(flow.versions.order_by("number").values_list("source", flat=True))


def publish(cast: Cast, flow: Flow) -> None:
    actions.publish_draft(again(flow), seen=seen(flow), by=cast.team_admin)


def edited_and_restored(cast: Cast, client: Client) -> Flow:
    flow = actions.start_flow(cast.account.pk, title="Mail is late", team=cast.team, by=cast.team_admin)
    FlowDraft.objects.filter(flow=flow).update(tree=small_tree().to_json())
    publish(cast, flow)
    press(client, flow, "save", {**opened(client, flow), "n1.title": ["Is it on?"]})
    publish(cast, flow)
    first, second = flow.versions.order_by("number")

    actions.restore_version(flow, first, base=second, by=cast.team_admin)
    return flow


def forked_and_rebased(cast: Cast, client: Client) -> Flow:
    flow = make_version(cast, title="Printer prints nothing").flow
    variant = actions.fork(flow, title="Variant", client=cast.client, team=cast.team, by=cast.team_admin)
    press(client, variant, "save", {**opened(client, variant), "n3.title": ["Tell the front desk"]})
    publish(cast, variant)
    actions.publish_version(flow, small_tree("Is it on?"), base=flow.current_version, by=cast.team_admin)

    press(client, variant, "rebase", opened(client, variant))
    press(client, variant, "save", {**opened(client, variant), "n3.title": ["Tell the back desk"]})
    publish(cast, variant)
    return variant


def proposed(cast: Cast) -> tuple[Flow, Flow]:
    new, edited = make_proposal(cast), make_proposal(cast, version=make_version(cast))

    made = approve(new, draft=new.current_draft_id, by=cast.team_admin)
    changed = publish_edited(
        edited,
        small_tree("Is the queue paused?"),
        meta={},
        draft=edited.current_draft_id,
        base=edited.base_version_id,
        by=cast.team_admin,
    )

    return made.flow, changed.flow


def test_what_is_made_edited_and_restored_says_so(cast: Cast, client: Client) -> None:
    assert sources(edited_and_restored(cast, client)) == ["edit", "edit", "restore"]


def test_a_variant_says_so_and_what_brings_it_in_step_with_its_origin(cast: Cast, client: Client) -> None:
    assert sources(forked_and_rebased(cast, client)) == ["fork", "rebase"]


def test_what_was_proposed_says_so_new_or_a_change(cast: Cast) -> None:
    assert [sources(flow) for flow in proposed(cast)] == [["proposal"], ["edit", "proposal"]]


def test_a_file_is_where_a_new_flow_and_a_change_came_from_however_much_is_edited_since(
    cast: Cast, client: Client
) -> None:
    flow = make_version(cast, title="Printer prints nothing").flow
    theirs = PortableFlow(flow.slug, flow.title, flow.summary, "", small_tree("Is it on?"))

    import_flows(cast.account.pk, [FILE, theirs], team=cast.team, by=cast.team_admin)
    press(client, flow, "save", {**opened(client, flow), "n3.title": ["Tell the front desk"]})
    publish(cast, flow)

    assert sources(Flow.objects.get(slug="scanner")) == ["import"]
    assert sources(flow) == ["edit", "import"]


def test_installed_starters_say_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Starter("printer", 1, "Printer prints nothing", "", "printing", (), small_tree)
    monkeypatch.setattr(installing, "starters", lambda: {"printer": shipped})
    install_starters(cast.account.pk, by=None)

    assert sources(Flow.objects.get()) == ["starter"]


def test_the_history_and_the_api_tell_it_where_it_is_known(cast: Cast, client: Client) -> None:
    import_flows(cast.account.pk, [FILE], team=cast.team, by=cast.team_admin)
    flow = Flow.objects.select_related("current_version").get()

    assert "Lead · just now · From a file · shown here" in words(
        client.get(reverse("flows:detail", args=[flow.pk]))
    )
    answer = client.get(reverse("api-flow-detail", args=[flow.pk]))
    assert answer.json()["current_version"]["source"] == "import"

    filled({flow.current_version.pk: ""})
    assert "Lead · just now · shown here" in words(client.get(reverse("flows:detail", args=[flow.pk])))


def migration(of: str, name: str) -> ModuleType:
    return import_module(f"{of}.migrations.{name}")


def filled(values: dict[UUID, str], *more: str) -> None:
    """Rows as they are after these sources and statements, past the rule that refuses changes."""
    rule = migration("flowpilot.flows", "0012_sources_of_versions").RULE
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(rule.reverse_sql)
        for key, source in values.items():
            cursor.execute("UPDATE flows_flowversion SET source = %s WHERE id = %s", [source, key])
        for statement in more:
            cursor.execute(statement)
        cursor.execute(rule.sql)


def test_what_was_published_before_is_told_by_what_was_kept(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited_and_restored(cast, client)
    forked_and_rebased(cast, client)
    proposed(cast)
    import_flows(cast.account.pk, [FILE], team=cast.team, by=cast.team_admin)
    shipped = Starter("mail", 1, "Mail bounces", "", "email", (), small_tree)
    monkeypatch.setattr(installing, "starters", lambda: {"mail": shipped})
    install_starters(cast.account.pk, by=None)
    was = dict(FlowVersion.objects.values_list("pk", "source"))

    filled(
        dict.fromkeys(was, "edit"),
        migration("flowpilot.flows", "0012_sources_of_versions").FILL,
        migration("proposals", "0017_sources_of_versions").FILL,
    )

    # Whether a later version of a variant was edited or brought in step was not kept.
    expected = {key: "" if source == "rebase" else source for key, source in was.items()}
    assert dict(FlowVersion.objects.values_list("pk", "source")) == expected
    assert {"edit", "restore", "fork", "", "proposal", "import", "starter"} == set(expected.values())
