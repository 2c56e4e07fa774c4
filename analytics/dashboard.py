"""Which cards the dashboard has, under which tab, and in which order."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.cards import (
    delivery,
    effects,
    engineers,
    escalations,
    library,
    money,
    outcomes,
    review,
    scripts,
    tickets,
    times,
)
from analytics.parts import Spec


@dataclass(frozen=True)
class Tab:
    """`first` is drawn with the page, from one look at the counted days; `later` is loaded after it."""

    key: str
    title: str | Promise
    first: tuple[Spec, ...] = ()
    later: tuple[Spec, ...] = ()


HEADLINE: Final = Spec("headline", _("At a glance"), outcomes.headline, wide=True)
OUTCOMES: Final = Spec("outcomes", _("Outcomes"), outcomes.outcomes, _("Rates are of the ended sessions."))
TIMES: Final = Spec("times", _("Time to resolve"), times.resolve_times, _("Pauses included."))
RATINGS: Final = Spec("ratings", _("Ratings"), outcomes.ratings)
OWN: Final = (HEADLINE, OUTCOMES, TIMES, RATINGS)
"""What engineers see of themselves."""

OVERVIEW: Final = Tab(
    "overview",
    _("Overview"),
    (
        HEADLINE,
        Spec("tiers", _("Sessions by confidence tier"), outcomes.tiers, wide=True),
        OUTCOMES,
        Spec("known", _("New and known problems"), outcomes.known),
        Spec(
            "links", _("Linked to a flow"), outcomes.links, _("The shaded band is where a healthy desk lies.")
        ),
        RATINGS,
    ),
    (
        TIMES,
        Spec(
            "calibration", _("Calibration"), outcomes.calibration, _("On the line, what was told came true.")
        ),
        Spec("escalations", _("Escalations"), escalations.escalations),
        Spec("tickets", _("Tickets"), tickets.tickets),
        Spec(
            "delivery",
            _("Written into tickets"),
            delivery.deliveries,
            _("Of the whole account, whatever else is chosen."),
            account_only=True,
        ),
        Spec("scripts", _("Scripts"), scripts.scripts, _("Of the sessions that began in these days.")),
        Spec(
            "models",
            _("Use of models"),
            money.models_used,
            _("Of the whole account, whatever else is chosen."),
            account_only=True,
        ),
    ),
)
FLOWS: Final = Tab(
    "flows",
    _("Flows"),
    (Spec("reuse", _("Flows in use"), library.reuse, wide=True),),
    (
        Spec("effects", _("Effect of published flows"), effects.effects, wide=True),
        Spec("funnel", _("Proposals"), review.funnel),
        Spec("waiting", _("From resolution to flow"), review.waiting),
    ),
)
ENGINEERS: Final = Tab(
    "engineers", _("Engineers"), later=(Spec("engineers", _("Engineers"), engineers.engineers, wide=True),)
)
TABS: Final = {tab.key: tab for tab in (OVERVIEW, FLOWS, ENGINEERS)}
CARDS: Final = {spec.key: spec for tab in TABS.values() for spec in (*tab.first, *tab.later)}
