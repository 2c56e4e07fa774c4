"""Scripts of engines, held against the check before anybody sees them: raised, or refused with the reason."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import ScriptResult, Shell
from flowpilot.ai.scripts.checking import RISKS, Hit, check

STRICT: tuple[Shell, ...] = ("bash", "cmd")
"""Shells whose grammar errs so rarely that what it does not understand is taken for wrong."""


def vetted(result: ScriptResult) -> ScriptResult:
    """The script with the higher of both risks, its own and the found one; refused, it has no body."""
    if not result.body:
        return result
    refused = [hit for body in _bodies(result) for hit in check(body, result.shell).refused]
    if refused:
        return result.model_copy(
            update={"body": "", "dry_run": "", "undo": "", "parameters": (), "refused": _no(refused[0])}
        )
    found = check(result.body, result.shell).risk
    return result.model_copy(update={"risk": max(result.risk, found, key=RISKS.index)})


def faults(result: ScriptResult) -> Iterator[str]:
    """What an engine has to do better, in English: it is told to the model."""
    if not result.body:
        return
    for name, body in (("body", result.body), ("dry_run", result.dry_run)):
        checked = check(body, result.shell)
        if checked.refused:
            hit = checked.refused[0]
            yield f"`{name}`, line {hit.line}: it {hit.reason}. No script may: refuse, or do it otherwise."
        if checked.unread and result.shell in STRICT:
            yield f"`{name}`, line {checked.unread[0]}: the syntax is wrong."
    if check(result.dry_run, result.shell).risk == "destructive":
        yield "`dry_run` has to change nothing."
    if check(result.body, result.shell).wants and not result.dry_run:
        yield "`dry_run` is empty, though the script changes something."


def _bodies(result: ScriptResult) -> Iterator[str]:
    yield from (result.body, result.dry_run)
    # A way back may be a sentence; only what reads like a script is held to be one.
    if "\n" in result.undo.strip():
        yield result.undo


def _no(hit: Hit) -> str:
    told = {"line": hit.line, "reason": _(hit.reason)}
    return _("The script was not handed out: in line %(line)s it %(reason)s.") % told
