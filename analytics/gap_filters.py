"""What the list of knowledge gaps can be narrowed by."""

from typing import Any, Final

import django_filters as filters
from django.db.models import QuerySet
from django.forms import Form
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from analytics.models import KnowledgeGap
from flowpilot.accounts.choosing import draw_together
from flowpilot.accounts.models import Team
from flowpilot.core.narrowing import Narrowing
from flowpilot.core.paging import Sort
from flowpilot.flows.domains import DOMAIN_CHOICES

WEIGHTIEST_FIRST: Final = {"": Sort("priority", kind="real")}
"""By the table's index; the list knows no other order."""


def led_teams(request: Any) -> QuerySet[Team]:
    """Those whose gaps the reader sees."""
    teams = Team.objects.for_account(request.user.account_id)
    return teams if request.user.account_admin else teams.filter(pk__in=request.user.admin_team_ids)


class GapFilter(Narrowing):
    team = filters.ModelChoiceFilter(queryset=led_teams, label=_("Team"), empty_label=_("All"))
    kind = filters.ChoiceFilter(choices=KnowledgeGap.Kind.choices, label=_("Kind"), empty_label=_("All"))
    domain = filters.ChoiceFilter(choices=DOMAIN_CHOICES, label=_("Domain"), empty_label=_("All"))

    class Meta:
        model = KnowledgeGap
        fields = ("team", "kind", "domain")

    @cached_property
    def form(self) -> Form:
        made: Form = super().form
        draw_together(made, "team")
        return made
