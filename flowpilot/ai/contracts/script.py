"""Script: a script for one purpose. It is shown and copied; nothing here runs it."""

from typing import Literal

from pydantic import Field

from flowpilot.ai.contracts.base import Frozen, Risk, Shell, Spoken
from flowpilot.ai.contracts.facts import OpenSession

ParameterType = Literal["text", "integer", "boolean", "host", "user", "path", "service"]


class ScriptParameter(Frozen):
    name: str
    """As it stands in the body: in PowerShell `$Name`, in bash `$NAME`, in cmd `%NAME%`, without the sign."""
    type: ParameterType
    value: str
    """As it was set in the script, unquoted; empty: the engineer has to fill it in."""
    help: str


class ScriptRequest(Frozen):
    purpose: str = Field(min_length=1)
    shell: Shell
    session: OpenSession | None = None
    """What it is for; None: no session, the purpose alone counts."""
    parameters: tuple[ScriptParameter, ...] = ()
    """Values that the engineer has filled in."""


class ScriptResult(Spoken):
    """Either a script, or a reason why there is none: `refused` set, `body` empty."""

    title: str
    shell: Shell
    body: str
    parameters: tuple[ScriptParameter, ...] = ()
    risk: Risk
    """`read`: looks only; `change`: can be taken back; `destructive`: cannot, or weakens protection."""
    explanation: str
    """What it does and which rights it needs, Markdown."""
    dry_run: str = ""
    """A variant that changes nothing (`-WhatIf`); empty for scripts that only read."""
    undo: str = ""
    """A script or an instruction that takes it back; empty where there is nothing to take back, or no way."""
    refused: str | None = None
    """Why there is no script, as a sentence for people."""
