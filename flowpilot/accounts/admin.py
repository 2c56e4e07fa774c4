from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Account, Client, Team, TeamMembership, User


class MembershipInline(admin.TabularInline[TeamMembership, User]):
    model = TeamMembership
    extra = 0
    autocomplete_fields = ("team", "account")


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin[Account]):
    list_display = ("name", "slug", "ai_mode", "time_zone", "mfa_required", "created_at")
    list_filter = ("ai_mode", "mfa_required")
    search_fields = ("name", "slug")
    date_hierarchy = "created_at"
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin[Team]):
    list_display = ("name", "account", "created_at")
    list_filter = ("account",)
    search_fields = ("name", "account__name")
    autocomplete_fields = ("account",)


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin[Client]):
    list_display = ("name", "account", "created_at")
    list_filter = ("account",)
    search_fields = ("name", "account__name")
    autocomplete_fields = ("account",)


class UserCreation(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
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
class TeamMembershipAdmin(admin.ModelAdmin[TeamMembership]):
    list_display = ("user", "team", "role", "account")
    list_filter = ("role", "account")
    search_fields = ("user__email", "user__name", "team__name")
    autocomplete_fields = ("user", "team", "account")
    list_select_related = ("user", "team", "account")
