"""Which providers there are, and the connector of a connection."""

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.psa.autotask.connector import AutotaskConnector
from flowpilot.psa.connectwise.connector import ConnectWiseConnector
from flowpilot.psa.halo.connector import HaloConnector
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Connector, Factory
from flowpilot.psa.practice.connector import PracticeConnector
from flowpilot.psa.rt import RequestTrackerConnector

PROVIDERS: dict[str, tuple[str | Promise, Factory]] = {
    PracticeConnector.provider: (_("Practice PSA"), PracticeConnector),
    ConnectWiseConnector.provider: (_("ConnectWise PSA"), ConnectWiseConnector),
    AutotaskConnector.provider: (_("Autotask"), AutotaskConnector),
    HaloConnector.provider: (_("HaloPSA"), HaloConnector),
    RequestTrackerConnector.provider: (_("Request Tracker"), RequestTrackerConnector),
}
"""Key → its name and how its connector is made."""


class UnknownProvider(Exception):
    """A connection names a provider that this installation has no connector for."""


def connector_for(connection: PsaConnection) -> Connector:
    if connection.provider not in PROVIDERS:
        raise UnknownProvider(connection.provider)
    return PROVIDERS[connection.provider][1](connection)


def connector_class(provider: str) -> type[Connector]:
    """For what a provider says of itself: its login, its address, what it can do."""
    if provider not in PROVIDERS:
        raise UnknownProvider(provider)
    return cast(type[Connector], PROVIDERS[provider][1])


def takes_time(connection: PsaConnection) -> bool:
    """Whether minutes that go with a note are written there; a provider that is unknown here is believed."""
    if connection.provider not in PROVIDERS:
        return True
    return connector_class(connection.provider).capabilities.takes_time(Mapping.of(connection.mapping))


def provider_name(key: str) -> str:
    """The provider as people call it; the key itself where it is unknown."""
    return str(PROVIDERS[key][0]) if key in PROVIDERS else key


def usable(account_id: UUID) -> QuerySet[PsaConnection]:
    """The account's connections that can be asked, by name."""
    rows: QuerySet[PsaConnection] = PsaConnection.objects.for_account(account_id)
    return rows.filter(provider__in=PROVIDERS).exclude(state=PsaConnection.State.PAUSED).order_by("name")
