from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.audited import Audited
from flowpilot.accounts.models import Account, AuditEvent, Client, Team, TeamMembership, User
from flowpilot.core.admin import ReadOnlyAdmin, pretty_json


class MembershipInline(admin.TabularInline[TeamMembership, User]):
    model = TeamMembership
    extra = 0
    autocomplete_fields = ("team", "account")


@admin.register(Account)
class AccountAdmin(Audited):
    list_display = ("name", "slug", "ai_mode", "time_zone", "mfa_required", "created_at")
    list_filter = ("ai_mode", "mfa_required")
    search_fields = ("name", "slug")
    date_hierarchy = "created_at"
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Team)
class TeamAdmin(Audited):
    list_display = ("name", "account", "created_at")
    list_filter = ("account",)
    search_fields = ("name", "account__name")
    autocomplete_fields = ("account",)


@admin.register(Client)
class ClientAdmin(Audited):
    list_display = ("name", "account", "created_at")
    list_filter = ("account",)
    search_fields = ("name", "account__name")
    autocomplete_fields = ("account",)


class UserCreation(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(Audited, DjangoUserAdmin[User]):
    add_form = UserCreation
    list_display = ("email", "name", "account", "account_admin", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "account_admin", "account")
    search_fields = ("email", "name")
    ordering = ("email",)
    autocomplete_fields = ("account",)
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("name", "time_zone", "single_key_shortcuts")}),
        (_("Account"), {"fields": ("account", "account_admin")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = (
        (None, {"fields": ("email", "name", "account", "account_admin", "password1", "password2")}),
    )


@admin.register(TeamMembership)
class TeamMembershipAdmin(Audited):
    list_display = ("user", "team", "role", "account")
    list_filter = ("role", "account")
    search_fields = ("user__email", "user__name", "team__name")
    autocomplete_fields = ("user", "team", "account")
    list_select_related = ("user", "team", "account")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    list_display = ("created_at", "verb", "actor_name", "subject_name", "account", "address")
    list_filter = ("verb", "account")
    search_fields = ("actor_name", "subject_name", "request_id")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    list_select_related = ("account",)
    exclude = ("changes",)
    readonly_fields = ("changes_shown",)

    @admin.display(description=_("changes"))
    def changes_shown(self, event: AuditEvent) -> SafeString:
        return pretty_json(event.changes)
