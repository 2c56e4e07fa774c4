import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import psutil

from flowpilot.core.postgres.keeper import PROJECT
from flowpilot.core.serving import PROCESSES, configuration
from sessions.thread.middleware import StreamDoor


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


def test_who_asks_is_told_by_nobody_before_the_products_own_door() -> None:
    """What stands there by default believes every caller on this machine, such as a proxy that passes on what
    a stranger says about himself."""
    config = configuration("127.0.0.1", 0)
    config.load()

    assert type(config.loaded_app) is StreamDoor


def test_its_processes_are_forks_of_it_replaced_when_they_die_and_gone_when_it_ends() -> None:
    command = [sys.executable, "-m", "flowpilot.core.serving", "127.0.0.1", "0"]
    with subprocess.Popen(command, cwd=PROJECT) as started:
        try:
            server = psutil.Process(started.pid)
            first = serving(server)
            assert [process.cmdline() for process in first] == [server.cmdline()] * len(first)

            first[0].kill()
            second = serving(server, but=first[0].pid)
            assert {process.pid for process in second} & {process.pid for process in first} == {first[1].pid}

            (port,) = {each.laddr.port for process in second for each in process.net_connections()}
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                assert json.load(answer) == {"status": "ok"}
        finally:
            started.terminate()

    assert not any(process.is_running() for process in second)


def serving(server: psutil.Process, but: int | None = None) -> list[psutil.Process]:
    """The processes that answer, once they listen all."""
    while True:
        found = [process for process in server.children() if process.pid != but]
        if len(found) == PROCESSES and all(map(listens, found)):
            return found
        assert server.status() != psutil.STATUS_ZOMBIE
        time.sleep(0.05)


def listens(process: psutil.Process) -> bool:
    try:
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections())
    except psutil.NoSuchProcess:
        return False
