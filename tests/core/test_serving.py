import json
import os
import socket
import subprocess
import sys

from flowpilot.core.postgres.keeper import PROJECT


def test_the_servers_parent_writes_its_lines_as_all_others_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "flowpilot.core.serving", "127.0.0.1", str(port)],
            cwd=PROJECT,
            env={**os.environ, "FLOWPILOT_LOG_FORMAT": "json"},
            capture_output=True,
            check=False,
        )

    (line,) = map(json.loads, ended.stderr.splitlines())
    assert line["event"].startswith("[Errno")
    assert {**line, "event": "", "timestamp": ""} == {
        "event": "",
        "level": "error",
        "logger": "uvicorn.error",
        "timestamp": "",
    }
    assert ended.returncode != 0
