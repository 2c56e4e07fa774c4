"""Which providers there are, and the connector of a connection."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Connector, Factory
from flowpilot.psa.practice.connector import PracticeConnector

PROVIDERS: dict[str, tuple[str | Promise, Factory]] = {
    PracticeConnector.provider: (_("Practice PSA"), PracticeConnector),
}
"""Key → its name and how its connector is made."""


class UnknownProvider(Exception):
    """A connection names a provider that this installation has no connector for."""


def connector_for(connection: PsaConnection) -> Connector:
    if connection.provider not in PROVIDERS:
        raise UnknownProvider(connection.provider)
    return PROVIDERS[connection.provider][1](connection)


def provider_name(key: str) -> str:
    """The provider as people call it; the key itself where it is unknown."""
    return str(PROVIDERS[key][0]) if key in PROVIDERS else key


def usable(account_id: UUID) -> QuerySet[PsaConnection]:
    """The account's connections that can be asked, by name."""
    rows: QuerySet[PsaConnection] = PsaConnection.objects.for_account(account_id)
    return rows.filter(provider__in=PROVIDERS).exclude(state=PsaConnection.State.PAUSED).order_by("name")
