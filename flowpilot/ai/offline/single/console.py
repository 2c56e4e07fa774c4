"""A session from the console as a plan: questions with the answer given, actions with what came of them."""

from collections.abc import Sequence

from flowpilot.ai.contracts import SessionFacts, StepFacts
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Reading, Route, Span, alternatives
from flowpilot.ai.offline.single.render import inline
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words
from flowpilot.ai.offline.text.verbs import risk_of

_DOING = ("action", "check", "script")


def console_reading(session: SessionFacts) -> Reading | None:
    """The plan that the session's steps make; None when nothing in them was done."""
    steps = [step for step in session.steps if step.outcome != "skipped"]
    plan = _plan(steps)
    if plan is None or not any(step.kind in _DOING for step in steps):
        return None
    notes = [step for step in steps if step.kind == "note"]
    background = tuple((text, _span(step)) for step in notes if (text := inline(step.body or step.title)))
    if session.resolution.strip():
        background = ((inline(session.resolution), Span(0, len(session.resolution))), *background)
    return Reading(plan, background=background, from_steps=True)


def _plan(steps: Sequence[StepFacts]) -> Plan | None:
    """Alternatives in the order tried, up to the first question; its chosen answer leads to the rest."""
    tried: list[Plan] = []
    for i, step in enumerate(steps):
        if step.kind in _DOING:
            tried.append(_action(step))
        elif step.kind == "question" and step.chosen is not None:
            rest = _plan(steps[i + 1 :])
            asked = _asked(step, rest) if rest is not None else None
            return alternatives([*tried, *([asked] if asked else [])])
        if step.outcome == "worked":
            break
    return alternatives(tried)


def _asked(step: StepFacts, rest: Plan) -> Plan:
    """The question with every answer that was offered; only the one that was given is known to lead on."""
    labels = list(dict.fromkeys([*step.options, step.chosen or ""]))
    if len(labels) < 2:
        labels = [step.chosen or "Yes", "Something else"]
    routes = tuple(Route(label, rest if label == step.chosen else None, _span(step)) for label in labels)
    return Choice(_title(step.title), inline(step.body), routes, _span(step))


def _action(step: StepFacts) -> Action:
    body = tuple(part for part in (step.body.strip(), _noted(step)) if part)
    return Action(
        _title(step.title), _span(step), context=body or (inline(step.title),), risk=risk_of(step.title)
    )


def _noted(step: StepFacts) -> str:
    return f"> **Note:** {inline(step.response)}" if step.response.strip() else ""


def _title(text: str) -> str:
    order = order_of(text)
    return (
        title_of(order.text)
        if order is not None and order.text
        else first_words(text.strip(), 120) or "Do what was done"
    )


def _span(step: StepFacts) -> Span:
    if step.title.strip():
        return Span(0, len(step.title), "step.title", step.id)
    if step.body:
        return Span(0, len(step.body), "step.body", step.id)
    return Span(0, len(step.response), "step.response", step.id)
