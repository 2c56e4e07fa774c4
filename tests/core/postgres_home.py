"""Homes and users for the tests of the embedded PostgreSQL; every one is a process of its own."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowpilot.core.postgres import postmaster
from flowpilot.core.postgres.keeper import PROJECT
from flowpilot.core.postgres.location import Place, known_place

USE = """
    import sys
    from pathlib import Path
    from flowpilot.core.postgres import ClusterError, cluster_for
    try:
        info = cluster_for(Path(sys.argv[1])).ensure_running()
    except ClusterError as error:
        sys.exit(f"refused: {error}")
    print(info.socket_dir, flush=True)
"""
UNTIL_TOLD = "sys.stdin.read()"


def place_of(home: Path) -> Place:
    return known_place(home)


@contextmanager
def new_home(under: Path | None = None) -> Iterator[Path]:
    """A home whose data stay from one server to the next, removed at the end of the test."""
    home = Path(tempfile.mkdtemp(prefix="fp-", dir=under)).resolve()
    home.chmod(0o711)
    try:
        yield home
    finally:
        place = place_of(home)
        postmaster.stop(place.data)
        for path in (place.sockets, place.root, home):
            shutil.rmtree(path, ignore_errors=True)


def run(home: Path, code: str = "") -> subprocess.CompletedProcess[str]:
    """Use the cluster of `home` in a new process, run `code` there (`info` is the connection), end."""
    return python(USE, code, argument=str(home))


def python(*codes: str, argument: str = "") -> subprocess.CompletedProcess[str]:
    command = [*_command(*codes), argument]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603


def start_user(home: Path, code: str = UNTIL_TOLD) -> subprocess.Popen[str]:
    """A process that begins to use the cluster and goes on until its standard input is closed."""
    return subprocess.Popen(  # noqa: S603
        [*_command(USE, code), str(home)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_connected(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() != "", process.communicate()[1]


@contextmanager
def user_of(home: Path, code: str = UNTIL_TOLD) -> Iterator[subprocess.Popen[str]]:
    with start_user(home, code) as process:
        wait_until_connected(process)
        yield process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)


def runs(home: Path) -> bool:
    return postmaster.find(place_of(home).data) is not None


def server_pid(home: Path) -> int:
    process = postmaster.find(place_of(home).data)
    assert process is not None
    return int(process.pid)


def data_owner(home: Path) -> pwd.struct_passwd:
    return pwd.getpwuid(os.stat(place_of(home).data).st_uid)


def _command(*codes: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(textwrap.dedent(code) for code in codes)]
