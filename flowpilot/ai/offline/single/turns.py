"""Steps of which one says "if that didn't help, go to the next": the next is tried, not done as well."""

import re
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Span, alternatives, sequence
from flowpilot.ai.offline.single.titles import main_step

_NEXT = re.compile(
    r"(?<!\s)\s*(?:^|(?<=[.:\n]))[ ]*If (?:[^.\n]{0,70}?)\b(?:persists?|continues|still \w+"
    r"|(?:is|are)(?:n['’]t| not) (?:resolved|fixed|solved)"
    r"|(?:does|do|did)(?:n['’]t| not) (?:help|work|fix|resolve|solve))\b[^.,\n]{0,50}, "
    r"(?:go|continue|proceed|move)(?: on)? to "
    r"(?:the next step|step (?P<number>\d{1,3})|“(?P<title>[^”\n]{1,160})”)\.?(?=\s|$)",
    re.IGNORECASE,
)
_BY_NUMBER = re.compile(r"\bsteps? \d", re.IGNORECASE)


def cut_in_turns(action: Action) -> list[Action]:
    """The action, cut behind each step that says so, the sentence taken out."""
    cuts = [at for at, step in enumerate(action.items[:-1], start=1) if _leads_to(_NEXT.search(step), at + 1)]
    steps = [
        _NEXT.sub("", step).rstrip() if at in cuts else step for at, step in enumerate(action.items, start=1)
    ]
    if not cuts or action.command is not None or any(map(_BY_NUMBER.search, steps)):
        return [action]
    spans = action.item_spans if len(action.item_spans) == len(steps) else ()
    return [
        replace(
            action,
            title=(action.title if not start else main_step(steps[start:end])) or action.title,
            span=Span(spans[start].start, spans[end - 1].end) if spans else action.span,
            warnings=action.warnings if not start else (),
            context=action.context if not start else (),
            items=tuple(steps[start:end]),
            item_spans=spans[start:end],
            after=action.after if end == len(steps) else (),
        )
        for start, end in zip([0, *cuts], [*cuts, len(steps)], strict=True)
    ]


def in_turns(parts: Many[Plan]) -> Plan | None:
    """The parts one after the other; behind such a sentence they are another way, and its pointer is gone."""
    runs: list[list[Plan]] = [[]]
    for number, part in enumerate(parts, start=1):
        shorter = _without_pointer(part, number + 1, parts[number]) if number < len(parts) else None
        runs[-1].append(shorter or part)
        if shorter is not None:
            runs.append([])
    return alternatives([made for run in runs if (made := sequence(run)) is not None])


def _leads_to(pointer: re.Match[str] | None, number: int, following: Plan | None = None) -> bool:
    """Whether there is such a sentence, and it names no other than the one with this number."""
    if pointer is None:
        return False
    if pointer["title"] is not None:
        return pointer["title"] in _titles(following)
    return pointer["number"] is None or int(pointer["number"]) == number


def _titles(plan: Plan | None) -> tuple[str, ...]:
    """What the plan begins with is called."""
    if isinstance(plan, Action):
        return (plan.title,)
    return _titles(plan.parts[0]) if plan is not None and not isinstance(plan, Choice) else ()


def _without_pointer(plan: Plan, number: int, following: Plan) -> Plan | None:
    """The plan without the sentence at its end that leads to the next; None when it has none."""
    if isinstance(plan, Choice):
        return None
    if not isinstance(plan, Action):
        last = _without_pointer(plan.parts[-1], number, following)
        return replace(plan, parts=(*plan.parts[:-1], last)) if last is not None else None
    for name in ("after", "items", "context"):
        told: tuple[str, ...] = getattr(plan, name)
        if told:
            if not _leads_to(_NEXT.search(told[-1]), number, following):
                return None
            shorter = _NEXT.sub("", told[-1]).rstrip()
            kept = (*told[:-1], shorter) if shorter else told[:-1]
            return _with(plan, name, kept)
    return None


def _with(action: Action, name: str, told: tuple[str, ...]) -> Action:
    if name == "after":
        return replace(action, after=told)
    if name == "context":
        return replace(action, context=told)
    spans = action.item_spans[: len(told)] if len(action.item_spans) == len(action.items) else ()
    return replace(action, items=told, item_spans=spans)
