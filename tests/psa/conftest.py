from collections.abc import Iterator

import pytest
from pytest_django import Settings

from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaConnection
from tests.factories import Cast
from tests.psa.simulator.server import Half, Simulator
from tests.psa.simulator.vendors import connect


@pytest.fixture
def loopback(settings: Settings) -> None:
    """Connectors may connect to this machine."""
    settings.PSA_ALLOW_LOOPBACK = True


@pytest.fixture
def server(half: Half, loopback: None) -> Iterator[Simulator]:
    """What the test's `half` answers, as a real server."""
    with Simulator(half) as running:
        yield running


@pytest.fixture
def row(cast: Cast, server: Simulator, provider: str) -> Iterator[PsaConnection]:
    """A connection to it, of the test's `provider`, within its account."""
    connection = connect(cast.account, provider, server)
    with account_scope(cast.account.pk):
        yield connection
