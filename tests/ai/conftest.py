"""A double of the vendor's API: a real HTTP server on loopback that answers as it was told, in order."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from flowpilot.ai import breaker
from flowpilot.ai.anthropic import talking
from tests.ai.wire.vendor import Vendor


@pytest.fixture
def vendor(httpserver: HTTPServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """The account's engine asks this server; the circuit breaker knows of no earlier trouble."""
    settings.ANTHROPIC_API_KEY = "test-key"
    settings.ANTHROPIC_BASE_URL = httpserver.url_for("").rstrip("/")
    monkeypatch.setattr(talking, "PAUSE_SECONDS", 0.0)
    breaker.BREAKER.succeeded()
    yield Vendor(httpserver)
    httpserver.check_handler_errors()
    breaker.BREAKER.succeeded()
