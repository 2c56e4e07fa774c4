"""The demo's published flows, as they stood before the first session."""

from datetime import datetime

from flowpilot.demo import material
from flowpilot.demo.catalogue import Catalogue
from flowpilot.demo.people import Ground
from flowpilot.flows import actions
from flowpilot.flows.models import Flow, FlowVersion


def publish(
    ground: Ground, account: material.Account, content: Catalogue, at: datetime
) -> dict[str, FlowVersion]:
    """Publish the account's flows; returns their first versions by the flow's name in the catalogue."""
    teams = {
        content.problems[slug].flow: team for team, counts in account.sessions.items() for slug in counts
    }
    return {name: _first_version(ground, content.flows[name], teams[name], at) for name in account.flows}


def _first_version(ground: Ground, content: material.Flow, team: str, at: datetime) -> FlowVersion:
    """Version 1, dated back: `publish_version` dates with the present, and versions cannot be changed."""
    owner = next(user for user in ground.people.values() if user.account_admin)
    flow = actions.create_flow(
        ground.account.pk,
        title=content.title,
        summary=content.summary,
        domain=content.domain,
        team=ground.teams[team],
        owner=owner,
    )
    version = FlowVersion.objects.create(
        account=ground.account,
        flow=flow,
        number=1,
        tree_structure=content.tree.to_json(),
        note=content.note,
        published_by=owner,
        published_at=at,
        created_at=at,
    )
    flow.status, flow.current_version, flow.created_at = Flow.Status.PUBLISHED, version, at
    flow.save(update_fields=["status", "current_version", "created_at", "updated_at"])
    return version
