"""The engineers whose sessions became a flow are told so when it is published."""

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.notifications import notify, withdraw
from flowpilot.flows.models import FlowVersion
from proposals.models import FlowProposal

KIND: Final = "flow_published"


def tell_engineers(proposal: FlowProposal, version: FlowVersion, *, by: User) -> None:
    """Everybody who held a session of the evidence when it was resolved, but for who published."""
    evidence = proposal.evidence.counting().select_related("session")
    rows = evidence.only("proposal_id", "session__user_id", "session__escalated_to_id")
    holders = User.objects.filter(pk__in={row.session.holder_id for row in rows}).exclude(pk=by.pk)
    said = _("Your troubleshooting became version %(number)s of the flow “%(title)s”.")
    text = said % {"number": version.number, "title": version.flow.title}
    for holder in holders:
        notify(holder, kind=KIND, text=text, url=_address(version))


def tell_no_more(version: FlowVersion) -> None:
    """The publication was undone: who has not read of it yet will not."""
    withdraw(version.account_id, kind=KIND, url=_address(version))


def _address(version: FlowVersion) -> str:
    return reverse("flows:version", args=[version.flow_id, version.number])
