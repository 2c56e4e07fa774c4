"""Analysis by the model: it sees the sessions with a handle for each text, and names them in its tree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from flowpilot.ai.anthropic.case import cut
from flowpilot.ai.anthropic.jobs import Task
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.texts import Unusable, code, line, lines, parsed, probability, prose
from flowpilot.ai.anthropic.wire import AnalyseWire, NodeWire
from flowpilot.ai.confidence import confidence
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    CandidateFlow,
    Enhancement,
    Finding,
    Grounding,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
    SourceSpan,
)
from flowpilot.ai.scripts.vetting import higher_risk, script_faults
from flowpilot.flows.changes import diff
from flowpilot.flows.document import InvalidTree, Script, Tree, parse, walk
from flowpilot.flows.domains import DOMAINS
from flowpilot.flows.trees.fields import is_id
from flowpilot.flows.trees.renaming import aligned

MOST_SESSIONS: Final = 15
MOST_CHARACTERS: Final = 80_000
"""Of all sessions' JSON; a model reads more, but it costs more than it teaches."""
TEXT: Final = 4_000
ASK: Final = "Say what these sessions teach."
HEED: Final = (
    "`declined` is what reviewers turned down about similar problems, with their reasons: do not propose"
    " the same again in other words, and say in `why` what is different."
)
Spans = dict[str, SourceSpan]
"""By handle."""


def chosen(request: AnalyseRequest) -> tuple[SessionFacts, ...]:
    """The sessions that are shown, the same ones whatever order they come in: those that tell most."""
    ordered = sorted(request.sessions, key=lambda facts: (-_tells(facts), facts.id))
    kept: list[SessionFacts] = []
    room = MOST_CHARACTERS
    for facts in ordered[:MOST_SESSIONS]:
        room -= _tells(facts)
        if kept and room < 0:
            break
        kept.append(facts)
    return tuple(sorted(kept, key=lambda facts: facts.id))


def _prompt(request: AnalyseRequest) -> Prompt:
    flow = request.flows[0] if request.flows else None
    case: dict[str, Any] = {
        "flow": _flow(flow) if flow else None,
        "domains": [domain.key for domain in DOMAINS],
    }
    if request.declined:
        case["declined"] = [one.model_dump() for one in request.declined]
    return Prompt(
        job="analyse",
        wire=AnalyseWire,
        case=case,
        parts=[_session(f"s{number}", facts) for number, facts in enumerate(chosen(request), start=1)],
        ask=f"{ASK} {HEED}" if request.declined else ASK,
    )


def _read(request: AnalyseRequest, text: str, origin: dict[str, Any]) -> AnalyseResult:
    said = parsed(AnalyseWire, text)
    sessions = chosen(request)
    finding = _finding(said, request, sessions)
    sure = 0.0 if isinstance(finding, Nothing) else probability("confidence", said.confidence)
    return AnalyseResult(
        finding=finding,
        # What the sessions can bear is counted, not claimed.
        confidence=min(sure, confidence(finding, request.sessions)),
        suspected_injection=said.suspected_injection,
        **{
            **origin,
            "basis": tuple(sorted(str(facts.id) for facts in sessions)),
            "shortened": origin["shortened"] or len(sessions) < len(request.sessions),
        },
    )


ANALYSE: Task[AnalyseRequest, AnalyseResult] = Task(_prompt, _read)


def _finding(said: AnalyseWire, request: AnalyseRequest, sessions: Sequence[SessionFacts]) -> Finding:
    flow = request.flows[0] if request.flows else None
    why = prose("why", said.why, limit=2_000, needed=True)
    if said.kind == "nothing":
        return Nothing(reason=why, questions=lines("questions", said.questions, most=10))
    if said.kind == "reinforced":
        if flow is None:
            raise Unusable("`kind` is reinforced, but there is no flow in the case.")
        return Reinforced(flow_id=flow.flow_id, version_id=flow.version_id, reason=why)
    if (said.kind == "enhancement") != (flow is not None):
        raise Unusable("`kind` is enhancement exactly when the case has a flow; else it is new_flow.")
    told: dict[str, Any] = {
        "title": line("title", said.title, limit=200, needed=True),
        "summary": prose("summary", said.summary, limit=2_000),
        "why": why,
    }
    tree = _tree(said, _scripts(flow) if flow else ())
    grounding = _grounding(tree, said.nodes, _handles(sessions), flow)
    return _enhancement(flow, tree, grounding, told) if flow else _new_flow(said, tree, grounding, told)


def _new_flow(said: AnalyseWire, tree: Tree, grounding: Grounding, told: Mapping[str, Any]) -> NewFlow:
    known = {domain.key for domain in DOMAINS}
    domain = said.domain.strip().lower()
    return NewFlow(
        **told, domain=domain if domain in known else None, tree=tree.to_json(), grounding=grounding
    )


def _enhancement(
    flow: CandidateFlow, tree: Tree, grounding: Grounding, told: Mapping[str, Any]
) -> Enhancement:
    base = parse(flow.tree)
    changes = diff(base, tree)
    if not changes:
        raise Unusable("`nodes` is the flow as it stands; an enhancement changes something.")
    names = dict(zip(_ids(tree), _ids(aligned(tree, base)), strict=True))
    return Enhancement(
        **told,
        flow_id=flow.flow_id,
        base_version_id=flow.version_id,
        changes=tuple(change.to_json() for change in changes),
        grounding={names[key]: spans for key, spans in grounding.items()},
    )


def _ids(tree: Tree) -> list[str]:
    """Every node's and option's key, in an order that does not depend on the ids."""
    return [
        key
        for node in walk(tree)
        for key in (node.id, *(f"{node.id}/{option.id}" for option in node.options))
    ]


