"""Looking at cards of the dashboard, and at the sessions that their links lead to."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from analytics.dashboard import CARDS
from analytics.models import RollupState
from analytics.parts import Card
from analytics.scope import ScopeForm, scope_of
from analytics.seen import Seen
from flowpilot.accounts.models import User
from sessions.filters import SessionFilter
from sessions.models import AISession


def built(user: User, query: str, key: str, state: RollupState | None = None) -> Card:
    """A card, as it is when the days were counted last: now, if `state` does not say else."""
    form = ScopeForm(QueryDict(query), user=user)
    scope = scope_of(form, user, state, timezone.now().date() - timedelta(days=100))
    return CARDS[key].build(scope, Seen(scope))


def behind(url: str, user: User) -> int:
    """How many sessions the list shows to this person under the address."""
    rows = AISession.objects.visible_to(user)
    request: Any = SimpleNamespace(user=user)
    narrowed = SessionFilter(QueryDict(urlsplit(url).query), queryset=rows, request=request)
    assert narrowed.is_valid(), narrowed.errors
    return narrowed.qs.count()


def counted(card: Card) -> list[tuple[str, int | None]]:
    """Every link of a card to sessions, with the number of sessions that it stands for."""
    cells = [cell for table in card.tables for row in table.rows for cell in row]
    linked = [(fact.url, fact.count) for fact in card.facts] + [(cell.url, cell.count) for cell in cells]
    return [(url, count) for url, count in linked if url.startswith(reverse("sessions:list"))]
