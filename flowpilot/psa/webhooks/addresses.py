"""The address at which a connection is called: nobody guesses it, and a new one replaces the one before.

It carries account and connection, signed, so whoever calls, a stranger to the database, needs no door through
row-level security; nothing of it is kept.
"""

from typing import Final
from uuid import UUID

from django.core import signing

from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaConnection

_SALT: Final = "flowpilot.psa.webhook"


def token_of(connection: PsaConnection) -> str:
    """The last part of the connection's present address."""
    claim = [connection.account_id.hex, connection.pk.hex, connection.hook_number]
    return signing.Signer(salt=_SALT).sign_object(claim)


def connection_at(token: str) -> PsaConnection | None:
    """The connection that a token was made for; None when it was made by somebody else, or replaced."""
    try:
        account, connection, number = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature:
        return None
    with account_scope(UUID(account)):
        rows = PsaConnection.objects.for_account(UUID(account)).filter(hook_number=number)
        found: PsaConnection | None = rows.filter(pk=UUID(connection)).first()
    return found