def _tree(said: AnalyseWire, known: Sequence[Script]) -> Tree:
    document = {"schema": 1, "root": said.root, "nodes": [_node(node, known) for node in said.nodes]}
    try:
        return parse(document)
    except InvalidTree as error:
        told = "; ".join(one.message for one in error.errors[:8])
        raise Unusable(f"The tree is not valid: {told}") from error


def _node(said: NodeWire, known: Sequence[Script]) -> dict[str, object]:
    if not is_id(said.id):  # it is named in what is told to the model, where nothing of an answer may stand
        raise Unusable("A node's `id` has letters, digits, - and _ only, at most 40.")
    script = _script(said, known)
    return {
        "id": said.id,
        "kind": said.kind,
        "title": line("nodes.title", said.title, limit=200, needed=True),
        "body": prose("nodes.body", said.body, limit=8_000),
        "script": script.to_json() if script else None,
        "options": [
            {"id": option.id, "label": line("options.label", option.label, limit=200), "next": option.next}
            for option in said.options
        ],
    }


def _script(said: NodeWire, known: Sequence[Script]) -> Script | None:
    """As the model says it, with the higher of the stated and the found risk. One of `known`, which people
    have let pass, stays as it is."""
    if said.shell == "none" or not said.script.strip():
        return None
    body = code("nodes.script", said.script, limit=8_000)
    undo = code("nodes.undo", said.undo, limit=2_000)
    script = Script(said.shell, body, "change" if said.risk == "none" else said.risk, undo)
    if script in known:
        return script
    if problem := next(script_faults({"script": body}, undo, said.shell), None):
        raise Unusable(f"The node {said.id}: {problem}")
    return replace(script, risk=higher_risk(script.risk, body, said.shell))


def _scripts(flow: CandidateFlow) -> list[Script]:
    return [node.script for node in parse(flow.tree).nodes if node.script]


def _grounding(
    tree: Tree, nodes: Iterable[NodeWire], handles: Spans, flow: CandidateFlow | None
) -> Grounding:
    """Where each node comes from, as the model says; and for each option those sessions that speak both for
    its node and for the one it leads to. Nodes that the flow has already need no source."""
    before = {node.id for node in parse(flow.tree).nodes} if flow else set()
    sources = {node.id: _sources(node.sources, handles) for node in nodes}
    grounding: Grounding = {}
    for node in tree.nodes:
        if not sources[node.id] and node.kind != "escalation" and node.id not in before:
            raise Unusable(f"The node {node.id} names no source.")
        here = {span.session for span in sources[node.id]}
        grounding[node.id] = sources[node.id]
        for option in node.options:
            shared = tuple(span for span in sources[option.next] if span.session in here)
            grounding[f"{node.id}/{option.id}"] = shared
    return {key: spans for key, spans in grounding.items() if spans}


def _sources(named: Iterable[str], handles: Spans) -> tuple[SourceSpan, ...]:
    found = []
    for name in dict.fromkeys(each.strip().lower() for each in named):
        if name not in handles:
            raise Unusable("`sources` names a handle that is not in the case.")
        found.append(handles[name])
    return tuple(found)


def _handles(sessions: Sequence[SessionFacts]) -> Spans:
    """Every handle that a source may name, with the text that it stands for."""
    handles: Spans = {}
    for number, facts in enumerate(sessions, start=1):
        texts = {"title": facts.title, "text": facts.text, "resolution": facts.resolution}
        for name, text in {**texts, "action": facts.resolution_action}.items():
            _add(handles, f"s{number}.{name}", text, facts.id, _FIELDS[name])
        for place, step in enumerate(facts.steps, start=1):
            _add(handles, f"s{number}.step{place}", step.title, facts.id, "step.title", step.id)
            _add(handles, f"s{number}.step{place}.body", step.body, facts.id, "step.body", step.id)
            _add(
                handles, f"s{number}.step{place}.response", step.response, facts.id, "step.response", step.id
            )
    return handles


_FIELDS: Final = {
    "title": "title",
    "text": "text",
    "resolution": "resolution",
    "action": "resolution_action",
}


def _add(handles: Spans, handle: str, text: str, session: UUID, field: str, step: UUID | None = None) -> None:
    if text:
        span = {"session": session, "step": step, "field": field, "start": 0, "end": len(text)}
        handles[handle] = SourceSpan.model_validate(span)


def _session(handle: str, facts: SessionFacts) -> dict[str, Any]:
    return {
        "session": handle,
        f"{handle}.title": cut(facts.title, 300),
        f"{handle}.text": cut(facts.text, TEXT),
        "steps": [
            {
                f"{handle}.step{place}": cut(step.title, 300),
                f"{handle}.step{place}.body": cut(step.body, 1_500),
                f"{handle}.step{place}.response": cut(step.response, 1_500),
                "kind": step.kind,
                "options": list(step.options),
                "chosen": step.chosen or "",
                "outcome": step.outcome or "",
            }
            for place, step in enumerate(facts.steps, start=1)
        ],
        f"{handle}.resolution": cut(facts.resolution, TEXT),
        f"{handle}.action": cut(facts.resolution_action, 1_000),
        "outcome": facts.outcome,
    }


def _flow(flow: CandidateFlow) -> dict[str, Any]:
    return {"title": flow.title, "summary": flow.summary, "domain": flow.domain or "", "tree": flow.tree}


def _tells(facts: SessionFacts) -> int:
    """Characters that a session has to show."""
    steps = sum(len(step.title) + len(step.body[:1_500]) + len(step.response[:1_500]) for step in facts.steps)
    return len(facts.text[:TEXT]) + len(facts.resolution[:TEXT]) + steps
