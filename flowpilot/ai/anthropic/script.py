"""Scripts by the model. They are only shown: nothing runs them."""

from typing import Any

from flowpilot.ai.anthropic.case import cut, session_case, steps
from flowpilot.ai.anthropic.jobs import Task
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.texts import Unusable, code, line, parsed, prose
from flowpilot.ai.anthropic.wire import ParameterWire, ScriptWire
from flowpilot.ai.contracts import ScriptParameter, ScriptRequest, ScriptResult
from flowpilot.ai.scripts.vetting import faults

SCRIPT = 20_000
MOST_PARAMETERS = 20


def _prompt(request: ScriptRequest) -> Prompt:
    session = request.session
    return Prompt(
        job="script",
        wire=ScriptWire,
        case={
            "purpose": cut(request.purpose, 2_000),
            "values": [parameter.model_dump(mode="json") for parameter in request.parameters],
            "session": session_case(session) if session else None,
        },
        parts=steps(session.steps) if session else (),
        ask=f"Write the script in {request.shell}.",
    )


def _read(request: ScriptRequest, text: str, origin: dict[str, Any]) -> ScriptResult:
    said = parsed(ScriptWire, text)
    refused = line("refused", said.refused, limit=500) or None
    if len(said.parameters) > MOST_PARAMETERS:
        raise Unusable(f"`parameters` has more than {MOST_PARAMETERS} entries.")
    result = ScriptResult(
        title=line("title", said.title, limit=200, needed=True),
        shell=request.shell,
        body="" if refused else code("body", said.body, limit=SCRIPT, needed=True),
        parameters=() if refused else tuple(_parameter(one) for one in said.parameters),
        risk=said.risk,
        explanation=prose("explanation", said.explanation, limit=4_000),
        dry_run="" if refused else code("dry_run", said.dry_run, limit=SCRIPT),
        undo="" if refused else code("undo", said.undo, limit=SCRIPT),
        refused=refused,
        suspected_injection=said.suspected_injection,
        **origin,
    )
    if problem := next(faults(result), None):
        raise Unusable(problem)
    return result


def _parameter(said: ParameterWire) -> ScriptParameter:
    name = line("parameters.name", said.name, limit=60, needed=True)
    if not name.replace("_", "").isalnum():
        raise Unusable("A parameter's `name` may have letters, digits and underscores only.")
    return ScriptParameter(
        name=name,
        type=said.type,
        value=line("parameters.value", said.value, limit=500),
        help=line("parameters.help", said.help, limit=300),
    )


SCRIPT_TASK: Task[ScriptRequest, ScriptResult] = Task(_prompt, _read)
