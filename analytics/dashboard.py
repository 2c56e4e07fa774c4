"""Which cards the dashboard has, and in which order."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from analytics.cards import library, money, outcomes, review, tickets, times
from analytics.parts import Spec

FIRST: Final = (
    Spec("headline", _("At a glance"), outcomes.headline, wide=True),
    Spec("tiers", _("Sessions by confidence tier"), outcomes.tiers, wide=True),
    Spec("outcomes", _("Outcomes"), outcomes.outcomes, _("Rates are of the ended sessions.")),
    Spec("known", _("New and known problems"), outcomes.known),
    Spec("links", _("Linked to a flow"), outcomes.links, _("The shaded band is where a healthy desk lies.")),
    Spec("ratings", _("Ratings"), outcomes.ratings),
)
"""Drawn with the page: they all stand on one look at the counted days."""
LATER: Final = (
    Spec("times", _("Time to resolve"), times.resolve_times, _("Pauses included.")),
    Spec("calibration", _("Calibration"), outcomes.calibration, _("On the line, what was told came true.")),
    Spec("reuse", _("Flows in use"), library.reuse),
    Spec("effects", _("Effect of published flows"), library.effects, wide=True),
    Spec("funnel", _("Proposals"), review.funnel),
    Spec("waiting", _("From resolution to flow"), review.waiting),
    Spec("escalations", _("Escalations"), times.escalations),
    Spec("tickets", _("Tickets"), tickets.tickets),
    Spec("models", _("Use of models"), money.models_used, _("Of the whole account."), account_only=True),
)
"""Loaded after the page."""
CARDS: Final = {spec.key: spec for spec in (*FIRST, *LATER)}
