"""Prompts and forms are kept byte by byte: whoever changes one sees it here, and renews the golden file."""

import json
from pathlib import Path

import pytest

from flowpilot.ai.anthropic.analyse import ANALYSE
from flowpilot.ai.anthropic.escalate import ESCALATE
from flowpilot.ai.anthropic.guide import GUIDE
from flowpilot.ai.anthropic.pictures import Pictures
from flowpilot.ai.anthropic.plans import plan_for
from flowpilot.ai.anthropic.prompting import Prompt, encoded, system_prompt, version_of
from flowpilot.ai.anthropic.script import SCRIPT_TASK
from flowpilot.ai.anthropic.triage import triage_task
from flowpilot.ai.anthropic.wire import (
    AnalyseWire,
    EscalateWire,
    GuideWire,
    ScriptWire,
    TriageWire,
    Wire,
    form_of,
)
from flowpilot.ai.contracts import Job
from tests.ai.requests import a_guide, a_script, a_step, a_triage, an_analysis, an_escalation

GOLDEN = Path(__file__).parent / "golden"
WIRES: dict[Job, type[Wire]] = {
    "triage": TriageWire,
    "guide": GuideWire,
    "script": ScriptWire,
    "escalate": EscalateWire,
    "analyse": AnalyseWire,
}
BIGGEST_FORM = 3_000
"""Bytes; above some 3.6 kB the vendor has been seen to refuse a form."""
CACHED_FROM = 512 * 4
"""Characters that are surely 512 tokens, below which the vendor caches nothing and does not say so."""


def test_the_versions_are_those_of_the_golden_file() -> None:
    """After a change on purpose: read the difference, then write the new version into the file."""
    versions = {job: version_of(job, wire) for job, wire in WIRES.items()}

    assert versions == json.loads((GOLDEN / "versions.json").read_text())


ASKED: dict[Job, Prompt] = {
    "triage": triage_task(Pictures()).prompt(a_triage()),
    "guide": GUIDE.prompt(a_guide(a_step(1))),
    "script": SCRIPT_TASK.prompt(a_script()),
    "escalate": ESCALATE.prompt(an_escalation(a_step(1))),
    "analyse": ANALYSE.prompt(an_analysis()),
}


@pytest.mark.parametrize("job", WIRES)
def test_a_whole_request_is_the_golden_one(job: Job) -> None:
    """What the prompt itself says is told by its version."""
    body = {**ASKED[job].request(plan_for(job)), "system": "(the prompt)"}

    assert json.loads(encoded(body)) == json.loads((GOLDEN / f"{job}.json").read_text())


def test_the_same_request_is_the_same_bytes() -> None:
    first, second = (GUIDE.prompt(a_guide(a_step(1))).request(plan_for("guide")) for _ in range(2))

    assert json.dumps(first) == json.dumps(second)


@pytest.mark.parametrize("job", WIRES)
def test_a_prompt_is_long_enough_to_be_cached(job: Job) -> None:
    assert len(system_prompt(job)) > CACHED_FROM


@pytest.mark.parametrize("job", WIRES)
def test_a_form_is_small_flat_and_without_options(job: Job) -> None:
    schema = form_of(WIRES[job])["schema"]
    text = json.dumps(schema)

    assert len(text) < BIGGEST_FORM
    assert [word for word in ("anyOf", "oneOf", "null", "default") if f'"{word}"' in text] == []
    for part in (schema, *schema.get("$defs", {}).values()):
        assert sorted(part["required"]) == sorted(part["properties"])
        assert part["additionalProperties"] is False
        assert all(ref not in json.dumps(part) for ref in [f'#/$defs/{part.get("title")}"'])


def test_what_is_streamed_is_the_first_field() -> None:
    assert next(iter(form_of(GuideWire)["schema"]["properties"])) == "say"
