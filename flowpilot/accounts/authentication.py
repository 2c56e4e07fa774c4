"""How programs show who they are."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class SignedIn(SessionAuthentication):
    """The browser's sign-in. Naming a scheme makes the answer to strangers a 401 instead of a 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
