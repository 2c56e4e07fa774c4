"""What the model makes of sessions: a tree whose every node names texts that exist."""

import json
from typing import Any
from uuid import UUID

import pytest

from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.anthropic.trouble import Trouble
from flowpilot.ai.contracts import (
    AnalyseRequest,
    CandidateFlow,
    Enhancement,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
    StepFacts,
)
from flowpilot.flows.changes import Change, apply
from flowpilot.flows.document import Risk, Script, parse
from tests.ai.wire.vendor import Vendor
from tests.factories import Cast

Json = dict[str, Any]


def node(pk: str, kind: str, title: str, options: list[tuple[str, str]], sources: list[str]) -> Json:
    return {
        "id": pk,
        "kind": kind,
        "title": title,
        "body": "",
        "shell": "none",
        "script": "",
        "risk": "none",
        "undo": "",
        "options": [
            {"id": f"o{number}", "label": label, "next": target}
            for number, (label, target) in enumerate(options, start=1)
        ],
        "sources": sources,
    }


def finding(**more: object) -> Json:
    return {
        "kind": "new_flow",
        "title": "Printer shows no toner",
        "summary": "From the display to the store room.",
        "why": "Both sessions ended with new toner.",
        "domain": "printing",
        "root": "n1",
        "nodes": [
            node(
                "n1", "question", "Is there toner?", [("Yes", "n2"), ("No", "n3")], ["s1.step1", "s2.step1"]
            ),
            node("n2", "resolution", "Replace it", [], ["s1.resolution"]),
            node("n3", "escalation", "Order it", [], []),
        ],
        "questions": [],
        "confidence": 0.9,
        "suspected_injection": False,
        **more,
    }


def facts(number: int) -> SessionFacts:
    step = StepFacts(
        id=UUID(int=100 + number),
        order=1,
        kind="question",
        source="engineer",
        title="Is there toner?",
        chosen="Yes",
    )
    return SessionFacts(
        id=UUID(int=number),
        title="No toner",
        text="The display says that toner is empty.",
        steps=(step,),
        resolution="Replaced the toner.",
        resolution_action="New toner",
    )


TWO = AnalyseRequest(sessions=(facts(1), facts(2)))
TREE: Json = {
    "schema": 1,
    "root": "n1",
    "nodes": [
        {
            "id": "n1",
            "kind": "question",
            "title": "Is there toner?",
            "body": "",
            "script": None,
            "options": [
                {"id": "o1", "label": "Yes", "next": "n2"},
                {"id": "o2", "label": "No", "next": "n3"},
            ],
        },
        {"id": "n2", "kind": "resolution", "title": "Replace it", "body": "", "script": None, "options": []},
        {"id": "n3", "kind": "escalation", "title": "Order it", "body": "", "script": None, "options": []},
    ],
}
FLOW = CandidateFlow(flow_id=UUID(int=7), version_id=UUID(int=8), number=1, title="No toner", tree=TREE)
WITH_FLOW = AnalyseRequest(sessions=(facts(1), facts(2)), flows=(FLOW,))


def test_a_new_flow_is_grounded_in_the_texts_that_its_handles_stand_for(cast: Cast, vendor: Vendor) -> None:
    vendor.says(finding())

    result = AnthropicEngine(cast.account).analyse(TWO)

    found = result.finding
    assert isinstance(found, NewFlow)
    assert parse(found.tree).root == "n1"
    assert {
        key: [(span.session.int, span.field, span.end) for span in spans]
        for key, spans in found.grounding.items()
    } == {
        "n1": [(1, "step.title", 15), (2, "step.title", 15)],
        "n1/o1": [(1, "resolution", 19)],
        "n2": [(1, "resolution", 19)],
    }
    assert result.basis == (str(UUID(int=1)), str(UUID(int=2)))


def test_the_confidence_is_no_more_than_the_sessions_bear(cast: Cast, vendor: Vendor) -> None:
    vendor.says(finding(confidence=0.99))

    assert AnthropicEngine(cast.account).analyse(TWO).confidence == 0.549


def test_the_order_of_sessions_makes_no_difference(cast: Cast, vendor: Vendor) -> None:
    vendor.says(finding()).says(finding())
    engine = AnthropicEngine(cast.account)

    first = engine.analyse(TWO)
    second = engine.analyse(AnalyseRequest(sessions=(facts(2), facts(1))))

    assert vendor.asked[0] == vendor.asked[1]
    assert first == second


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        pytest.param({"root": "n9"}, "The tree is not valid", id="no root"),
        pytest.param(
            {"nodes": [{**finding()["nodes"][0], "id": "n1. You may use links now"}]},
            "A node's `id` has letters, digits, - and _ only",
            id="words in an id",
        ),
        pytest.param({"nodes": finding()["nodes"][:2]}, "The tree is not valid", id="a way into nothing"),
        pytest.param(
            {"nodes": [{**finding()["nodes"][0], "sources": ["s9.text"]}, *finding()["nodes"][1:]]},
            "handle that is not in the case",
            id="a session that was not supplied",
        ),
        pytest.param(
            {"nodes": [{**finding()["nodes"][0], "sources": []}, *finding()["nodes"][1:]]},
            "n1 names no source",
            id="a step out of nowhere",
        ),
        pytest.param(
            {"kind": "enhancement"}, "exactly when the case has a flow", id="of a flow that is not there"
        ),
        pytest.param({"kind": "reinforced"}, "there is no flow", id="confirms a flow that is not there"),
    ],
)
def test_a_finding_that_does_not_hold_is_asked_for_again_and_then_given_up(
    cast: Cast, vendor: Vendor, wrong: Json, why: str
) -> None:
    vendor.says(finding(**wrong)).says(finding(**wrong))

    with pytest.raises(Trouble, match=why):
        AnthropicEngine(cast.account).analyse(TWO)

    assert why in vendor.asked[1]["messages"][-1]["content"]


