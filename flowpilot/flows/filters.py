"""What the library can be narrowed by, on the screen and in the API."""

from typing import Any, Final

import django_filters as filters
from django.db.models import Q, QuerySet
from django.forms import Form
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.choosing import draw_together
from flowpilot.accounts.models import Client, Team
from flowpilot.core.narrowing import Narrowing
from flowpilot.core.paging import Sort
from flowpilot.core.search import SEARCH_LENGTH, Found
from flowpilot.core.web import visible
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.models import Flow


def teams(request: Any) -> QuerySet[Team]:
    return visible(Team, request.user).only("name")


def clients(request: Any) -> QuerySet[Client]:
    return visible(Client, request.user).only("name")


SORTS: Final = {
    "used": Sort("uses", kind="number"),
    "last-used": Sort("last_used_at", nullable=True),
    "title": Sort("title", descending=False, kind="text"),
    "review": Sort("review_due_at", descending=False, nullable=True),
}
"""The library's orders beside newest first, by what the address calls them."""

SORT_WORDS: Final = {
    "": _("Newest first"),
    "used": _("Most used"),
    "last-used": _("Last used"),
    "title": _("Title"),
    "review": _("Review due"),
}

TRUST: Final = [
    ("verified", _("Verified")),
    ("due", _("Review due")),
    ("decaying", _("Decaying")),
    ("unused", _("Never used")),
    ("changes", _("Unpublished changes")),
]


class FlowFilter(Narrowing):
    q = filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label=_("Search"))
    status = filters.ChoiceFilter(choices=Flow.Status, label=_("Status"), empty_label=_("All"))
    domain = filters.ChoiceFilter(choices=DOMAIN_CHOICES, label=_("Domain"), empty_label=_("All"))
    team = filters.ModelChoiceFilter(queryset=teams, label=_("Team"), empty_label=_("All"))
    client = filters.ModelChoiceFilter(queryset=clients, label=_("Client"), empty_label=_("All"))

    state = filters.ChoiceFilter(choices=TRUST, method="trust", label=_("Trust"), empty_label=_("All"))

    class Meta:
        model = Flow
        fields = ("q", "status", "domain", "team", "client", "state")

    @cached_property
    def form(self) -> Form:
        made: Form = super().form
        draw_together(made, "team", "client")
        return made

    def trust(self, queryset: QuerySet[Flow], name: str, value: str) -> QuerySet[Flow]:
        due = Q(review_due_at__lte=timezone.now())
        narrowed = {
            "verified": Q(verified_at__isnull=False) & ~due,
            "due": due,
            "decaying": Q(decaying=True),
            "unused": Q(uses=0),
            "changes": Q(draft__isnull=False),
        }
        return queryset.filter(narrowed[value])

    def search(self, queryset: QuerySet[Flow], name: str, value: str) -> QuerySet[Flow]:
        return queryset.filter(pk__in=Found("flows_found", value))
