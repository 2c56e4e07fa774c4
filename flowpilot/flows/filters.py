"""What the library can be narrowed by, on the screen and in the API."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team
from flowpilot.core.search import SEARCH_LENGTH, Found
from flowpilot.core.web import visible
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.models import Flow


def teams(request: Any) -> QuerySet[Team]:
    return visible(Team, request.user)


def clients(request: Any) -> QuerySet[Client]:
    return visible(Client, request.user)


class FlowFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label=_("Search"))
    status = filters.ChoiceFilter(choices=Flow.Status, label=_("Status"), empty_label=_("All"))
    domain = filters.ChoiceFilter(choices=DOMAIN_CHOICES, label=_("Domain"), empty_label=_("All"))
    team = filters.ModelChoiceFilter(queryset=teams, label=_("Team"), empty_label=_("All"))
    client = filters.ModelChoiceFilter(queryset=clients, label=_("Client"), empty_label=_("All"))

    class Meta:
        model = Flow
        fields = ("q", "status", "domain", "team", "client")

    def search(self, queryset: QuerySet[Flow], name: str, value: str) -> QuerySet[Flow]:
        return queryset.filter(pk__in=Found("flows_found", value))
