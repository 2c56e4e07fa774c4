"""The editor through its door: its form as it is shown, and its buttons."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.test import Client
from django.urls import reverse

from flowpilot.flows import actions
from flowpilot.flows.models import Flow, FlowDraft
from tests.proposals.pages import form_of
from tests.screens import text

Fields = dict[str, list[str]]


def at(flow: Flow, name: str = "edit") -> str:
    return reverse(f"flows:{name}", args=[flow.pk])


def opened(client: Client, flow: Flow) -> Fields:
    """What the form of the page would send as it is first shown."""
    return form_of(text(client.get(at(flow))))


def press(client: Client, flow: Flow, op: str, fields: Mapping[str, Sequence[str]], **headers: str) -> Any:
    return client.post(at(flow), {**fields, "op": [op]}, headers=headers or None)


def draft_of(flow: Flow) -> FlowDraft:
    return FlowDraft.objects.select_related("base_version").get(flow=flow)


def seen(flow: Flow) -> actions.Seen:
    return actions.Seen.of(draft_of(flow))


def again(flow: Flow) -> Flow:
    return Flow.objects.select_related("origin", "current_version").get(pk=flow.pk)


def titles(tree: dict[str, Any]) -> list[str]:
    return [node["title"] for node in tree["nodes"]]
