"""The starter library in an account: installed once, upgraded, and never over what somebody edited."""

from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse

from flowpilot.core.scope import account_scope
from flowpilot.flows import actions
from flowpilot.flows.actions import describe
from flowpilot.flows.actions import starters as installing
from flowpilot.flows.actions.starters import install_starters, planned
from flowpilot.flows.document import parse
from flowpilot.flows.models import Flow, FlowDraft
from flowpilot.flows.starter import catalogue
from flowpilot.flows.starter.catalogue import Source, Starter
from tests.factories import Cast, small_tree
from tests.locks import until_somebody_waits
from tests.screens import signed_in, text, words

PRINTER = Starter(
    "printer",
    1,
    "Printer prints nothing",
    "",
    "printing",
    (Source("Spooler", "https://example.com/"),),
    small_tree,
)
MAIL = replace(PRINTER, key="mail", title="Mail is late", domain="email")


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> dict[str, Starter]:
    """The files of the product, as few as the tests need."""
    found = {"printer": PRINTER, "mail": MAIL}
    monkeypatch.setattr(catalogue, "starters", lambda: found)
    monkeypatch.setattr(installing, "starters", lambda: found)
    return found


def what(cast: Cast) -> dict[str, str]:
    return {step.starter.key: step.what for step in planned(cast.account.pk)}


def installed(cast: Cast, key: str) -> Flow:
    return Flow.objects.select_related("current_version", "origin").get(origin__key=key, account=cast.account)


def test_it_is_installed_once(cast: Cast, shipped: dict[str, Starter]) -> None:
    install_starters(cast.account.pk, by=cast.account_admin)
    install_starters(cast.account.pk, by=cast.account_admin)

    assert list(Flow.objects.order_by("title").values_list("title", "status")) == [
        ("Mail is late", "published"),
        ("Printer prints nothing", "published"),
    ]
    assert "Spooler: https://example.com/" in installed(cast, "mail").current_version.note
    assert what(cast) == {"printer": "current", "mail": "current"}


def test_a_newer_state_is_published_where_nobody_edited(cast: Cast, shipped: dict[str, Starter]) -> None:
    install_starters(cast.account.pk, by=None)
    shipped["printer"] = replace(
        PRINTER,
        version=2,
        title="Printer is offline",
        summary="From the cable on",
        domain="hardware",
        sources=(Source("Queues", "https://example.com/queues"),),
        read=lambda: small_tree("Is it on?"),
    )

    install_starters(cast.account.pk, by=None)

    flow = installed(cast, "printer")
    assert (flow.current_version.number, flow.current_version.tree.node("n1").title) == (2, "Is it on?")
    assert (flow.title, flow.summary, flow.domain) == ("Printer is offline", "From the cable on", "hardware")
    assert "Queues: https://example.com/queues" in flow.current_version.note
    assert what(cast)["printer"] == "current"


def test_a_title_of_ones_own_stays_when_the_rest_becomes_newer(
    cast: Cast, shipped: dict[str, Starter]
) -> None:
    install_starters(cast.account.pk, by=None)
    describe(installed(cast, "printer"), {"title": "Front desk printer"}, by=cast.account_admin)
    newer = replace(PRINTER, version=2, title="Printer is offline", domain="hardware")
    shipped["printer"] = newer

    install_starters(cast.account.pk, by=None)
    shipped["printer"] = replace(newer, version=3, domain="networking")
    install_starters(cast.account.pk, by=None)

    flow = installed(cast, "printer")
    assert (flow.title, flow.domain) == ("Front desk printer", "networking")


