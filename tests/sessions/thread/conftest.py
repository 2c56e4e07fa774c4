"""The vendor's double, for turns that Claude is asked for; and turns that do not break off by themselves on a
busy machine."""

from datetime import timedelta

import pytest

from sessions.actions import turns
from sessions.thread import streaming
from tests.ai.conftest import vendor as vendor


@pytest.fixture(autouse=True)
def _long_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LEASE", timedelta(hours=1))
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 3600.0)
