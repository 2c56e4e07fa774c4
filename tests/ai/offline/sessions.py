"""Sessions for the engines: made step by step as a console would, with answers of our choosing."""

from collections.abc import Callable, Iterator
from random import Random
from uuid import UUID

from flowpilot.ai.contracts import (
    CandidateFlow,
    Entities,
    FlowPosition,
    GuideRequest,
    GuideStep,
    OpenSession,
    SimilarSession,
    StepFacts,
)
from flowpilot.ai.offline.guiding import next_step

Answer = Callable[[GuideStep], dict[str, object]]

TREE = {
    "schema": 1,
    "root": "n1",
    "nodes": [
        {"id": "n1", "kind": "question", "title": "Is the tunnel up?", "body": "", "script": None,
         "options": [{"id": "o1", "label": "Yes", "next": "n2"}, {"id": "o2", "label": "No", "next": "n3"}]},
        {"id": "n2", "kind": "action", "title": "Flush the DNS cache", "body": "1. Run it.",
         "script": {"shell": "cmd", "body": "ipconfig /flushdns", "risk": "change", "undo": "none needed"},
         "options": [{"id": "o1", "label": "Solved", "next": "n5"},
                     {"id": "o2", "label": "Not solved", "next": "n3"}]},
        {"id": "n3", "kind": "action", "title": "Reinstall the VPN client", "body": "", "script": None,
         "options": [{"id": "o1", "label": "Solved", "next": "n5"},
                     {"id": "o2", "label": "Not solved", "next": "n4"}]},
        {"id": "n4", "kind": "escalation", "title": "Hand over to the network team", "body": "With the log.",
         "script": None, "options": []},
        {"id": "n5", "kind": "resolution", "title": "The tunnel works", "body": "", "script": None,
         "options": []},
    ],
}  # fmt: skip
FLOW = CandidateFlow(
    flow_id=UUID(int=7), version_id=UUID(int=8), number=3, title="VPN tunnel trouble", tree=TREE
)  # fmt: skip


def session(
    *,
    title: str = "Printer prints nothing",
    text: str = "",
    domain: str | None = "printing",
    tried: tuple[str, ...] = (),
    steps: tuple[StepFacts, ...] = (),
    score: float | None = None,
) -> OpenSession:
    return OpenSession(
        id=UUID(int=1), title=title, text=text, domain=domain, steps=steps, score=score,
        entities=Entities(tried=tried),
    )  # fmt: skip


def at(node: str) -> FlowPosition:
    return FlowPosition(flow=FLOW, node_id=node)


def similar(number: int, fix: str, *, similarity: float = 0.7, steps: tuple[str, ...] = ()) -> SimilarSession:
    return SimilarSession(
        id=UUID(int=number),
        title=f"Earlier session {number}",
        resolution=f"{fix}, then it worked.",
        resolution_action=fix,
        steps=tuple(taken(order, title) for order, title in enumerate(steps, start=1)),
        similarity=similarity,
    )


def taken(order: int, title: str, **fields: object) -> StepFacts:
    values: dict[str, object] = {"kind": "action", "source": "engineer", "outcome": "did_not_work"}
    return StepFacts.model_validate(
        {"id": UUID(int=100 + order), "order": order, "title": title, **values, **fields}
    )


def answered(step: GuideStep, order: int, **answer: object) -> StepFacts:
    """The step as it is stored, with its answer."""
    return StepFacts.model_validate(
        {
            "id": UUID(int=100 + order),
            "order": order,
            "kind": step.kind,
            "source": "offline",
            "node_id": step.node_id,
            "title": step.title,
            "body": step.body,
            "options": tuple(option.label for option in step.options),
            **answer,
        }
    )


def any_option(chance: Random) -> Answer:
    def choose(step: GuideStep) -> dict[str, object]:
        option = chance.choice(step.options)
        return {"chosen": option.label, "chosen_option_id": option.id}

    return choose


def walked(
    start: OpenSession, answer: Answer, similar: tuple[SimilarSession, ...] = ()
) -> Iterator[GuideStep]:
    """Every step of a session without a flow, up to its end."""
    current = start
    for order in range(1, 40):
        step = next_step(GuideRequest(session=current, similar=similar))
        yield step
        if not step.options:
            return
        current = current.model_copy(
            update={"steps": (*current.steps, answered(step, order, **answer(step)))}
        )
    raise AssertionError("the walk does not end")
