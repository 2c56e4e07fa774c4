"""Edit & publish as its tests go through it: the form as it is first shown, and presses of its buttons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.test import Client
from django.urls import reverse

from flowpilot.flows.actions import publish_version
from flowpilot.flows.document import Tree
from flowpilot.flows.models import FlowVersion
from proposals.models import FlowProposal
from tests.factories import Cast, make_proposal, make_version, redraft, small_tree
from tests.proposals.pages import form_of


def edit_url(proposal: FlowProposal) -> str:
    return reverse("proposals:edit", args=[proposal.pk])


def opened(client: Client, proposal: FlowProposal) -> dict[str, list[str]]:
    """What the form of the page would send as it is first shown."""
    return form_of(client.get(edit_url(proposal)).content.decode())


def press(
    client: Client, proposal: FlowProposal, op: str, fields: Mapping[str, Sequence[str]], **headers: str
) -> Any:
    return client.post(edit_url(proposal), {**fields, "op": [op]}, headers=headers or None)


def drafted(proposal: FlowProposal, tree: Tree) -> FlowProposal:
    """The proposal with a newer draft."""
    redraft(proposal, tree)
    return proposal


def retitled(tree: Tree, node: str, title: str) -> Tree:
    return replace(
        tree, nodes=tuple(replace(one, title=title) if one.id == node else one for one in tree.nodes)
    )


def moved_on(cast: Cast, version: FlowVersion, tree: Tree) -> FlowVersion:
    return publish_version(version.flow, tree, base=version, by=cast.team_admin)


def contradicting(cast: Cast) -> tuple[FlowProposal, FlowVersion]:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    return proposal, moved_on(cast, version, retitled(small_tree(), "n3", "Paper comes out"))
