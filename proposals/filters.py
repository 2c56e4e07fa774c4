"""What the review queue can be narrowed by, on the screen and in the API."""

from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.choosing import draw_together
from flowpilot.core.asking import Asked, asked_by
from flowpilot.core.narrowing import Narrowing
from flowpilot.core.paging import NEWEST_FIRST, Sort
from flowpilot.core.search import SEARCH_LENGTH, expect_keys, searched
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.filters import clients, teams
from proposals.models import PROPOSAL_SEARCH, FlowProposal

AGES = [
    ("1", _("Up to a day")),
    ("7", _("Up to a week")),
    ("30", _("Up to 30 days")),
    ("over30", _("Over 30 days")),
]


SORTS = [
    ("oldest", _("Oldest")),
    ("evidence", _("Most sessions")),
    ("confidence", _("Highest confidence")),
    ("impact", _("Most time spent")),
]
ORDERS = {
    "oldest": Sort("created_at", descending=False),
    "evidence": Sort("evidence_count", kind="number"),
    "confidence": Sort("confidence", kind="real"),
    "impact": Sort("impact", kind="real"),
}
"""Each by an index of its own."""
KEYS = "proposals_keys"
"""The function of the database that searches."""


class NarrowedProposals(Narrowing):
    """What the screen and the API have in common."""

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
        return searched(queryset, KEYS, PROPOSAL_SEARCH, value, asked=self.asked)

    @cached_property
    def asked(self) -> Asked:
        """What else the request asks for comes with what the filters have to know."""
        return asked_by(self.request) if self.request else Asked()

    def raised(self, queryset: QuerySet[FlowProposal], name: str, value: str) -> QuerySet[FlowProposal]:
        """Since how long it waits, counted back from now."""
        days = int(value.removeprefix("over"))
        moment = timezone.now() - timedelta(days=days)
        return queryset.filter(
            **{"created_at__lt" if value.startswith("over") else "created_at__gte": moment}
        )


class ProposalFilter(NarrowedProposals):
    """Everything but the status, which is the queue's tabs."""

    sort = filters.ChoiceFilter(
        method="unchanged", choices=SORTS, label=_("Sort by"), empty_label=_("Newest")
    )

    class Meta(NarrowedProposals.Meta):
        fields = (*NarrowedProposals.Meta.fields, "sort")

    def unchanged(self, queryset: QuerySet[FlowProposal], name: str, value: str) -> QuerySet[FlowProposal]:
        """The order is the page's, for its cursor goes by it."""
        return queryset

    @cached_property
    def form(self) -> forms.Form:
        made: forms.Form = super().form
        draw_together(made, "team", "client", asked=self.asked)
        with suppress(forms.ValidationError):
            if words := made.fields["q"].clean(made.data.get("q")):
                expect_keys(self.asked, KEYS, words)
        return made

    @property
    def order(self) -> Sort:
        given = self.form.cleaned_data.get("sort") if self.is_valid() else ""
        return ORDERS.get(given or "", NEWEST_FIRST)

    @property
    def narrows(self) -> bool:
        """Whether any filter is on; the order is none."""
        return bool(self.is_valid() and set(self.form.changed_data) - {"sort"})


class ProposalApiFilter(NarrowedProposals):
    """For programs, which have no tabs."""

    status = filters.MultipleChoiceFilter(choices=FlowProposal.Status, label=_("Status"))

    class Meta(NarrowedProposals.Meta):
        fields = (*NarrowedProposals.Meta.fields, "status")
