"""Which vendors are simulated, and what a connection to each needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flowpilot.accounts.models import Account
from flowpilot.psa.models import PsaConnection
from tests.psa.simulator import autotask, connectwise, halo, rt
from tests.psa.simulator.server import Half, Simulator


@dataclass(frozen=True)
class Vendor:
    half: Callable[[], Half]
    credentials: Mapping[str, str]
    ticket_id: str
    """One that is there and open."""
    path: str = ""
    """Of the connection's address, below the server's."""
    mapping: Mapping[str, str] = field(default_factory=dict)


VENDORS = {
    "connectwise": Vendor(connectwise.ConnectWise, connectwise.LOGIN, "101"),
    "autotask": Vendor(autotask.Autotask, autotask.LOGIN, "201", autotask.ENTRANCE, autotask.MAPPING),
    "halopsa": Vendor(halo.Halo, halo.LOGIN, "301"),
    "rt": Vendor(rt.RequestTracker, rt.LOGIN, "1"),
}
"""By provider."""


def connect(account: Account, provider: str, server: Simulator) -> PsaConnection:
    vendor = VENDORS[provider]
    connection: PsaConnection = PsaConnection.objects.create(
        account=account,
        provider=provider,
        name=provider,
        base_url=server.url + vendor.path,
        credentials=dict(vendor.credentials),
        mapping=dict(vendor.mapping),
    )
    return connection
