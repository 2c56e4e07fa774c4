"""The API's door rule, the counterpart of `roles.requires`."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from flowpilot.accounts.roles import Role, role_of

if TYPE_CHECKING:  # rest_framework.views loads this module through its settings
    from rest_framework.request import Request
    from rest_framework.views import APIView


class InAccount(BasePermission):
    """Signed in, active and belonging to an account; superusers use the Django admin."""

    required_role = Role.ENGINEER

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        return bool(request.user.is_authenticated and role_of(request.user))
