"""What the pages about connections and pushes show."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.core.web import find, visible
from flowpilot.psa.models import PsaConnection, PsaPush, PsaPushAttempt, PsaWebhook
from flowpilot.psa.models.push import for_people
from flowpilot.psa.ports import Connector
from flowpilot.psa.registry import PROVIDERS, connector_class, provider_name, takes_time
from flowpilot.psa.throttle import Used, used
from flowpilot.psa.webhooks.signatures import SECRET

State = PsaPush.State


@dataclass(frozen=True)
class Health:
    """How it goes with a connection. `error`: the last one of a try, in the vendor's words."""

    used: Used
    waiting: int
    for_people: int
    error: str
    error_at: datetime | None
    asked_to_wait: bool
    called_at: datetime | None
    """When it last called FlowPilot."""


def connections(user: User) -> QuerySet[PsaConnection]:
    """By name, with what waits there and what waits for people."""
    rows: QuerySet[PsaConnection] = visible(PsaConnection, user)
    waiting = Count("pushes", filter=Q(pushes__state__in=[State.PENDING, State.SENDING]))
    decide = Count("pushes", filter=for_people("pushes__"))
    return rows.annotate(waiting=waiting, for_people=decide).order_by("name", "id")


def connection(user: User, pk: UUID) -> PsaConnection:
    """404 when it is not the account's."""
    return find(connections(user), user, pk)


def known(row: PsaConnection) -> type[Connector] | None:
    """Its connector's class; None where this installation has none."""
    return connector_class(row.provider) if row.provider in PROVIDERS else None


def health(row: PsaConnection) -> Health:
    tries = PsaPushAttempt.objects.for_account(row.account_id).filter(push__connection=row)
    failed = tries.exclude(vendor_message="").order_by("-started_at").first()
    calls = PsaWebhook.objects.for_account(row.account_id).filter(connection=row)
    until = row.asked_to_wait_until
    return Health(
        used=used(row),
        waiting=row.waiting,  # type: ignore[attr-defined]
        for_people=row.for_people,  # type: ignore[attr-defined]
        error=row.trouble or (failed.vendor_message if failed else ""),
        error_at=failed.started_at if failed and not row.trouble else None,
        asked_to_wait=until is not None and until > timezone.now(),
        called_at=calls.order_by("-said_at").values_list("said_at", flat=True).first(),
    )


def has_secret(row: PsaConnection) -> bool:
    kept = row.credentials.reveal() if row.credentials is not None else {}
    return bool(kept.get(SECRET))


def writes_no_time(row: PsaConnection) -> bool:
    """Whether the mapping lacks what minutes take there."""
    return not takes_time(row)


def providers() -> list[tuple[str, str]]:
    """Key and name of each that can be connected, by name."""
    return sorted(((key, provider_name(key)) for key in PROVIDERS), key=lambda each: each[1])


def pushes(user: User) -> QuerySet[PsaPush]:
    rows: QuerySet[PsaPush] = visible(PsaPush, user).select_related("connection")
    return rows


def push(user: User, pk: UUID) -> PsaPush:
    """404 when it is not the account's."""
    return find(pushes(user).prefetch_related("tries"), user, pk)


def waits_for_notes(row: PsaPush) -> bool:
    """A status that is due and whose turn it is not yet."""
    waiting = PsaPush.objects.for_account(row.account_id).filter(pk=row.pk, state=State.PENDING)
    return waiting.exists() and not waiting.in_turn().exists()


def samples() -> list[tuple[str, dict[str, str]]]:
    """Each ending with values to show a template with, of sessions that never were."""
    common = {
        "time": _("25 minutes of work."),
        "engineer": "Ada Fielding",
        "minutes": "25",
        "problem": _("Print jobs stay in the queue"),
        "client": "Northwind",
        "ticket": "10401",
        "steps": "1. Is the printer reachable? — Yes\n2. Restart the spooler — Worked",
        "link": "https://flowpilot.example/sessions/4711/",
    }
    resolved = {
        "ending": _("Resolved by Ada Fielding."),
        "summary": _("The spooler hung on a broken job. Cleared the queue."),
        "action": _("Restart the spooler"),
        "cause": _("Software"),
    }
    escalated = {
        "ending": _("Escalated by Ada Fielding."),
        "destination": "Printer Inc.",
        "reason": _("The spooler stops again after a minute: the vendor's driver."),
    }
    abandoned = {
        "ending": _("Abandoned by Ada Fielding."),
        "reason": _("The customer has replaced the printer."),
    }
    return [
        (status, {**common, "status": status, **ended})
        for status, ended in (
            (_("Resolved"), resolved),
            (_("Escalated"), escalated),
            (_("Abandoned"), abandoned),
        )
    ]
