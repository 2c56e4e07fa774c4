import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.environment import Environment
from flowpilot.core.postgres import ConnectionInfo, cluster_for, database_settings
from flowpilot.core.postgres.keeper import PROJECT
from tests.core.postgres_home import end, new_home, place_of, python, run, start_user, wait_until_connected
from tests.ports import reserved_port

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


@dataclass(frozen=True)
class Server:
    """A server of one's own, on loopback. It asks everybody but its superuser for the password."""

    port: int

    def url(self, role: str, password: str = "a%20pass%2Fword%3F") -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/flowpilot"

    @property
    def variables(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url("flowpilot_app"), "DATABASE_OWNER_URL": self.url("flowpilot_owner")}

    def as_superuser(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as database:
            database.execute(statement)


@pytest.fixture(scope="module")
def server_over_tcp() -> Iterator[Server]:
    """A second cluster that listens on loopback and asks for a password."""
    with reserved_port() as port, new_home() as home:
        assert run(home).returncode == 0
        root = place_of(home).root
        (root / "local.conf").write_text(f"listen_addresses = '127.0.0.1'\nport = {port}\n")
        (root / "pg_hba.local.conf").write_text(
            "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        with start_user(home) as process:
            wait_until_connected(process)
            server = Server(port)
            for role in ("flowpilot_owner", "flowpilot_app"):
                server.as_superuser(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")
            yield server
            end(process)


def test_without_a_url_the_embedded_cluster_serves() -> None:
    assert settings_for() == {
        "ENGINE": "flowpilot.core.db",
        "NAME": "flowpilot",
        "USER": "flowpilot_app",
        "OWNER": {"USER": "flowpilot_owner"},
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


def test_a_second_url_names_the_owner() -> None:
    found = settings_for(
        DATABASE_URL="postgresql://me:secret@pooler.example:6432/flow",
        DATABASE_OWNER_URL="postgresql://owner:other@db.example/flow",
    )

    assert (found["USER"], found["HOST"], found["PORT"]) == ("me", "pooler.example", 6432)
    assert found["OWNER"] == {"USER": "owner", "PASSWORD": "other", "HOST": "db.example"}


def test_both_urls_name_the_same_database() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_for(DATABASE_URL="postgresql://a:b@db/flow", DATABASE_OWNER_URL="postgresql://c:d@db/other")

    assert str(refusal.value) == "DATABASE_URL and DATABASE_OWNER_URL name two databases, 'flow' and 'other'."


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


def test_external_server_over_tcp_passes_the_check_with_and_without_pool(server_over_tcp: Server) -> None:
    for pool in ("0", "3"):
        settings = settings_for(**server_over_tcp.variables, FLOWPILOT_DB_POOL=pool)
        assert messages(wrapper(settings)) == []


def test_migrations_run_as_the_owner_and_the_app_role_may_use_what_they_made(server_over_tcp: Server) -> None:
    answer = manage("migrate", "accounts", **server_over_tcp.variables)
    assert answer.returncode == 0, answer.stderr

    with psycopg.connect(server_over_tcp.url("flowpilot_app")) as database:
        assert database.execute("SELECT count(*) FROM accounts_account").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="No account is set"):
            database.execute("SELECT count(*) FROM accounts_team")


def test_migrating_without_the_owner_is_refused_in_one_sentence(server_over_tcp: Server) -> None:
    answer = manage("migrate", DATABASE_URL=server_over_tcp.url("flowpilot_app"), DATABASE_OWNER_URL="")

    assert answer.returncode == 1
    assert answer.stderr == (
        "NoOwner: This needs the role that owns the tables: set DATABASE_OWNER_URL to its address "
        "(postgresql://USER:PASSWORD@HOST:PORT/DATABASE).\n"
    )


@pytest.mark.parametrize(
    ("role", "attribute", "reason", "command"),
    [
        ("flowpilot_owner", "", "owns the tables", "up --port 9"),
        ("strong", "SUPERUSER", "is a superuser", "worker"),
        ("passing", "BYPASSRLS", "has BYPASSRLS", "check --deploy --database default"),
        ("deputy", "IN ROLE flowpilot_owner", "owns the tables", "worker"),
    ],
)
def test_a_role_that_passes_by_the_policies_is_refused_before_it_serves(
    server_over_tcp: Server, role: str, attribute: str, reason: str, command: str
) -> None:
    if attribute:
        server_over_tcp.as_superuser(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' {attribute}")
    variables = {**server_over_tcp.variables, "DATABASE_URL": server_over_tcp.url(role)}
    sentence = (
        f"The database role '{role}' {reason}, so row-level security would not keep the accounts apart: give "
        "its address to DATABASE_OWNER_URL, name another role in DATABASE_URL and run "
        "`manage.py prepare_database`, which makes that role."
    )

    assert messages(wrapper(settings_for(**variables))) == [f"flowpilot.E004 {sentence}"]
    answer = manage(*command.split(), **variables)
    assert (answer.returncode, sentence in answer.stderr) == (1, True), answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_command_makes_the_app_role_and_says_so(server_over_tcp: Server) -> None:
    variables = {
        "DATABASE_URL": server_over_tcp.url("site_app"),
        "DATABASE_OWNER_URL": server_over_tcp.url("flowpilot_owner"),
    }

    refused = manage("prepare_database", **variables)
    assert refused.stderr == (
        "CommandError: The role of DATABASE_OWNER_URL may not make roles. As a superuser of the server run "
        "CREATE ROLE \"site_app\" LOGIN PASSWORD '…'; with the password of DATABASE_URL, then this again.\n"
    )

    server_over_tcp.as_superuser("ALTER ROLE flowpilot_owner CREATEROLE")
    first, second = manage("prepare_database", **variables), manage("prepare_database", **variables)
    assert first.stdout.startswith("Made the role site_app.\nIt may use "), first.stderr
    assert second.stdout.startswith("The role site_app is there already.\n"), second.stderr
    assert messages(wrapper(settings_for(**variables))) == []


def test_one_role_for_both_is_refused(server_over_tcp: Server) -> None:
    owner = server_over_tcp.url("flowpilot_owner")

    answer = manage("prepare_database", DATABASE_URL=owner, DATABASE_OWNER_URL=owner)

    assert answer.stderr == (
        "CommandError: DATABASE_URL and DATABASE_OWNER_URL name the same role, flowpilot_owner: name another "
        "one in DATABASE_URL, with a password of your choice; it need not exist.\n"
    )


def test_the_embedded_database_needs_no_preparation() -> None:
    answer = manage("prepare_database")

    assert answer.stdout == "The embedded database makes its roles by itself; nothing to do.\n", answer.stderr


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
        db.execute("DROP DATABASE IF EXISTS bare")  # of a run that was ended here
        db.execute("CREATE DATABASE bare TEMPLATE template0")
        url = f"postgresql://flowpilot_app@/bare?host={embedded.socket_dir}"
        try:
            said = messages(wrapper(settings_for(DATABASE_URL=url)))
        finally:
            db.execute("DROP DATABASE bare WITH (FORCE)")

    assert said == [
        "flowpilot.E003 The database 'bare' has no extension pgvector: install it on the server and run "
        "CREATE EXTENSION vector in the database as a superuser."
    ]


def test_command_that_finds_no_database_says_so_in_one_sentence(tmp_path: Path) -> None:
    occupied = tmp_path / "a file"
    occupied.touch()

    own_keys = {"FLOWPILOT_SECRET_KEY": "k" * 50, "FLOWPILOT_FIELD_KEYS": Fernet.generate_key().decode()}
    answer = manage("sync_schedules", FLOWPILOT_HOME=str(occupied), **own_keys)

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
