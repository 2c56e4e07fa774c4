"""A line of the log names things by keys and places, and holds no text of anybody."""

import json
import logging
from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from flowpilot.accounts.roles import public
from flowpilot.core.logs import Lines
from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaConnection
from flowpilot.urls import *  # noqa: F403 the error handlers of the URL map below
from flowpilot.urls import urlpatterns as of_the_product_map
from sessions.rules import Incomplete
from tests.factories import Cast, make_session
from tests.screens import signed_in

CANARY = "canary-of-a-ticket"
SECRET = "the admin password is Sommer2031!"


@public
def failing(request: HttpRequest, token: str) -> HttpResponse:
    local = f"{CANARY} {request.GET.get('q')}"
    raise ValueError(local)


urlpatterns = [path("failing/<str:token>/", failing), *of_the_product_map]


class Kept(logging.Handler):
    """The lines that the one handler would write of the test's own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = get_ident()
        self.setFormatter(Lines("json"))
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    kept, root = Kept(), logging.getLogger()
    root.addHandler(kept)
    yield kept.lines
    root.removeHandler(kept)


def line_of(log: Callable[[logging.Logger], None], lines: list[dict[str, Any]]) -> dict[str, Any]:
    log(logging.getLogger("sessions.jobs"))
    return lines[-1]


def test_a_request_leaves_a_line_with_keys_and_without_its_query(
    cast: Cast, lines: list[dict[str, Any]]
) -> None:
    session, client = make_session(cast), signed_in(cast.engineer)

    response = client.get(reverse("sessions:detail", args=[session.pk]), {"q": CANARY})

    (line,) = [each for each in lines if each["logger"] == "flowpilot.access"]
    assert isinstance(line.pop("ms"), int)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "answered",
        "level": "info",
        "logger": "flowpilot.access",
        "method": "GET",
        "route": f"/sessions/<uuid:pk>/ pk={session.pk}",
        "status": 200,
        "request_id": response.headers["X-Request-ID"],
        "account": str(cast.account.pk),
        "user": str(cast.engineer.pk),
    }


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_failure_names_its_kind_and_place_and_nothing_of_what_was_said(
    lines: list[dict[str, Any]],
) -> None:
    client = Client(raise_request_exception=False)

    response = client.get(f"/failing/{CANARY}/", {"q": CANARY})

    (line,) = [each for each in lines if each["level"] == "error"]
    assert line["event"] == "Internal Server Error: /failing/<str:token>/"
    assert line["error"].startswith("builtins.ValueError\n  ")
    assert "test_logs.py" in line["error"]
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["request_id"] in response.content.decode()
    assert CANARY not in json.dumps(lines)


@pytest.mark.django_db
def test_probes_leave_no_line(lines: list[dict[str, Any]]) -> None:
    Client().get("/healthz")

    assert lines == []


@pytest.mark.django_db
def test_what_is_in_an_address_is_not_told(lines: list[dict[str, Any]]) -> None:
    client = Client()

    client.get(reverse("account_reset_password_from_key", args=["1", CANARY]))
    client.get(f"/nowhere/{CANARY}/")
    client.get(f"/flows/{CANARY}%00/")
    client.post(reverse("account_login"), {"login": f"{CANARY}@acme.example", "password": CANARY})

    assert [line["status"] for line in lines if line["logger"] == "flowpilot.access"] == [200, 404, 400, 200]
    assert CANARY not in json.dumps(lines)


def test_the_row_that_the_database_quotes_is_not_told(cast: Cast, lines: list[dict[str, Any]]) -> None:
    given = {"account": cast.account, "provider": "halo", "name": CANARY}
    PsaConnection.objects.create(**given)

    try:
        PsaConnection.objects.create(**given)
    except DatabaseError:
        line = line_of(lambda log: log.exception("It failed for %s", cast.account.pk), lines)
    connection.needs_rollback = False

    assert line["event"] == f"It failed for {cast.account.pk}"
    assert "psycopg.errors.UniqueViolation (23505)" in line["error"]
    assert "django.db.utils.IntegrityError" in line["error"]
    assert CANARY not in json.dumps(line)


def test_an_error_of_ours_says_what_it_says_but_what_it_quotes(lines: list[dict[str, Any]]) -> None:
    try:
        raise Incomplete("title", f"The title “{CANARY}” is 'too {CANARY}' long.\n{CANARY}")
    except Incomplete as error:
        logging.getLogger("sessions.jobs").warning("Not stored: %s", error, exc_info=error)

    line = lines[-1]
    assert line["event"] == "Not stored: sessions.rules.Incomplete: The title … is … long."
    assert CANARY not in json.dumps(line)


def test_what_the_queue_says_of_a_failed_task_ends_before_its_error(lines: list[dict[str, Any]]) -> None:
    logging.getLogger("django-q").error(f"Failed 'sessions.jobs.x' (name) - {CANARY} : Traceback …")

    assert lines[-1]["event"] == "Failed 'sessions.jobs.x' (name)"


def test_secrets_that_are_recognised_are_masked(lines: list[dict[str, Any]]) -> None:
    line = line_of(lambda log: log.warning("Look: %s", SECRET), lines)

    assert line["event"] == "Look: the admin password is <SECRET_1>"


def test_work_outside_of_requests_names_its_account(cast: Cast, lines: list[dict[str, Any]]) -> None:
    with account_scope(cast.account.pk):
        line = line_of(lambda log: log.info("swept"), lines)

    assert line["account"] == str(cast.account.pk)
    assert "request_id" not in line


def test_a_line_has_an_end(lines: list[dict[str, Any]]) -> None:
    assert len(line_of(lambda log: log.info("x" * 100_000), lines)["event"]) == 2000


def test_lines_to_read_say_the_same() -> None:
    record = logging.LogRecord("sessions.jobs", logging.INFO, "", 1, "swept %d", (3,), None)

    line = Lines("text").format(record)

    assert line.count("\n") == 0
    assert "swept 3" in line
    assert "sessions.jobs" in line


def test_one_handler_serves_all_and_nothing_is_told_in_detail_that_holds_texts(settings: Any) -> None:
    servers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access")]
    own = [handler for each in servers for handler in each.handlers if isinstance(handler.formatter, Lines)]
    assert own == [], "what it says goes on to the root's handler"
    assert [each.propagate for each in servers] == [True, True, False], "its lines of requests hold addresses"
    for name in ("django.db.backends", "anthropic", "httpx2", "PIL.Image", "django.template"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    assert isinstance(settings.LOG_FORMAT, str)
