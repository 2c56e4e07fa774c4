"""Sets of sessions that need tables of other rooms; `apps` makes them known."""

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from analytics.models import GapSession, KnownBefore
from flowpilot.psa.metrics import AT_FIRST, GIVEN_UP, LEFT_OUT
from flowpilot.psa.models import PsaPush
from proposals.models import FlowProposal, ProposalEvidence
from sessions import sets
from sessions.models import GUIDED_ABOVE, AISessionStep, GeneratedScript

Risk, Push = GeneratedScript.Risk, PsaPush.State
SCRIPT_SETS: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "scripted": (_("Asked for a script"), {}),
    "script_refused": (_("Was refused a script"), {"body": ""}),
    "script_run": (_("Ran a script"), {"run_at__isnull": False}),
    "script_worked": (
        _("Ran a script that worked"),
        {"run_at__isnull": False, "run_outcome": AISessionStep.Outcome.WORKED},
    ),
    "script_by_rules": (_("Got a script by rules instead"), {"fallback__gt": ""}),
    "script_read": (_("Script that reads only"), {"risk": Risk.READ, "body__gt": ""}),
    "script_change": (_("Script that makes changes"), {"risk": Risk.CHANGE, "body__gt": ""}),
    "script_destructive": (_("Destructive script"), {"risk": Risk.DESTRUCTIVE, "body__gt": ""}),
}
PUSH_SETS: Final[dict[str, tuple[Any, Q]]] = {
    "pushed": (_("To be written into a ticket"), Q()),
    "push_delivered": (_("Written into a ticket"), Q(state=Push.DELIVERED)),
    "push_first": (_("Written into a ticket at the first attempt"), AT_FIRST),
    "push_waiting": (_("Waiting to be written into a ticket"), Q(state__in=[Push.PENDING, Push.SENDING])),
    "push_unknown": (_("Nobody knows whether it is in the ticket"), Q(state=Push.UNKNOWN)),
    "push_dead": (_("Could not be written into a ticket"), GIVEN_UP),
    "push_left_out": (_("Left out by decision, never sent"), LEFT_OUT),
    "push_doubled": (_("Written into a ticket twice"), Q(copies__gt=1)),
}

BEHIND_SETS: Final[dict[str, dict[str, Any]]] = {
    f"behind_{status}": {"proposal__status": status} for status in FlowProposal.Status.values
}


def taught(**proposal: Any) -> Exists:
    """A proposal of that kind rests on the session."""
    return Exists(
        ProposalEvidence.objects.filter(
            account_id=OuterRef("account_id"),
            session_id=OuterRef("pk"),
            superseded_at__isnull=True,
            **proposal,
        )
    )


def linked(now: datetime) -> Q:
    """Resolved along a flow that was not left, or what a published proposal was made of."""
    along = Q(flow_version__isnull=False, left_flow_at__isnull=True)
    published = taught(proposal__status__in=FlowProposal.PUBLISHED)
    return sets.resolved(now) & (along | Q(published))


def looked_up(**found: Any) -> Q:
    """What was known when it began is looked up, and is that."""
    return Q(Exists(KnownBefore.objects.filter(session_id=OuterRef("pk"), **found)))


def unused(now: datetime) -> Q:
    """A flow fitted with a probability above that of "guided", and was not followed to the end."""
    left = Q(left_flow_at__isnull=False, match_probability__gt=GUIDED_ABOVE)
    missed = looked_up(fitting_flow__isnull=False)
    return sets.ended(now) & ~sets.followed(now) & (left | missed)


def _without_fitting_flow(now: datetime) -> Q:
    return sets.ended(now) & ~sets.followed(now) & ~unused(now)


def known_gap(now: datetime) -> Q:
    """Resolved before, and there was no flow for it."""
    return _without_fitting_flow(now) & looked_up(resolved_alike__gt=0)


def known_new(now: datetime) -> Q:
    return _without_fitting_flow(now) & looked_up(resolved_alike=0)


def known_later(now: datetime) -> Q:
    """Nobody knows yet: it is looked up with the next search for gaps."""
    return _without_fitting_flow(now) & ~looked_up()


def with_script(now: datetime, which: dict[str, Any]) -> Q:
    scripts = GeneratedScript.objects.filter(account_id=OuterRef("account_id"), session_id=OuterRef("pk"))
    return Q(Exists(scripts.filter(**which)))


def with_push(now: datetime, which: Q) -> Q:
    pushes = PsaPush.objects.filter(account_id=OuterRef("account_id"), session_id=OuterRef("pk"))
    return Q(Exists(pushes.filter(which)))


def behind_proposal(now: datetime, which: dict[str, Any]) -> Q:
    return Q(taught(**which))


def shows_gap(gap: UUID) -> QuerySet[GapSession, dict[str, UUID]]:
    return GapSession.objects.filter(gap=gap).values("session")


def make_known() -> None:
    sets.add_lists("gap", shows_gap)
    sets.add("linked", _("Linked to a flow"), linked)
    sets.add("known_unused", _("Known, flow not used"), unused)
    sets.add("known_gap", _("Known, no flow"), known_gap)
    sets.add("known_new", _("New"), known_new)
    sets.add("known_later", _("Not looked up yet"), known_later)
    sets.add(
        "ended_scored", _("Ended with a score"), lambda now: sets.ended(now) & Q(scored_at__isnull=False)
    )
    sets.add("off_flow", _("Followed no flow"), lambda now: ~sets.followed(now))
    for key, (label, which) in SCRIPT_SETS.items():
        sets.add(key, label, partial(with_script, which=which))
    for key, (label, pushes) in PUSH_SETS.items():
        sets.add(key, label, partial(with_push, which=pushes))
    for status, name in FlowProposal.Status.choices:
        label = f"{_('Behind a proposal')}: {name}"
        sets.add(f"behind_{status}", label, partial(behind_proposal, which=BEHIND_SETS[f"behind_{status}"]))
