"""Scripts of engines, held against the check before anybody sees them: raised, or refused with the reason."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import Risk, ScriptResult, Shell
from flowpilot.ai.scripts.checking import RISKS, Hit, check

STRICT: tuple[Shell, ...] = ("bash", "cmd")
"""Shells whose grammar errs so rarely that what it does not understand is taken for wrong."""


def vetted(result: ScriptResult) -> ScriptResult:
    """The script with the higher of both risks, its own and the found one; refused, it has no body."""
    if not result.body:
        return result
    texts = (result.body, result.dry_run, _way_back(result.undo))
    refused = [hit for text in texts for hit in check(text, result.shell).refused]
    if refused:
        return result.model_copy(
            update={"body": "", "dry_run": "", "undo": "", "parameters": (), "refused": _no(refused[0])}
        )
    return result.model_copy(update={"risk": higher_risk(result.risk, result.body, result.shell)})


def higher_risk(stated: Risk, body: str, shell: Shell) -> Risk:
    return max(stated, check(body, shell).risk, key=RISKS.index)


def faults(result: ScriptResult) -> Iterator[str]:
    """What an engine has to do better, in English: it is told to the model."""
    if not result.body:
        return
    texts = {"body": result.body, "dry_run": result.dry_run}
    yield from script_faults(texts, result.undo, result.shell)
    if check(result.dry_run, result.shell).risk == "destructive":
        yield "`dry_run` has to change nothing."
    if check(result.body, result.shell).wants and not result.dry_run:
        yield "`dry_run` is empty, though the script changes something."


def script_faults(texts: Mapping[str, str], undo: str, shell: Shell) -> Iterator[str]:
    """What a model's script may not do, wherever it stands, and wrong syntax; `texts` are by their field."""
    for name, text in texts.items():
        checked = check(text, shell)
        yield from (_told(name, hit) for hit in checked.refused[:1])
        if checked.unread and shell in STRICT:
            yield f"`{name}`, line {checked.unread[0]}: the syntax is wrong."
    yield from (_told("undo", hit) for hit in check(_way_back(undo), shell).refused[:1])


def _way_back(undo: str) -> str:
    """A way back may be a sentence; only what reads like a script is held to be one."""
    return undo if "\n" in undo.strip() else ""


def _told(name: str, hit: Hit) -> str:
    return f"`{name}`, line {hit.line}: it {hit.reason}. No script may: refuse, or do it otherwise."


def _no(hit: Hit) -> str:
    told = {"line": hit.line, "reason": _(hit.reason)}
    return _("The script was not handed out: in line %(line)s it %(reason)s.") % told
