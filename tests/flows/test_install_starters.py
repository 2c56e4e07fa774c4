"""The starter library in an account: installed once, upgraded, and never over what somebody edited."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from flowpilot.flows import actions
from flowpilot.flows.actions import starters as installing
from flowpilot.flows.actions.starters import install_starters, planned
from flowpilot.flows.document import parse
from flowpilot.flows.models import Flow, FlowDraft
from flowpilot.flows.starter import catalogue
from flowpilot.flows.starter.catalogue import Source, Starter
from tests.factories import Cast, small_tree
from tests.screens import signed_in, words

PRINTER = Starter(
    "printer",
    1,
    "Printer prints nothing",
    "",
    "printing",
    (Source("Spooler", "https://example.com/"),),
    small_tree(),
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
    shipped["printer"] = replace(PRINTER, version=2, tree=small_tree("Is it on?"))

    install_starters(cast.account.pk, by=None)

    flow = installed(cast, "printer")
    assert (flow.current_version.number, flow.current_version.tree.node("n1").title) == (2, "Is it on?")
    assert what(cast)["printer"] == "current"


def test_an_edited_flow_gets_the_newer_state_as_a_draft_with_its_own_words_kept(
    cast: Cast, shipped: dict[str, Starter]
) -> None:
    install_starters(cast.account.pk, by=None)
    flow = installed(cast, "printer")
    own = small_tree().to_json()
    own["nodes"][2]["title"] = "Tell the front desk"  # type: ignore[index]
    actions.publish_version(flow, parse(own), base=flow.current_version, by=cast.account_admin)
    shipped["printer"] = replace(PRINTER, version=2, tree=small_tree("Is it on?"))

    install_starters(cast.account.pk, by=None)

    draft = FlowDraft.objects.get(flow=flow)
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
    shipped["printer"] = replace(PRINTER, version=2, tree=small_tree("Is it on?"))

    install_starters(cast.account.pk, by=None)

    assert (what(cast)["printer"], FlowDraft.objects.count()) == ("offer", 0)
    page = signed_in(cast.account_admin).get(reverse("flows:detail", args=[flow.pk]))
    assert "This flow comes from version 1 of the starter library" in words(page)


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
