"""Who is signed in."""

from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend

from flowpilot.accounts.models import User


class WithAccount(AuthenticationBackend):
    """allauth's own, which reads the account together with the person: every request needs both."""

    def get_user(self, user_id: UUID) -> User | None:
        user = User.objects.select_related("account").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
