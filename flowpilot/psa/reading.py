"""What the pages of the practice PSA show."""

from django.db.models import QuerySet
from django.http import Http404

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from flowpilot.psa.models import PracticeTicket, PsaConnection


def practice_tickets(user: User) -> QuerySet[PracticeTicket]:
    rows: QuerySet[PracticeTicket] = visible(PracticeTicket, user).select_related("connection")
    return rows.order_by("-created_at", "-id")


def practice_connection(user: User) -> PsaConnection | None:
    """The account's first connection to a practice PSA that is in use."""
    rows = visible(PsaConnection, user).filter(provider="practice", state=PsaConnection.State.OK)
    found: PsaConnection | None = rows.order_by("created_at", "id").first()
    return found


def practice_ticket(user: User, number: int) -> PracticeTicket:
    """404 when the account has none with this number."""
    row = practice_tickets(user).filter(number=number).prefetch_related("notes").first()
    if row is None:
        raise Http404
    return row
