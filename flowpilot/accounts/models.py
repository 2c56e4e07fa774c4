"""Who is who: the tenant, its people, their teams and the customers that they look after."""

from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.ids import uuid7
from flowpilot.core.models import TenantModel, TenantQuerySet

LONGEST_DAYS = 3650
"""Ten years: no waiting time of an account is longer."""


class Account(models.Model):
    """One MSP: the tenant. Nothing crosses from one account to another."""

    class AiMode(models.TextChoices):
        AUTO = "auto", _("Automatic")
        OFFLINE = "offline", _("Rule-based engine only")
        ANTHROPIC = "anthropic", _("Claude only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    ai_mode = models.CharField(_("engine"), max_length=12, choices=AiMode, default=AiMode.AUTO)
    ai_daily_budget_usd = models.DecimalField(
        _("daily AI budget (USD)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    ai_monthly_budget_usd = models.DecimalField(
        _("monthly AI budget (USD)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    ai_send_screenshots = models.BooleanField(_("send screenshots to the AI vendor"), default=False)
    ai_batch_allowed = models.BooleanField(_("allow the vendor's batch interface"), default=False)
    redact_identifiers = models.BooleanField(_("mask identifiers before sending"), default=True)
    idle_abandon_days = models.PositiveSmallIntegerField(
        _("abandon idle sessions after (days)"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    reopen_days = models.PositiveSmallIntegerField(
        _("reopen within (days)"), default=7, validators=[MaxValueValidator(LONGEST_DAYS)]
    )
    proposal_expiry_days = models.PositiveSmallIntegerField(
        _("proposals expire after (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    mfa_required = models.BooleanField(_("require a second factor"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="account_ai_mode_known", condition=models.Q(ai_mode__in=["auto", "offline", "anthropic"])
            )
        ]

    def __str__(self) -> str:
        return self.name


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


class AuditEvent(TenantModel):
    """Who did what to which thing, written once: the database refuses to change or delete it.

    People and things are kept by key and by the name that they had then, so an entry outlives them.
    """

    class Verb(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
        SIGNED_OUT = "signed_out", _("Signed out")
        PASSWORD_CHANGED = "password_changed", _("Password changed")  # noqa: S105 a label
        FACTOR_ADDED = "factor_added", _("Second factor added")
        FACTOR_REMOVED = "factor_removed", _("Second factor removed")
        CODES_MADE = "codes_made", _("Recovery codes made")
        CODE_USED = "code_used", _("Recovery code used")
        LOGINS_ENDED = "logins_ended", _("Signed out elsewhere")
        INVITED = "invited", _("Invited")
        INVITATION_SENT_AGAIN = "invitation_sent_again", _("Invitation sent again")
        INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
        INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
        ROLE_CHANGED = "role_changed", _("Role changed")
        DEACTIVATED = "deactivated", _("Login switched off")
        REACTIVATED = "reactivated", _("Login switched on")
        ARCHIVED = "archived", _("Archived")
        RESTORED = "restored", _("Taken back from the archive")
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        PROPOSAL_APPROVED = "proposal_approved", _("Proposal approved")
        PROPOSAL_EDITED = "proposal_edited", _("Proposal edited and published")
        PROPOSAL_DISMISSED = "proposal_dismissed", _("Proposal dismissed")
        PROPOSAL_REJECTED = "proposal_rejected", _("Proposal rejected")
        PROPOSAL_REOPENED = "proposal_reopened", _("Proposal reopened")
        PROPOSAL_UNDONE = "proposal_undone", _("Decision undone")
        PROPOSAL_SPLIT = "proposal_split", _("Session split off from a proposal")
        FLOW_PUBLISHED = "flow_published", _("Flow version published")
        FLOW_RETIRED = "flow_retired", _("Flow retired")
        HISTORY_IMPORTED = "history_imported", _("Tickets imported")
        EXPORTED = "exported", _("Exported")
        SUPPORT_ENTERED = "support_entered", _("Superuser entered the account")
        SUPPORT_LEFT = "support_left", _("Superuser left the account")

    app_role_may = ("SELECT", "INSERT")
    # The database itself removes the entries with their account; nothing else may.
    account = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    verb = models.CharField(_("what"), max_length=30, choices=Verb)
    actor = models.ForeignKey(
        User,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("who"),
    )
    actor_name = models.CharField(_("name of who"), max_length=320, blank=True)
    subject_type = models.CharField(_("kind of thing"), max_length=60, blank=True)
    subject_id = models.UUIDField(_("key of the thing"), null=True, blank=True)
    subject_name = models.CharField(_("thing"), max_length=300, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    """Field name → [before, after], both as text."""
    note = models.TextField(_("note"), blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("audit event")
        constraints = TenantModel.Meta.constraints
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="audit_newest"),
            models.Index(fields=["account", "verb", "-created_at", "-id"], name="audit_verb_newest"),
            models.Index(fields=["account", "actor", "-created_at", "-id"], name="audit_actor_newest"),
            models.Index(
                fields=["account", "subject_type", "subject_id", "-created_at"], name="audit_subject_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.subject_name or self.actor_name}"

    @property
    def page(self) -> str:
        """The name of the address that shows the thing by its key; empty for things without a page."""
        pages = {
            "flows.flow": "flows:detail",
            "proposals.flowproposal": "proposals:detail",
            "ai_sessions.aisession": "sessions:detail",
        }
        return pages.get(self.subject_type, "") if self.subject_id else ""
