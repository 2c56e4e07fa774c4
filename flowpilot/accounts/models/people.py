"""Who can sign in, and who is what in which team."""

from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models.account import Account
from flowpilot.accounts.models.places import Team
from flowpilot.core.ids import uuid7
from flowpilot.core.models import TenantModel, TenantQuerySet


class UserQuerySet(TenantQuerySet):
    def account_admins(self) -> Self:
        return self.filter(account_admin=True, is_active=True)

    def looked_after_by(self, user: "User") -> Self:
        """The people whose roles this user may see to: everybody for account admins, those of the own teams
        for team admins."""
        people = self.for_account(user.account_id)
        if user.account_admin:
            return people
        theirs = TeamMembership.objects.filter(team__in=user.admin_team_ids)
        return people.filter(pk__in=theirs.values("user"))


class AccountUserManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Users sign in with their e-mail address; superusers belong to no account."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user: User = self.model(email=email, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.get(email=self.model.normalize_username(username or ""))
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Engineers and admins belong to one account; superusers to none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, blank=True, related_name="users", verbose_name=_("account")
    )
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    account_admin = models.BooleanField(_("account admin"), default=False)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    single_key_shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may enter the Django admin"), default=False)
    mfa_exempt = models.BooleanField(
        _("may work without a second factor"),
        default=False,
        help_text=_("Of superusers only; for everybody else the account decides."),
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    teams = models.ManyToManyField(Team, through="TeamMembership", related_name="users")

    objects: ClassVar[AccountUserManager] = AccountUserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name", "email")
        constraints = [
            models.UniqueConstraint(fields=["account", "id"], name="user_account_id_unique"),
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
            models.CheckConstraint(
                name="account_admin_has_account",
                condition=models.Q(account_admin=False) | models.Q(account__isnull=False),
            ),
            models.CheckConstraint(
                name="only_superusers_are_exempt",
                condition=models.Q(mfa_exempt=False) | models.Q(account__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["account", "-date_joined", "-id"], name="user_newest")]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.normalize_username(self.email)
        super().save(*args, **kwargs)

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """The e-mail as it is kept and looked up: in small letters. Forms get here through `clean`."""
        return super().normalize_username(username).lower()

    @property
    def must_have_second_factor(self) -> bool:
        """By the rule of the account; superusers, who have none, unless they were exempted."""
        return self.account.mfa_required if self.account else not self.mfa_exempt

    @cached_property
    def roles_by_team(self) -> dict[UUID, str]:
        """Team id → role, read once per request."""
        return dict(self.memberships.values_list("team_id", "role"))

    @property
    def team_ids(self) -> list[UUID]:
        return list(self.roles_by_team)

    @property
    def admin_team_ids(self) -> list[UUID]:
        return [team for team, role in self.roles_by_team.items() if role == TeamMembership.Role.TEAM_ADMIN]


class TeamMembership(TenantModel):
    class Role(models.TextChoices):
        ENGINEER = "engineer", _("Engineer")
        TEAM_ADMIN = "team_admin", _("Team admin")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.ENGINEER)

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["user", "team"], name="one_role_per_user_and_team"),
            models.CheckConstraint(
                name="membership_role_known", condition=models.Q(role__in=["engineer", "team_admin"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"
