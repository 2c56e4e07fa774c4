from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.actions import invitations
from flowpilot.accounts.audited import Audited
from flowpilot.accounts.forms import InAZone
from flowpilot.accounts.models import (
    Account,
    AuditEvent,
    Client,
    Invitation,
    InvitedRole,
    Notification,
    SavedView,
    Team,
    TeamMembership,
    User,
)
from flowpilot.core.admin import Autocompletes, OfTheAccount, ReadOnlyAdmin, TenantAdmin, pretty_json
from flowpilot.core.scope import current_account_id


class MembershipInline(Autocompletes[Any], admin.TabularInline[TeamMembership, User]):
    model = TeamMembership
    form = OfTheAccount
    extra = 0
    exclude = ("account",)
    autocomplete_fields = ("team",)


@admin.register(Account)
class AccountAdmin(Audited):
    """All accounts, to make one or to see which to enter; within one, only that."""

    form = InAZone
    list_display = ("name", "slug", "ai_mode", "time_zone", "mfa_required", "created_at")
    list_filter = ("ai_mode", "mfa_required")
    search_fields = ("name", "slug")
    date_hierarchy = "created_at"
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        account_id = current_account_id()
        rows = super().get_queryset(request)
        return rows.filter(pk=account_id) if account_id else rows

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """An account is changed from within, so that the reason is on record."""
        return _in_account_of(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """With everything that belongs to it, which is reached from within only."""
        return _in_account_of(obj) and super().has_delete_permission(request, obj)


@admin.register(Team)
class TeamAdmin(Audited, TenantAdmin[Team]):
    list_display = ("name", "created_at")
    search_fields = ("name",)


@admin.register(Client)
class ClientAdmin(Audited, TenantAdmin[Client]):
    list_display = ("name", "created_at")
    search_fields = ("name",)


class UserCreation(OfTheAccount, AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "name")


class UserChange(InAZone, OfTheAccount, UserChangeForm[User]):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(Audited, DjangoUserAdmin[User]):
    """The people of the account that was entered; outside of any, those who belong to none."""

    form = UserChange
    add_form = UserCreation
    list_display = ("email", "name", "account_admin", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "account_admin")
    search_fields = ("email", "name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("name", "time_zone", "single_key_shortcuts")}),
        (_("Account"), {"fields": ("account", "account_admin")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "mfa_exempt")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("account", "last_login", "date_joined")
    add_fieldsets = ((None, {"fields": ("email", "name", "account_admin", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(account=current_account_id())

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[type[InlineModelAdmin[Any, Any]]]:
        """Memberships belong to an account."""
        return [MembershipInline] if current_account_id() else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever may administer the account no more has no open invitations to it either."""
        super().save_model(request, obj, form, change)
        lost = {"is_active", "account_admin"} & set(form.changed_data)
        if change and lost and obj.account_id and not (obj.is_active and obj.account_admin):
            invitations.revoke_those_of(obj, by=request.user)  # type: ignore[arg-type]  # staff only

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """What would go with a person belongs to an account. Who has none is switched off instead."""
        return current_account_id() is not None and super().has_delete_permission(request, obj)


@admin.register(TeamMembership)
class TeamMembershipAdmin(Audited, TenantAdmin[TeamMembership]):
    list_display = ("user", "team", "role")
    list_filter = ("role",)
    search_fields = ("user__email", "user__name", "team__name")
    autocomplete_fields = ("user", "team")
    list_select_related = ("user", "team")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    """To look at: inviting takes a mail, so it is done in the product."""

    list_display = ("email", "account_admin", "sent_at", "expires_at", "accepted_at", "revoked_at")
    search_fields = ("email",)
    exclude = ("link_hash",)


@admin.register(InvitedRole)
class InvitedRoleAdmin(ReadOnlyAdmin[InvitedRole]):
    list_display = ("invitation", "team", "role")
    list_select_related = ("invitation", "team")
    search_fields = ("invitation__email", "team__name")


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin[SavedView]):
    list_display = ("name", "screen", "owner", "shared", "created_at")
    list_filter = ("screen", "shared")
    search_fields = ("name", "owner__email", "owner__name")
    list_select_related = ("owner",)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin[Notification]):
    list_display = ("created_at", "user", "kind", "text", "read_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "text")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    list_display = ("created_at", "verb", "actor_name", "subject_name", "address")
    list_filter = ("verb",)
    search_fields = ("actor_name", "subject_name", "request_id")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    exclude = ("changes",)
    readonly_fields = ("changes_shown",)

    @admin.display(description=_("changes"))
    def changes_shown(self, event: AuditEvent) -> SafeString:
        return pretty_json(event.changes)


def _in_account_of(account: Account | None) -> bool:
    current = current_account_id()
    return current is not None and (account is None or account.pk == current)
