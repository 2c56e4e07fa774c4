"""Who may join an account."""

from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models.people import TeamMembership, User
from flowpilot.accounts.models.places import Team
from flowpilot.core.models import TenantModel, TenantQuerySet


class InvitationQuerySet(TenantQuerySet):
    def unanswered(self) -> Self:
        """Neither accepted nor revoked; the link may be too old."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def visible_to(self, user: "User") -> Self:  # type: ignore[override]
        rows = self.for_account(user.account_id)
        return rows if user.account_admin else rows.none()


class Invitation(TenantModel):
    """Somebody may join the account by a link that was mailed. Of the link, only a hash is kept."""

    email = models.EmailField(_("e-mail"))
    account_admin = models.BooleanField(_("account admin"), default=False)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("invited by")
    )
    link_hash = models.CharField(max_length=64, editable=False)
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                "account",
                Lower("email"),
                name="one_open_invitation_per_address",
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["account", "-created_at", "-id"], name="invitation_newest")]

    def __str__(self) -> str:
        return self.email

    @property
    def expired(self) -> bool:
        return timezone.now() >= self.expires_at


class InvitedRole(TenantModel):
    """A team that the invited person joins, and as what."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="roles")
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=12, choices=TeamMembership.Role)

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["invitation", "team"], name="one_role_per_invitation_and_team"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation} · {self.team}"
