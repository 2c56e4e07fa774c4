import os
import socket
import subprocess
import sys
from pathlib import Path

from flowpilot.core.postgres.keeper import PROJECT


def up(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up", *arguments],
        cwd=PROJECT,
        env={**os.environ, "FLOWPILOT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_taken_port_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refusal = up("--port", str(port), home=tmp_path)

    assert refusal.returncode == 1
    assert refusal.stderr == (
        f"CommandError: Port {port} on 127.0.0.1 is in use: stop what listens there, or choose another one "
        "(PORT=8001 make run).\n"
    )
    assert not (tmp_path / "postgres").exists()


def test_foreign_address_is_refused_with_the_reason(tmp_path: Path) -> None:
    refusal = up("--host", "192.0.2.1", home=tmp_path)

    assert refusal.returncode == 1
    assert refusal.stderr.startswith("CommandError: Cannot listen on 192.0.2.1 port 8000: ")


def test_port_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    refusal = up("--port", "99999", home=tmp_path)

    assert refusal.returncode == 2
    assert refusal.stderr.splitlines()[-1] == (
        "manage.py up: error: argument --port: '99999' is no port: expected 1 to 65535"
    )
