"""The forms in which the model answers: flat, every field required, nothing of any customer in them.

The vendor compiles a form into a grammar and keeps it for a day, so no id, name or title of an account may
ever be part of one. It refuses recursion and is slow on optional and alternative fields: absence is the empty
string, the empty list or `none`. Numbers and lengths are checked after parsing, by `reading`.
"""

from functools import cache
from typing import Annotated, Any, Literal

from django.utils.module_loading import import_string
from pydantic import BaseModel, BeforeValidator, ConfigDict


def _small(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True)


# The vendor does not promise the case of an enum's values.
Kind = Annotated[Literal["question", "action", "check", "note"], BeforeValidator(_small)]
NodeKind = Annotated[Literal["question", "action", "resolution", "escalation"], BeforeValidator(_small)]
FindingKind = Annotated[Literal["new_flow", "enhancement", "reinforced", "nothing"], BeforeValidator(_small)]
RiskLevel = Annotated[Literal["read", "change", "destructive"], BeforeValidator(_small)]
NodeRisk = Annotated[Literal["none", "read", "change", "destructive"], BeforeValidator(_small)]
NodeShell = Annotated[Literal["none", "powershell", "bash", "cmd"], BeforeValidator(_small)]
ParameterKind = Annotated[
    Literal["text", "integer", "boolean", "host", "user", "path", "service"], BeforeValidator(_small)
]


class TriageWire(Wire):
    summary: str
    details: str
    domain: str
    confidence: float
    products: list[str]
    codes: list[str]
    hosts: list[str]
    scope: str
    onset: str
    tried: list[str]
    missing_question: str
    suspected_injection: bool


class GuideWire(Wire):
    say: str
    kind: Kind
    title: str
    body: str
    options: list[str]
    confidence: float
    confidence_reason: str
    propose_resolution: bool
    propose_escalation: bool
    escalation_reason: str
    suspected_injection: bool


class ParameterWire(Wire):
    name: str
    type: ParameterKind
    value: str
    help: str


class ScriptWire(Wire):
    title: str
    body: str
    parameters: list[ParameterWire]
    risk: RiskLevel
    explanation: str
    dry_run: str
    undo: str
    refused: str
    suspected_injection: bool


class HypothesisWire(Wire):
    text: str
    confidence: float


class EscalateWire(Wire):
    summary: str
    impact: str
    ruled_out: list[str]
    hypotheses: list[HypothesisWire]
    suggestions: list[str]
    suspected_injection: bool


class OptionWire(Wire):
    id: str
    label: str
    next: str


class NodeWire(Wire):
    id: str
    kind: NodeKind
    title: str
    body: str
    shell: NodeShell
    script: str
    risk: NodeRisk
    undo: str
    options: list[OptionWire]
    sources: list[str]


class AnalyseWire(Wire):
    kind: FindingKind
    title: str
    summary: str
    why: str
    domain: str
    root: str
    nodes: list[NodeWire]
    questions: list[str]
    confidence: float
    suspected_injection: bool


@cache
def form_of(wire: type[Wire]) -> dict[str, Any]:
    """What `output_config.format` takes. Made once per form: a changed byte would void the prompt cache.

    The vendor's client, whose import takes a second and 40 MB, is not loaded before somebody asks Claude.
    """
    transform_schema = import_string("anthropic.transform_schema")
    return {"type": "json_schema", "schema": transform_schema(wire)}
