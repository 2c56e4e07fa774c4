"""What the review queue can be narrowed by, on the screen and in the API."""

from datetime import timedelta
from typing import ClassVar

import django_filters as filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.search import SEARCH_LENGTH, Found
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.filters import clients, teams
from proposals.models import FlowProposal

AGES = [
    ("1", _("Up to a day")),
    ("7", _("Up to a week")),
    ("30", _("Up to 30 days")),
    ("over30", _("Over 30 days")),
]


class ProposalFilter(filters.FilterSet):
    """Everything but the status, which is the queue's tabs."""

    q = filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label=_("Search"))
    type = filters.ChoiceFilter(
        field_name="proposal_type", choices=FlowProposal.Type, label=_("Type"), empty_label=_("All")
    )
    domain = filters.ChoiceFilter(
        field_name="problem_domain", choices=DOMAIN_CHOICES, label=_("Domain"), empty_label=_("All")
    )
    team = filters.ModelChoiceFilter(queryset=teams, label=_("Team"), empty_label=_("All"))
    client = filters.ModelChoiceFilter(queryset=clients, label=_("Client"), empty_label=_("All"))
    evidence = filters.NumberFilter(
        field_name="evidence_count", lookup_expr="gte", min_value=0, label=_("Sessions from")
    )
    age = filters.ChoiceFilter(method="raised", choices=AGES, label=_("Age"), empty_label=_("All"))

    class Meta:
        model = FlowProposal
        fields: ClassVar[tuple[str, ...]] = ("q", "type", "domain", "team", "client", "evidence", "age")

    def search(self, queryset: QuerySet[FlowProposal], name: str, value: str) -> QuerySet[FlowProposal]:
        return queryset.filter(pk__in=Found("proposals_found", value))

    def raised(self, queryset: QuerySet[FlowProposal], name: str, value: str) -> QuerySet[FlowProposal]:
        """Since how long it waits, counted back from now."""
        days = int(value.removeprefix("over"))
        moment = timezone.now() - timedelta(days=days)
        return queryset.filter(
            **{"created_at__lt" if value.startswith("over") else "created_at__gte": moment}
        )


class ProposalApiFilter(ProposalFilter):
    """For programs, which have no tabs."""

    status = filters.MultipleChoiceFilter(choices=FlowProposal.Status, label=_("Status"))

    class Meta(ProposalFilter.Meta):
        fields = (*ProposalFilter.Meta.fields, "status")
