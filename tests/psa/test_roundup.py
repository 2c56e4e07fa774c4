"""The client against Roundup, a ticket system from PyPI: what a server answers that none of us wrote."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from flowpilot.psa import client
from flowpilot.psa.client import Answer, Http
from flowpilot.psa.ports import LoginRefused, RateLimited, Refused, TicketNotFound, Uncertain
from flowpilot.psa.values import line_at, rows_at
from tests.psa.roundup_here import LIMIT


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.psa.roundup_here", str(tmp_path / "tracker")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def tracker(address: str, password: str = "secret") -> Http:
    told = {
        "Authorization": "Basic " + b64encode(f"admin:{password}".encode()).decode(),
        "X-Requested-With": "rest",
        "Origin": address,
        "Referer": address + "/",
    }
    return Http(f"{address}/rest/data", headers=lambda: told)


def make(http: Http, title: str) -> str:
    return line_at(http.ask("POST", "issue", form={"title": title}, writing=True).data, "data", "id")


def following(answer: Answer) -> str | None:
    return line_at(answer.data, "data", "@links", "next", 0, "uri") or None


def titles(http: Http, words: str) -> list[str]:
    pages = http.pages(
        "issue", params={"title": words, "@fields": "title", "@page_size": 1}, following=following
    )
    return [line_at(row, "title") for page in pages for row in rows_at(page.data, "data", "collection")]


@pytest.mark.usefixtures("loopback")
def test_a_system_that_others_wrote_is_understood(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    http = tracker(address)

    with pytest.raises(LoginRefused):
        tracker(address, "wrong").get("issue")
    with pytest.raises(TicketNotFound):
        http.get("issue/99")
    with pytest.raises(Refused, match="titel"):
        http.ask("POST", "issue", form={"titel": "Printer"}, writing=True)
    assert [make(http, f"Printer {word}") for word in ("one", "two")] == ["1", "2"]
    with pytest.raises(Refused, match="If-Match"):
        http.ask("PUT", "issue/1", form={"title": "Scanner"}, writing=True)
    assert titles(http, "Printer") == ["Printer one", "Printer two"]

    monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(5, read=0.001))
    with pytest.raises(Uncertain):
        make(tracker(address), "FP-7K3Q9W2MX4TBA")
    # It takes one call at a time: the next one is answered when the last is done.
    assert titles(http, "FP-7K3Q9W2MX4TBA") == ["FP-7K3Q9W2MX4TBA"]

    with pytest.raises(RateLimited) as limited:
        [http.get("issue") for _call in range(LIMIT)]
    assert 0 < limited.value.retry_after <= 3_600 / LIMIT + 1
    assert limited.value.status == 429