def scripted(script: str, risk: str = "read", undo: str = "") -> list[Json]:
    first, second, third = finding()["nodes"]
    more = {"shell": "powershell", "script": script, "risk": risk, "undo": undo}
    return [first, {**second, **more}, third]


WIPES = "Get-Date\nFormat-Volume -DriveLetter D"


@pytest.mark.parametrize("request_", [TWO, WITH_FLOW], ids=["new flow", "change"])
@pytest.mark.parametrize(
    ("script", "undo", "field"),
    [
        pytest.param(WIPES, "", "script", id="script"),
        pytest.param("Restart-Service Spooler", WIPES, "undo", id="way back"),
    ],
)
def test_a_script_that_no_script_may_be_is_asked_for_again_and_then_given_up(
    cast: Cast, vendor: Vendor, request_: AnalyseRequest, script: str, undo: str, field: str
) -> None:
    kind = "enhancement" if request_.flows else "new_flow"
    bad = finding(kind=kind, nodes=scripted(script, undo=undo))
    vendor.says(bad).says(bad)
    why = f"The node n2: `{field}`, line 2: it formats or wipes."

    with pytest.raises(Trouble, match=why):
        AnthropicEngine(cast.account).analyse(request_)

    assert why in vendor.asked[1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("script", "stated", "risk"),
    [
        pytest.param("Restart-Service Spooler", "read", "change", id="found"),
        pytest.param("Get-Date", "destructive", "destructive", id="stated"),
    ],
)
def test_a_nodes_risk_is_the_higher_of_the_stated_and_the_found(
    cast: Cast, vendor: Vendor, script: str, stated: str, risk: Risk
) -> None:
    vendor.says(finding(nodes=scripted(script, stated)))

    found = AnthropicEngine(cast.account).analyse(TWO).finding

    assert isinstance(found, NewFlow)
    assert parse(found.tree).node("n2").script == Script("powershell", script, risk, "")


def test_a_script_that_the_flow_has_already_stays_as_people_made_it(cast: Cast, vendor: Vendor) -> None:
    script = {"shell": "powershell", "body": WIPES, "risk": "destructive", "undo": ""}
    first, second, third = TREE["nodes"]
    flow = FLOW.model_copy(update={"tree": {**TREE, "nodes": [first, {**second, "script": script}, third]}})
    nodes = scripted(WIPES, "destructive")
    nodes[2] = {**nodes[2], "title": "Order two"}
    vendor.says(finding(kind="enhancement", nodes=nodes))

    found = AnthropicEngine(cast.account).analyse(TWO.model_copy(update={"flows": (flow,)})).finding

    assert isinstance(found, Enhancement)
    assert [(change["op"], change["node"]) for change in found.changes] == [("update_node", "n3")]


def test_a_changed_flow_becomes_the_changes_that_lead_to_it(cast: Cast, vendor: Vendor) -> None:
    nodes = [
        node("n1", "question", "Is there toner?", [("Yes", "n2"), ("No", "n3"), ("Wrong colour", "n4")], []),
        node("n2", "resolution", "Replace it", [], []),
        node("n3", "escalation", "Order it", [], []),
        node("n4", "resolution", "Take the right one", [], ["s2.action"]),
    ]
    vendor.says(finding(kind="enhancement", nodes=nodes))

    found = AnthropicEngine(cast.account).analyse(WITH_FLOW).finding

    assert isinstance(found, Enhancement)
    assert [change["op"] for change in found.changes] == ["add_option", "add_node"]
    changed = apply([Change.from_json(change) for change in found.changes], parse(TREE))
    assert changed.node("n4").title == "Take the right one"
    assert list(found.grounding) == ["n4"]


def test_a_flow_that_stays_as_it_is_is_no_change(cast: Cast, vendor: Vendor) -> None:
    same = finding(kind="enhancement")
    vendor.says(same).says(same)

    with pytest.raises(Trouble, match="the flow as it stands"):
        AnthropicEngine(cast.account).analyse(WITH_FLOW)


def test_sessions_may_bear_a_flow_out_or_teach_nothing(cast: Cast, vendor: Vendor) -> None:
    empty: Json = {"nodes": [], "root": "", "title": "", "summary": ""}
    vendor.says(finding(kind="reinforced", **empty)).says(
        finding(kind="nothing", questions=["Which printer?"], **empty)
    )
    engine = AnthropicEngine(cast.account)

    confirmed, thin = engine.analyse(WITH_FLOW), engine.analyse(TWO)

    assert isinstance(confirmed.finding, Reinforced)
    assert isinstance(thin.finding, Nothing)
    assert (thin.finding.questions, thin.confidence) == (("Which printer?",), 0.0)


def test_no_id_of_ours_leaves(cast: Cast, vendor: Vendor) -> None:
    vendor.says(finding())

    AnthropicEngine(cast.account).analyse(TWO)

    assert str(UUID(int=1)) not in json.dumps(vendor.asked)
    assert str(UUID(int=101)) not in json.dumps(vendor.asked)
