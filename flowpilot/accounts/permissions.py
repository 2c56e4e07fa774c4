"""The API's door rule, the counterpart of `roles.requires`."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission

from flowpilot.accounts.roles import Role, role_of
from flowpilot.accounts.second_factor import lacks_second_factor

if TYPE_CHECKING:  # rest_framework.views loads this module through its settings
    from rest_framework.request import Request
    from rest_framework.views import APIView


class InAccount(BasePermission):
    """Signed in, active and belonging to an account; superusers use the Django admin."""

    required_role = Role.ENGINEER

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        if not request.user.is_authenticated or role_of(request.user) is None:
            return False
        if lacks_second_factor(request.user):
            raise PermissionDenied(_("The account requires a second factor: set one up in the browser."))
        return True
