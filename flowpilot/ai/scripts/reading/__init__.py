"""A script in any of the shells, read into its calls, with the code that calls carry within them."""

from collections.abc import Callable

from flowpilot.ai.contracts import Shell
from flowpilot.ai.scripts.reading.bash import read_bash
from flowpilot.ai.scripts.reading.cmd import read_cmd
from flowpilot.ai.scripts.reading.model import Call, Code, Reading
from flowpilot.ai.scripts.reading.nested import inside
from flowpilot.ai.scripts.reading.powershell import read_powershell

DEEPEST = 6
"""How many times code within code is followed."""
MOST_CALLS = 5_000

_READERS: dict[Shell, Callable[[str], Reading]] = {
    "bash": read_bash,
    "powershell": read_powershell,
    "cmd": read_cmd,
}


def read(body: str, shell: Shell) -> Reading:
    """All calls of a script. What it runs inside of others stands behind them, with the line of the outer."""
    reading = _READERS[shell](body)
    waiting = [(call, 0) for call in reading.calls]
    while waiting and len(reading.calls) < MOST_CALLS:
        call, depth = waiting.pop(0)
        if depth >= DEEPEST:
            continue
        for found in inside(call):
            calls = [found] if isinstance(found, Call) else _within(found, call.line, reading)
            reading.calls += calls
            waiting += [(each, depth + 1) for each in calls]
    return reading


def _within(code: Code, line: int, reading: Reading) -> list[Call]:
    inner = read_bash(code.body, code.variables) if code.shell == "bash" else _READERS[code.shell](code.body)
    reading.functions |= inner.functions
    return [Call(each.shell, each.words, line, each.fed_by) for each in inner.calls]


__all__ = ["Call", "Code", "Reading", "read"]
