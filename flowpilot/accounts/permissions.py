"""The API's door rule, the counterpart of `roles.requires`."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from flowpilot.accounts.roles import Role, role_of


class InAccount(BasePermission):
    """Signed in, active and belonging to an account; superusers use the Django admin."""

    required_role = Role.ENGINEER

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and role_of(request.user))
