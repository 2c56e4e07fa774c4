import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.environment import Environment
from flowpilot.core.postgres import ConnectionInfo, cluster_for, database_settings
from flowpilot.core.postgres.keeper import PROJECT
from tests.core.postgres_home import end, new_home, place_of, python, run, start_user, wait_until_connected

PASSWORD = "a pass/word?"  # noqa: S105 — of a server that lives for one test


def settings_for(**variables: str) -> dict[str, Any]:
    env = Environment()
    env.ENVIRON = variables
    return database_settings(env, Path("/srv/flowpilot"))


def wrapper(settings: dict[str, Any]) -> DatabaseWrapper:
    connection = ConnectionHandler({"default": settings})["default"]
    assert isinstance(connection, DatabaseWrapper)
    return connection


def messages(connection: DatabaseWrapper) -> list[str | None]:
    try:
        return [f"{found.id} {found.msg}" for found in connection.validation.check()]
    finally:
        connection.close()
        connection.close_pool()


@pytest.fixture(autouse=True)
def _other_databases_may_be_asked(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def embedded() -> ConnectionInfo:
    return cluster_for(Path(os.environ["FLOWPILOT_HOME"])).ensure_running()


@pytest.fixture(scope="module")
def server_over_tcp() -> Iterator[str]:
    """A second cluster that listens on loopback and asks for a password; yields its DATABASE_URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    password = f"""
        import psycopg
        with psycopg.connect(host=info.socket_dir, user=info.user, dbname=info.dbname) as db:
            db.execute("ALTER ROLE flowpilot_owner PASSWORD '{PASSWORD}'")
    """
    with new_home() as home:
        assert run(home, password).returncode == 0
        root = place_of(home).root
        (root / "local.conf").write_text(f"listen_addresses = '127.0.0.1'\nport = {port}\n")
        (root / "pg_hba.local.conf").write_text("host all flowpilot_owner 127.0.0.1/32 scram-sha-256\n")
        with start_user(home) as process:
            wait_until_connected(process)
            yield f"postgresql://flowpilot_owner:a%20pass%2Fword%3F@127.0.0.1:{port}/flowpilot"
            end(process)


def test_without_a_url_the_embedded_cluster_serves() -> None:
    assert settings_for() == {
        "ENGINE": "flowpilot.core.db",
        "NAME": "flowpilot",
        "USER": "flowpilot_owner",
        "EMBEDDED_HOME": Path("/srv/flowpilot"),
        "OPTIONS": {},
    }


def test_a_url_names_another_server() -> None:
    found = settings_for(DATABASE_URL="postgresql://me:s%40crt@db.example:6432/flow?sslmode=require")

    assert found == {
        "ENGINE": "flowpilot.core.db",
        "NAME": "flow",
        "USER": "me",
        "PASSWORD": "s@crt",
        "HOST": "db.example",
        "PORT": 6432,
        "OPTIONS": {"sslmode": "require"},
    }


def test_pool_size_comes_from_the_environment() -> None:
    assert settings_for(FLOWPILOT_DB_POOL="7")["OPTIONS"] == {
        "pool": {"min_size": 1, "max_size": 7, "timeout": 10}
    }


@pytest.mark.parametrize(
    "url", ["mysql://me@db/flow", "postgresql://me@db", "flow", "postgresql://me@db:port/flow"]
)
def test_malformed_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_for(DATABASE_URL=url)

    assert str(refusal.value) == (
        "DATABASE_URL is malformed: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
    )


def test_external_server_over_tcp_passes_the_check_with_and_without_pool(server_over_tcp: str) -> None:
    for pool in ("0", "3"):
        settings = settings_for(DATABASE_URL=server_over_tcp, FLOWPILOT_DB_POOL=pool)
        assert messages(wrapper(settings)) == []


def test_commands_run_on_the_external_server(server_over_tcp: str) -> None:
    answer = manage("migrate", "contenttypes", DATABASE_URL=server_over_tcp)
    assert answer.returncode == 0, answer.stderr

    with psycopg.connect(server_over_tcp) as db:
        tables = db.execute("SELECT count(*) FROM django_content_type").fetchone()
    assert tables is not None


def test_unreachable_server_is_one_sentence_of_the_check() -> None:
    with socket.socket() as bound_but_deaf:
        bound_but_deaf.bind(("127.0.0.1", 0))
        port = bound_but_deaf.getsockname()[1]
        found = messages(wrapper(settings_for(DATABASE_URL=f"postgresql://me:x@127.0.0.1:{port}/flow")))

    assert len(found) == 1
    assert str(found[0]).startswith("flowpilot.E001 The database cannot be reached: connection")
    assert "\n" not in str(found[0])


def test_database_without_the_extension_is_told_how_to_get_it(embedded: ConnectionInfo) -> None:
    with psycopg.connect(
        host=embedded.socket_dir,
        port=embedded.port,
        user=embedded.user,
        dbname=embedded.dbname,
        autocommit=True,
    ) as db:
        db.execute("CREATE DATABASE bare TEMPLATE template0")
    url = f"postgresql://{embedded.user}@/bare?host={embedded.socket_dir}"

    assert messages(wrapper(settings_for(DATABASE_URL=url))) == [
        "flowpilot.E003 The database 'bare' has no extension pgvector: install it on the server and run "
        "CREATE EXTENSION vector in the database as a superuser."
    ]


def test_command_that_finds_no_database_says_so_in_one_sentence(tmp_path: Path) -> None:
    occupied = tmp_path / "a file"
    occupied.touch()

    answer = manage("sync_schedules", FLOWPILOT_HOME=str(occupied), FLOWPILOT_SECRET_KEY="k" * 50)

    assert answer.returncode == 1
    assert answer.stderr == (
        f"DatabaseUnavailable: {occupied}/postgres cannot be made (Not a directory): set FLOWPILOT_HOME to a "
        "directory that you may write to.\n"
    )


def test_forked_child_uses_a_pool_of_its_own(embedded: ConnectionInfo) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from django.conf import settings
        from flowpilot.core.environment import Environment
        from flowpilot.core.postgres import database_settings
        os.environ["FLOWPILOT_DB_POOL"] = "1"
        settings.configure(DATABASES={"default": database_settings(Environment(), Path(sys.argv[1]))})
        from django.db import connection
        def ask():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                return cursor.fetchone()[0]
        first = ask()
        connection.close()
        child = os.fork()
        if child == 0:
            other = ask()
            os._exit(0 if other != first else 3)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), ask() == first)
    """
    answer = python(code, argument=os.environ["FLOWPILOT_HOME"])
    assert answer.stdout == "0 True\n", answer.stderr


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
