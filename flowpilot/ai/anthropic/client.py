"""The vendor's client, made so that nothing but our settings decides where it goes and what it carries."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final

import httpx2
from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient
from django.conf import settings

from flowpilot.ai.anthropic.guard import EgressGuard

CONNECT_SECONDS: Final = 5.0
WRITE_SECONDS: Final = 30.0


@asynccontextmanager
async def open_client(read_seconds: float) -> AsyncIterator[AsyncAnthropic]:
    """A client for one job, closed at its end. It makes one attempt: each further one is in the ledger.

    Key and address are given, so that neither the environment nor a profile on disk is looked at; telemetry
    is set, so that nobody switches the recording of contents on from outside. A redirect is not followed: a
    case would be told to whoever it names.
    """
    timeout = httpx2.Timeout(read_seconds, connect=CONNECT_SECONDS, write=WRITE_SECONDS)
    async with AsyncAnthropic(
        api_key=settings.ANTHROPIC_API_KEY,
        base_url=settings.ANTHROPIC_BASE_URL,
        timeout=timeout,
        max_retries=0,
        http_client=DefaultAsyncHttpxClient(
            verify=await asyncio.to_thread(_certificates),
            timeout=timeout,
            trust_env=True,
            follow_redirects=False,
        ),
        middleware=[EgressGuard(settings.ANTHROPIC_BASE_URL)],
        open_telemetry=TELEMETRY,
    ) as client:
        yield client


TELEMETRY: Final[Any] = {
    "propagation": False,
    "traces": {"enabled": True, "content_mode": "metadata_only"},
}


@cache
def _certificates() -> ssl.SSLContext:
    """Read once, beside the loop: it takes a tenth of a second."""
    return httpx2.create_ssl_context()
