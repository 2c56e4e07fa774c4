"""Variants of a flow for one client, which remember what they come from."""

from django.db import transaction

from flowpilot.accounts import audit
from flowpilot.accounts.models import Client, Team, User
from flowpilot.flows.actions.publishing import create_flow
from flowpilot.flows.models import Flow, FlowDraft, FlowOrigin, VersionSource


class NothingToFork(Exception):
    """The flow has no published version yet."""


@transaction.atomic
def fork(flow: Flow, *, title: str, client: Client, team: Team | None, by: User) -> Flow:
    """A variant for a client: a draft with what the flow's current version says. Raises `NothingToFork`."""
    version = flow.current_version
    if version is None:
        raise NothingToFork
    variant = create_flow(
        flow.account_id,
        title=title,
        summary=flow.summary,
        domain=flow.domain,
        team=team,
        client=client,
        owner=by,
        forked_from=flow,
    )
    FlowDraft.objects.create(
        account_id=flow.account_id,
        flow=variant,
        title=title,
        summary=flow.summary,
        domain=flow.domain or "",
        tree=version.tree_structure,
        source=VersionSource.FORK,
        updated_by=by,
    )
    FlowOrigin.objects.create(
        account_id=flow.account_id,
        flow=variant,
        kind=FlowOrigin.Kind.FORK,
        version=version.number,
        tree=version.tree_structure,
    )
    origin = f"{flow.title}, version {version.number}"
    audit.record(
        audit.Verb.CREATED,
        account_id=flow.account_id,
        subject=variant,
        changes={"origin": ("", origin)},
        by=by,
    )
    return variant