def test_an_edited_flow_gets_the_newer_state_as_a_draft_with_its_own_words_kept(
    cast: Cast, shipped: dict[str, Starter]
) -> None:
    install_starters(cast.account.pk, by=None)
    flow = installed(cast, "printer")
    own = small_tree().to_json()
    own["nodes"][2]["title"] = "Tell the front desk"  # type: ignore[index]
    actions.publish_version(flow, parse(own), base=flow.current_version, by=cast.account_admin)
    shipped["printer"] = replace(PRINTER, version=2, domain="hardware", read=lambda: small_tree("Is it on?"))

    install_starters(cast.account.pk, by=None)

    draft = FlowDraft.objects.get(flow=flow)
    assert (draft.title, draft.domain) == ("Printer prints nothing", "hardware")
    dialog = signed_in(cast.account_admin).get(reverse("flows:publish", args=[flow.pk]))
    assert "It rests on:\nSpooler: https://example.com/" in text(dialog)
    titles = {node["id"]: node["title"] for node in draft.tree["nodes"]}
    assert (titles["n1"], titles["n3"]) == ("Is it on?", "Tell the front desk")
    assert (
        installed(cast, "printer").current_version.tree.node("n1").title == "Does the printer show an error?"
    )
    assert what(cast)["printer"] == "current"


def test_what_contradicts_an_edit_is_offered_on_the_flows_page(
    cast: Cast, shipped: dict[str, Starter]
) -> None:
    install_starters(cast.account.pk, by=None)
    flow = installed(cast, "printer")
    actions.publish_version(flow, small_tree("Ours?"), base=flow.current_version, by=cast.account_admin)
    shipped["printer"] = replace(PRINTER, version=2, read=lambda: small_tree("Is it on?"))

    install_starters(cast.account.pk, by=None)

    assert (what(cast)["printer"], FlowDraft.objects.count()) == ("offer", 0)
    page = signed_in(cast.account_admin).get(reverse("flows:detail", args=[flow.pk]))
    assert "This flow comes from version 1 of the starter library" in words(page)


def test_what_says_the_newer_state_already_is_brought_in_step_without_a_draft(
    cast: Cast, shipped: dict[str, Starter]
) -> None:
    install_starters(cast.account.pk, by=None)
    flow = installed(cast, "printer")
    actions.publish_version(flow, small_tree("Is it on?"), base=flow.current_version, by=cast.account_admin)
    shipped["printer"] = replace(PRINTER, version=2, read=lambda: small_tree("Is it on?"))

    done = install_starters(cast.account.pk, by=None)

    assert {step.what for step in done} == {"current"}
    assert (what(cast)["printer"], FlowDraft.objects.count()) == ("current", 0)
    assert installed(cast, "printer").origin.version == 2


@pytest.mark.django_db(transaction=True)
def test_what_somebody_publishes_at_the_same_moment_is_not_upgraded_and_stops_nothing(
    cast: Cast, shipped: dict[str, Starter]
) -> None:
    install_starters(cast.account.pk, by=None)
    flow = installed(cast, "printer")
    shipped["printer"] = replace(PRINTER, version=2, read=lambda: small_tree("Is it on?"))
    done: dict[str, str] = {}

    def install() -> None:
        with account_scope(cast.account.pk):
            steps = install_starters(cast.account.pk, by=None)
        done.update({step.starter.key: step.what for step in steps})
        connection.close()

    other = Thread(target=install)
    with transaction.atomic():
        Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        other.start()
        until_somebody_waits()
        actions.publish_version(flow, small_tree("Ours?"), base=flow.current_version, by=cast.account_admin)
    other.join()

    assert done["printer"] == "offer"
    assert installed(cast, "printer").current_version.tree.node("n1").title == "Ours?"


def test_an_admin_installs_it_from_the_empty_library(cast: Cast, shipped: dict[str, Starter]) -> None:
    client = signed_in(cast.account_admin)
    assert "Install the starter library" in words(client.get(reverse("flows:library")))
    assert "2 flows to install" in words(client.get(reverse("flows:starters")))

    client.post(reverse("flows:starters"))

    assert Flow.objects.count() == 2


def test_the_command_tells_what_it_would_do(cast: Cast, shipped: dict[str, Starter], capsys: Any) -> None:
    call_command("install_starter_flows", account=cast.account.slug, dry_run=True)

    assert capsys.readouterr().out == (
        "install  printer 1\ninstall  mail 1\nWould be: install 2, upgrade 0, draft 0, offer 0, current 0\n"
    )
    assert not Flow.objects.exists()
