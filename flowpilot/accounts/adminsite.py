"""The Django admin of superusers. What belongs to an account is there only after entering that account."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from flowpilot.accounts import entering
from flowpilot.accounts.models import Account
from flowpilot.core.scope import current_account_id
from flowpilot.core.tenancy import is_tenant

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
# Pages of the site itself that read rows of whatever models the address names.
OF_ANY_MODEL = ("autocomplete_view", "shortcut")
# Tables of libraries that name people, accounts or what failed in one, and know no account: not shown here.
LEFT_OUT = ("account", "mfa", "usersessions", "django_q")


class Entering(forms.Form):
    account = forms.ModelChoiceField(Account.objects.order_by("name"), label=_("Account"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=entering.REASON_LENGTH,
        help_text=_("It is recorded, and the account's admins can read it."),
    )


class FlowPilotAdmin(admin.AdminSite):
    """Django's site with a door before everything that belongs to an account."""

    def register(self, model_or_iterable: Any, *args: Any, **kwargs: Any) -> None:
        one = isinstance(model_or_iterable, ModelBase)
        models: list[Any] = [model_or_iterable] if one else [*model_or_iterable]
        shown = [model for model in models if model._meta.app_label not in LEFT_OUT]
        super().register(shown, *args, **kwargs)

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_staff and user.is_superuser)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Django's, which first asks for an account where the view works on rows of one."""
        guarded = super().admin_view(view, cacheable)
        if not _belongs_to_an_account(view):
            return guarded

        def within(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if self.has_permission(request) and current_account_id() is None:
                asked = urlencode({"next": request.get_full_path()})
                return HttpResponseRedirect(f"{reverse('admin:enter')}?{asked}")
            return guarded(request, *args, **kwargs)

        return update_wrapper(within, guarded)  # type: ignore[return-value]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("enter/", self.admin_view(self.enter), name="enter"),
            path("leave/", self.admin_view(require_POST(self.leave)), name="leave"),
        ]
        return own + super().get_urls()

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "entry": getattr(request, "entry", None)}

    def enter(self, request: HttpRequest) -> HttpResponse:
        """The page that asks which account, and why."""
        user: Any = request.user
        form, following = Entering(request.POST or None), _following(request)
        if form.is_valid():
            given = form.cleaned_data
            entering.enter(request.session, given["account"], reason=given["reason"], by=user)
            return HttpResponseRedirect(following)
        context = {**self.each_context(request), "title": _("Enter account"), "form": form, "next": following}
        return TemplateResponse(request, "admin/enter_account.html", context)

    def leave(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        entering.leave(request.session, by=user)
        return HttpResponseRedirect(reverse("admin:index"))


def _belongs_to_an_account(view: Callable[..., HttpResponseBase]) -> bool:
    owner = getattr(view, "__self__", None)
    if isinstance(owner, ModelAdmin):
        return is_tenant(owner.model)
    return getattr(view, "__name__", "") in OF_ANY_MODEL


def _following(request: HttpRequest) -> str:
    """Where the page was asked from, if that is in the admin; else its start."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    start = reverse("admin:index")
    own = asked.startswith(start) and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if own else start
