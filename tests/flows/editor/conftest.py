"""Who edits, and what."""

import pytest
from django.test import Client

from flowpilot.flows.models import Flow
from tests.factories import Cast, make_version
from tests.screens import signed_in


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.team_admin)


@pytest.fixture
def flow(cast: Cast) -> Flow:
    return make_version(cast, title="Printer prints nothing", domain="printing").flow
