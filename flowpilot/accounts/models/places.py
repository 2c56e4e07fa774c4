"""Teams, and the customers that they look after."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel, TenantQuerySet


class PlaceQuerySet(TenantQuerySet):
    """Teams and clients: those in use, and those that were put away and only history names."""

    def current(self) -> Self:
        return self.filter(archived_at__isnull=True)


class Team(TenantModel):
    name = models.CharField(_("name"), max_length=200)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = PlaceQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ("name",)
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "name"], name="team_name_unique_in_account"),
        ]

    def __str__(self) -> str:
        return self.name


class Client(TenantModel):
    """A customer of the MSP."""

    name = models.CharField(_("name"), max_length=200)
    external_refs = models.JSONField(_("references in other systems"), default=dict, blank=True)
    """System → the client's key there, both as text."""
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = PlaceQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ("name",)
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "name"], name="client_name_unique_in_account"),
        ]

    def __str__(self) -> str:
        return self.name
