"""What holds for every engine, asked through the router: with the rules, and with Claude's double."""

import re
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync

from flowpilot.accounts.models import Account
from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Delta,
    Enhancement,
    Final,
    GuideEvent,
    GuideStep,
    NewFlow,
    Reset,
    ScriptResult,
    Speaker,
    Spoken,
    TriageResult,
)
from flowpilot.ai.router import RoutedEngine, engine_for
from flowpilot.ai.streaming import last_step
from flowpilot.flows.changes import Change, apply
from flowpilot.flows.document import parse
from flowpilot.flows.domains import DOMAINS
from tests.ai.requests import a_guide, a_script, a_step, a_triage, an_analysis, an_escalation
from tests.ai.wire.test_analysis import FLOW, TREE, WITH_FLOW, finding
from tests.ai.wire.vendor import ESCALATE, GUIDE, SCRIPT, TRIAGE, Vendor
from tests.factories import Cast

Ask = Callable[[dict[str, object]], RoutedEngine]
ENGINES = ("offline", "anthropic")


@pytest.fixture(params=ENGINES)
def ask(request: pytest.FixtureRequest, cast: Cast, vendor: Vendor) -> Ask:
    """The account's engine, which has this answer ready if it is Claude."""

    def with_answer(answer: dict[str, object]) -> RoutedEngine:
        if request.param == "offline":
            cast.account.ai_mode = Account.AiMode.OFFLINE
        else:
            vendor.says(answer)
        return engine_for(cast.account)

    with_answer.engine = request.param  # type: ignore[attr-defined]
    return with_answer


KIND_AND_ID = re.compile(r"(flow|session|playbook|script|rule|lexicon|model):\S[^\n]*")


def is_labelled(result: Spoken, ask: Ask) -> bool:
    rules = ask.engine == "offline"  # type: ignore[attr-defined]
    return (
        result.engine == ask.engine  # type: ignore[attr-defined]
        and result.fallback == ""
        and bool(result.prompt_version)
        and (result.usage is None) is rules
        and names_its_grounds(result)
    )


def names_its_grounds(result: Spoken) -> bool:
    """Only who does not know, and says nothing, rests on nothing."""
    match result:
        case AnalyseResult():
            supplied = {str(facts.id) for facts in an_analysis().sessions}
            return bool(result.basis) and supplied.issuperset(result.basis)
        case TriageResult():
            knows = result.domain is not None
        case ScriptResult():
            knows = bool(result.body)
        case _:
            knows = True
    return all(map(KIND_AND_ID.fullmatch, result.basis)) and (bool(result.basis) or not knows)


def test_triage(ask: Ask) -> None:
    result = ask(TRIAGE).triage(a_triage())

    assert is_labelled(result, ask)
    assert result.domain in {None, *(domain.key for domain in DOMAINS)}
    assert 0 < len(result.summary) <= 200
    assert result.entities.codes == ("0x800CCC0E",)


def test_guide_keeps_the_grammar_of_events(ask: Ask) -> None:
    engine = ask(GUIDE)

    async def gather() -> list[GuideEvent]:
        return [each async for each in engine.guide(a_guide(a_step()))]

    given = async_to_sync(gather)()

    assert isinstance(given[0], Speaker)
    assert [each for each in given[1:-1] if not isinstance(each, Delta | Reset)] == []
    last = given[-1]
    assert isinstance(last, Final)
    assert "".join(each.say for each in given[1:-1] if isinstance(each, Delta)) == last.step.say
    assert is_labelled(last.step, ask)


def test_guide_for_those_who_do_not_stream(ask: Ask) -> None:
    step: GuideStep = async_to_sync(last_step)(ask(GUIDE).guide(a_guide()))

    labels = [option.label.casefold() for option in step.options]
    assert len(set(labels)) == len(labels)
    assert step.kind == "note" or step.options
    assert 1 <= len(step.title) <= 200
    assert len(step.node_id) <= 40
    assert is_labelled(step, ask)
    assert bool(step.escalation_reason) or not step.propose_escalation


def test_script_is_one_or_says_why_there_is_none(ask: Ask) -> None:
    result = ask(SCRIPT).script(a_script())

    assert is_labelled(result, ask)
    assert bool(result.body) != bool(result.refused)
    assert result.shell == "powershell"


def test_a_domain_that_is_not_clear_rests_on_nothing_made_up(ask: Ask) -> None:
    unclear = {**TRIAGE, "domain": ""}
    ask(unclear)  # Claude asks a stronger model when it is unsure
    result = ask(unclear).triage(a_triage("Lorem ipsum dolor sit amet."))

    assert is_labelled(result, ask)
    assert result.domain is None


def test_a_script_that_is_refused_rests_on_nothing_made_up(ask: Ask) -> None:
    answer = {**SCRIPT, "refused": "It would delete everything."}
    result = ask(answer).script(a_script("Make the coffee machine friendlier"))

    assert is_labelled(result, ask)
    assert result.refused


def test_escalate_lists_what_was_done_whoever_writes_it(ask: Ask) -> None:
    result = ask(ESCALATE).escalate(an_escalation(a_step(1), a_step(2, "Is UDP 500 open?", "No")))

    assert is_labelled(result, ask)
    assert [tried.step for tried in result.steps_tried] == ["Is the internet line up?", "Is UDP 500 open?"]
    assert result.summary
    assert [pk.int for pk in result.evidence] == [1, 2]


def test_analyse_finds_a_flow_that_rests_on_what_the_sessions_say(ask: Ask) -> None:
    result = ask(finding()).analyse(an_analysis())

    assert is_labelled(result, ask)
    assert isinstance(result.finding, NewFlow)
    nodes = {node.id for node in parse(result.finding.tree).nodes}
    sessions = {facts.id for facts in an_analysis().sessions}
    assert {place.partition("/")[0] for place in result.finding.grounding} <= nodes
    spans = [span for each in result.finding.grounding.values() for span in each]
    assert spans
    assert {span.session for span in spans} <= sessions
    assert 0 < result.confidence < 1


def test_analyse_says_of_a_flow_that_answers_the_sessions_only_what_it_may(ask: Ask) -> None:
    """Nothing is said about a flow that was not supplied, and a change can be applied to the one that was."""
    result = ask(finding(kind="reinforced", nodes=[], root="")).analyse(WITH_FLOW)

    assert is_labelled(result, ask)
    found = result.finding
    if isinstance(found, Enhancement):
        assert found.flow_id == FLOW.flow_id
        apply([Change.from_json(change) for change in found.changes], parse(TREE))
    else:
        assert getattr(found, "flow_id", FLOW.flow_id) == FLOW.flow_id


def test_the_order_of_sessions_changes_no_finding(ask: Ask) -> None:
    sessions = an_analysis().sessions
    asked = [ask(finding()).analyse(AnalyseRequest(sessions=each)) for each in (sessions, sessions[::-1])]

    assert asked[0].finding == asked[1].finding
    assert asked[0].confidence == asked[1].confidence
    assert asked[0].basis == asked[1].basis
