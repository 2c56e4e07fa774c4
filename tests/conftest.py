"""Before anything else: the tests get a database cluster of their own, gone when they end.

DJANGO_SETTINGS_MODULE is set here and not in pyproject.toml, because pytest-django would read the settings
from there before this file runs.
"""

import asyncio
import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import django
import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.db import connections
from hypothesis.internal.conjecture import providers
from pytest_django import Settings

from flowpilot.core.postgres import throwaway_home

# The workers of pytest-xdist inherit the controller's cluster, unless they are told of none (`make soak`).
if "PYTEST_XDIST_WORKER" not in os.environ or not os.environ["FLOWPILOT_HOME"]:
    # Kept from run to run on request, whose tables `--reuse-db` uses again: migrating takes 13 seconds.
    kept = os.environ.get("FLOWPILOT_TEST_HOME")
    home = Path(kept) if kept else throwaway_home()
    (home / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about every client without it
    os.environ["FLOWPILOT_HOME"] = str(home)
    os.environ["DATABASE_URL"] = ""  # not unset: a developer's .env would set it again
os.environ["DJANGO_SETTINGS_MODULE"] = "flowpilot.settings"
settings.DATABASES["default"]["ENGINE"] = "tests.database"
django.setup()
# The workers of pytest-xdist inherit the variable, too: there, pytest-django has a connection by now.
connections["default"].close()
del connections["default"]

# The same examples in every run, however slow the machine is.
hypothesis.settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("same")
# Nor do they depend on the modules that happen to be loaded, whose constants are tried, too.
providers._get_local_constants = lambda: providers._local_constants

from tests.database.base import put_the_product_under_its_role  # noqa: E402
from tests.factories import Cast, make_cast  # noqa: E402 models can be imported from here on


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: a good part of a test's time is waiting for clusters, leases and browsers."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.fixture(autouse=True, scope="session")
def _the_product_runs_as_the_app_role() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        put_the_product_under_its_role(patch)
        yield


@pytest.fixture(autouse=True)
def _quick_settings(settings: Settings) -> None:
    """Pages link static files by their own names, so no test needs `collectstatic`; passwords are hashed
    cheaply, because every cast has five of them; flows are matched by words, because loading the language
    model takes a second and 100 MB in every process. A developer's key is not used. Files lie apart for each
    worker: what one of them sweeps away because no row of its tables names it, another's may."""
    settings.UPLOADS = settings.HOME / os.environ.get("PYTEST_XDIST_WORKER", "alone") / "uploads"
    # Tests that commit leave what was counted of sign-ins behind: no flush empties a table without a model.
    counted = {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {**settings.CACHES, "default": counted}
    settings.EMBEDDINGS = False
    settings.ANTHROPIC_API_KEY = ""
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Function, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Playwright's loop counts as running in this thread as long as its browser lives. For other tests it is
    put aside, because nothing synchronous can wait for something asynchronous while one runs; from before
    their fixtures until after them, for Django keeps another connection where a loop runs."""
    running = asyncio._get_running_loop()
    if running is None or nextitem is None or "playwright" in item.fixturenames:
        return (yield)
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(running)


@pytest.fixture
def noon() -> Iterator[None]:
    """The clock goes on from the last noon: days do not end between two lines of a test."""
    last = (datetime.now(UTC) - timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(last, tick=True):
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    """The account that a test is about."""
    return make_cast("acme")


@pytest.fixture
def outsiders(db: None) -> Cast:
    """Another account, of which the first one's pages must show nothing."""
    return make_cast("rival")
