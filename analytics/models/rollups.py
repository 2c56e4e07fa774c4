"""Counted days: narrow tables, one for each way in which the dashboard cuts its figures.

Several narrow ones and not one cube: day × team × domain × client × tier has nearly as many cells as there
are sessions. Cells name teams, clients and flows by plain keys: they are figures, and go with their days.
"""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from sessions.sets import UNSCORED

FIGURES: Final = (
    "sessions",
    "ended",
    "resolved",
    "escalated",
    "abandoned",
    "unfinished",
    "handed_over",
    "reopened",
    "old_enough",
    "lasting",
    "followed",
    "linked",
    "known_used",
    "known_unused",
    "known_gap",
    "known_new",
    "rated",
)
"""What a cell counts: all its sessions, and those of each set of `sessions.sets` that has this name."""
FATES: Final = (
    "pushed",
    "push_delivered",
    "push_first",
    "push_waiting",
    "push_unknown",
    "push_dead",
    "push_left_out",
    "push_doubled",
    "behind_pending",
    "behind_approved",
    "behind_edited",
    "behind_dismissed",
    "behind_rejected",
    "behind_expired",
)
"""Further sets that cells count, for cards that are loaded after the page: what became of what was to be
written into tickets, and of proposals."""


class CountedDay(TenantModel):
    """The sessions that began on one day of the account's time zone, as they stand now."""

    DIMENSIONS: tuple[str, ...] = ()

    day = models.DateField(_("day"))
    sessions = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    escalated = models.PositiveIntegerField(default=0)
    abandoned = models.PositiveIntegerField(default=0)
    unfinished = models.PositiveIntegerField(default=0)
    handed_over = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    old_enough = models.PositiveIntegerField(default=0)
    lasting = models.PositiveIntegerField(default=0)
    followed = models.PositiveIntegerField(default=0)
    linked = models.PositiveIntegerField(default=0)
    known_used = models.PositiveIntegerField(default=0)
    known_unused = models.PositiveIntegerField(default=0)
    known_gap = models.PositiveIntegerField(default=0)
    known_new = models.PositiveIntegerField(default=0)
    rated = models.PositiveIntegerField(default=0)
    pushed = models.PositiveIntegerField(default=0)
    push_delivered = models.PositiveIntegerField(default=0)
    push_first = models.PositiveIntegerField(default=0)
    push_waiting = models.PositiveIntegerField(default=0)
    push_unknown = models.PositiveIntegerField(default=0)
    push_dead = models.PositiveIntegerField(default=0)
    push_left_out = models.PositiveIntegerField(default=0)
    push_doubled = models.PositiveIntegerField(default=0)
    behind_pending = models.PositiveIntegerField(default=0)
    behind_approved = models.PositiveIntegerField(default=0)
    behind_edited = models.PositiveIntegerField(default=0)
    behind_dismissed = models.PositiveIntegerField(default=0)
    behind_rejected = models.PositiveIntegerField(default=0)
    behind_expired = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)
    score_sum = models.FloatField(default=0)
    """Of the ended sessions that have a score."""

    class Meta(TenantModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.day}: {self.sessions}"


def one_cell(name: str, *dimensions: str) -> list[models.BaseConstraint]:
    """Each cell once; nothing is a value of its own."""
    fields = ["account", "day", *dimensions]
    return [
        *TenantModel.Meta.constraints,
        models.UniqueConstraint(fields=fields, name=name, nulls_distinct=False),
    ]


def from_one(name: str, dimension: str) -> list[models.Index]:
    """For who looks at one team, domain or client over all time."""
    return [models.Index(fields=["account", dimension, "day"], name=name)]


class TierDay(CountedDay):
    """The whole account, without any filter."""

    DIMENSIONS = ("tier",)

    tier = models.CharField(max_length=20)

    class Meta(CountedDay.Meta):
        verbose_name = _("day of a tier")
        constraints = one_cell("tier_day_once", "tier")


class TeamDay(CountedDay):
    DIMENSIONS = ("team_id", "tier")

    team_id = models.UUIDField(null=True)
    tier = models.CharField(max_length=20)
    """The tier, or `UNSCORED`: a session without a score has a tier by default only."""

    class Meta(CountedDay.Meta):
        verbose_name = _("day of a team")
        constraints = one_cell("team_day_once", "team_id", "tier")
        indexes = from_one("team_day_of_one", "team_id")


class DomainDay(CountedDay):
    DIMENSIONS = ("domain", "tier")

    domain = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=20)

    class Meta(CountedDay.Meta):
        verbose_name = _("day of a domain")
        constraints = one_cell("domain_day_once", "domain", "tier")
        indexes = from_one("domain_day_of_one", "domain")


class FlowDay(CountedDay):
    """Only sessions that were put on a flow, those that left it among them."""

    DIMENSIONS = ("flow_id",)

    flow_id = models.UUIDField()

    class Meta(CountedDay.Meta):
        verbose_name = _("day of a flow")
        constraints = one_cell("flow_day_once", "flow_id")


class ClientDay(CountedDay):
    DIMENSIONS = ("client_id", "tier")

    client_id = models.UUIDField(null=True)
    tier = models.CharField(max_length=20, default=UNSCORED)

    class Meta(CountedDay.Meta):
        verbose_name = _("day of a client")
        constraints = one_cell("client_day_once", "client_id", "tier")
        indexes = from_one("client_day_of_one", "client_id")


class ScoreDay(CountedDay):
    """Only sessions that have a score: what was said of them against what came of them."""

    DIMENSIONS = ("team_id", "decile")

    team_id = models.UUIDField(null=True)
    decile = models.PositiveSmallIntegerField()
    """0 for scores below 0.1, 9 from 0.9 on."""

    class Meta(CountedDay.Meta):
        verbose_name = _("day of a tenth of the scores")
        constraints = one_cell("score_day_once", "team_id", "decile")


ROLLUPS: Final[tuple[type[CountedDay], ...]] = (TierDay, TeamDay, DomainDay, FlowDay, ClientDay, ScoreDay)


class TouchedDay(TenantModel):
    """A mark that sessions of a day have changed, set by triggers of the database in the transaction of the
    change: one that commits late is marked late, and whatever writes sessions is noticed.

    The day is that of the session's beginning in UTC. There may be several marks for a day.
    """

    # The trigger marks while an account is being deleted, too: the database then removes the mark.
    account = models.ForeignKey(
        "accounts.Account", models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("touched day")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [models.Index(fields=["account", "day"], name="touched_day")]

    def __str__(self) -> str:
        return str(self.day)


class RollupState(TenantModel):
    """How far an account's days are counted: one row each."""

    counted_at = models.DateTimeField(_("counted"))
    """What came to be old enough since then has to be counted again."""
    time_zone = models.CharField(_("time zone"), max_length=64)
    """That the cells' days are of."""

    class Meta:
        verbose_name = _("state of the figures")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account"], name="one_rollup_state"),
        ]

    def __str__(self) -> str:
        return f"{self.counted_at:%Y-%m-%d %H:%M}"
