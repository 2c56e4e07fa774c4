import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from flowpilot.core.postgres.keeper import PROJECT
from flowpilot.core.processes import Address, Ended, Program, run
from flowpilot.core.worker.process import is_alive

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


def program(name: str, code: str) -> Program:
    return Program(name, ["-c", textwrap.dedent(code)], {})


def writes_when_asked_to_stop(path: Path) -> str:
    return f"""
        import pathlib, signal, sys, time
        def stop(*_):
            pathlib.Path({str(path)!r}).write_text("stopped in order")
            sys.exit()
        signal.signal(signal.SIGTERM, stop)
        pathlib.Path({str(path)!r}).write_text("ready")
        time.sleep(60)
    """


def test_program_that_ends_by_itself_ends_the_others(tmp_path: Path) -> None:
    note = tmp_path / "note"
    waits = f"""
        import pathlib, sys, time
        while not (pathlib.Path({str(note)!r}).exists() and pathlib.Path({str(note)!r}).read_text()):
            time.sleep(0.05)
        sys.exit(7)
    """

    ended = run([program("steady", writes_when_asked_to_stop(note)), program("weak", waits)], tmp_path)

    assert ended == Ended("weak", 7)
    assert note.read_text() == "stopped in order"


def test_death_is_noticed_although_its_children_live_on(tmp_path: Path) -> None:
    child = tmp_path / "child"
    orphan_maker = f"""
        import os, pathlib, signal, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], stdout=subprocess.PIPE)
        child.stdout.readline()
        pathlib.Path({str(child)!r}).write_text(str(child.pid))
        os.kill(os.getpid(), signal.SIGKILL)
    """

    assert run([program("killed", orphan_maker)], tmp_path) == Ended("killed", -signal.SIGKILL)
    wait_until_gone(int(child.read_text()))


def test_signal_stops_all_in_order(tmp_path: Path) -> None:
    notes = [tmp_path / name for name in ("first", "second")]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        supervisor = f"""
            from pathlib import Path
            from flowpilot.core.processes import Program, run
            codes = {[textwrap.dedent(writes_when_asked_to_stop(note)) for note in notes]!r}
            print(run([Program(str(at), ["-c", code], {{}}) for at, code in enumerate(codes)], Path("/")))
        """
        command = [sys.executable, "-c", textwrap.dedent(supervisor)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
            while not all(note.exists() and note.read_text() == "ready" for note in notes):
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(number)
            said, _errors = process.communicate(timeout=30)

        assert said == "None\n"
        assert [note.read_text() for note in notes] == ["stopped in order", "stopped in order"]
        for note in notes:
            note.unlink()


def test_address_of_all_interfaces_is_asked_on_loopback() -> None:
    assert Address("0.0.0.0", 80).here == Address("127.0.0.1", 80)
    assert Address("::", 80).here.url == "http://[::1]:80"
    assert Address("flow.example", 80).here.url == "http://flow.example:80"


def wait_until_gone(pid: int) -> None:
    """Ended, or a zombie that this machine's first process has not collected."""
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"{pid} lives on"
        time.sleep(0.05)
