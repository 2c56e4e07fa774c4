import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from flowpilot.accounts.models import Account
from tests.factories import Cast
from tests.proposals.batches import Batches


@pytest.fixture
def batches(cast: Cast, httpserver: HTTPServer, settings: Settings) -> Batches:
    settings.ANTHROPIC_API_KEY = "test-key"
    settings.ANTHROPIC_BASE_URL = httpserver.url_for("").rstrip("/")
    settings.AI_ANALYSIS_MODE = "batch"
    Account.objects.filter(pk=cast.account.pk).update(ai_batch_allowed=True)
    return Batches(httpserver)
