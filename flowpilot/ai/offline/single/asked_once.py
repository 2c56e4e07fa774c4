"""Ways in a row that each begin with the same question: it is asked once, the ways follow its answers."""

from dataclasses import replace

from flowpilot.ai.offline.single.plan import (
    Action,
    Alternatives,
    Choice,
    Plan,
    Route,
    Span,
    alternatives,
    choice_asks,
    with_context,
)


def asked_once(plan: Plan) -> Plan:
    """The plan with neighbouring choices between the same answers as one."""
    if not isinstance(plan, Alternatives):
        return plan
    parts: list[Plan] = []
    for part in plan.parts:
        before = parts[-1] if parts else None
        if isinstance(before, Choice) and isinstance(part, Choice) and _same(before, part):
            parts[-1] = _joined(before, part)
        else:
            parts.append(part)
    return alternatives(parts) or plan


def _same(one: Choice, other: Choice) -> bool:
    answers = [route.label.casefold() for route in one.routes]
    again = [route.label.casefold() for route in other.routes]
    led = all(route.plan for route in (*one.routes, *other.routes))
    return led and answers == again and one.question == other.question and not choice_asks(one)


def _joined(one: Choice, other: Choice) -> Choice:
    """What stood above the second question stands above the way behind each of its answers."""
    lead = Action("", other.span, context=(other.body,) if other.body else ())
    routes = tuple(
        replace(first, plan=_both(first, second, lead))
        for first, second in zip(one.routes, other.routes, strict=True)
    )
    return replace(one, routes=routes, span=Span(one.span.start, other.span.end))


def _both(first: Route, second: Route, lead: Action) -> Plan | None:
    ways = [] if first.plan is None else [first.plan]
    ways += [] if second.plan is None else [with_context(second.plan, lead)]
    return alternatives(ways)
