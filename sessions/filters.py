"""What lists of sessions can be narrowed by, on the screen and in the API."""

from typing import Any

import django_filters as filters
from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import User
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.filters import clients, teams
from sessions.models import PROBLEM_SEARCH, AISession


def engineers(request: Any) -> QuerySet[User]:
    return User.objects.for_account(request.user.account_id)


class SessionFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label=_("Search"))
    status = filters.MultipleChoiceFilter(choices=AISession.Status, label=_("Status"))
    tier = filters.ChoiceFilter(
        field_name="confidence_tier", choices=AISession.Tier, label=_("Tier"), empty_label=_("All")
    )
    domain = filters.ChoiceFilter(
        field_name="problem_domain", choices=DOMAIN_CHOICES, label=_("Domain"), empty_label=_("All")
    )
    analysis = filters.ChoiceFilter(
        field_name="analysis_status",
        choices=AISession.AnalysisStatus,
        label=_("Analysis"),
        empty_label=_("All"),
    )
    team = filters.ModelChoiceFilter(queryset=teams, label=_("Team"), empty_label=_("All"))
    client = filters.ModelChoiceFilter(queryset=clients, label=_("Client"), empty_label=_("All"))
    engineer = filters.ModelChoiceFilter(
        field_name="user", queryset=engineers, label=_("Engineer"), empty_label=_("All")
    )

    class Meta:
        model = AISession
        fields = ("q", "status", "tier", "domain", "analysis", "team", "client", "engineer")

    def search(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        query = SearchQuery(value, config="english", search_type="websearch")
        return queryset.annotate(problem_search=PROBLEM_SEARCH).filter(problem_search=query)
