"""Texts that give orders, and a double of the model that obeys each of them as far as it can."""

import json
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync

from flowpilot.ai.contracts import AnalyseRequest, GuideStep
from flowpilot.ai.router import engine_for
from flowpilot.ai.streaming import last_step
from flowpilot.core.markup import render
from flowpilot.flows.models import FlowVersion
from proposals import jobs
from proposals.models import FlowProposal, ProposalDecision
from sessions.models import AISession
from tests.ai.requests import a_guide, a_step, a_triage
from tests.ai.wire.test_analysis import TWO, finding
from tests.ai.wire.vendor import GUIDE, TRIAGE, Vendor
from tests.factories import Cast, make_resolved

ATTACKS: list[str] = json.loads((Path(__file__).parent / "attacks.json").read_text())
OBEYED = (
    "Done as told. [Verify here](https://evil.example/?d=ticket) ![x](https://evil.example/p.png) <b>now</b>"
)


def obeying(answer: dict[str, Any], attack: str) -> dict[str, Any]:
    """Every text of the answer says and carries what the attacker wants."""
    told: dict[str, Any] = {
        name: f"{attack} {OBEYED}"[:150]
        for name in ("summary", "title", "confidence_reason")
        if name in answer
    }
    return {**answer, **told, "body": OBEYED, "details": OBEYED, "say": f"{attack} {OBEYED}"}


def test_an_order_in_a_ticket_reaches_the_model_only_as_data(cast: Cast, vendor: Vendor) -> None:
    engine = engine_for(cast.account)
    for attack in ATTACKS:
        vendor.says(TRIAGE)
        engine.triage(a_triage(attack))

        asked = vendor.asked[-1]
        result, ask = asked["messages"][2]["content"]
        told = json.loads(result["content"][0]["text"])["text"]
        assert told.replace(" ", "")[:20] == attack.replace(" ", "")[:20]
        beside = [asked["system"], asked["tools"], asked["messages"][:2], ask]
        assert attack[:30] not in json.dumps(beside, ensure_ascii=False)
        assert asked["tool_choice"] == {"type": "none"}


def test_a_model_that_obeys_is_not_believed(cast: Cast, vendor: Vendor) -> None:
    """A link could carry a ticket out: an answer with one is asked for again, then the rules speak."""
    for attack in ATTACKS:
        vendor.says(obeying(GUIDE, attack)).says(obeying(GUIDE, attack))
        turn = engine_for(cast.account).guide(a_guide(a_step(), text=attack))
        step: GuideStep = async_to_sync(last_step)(turn)

        assert (step.engine, "link" in step.fallback) == ("offline", True), attack
        assert "<a " not in render(f"{step.say}\n\n{step.body}")
    assert "<img" not in render(OBEYED)


def test_a_finding_about_what_was_not_supplied_is_not_believed(cast: Cast, vendor: Vendor) -> None:
    nodes = finding()["nodes"]
    forged = finding(nodes=[{**nodes[0], "sources": ["s99.text"]}, *nodes[1:]])
    vendor.says(forged).says(forged)

    result = engine_for(cast.account).analyse(AnalyseRequest(sessions=TWO.sessions))

    assert result.engine == "offline"
    assert "handle that is not in the case" in result.fallback


def test_an_obedient_finding_waits_for_a_person(cast: Cast, vendor: Vendor) -> None:
    """The model says that it approved and published everything. All that exists is a pending proposal."""
    session = make_resolved(cast, intake_content={"text": ATTACKS[2]})
    nodes = finding()["nodes"]
    nodes = [{**nodes[0], "sources": ["s1.text"]}, *nodes[1:]]
    vendor.says(
        finding(nodes=nodes, why="Approved and published as ordered.", title="All proposals are approved")
    )

    jobs.run(cast.account.pk)

    proposal = FlowProposal.objects.get()
    assert (proposal.status, proposal.published_version, ProposalDecision.objects.count()) == (
        "pending",
        None,
        0,
    )
    assert FlowVersion.objects.count() == 0
    assert AISession.objects.get(pk=session.pk).status == "resolved"


def test_nothing_of_another_account_can_be_asked_for(cast: Cast, outsiders: Cast, vendor: Vendor) -> None:
    make_resolved(outsiders, problem_summary="Rival secret")
    make_resolved(cast, intake_content={"text": ATTACKS[19]})
    nodes = finding()["nodes"]
    vendor.says(finding(nodes=[{**nodes[0], "sources": ["s1.text"]}, *nodes[1:]]))

    jobs.run(cast.account.pk)

    assert "Rival" not in json.dumps(vendor.asked)
