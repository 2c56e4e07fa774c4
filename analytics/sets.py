"""Sets of sessions that need the tables of proposals; `apps` makes them known."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from proposals.models import FlowProposal, ProposalEvidence, SessionAnalysis
from sessions import sets

KNOWN_OUTCOMES = (SessionAnalysis.Outcome.SUPPORTS_PENDING, SessionAnalysis.Outcome.SUPPRESSED)
"""The analysis had seen the problem before, in other sessions."""


def taught() -> Exists:
    """A published proposal rests on the session."""
    return Exists(
        ProposalEvidence.objects.filter(
            account_id=OuterRef("account_id"),
            session_id=OuterRef("pk"),
            superseded_at__isnull=True,
            proposal__status__in=FlowProposal.PUBLISHED,
        )
    )


def seen_before() -> Exists:
    return Exists(SessionAnalysis.objects.filter(session_id=OuterRef("pk"), outcome__in=KNOWN_OUTCOMES))


def linked(now: datetime) -> Q:
    """Resolved along a flow, or what a published proposal was made of."""
    return sets.resolved(now) & (Q(flow_version__isnull=False) | Q(taught()))


def _without_fitting_flow(now: datetime) -> Q:
    return sets.ended(now) & ~sets.followed(now) & ~sets.unused(now)


def known_gap(now: datetime) -> Q:
    return _without_fitting_flow(now) & Q(seen_before())


def known_new(now: datetime) -> Q:
    return _without_fitting_flow(now) & ~Q(seen_before())


def make_known() -> None:
    sets.add("linked", _("Linked to a flow"), linked)
    sets.add("known_gap", _("Known, no flow"), known_gap)
    sets.add("known_new", _("New"), known_new)
