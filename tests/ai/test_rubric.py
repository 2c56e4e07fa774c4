from collections.abc import Callable

import pytest

from flowpilot.ai.contracts import NewFlow, SourceSpan
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.rubric import score
from tests.ai.tickets import SESSION, scanner


def draft() -> NewFlow:
    flow = mine_one(scanner())
    assert isinstance(flow, NewFlow)
    return flow


def changed_node(kind: str, **values: object) -> NewFlow:
    """The draft with these values on its first node of that kind."""
    flow = draft()
    data = flow.model_dump()
    node = next(node for node in data["tree"]["nodes"] if node["kind"] == kind)
    node.update(values)
    return NewFlow.model_validate(data)


def rules(flow: NewFlow) -> set[str]:
    return {issue.rule for issue in score(flow, [scanner()])}


def test_a_good_draft_passes() -> None:
    assert score(draft(), [scanner()]) == []


@pytest.mark.parametrize(
    ("rule", "make"),
    [
        ("title", lambda: draft().model_copy(update={"title": "x" * 91})),
        ("title", lambda: draft().model_copy(update={"title": "Fixed: scanner works"})),
        ("title", lambda: changed_node("action", title="Raise the quota of the")),
        ("verbatim", lambda: changed_node("action", body="Run `Format-Volume X`.")),
        ("verbatim", lambda: changed_node("action", body="```cmd\nformat x:\n```")),
        ("substeps", lambda: changed_node("action", body="\n".join(f"{n}. Wait." for n in range(1, 11)))),
        ("substeps", lambda: changed_node("action", body="")),
        ("substeps", lambda: changed_node("action", body="1. Open File Explorer.")),
        ("debris", lambda: changed_node("resolution", body="Still need help? Go to the Forum.")),
        ("debris", lambda: changed_node("action", body="1. Wait.\n2. Wait.\n3. See the following articles.")),
        (
            "warnings",
            lambda: changed_node("action", body="1. Wait.\n2. Look.\n3. Wait.\n\n> **Warning:** Ask first."),
        ),
        ("ends", lambda: changed_node("escalation", body=" ")),
    ],
)
def test_each_fault_is_found_by_its_rule(rule: str, make: Callable[[], NewFlow]) -> None:
    assert rules(make()) == {rule}


def test_an_invalid_tree_is_the_only_issue() -> None:
    flow = draft().model_copy(update={"tree": {"schema": 1, "root": "n1", "nodes": []}})
    assert rules(flow) == {"valid"}


def test_a_node_without_source_is_named() -> None:
    flow = draft()
    grounding = {key: spans for key, spans in flow.grounding.items() if key != "n2"}
    issues = score(flow.model_copy(update={"grounding": grounding}), [scanner()])
    assert [(issue.rule, issue.node) for issue in issues] == [("grounding", "n2")]


def test_a_span_outside_its_text_is_named() -> None:
    flow = draft()
    wrong = (SourceSpan(session=SESSION, field="title", start=0, end=4_000),)
    issues = score(flow.model_copy(update={"grounding": {**flow.grounding, "n2": wrong}}), [scanner()])
    assert [(issue.rule, issue.node) for issue in issues] == [("grounding", "n2")]
