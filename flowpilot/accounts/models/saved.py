"""Lists as people like to see them."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models.people import User
from flowpilot.core.models import TenantModel, TenantQuerySet, Viewer


class SavedViewQuerySet(TenantQuerySet):
    def visible_to(self, user: Viewer) -> Self:
        """Own ones, and those that somebody shares with the account."""
        rows = self.for_account(user.account_id)
        return rows.filter(models.Q(owner=user) | models.Q(shared=True))

    def of_screen(self, screen: str) -> Self:
        return self.filter(screen=screen)


class SavedView(TenantModel):
    """The filters of a list under a name. `?view=slug` brings them back, on the screen and in the API."""

    class Screen(models.TextChoices):
        SESSIONS = "sessions", _("Sessions")
        REVIEW = "review", _("Review queue")
        LIBRARY = "library", _("Flows")
        ANALYTICS = "analytics", _("Analytics")

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name=_("owner"))
    screen = models.CharField(_("screen"), max_length=20, choices=Screen)
    slug = models.SlugField(_("word in the address"), max_length=80, allow_unicode=True, db_index=False)
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField(_("filters"), blank=True)
    """As in an address, without "?": "status=open&tier=guided"."""
    shared = models.BooleanField(_("shared with the account"), default=False)

    objects = SavedViewQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("saved view")
        ordering = ("name", "id")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["account", "screen", "slug"], name="saved_view_slug_unique_on_screen"
            ),
            models.CheckConstraint(
                name="saved_view_screen_known",
                condition=models.Q(screen__in=["sessions", "review", "library", "analytics"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name
