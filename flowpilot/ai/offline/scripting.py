"""Scripts by the rules: one of the library with its values filled in, or a reason why there is none."""

import re
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import OpenSession, ScriptParameter, ScriptRequest, ScriptResult
from flowpilot.ai.offline.intake.reading import addresses_a_machine
from flowpilot.ai.offline.versions import RULES_VERSION
from flowpilot.ai.scripts.finding import find, nearest
from flowpilot.ai.scripts.library import LibraryScript, Wanted
from flowpilot.ai.scripts.quoting import refusal
from flowpilot.ai.scripts.rendering import BadValue, filled, rendered

_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_LOGIN: Final = re.compile(
    r"(?:\b[A-Z][A-Z0-9]{1,14}\\|\b(?:user|account|login|username)[ :]+)([a-z][\w.-]{2,40})\b"
)
_READ: Final = 20_000
"""Characters of a session's text that facts are looked for in."""


def script(request: ScriptRequest) -> ScriptResult:
    """Deterministic: the same request gives the same script."""
    domain = request.session.domain if request.session else None
    found = find(request.purpose, request.shell, domain)
    result = _filled(found.script, request) if found else _none(request, _instead(request, domain))
    return result.model_copy(update={"suspected_injection": _suspected(request)})


def _filled(chosen: LibraryScript, request: ScriptRequest) -> ScriptResult:
    try:
        parameters = filled(chosen, _values(chosen, request))
    except BadValue as bad:
        return _none(request, _("%(name)s: %(problem)s") % {"name": bad.name, "problem": bad})
    return _result(chosen, parameters)


def _suspected(request: ScriptRequest) -> bool:
    session = request.session
    told = f"{session.title}\n{session.text[:_READ]}" if session else ""
    return addresses_a_machine(f"{request.purpose}\n{told}")


def _result(chosen: LibraryScript, parameters: tuple[ScriptParameter, ...]) -> ScriptResult:
    undo = chosen.undo
    return ScriptResult(
        engine="offline",
        basis=(f"script:{chosen.id}",),
        prompt_version=RULES_VERSION,
        title=chosen.title,
        shell=chosen.shell,
        body=rendered(chosen.shell, chosen.body, parameters),
        parameters=parameters,
        risk=chosen.risk,
        explanation=_explanation(chosen),
        dry_run=rendered(chosen.shell, chosen.dry_run, parameters),
        undo=rendered(chosen.shell, undo, parameters) if chosen.undo_is_script else undo,
    )


def _explanation(chosen: LibraryScript) -> str:
    told = {"touches": chosen.touches, "needs": chosen.needs, "source": chosen.source}
    return _("%(touches)s\n\n**Needs:** %(needs)s\n\n**Rests on:** %(source)s") % told


def _none(request: ScriptRequest, reason: str) -> ScriptResult:
    return ScriptResult(
        engine="offline",
        basis=(),
        prompt_version=RULES_VERSION,
        title=request.purpose[:200],
        shell=request.shell,
        body="",
        risk="read",
        explanation="",
        refused=reason,
    )


def _instead(request: ScriptRequest, domain: str | None) -> str:
    said = _("No script in the library fits this purpose, and the rules do not write scripts.")
    near = [f"{each.title} ({each.shell})" for each in nearest(request.purpose, domain)]
    return f"{said} {_('Nearest: %(titles)s.') % {'titles': '; '.join(near)}}" if near else said


def _values(chosen: LibraryScript, request: ScriptRequest) -> Mapping[str, str]:
    """What the engineer has filled in, then what the session tells, if the parameter takes it."""
    given = {each.name: each.value for each in request.parameters if each.value}
    facts = _facts(request.session) if request.session else {}
    for wanted in chosen.parameters:
        fact = _fact(wanted, facts)
        if wanted.name not in given and fact and not refusal(chosen.shell, wanted.type, fact, wanted.pattern):
            given[wanted.name] = fact
    return given


def _fact(wanted: Wanted, facts: Mapping[str, str]) -> str:
    if wanted.fact == "user":
        return facts.get("user") or facts.get("mail", "").partition("@")[0]
    return facts.get(wanted.fact, "")


def _facts(session: OpenSession) -> dict[str, str]:
    """The first host, mail address and sign-in name that the session names."""
    text = f"{session.title}\n{session.text}"[:_READ]
    mail, login = _MAIL.search(text), _LOGIN.search(text)
    return {
        "host": session.entities.hosts[0] if session.entities.hosts else "",
        "mail": mail[0] if mail else "",
        "user": login[1] if login else "",
    }
