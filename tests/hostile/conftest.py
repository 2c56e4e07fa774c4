"""A double of the vendor that obeys every order, for accounts that ask Claude."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from flowpilot.ai.breaker import BREAKER
from tests.hostile.obeying import Obedient


@pytest.fixture
def obedient(httpserver: HTTPServer, settings: Settings) -> Iterator[Obedient]:
    settings.ANTHROPIC_API_KEY = "test-key"
    settings.ANTHROPIC_BASE_URL = httpserver.url_for("").rstrip("/")
    BREAKER.succeeded()
    yield Obedient(httpserver)
    httpserver.check_handler_errors()
    BREAKER.succeeded()
