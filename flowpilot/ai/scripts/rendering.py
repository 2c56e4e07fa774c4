"""Library scripts with their values in place: what is shown, copied and downloaded."""

from collections.abc import Mapping
from typing import Final

from flowpilot.ai.contracts import ScriptParameter, Shell
from flowpilot.ai.scripts.library import LibraryScript, Wanted
from flowpilot.ai.scripts.quoting import assignment, refusal

_HEADS: Final[dict[Shell, str]] = {
    "powershell": "$ErrorActionPreference = 'Stop'",
    "bash": "set -u",
    "cmd": "@echo off\nsetlocal",
}


class BadValue(ValueError):
    """A value that its parameter does not take. `name` is the parameter's, the text a sentence for people."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


def filled(script: LibraryScript, values: Mapping[str, str]) -> tuple[ScriptParameter, ...]:
    """The parameters with what is given, else their defaults, else empty. Raises `BadValue`."""
    return tuple(_filled(script, wanted, values.get(wanted.name, "")) for wanted in script.parameters)


def _filled(script: LibraryScript, wanted: Wanted, given: str) -> ScriptParameter:
    value = given or wanted.default
    if value and (problem := refusal(script.shell, wanted.type, value, wanted.pattern)):
        raise BadValue(wanted.name, problem)
    return ScriptParameter(name=wanted.name, type=wanted.type, value=value, help=wanted.help)


def rendered(shell: Shell, code: str, parameters: tuple[ScriptParameter, ...]) -> str:
    """A body with its head and its values, as it is run; nothing for nothing."""
    if not code.strip():
        return ""
    lines = [assignment(shell, each.name, each.type, each.value) for each in parameters]
    return "\n".join([_HEADS[shell], *lines, "", code.strip(), ""])
