"""What the pages of the practice PSA show."""

from django.db.models import QuerySet
from django.http import Http404

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from flowpilot.psa.models import PracticeTicket


def practice_tickets(user: User) -> QuerySet[PracticeTicket]:
    rows: QuerySet[PracticeTicket] = visible(PracticeTicket, user).select_related("connection")
    return rows.order_by("-created_at", "-id")


def practice_ticket(user: User, number: int) -> PracticeTicket:
    """404 when the account has none with this number."""
    row = practice_tickets(user).filter(number=number).prefetch_related("notes").first()
    if row is None:
        raise Http404
    return row
