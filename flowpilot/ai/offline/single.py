"""Mining one session: its text, or its steps, as a valid and grounded flow, or as nothing with the reason."""

import re

from flowpilot.ai.contracts import NewFlow, Nothing, SessionFacts, SourceSpan
from flowpilot.ai.offline.single_plan import Action, Choice, Reading, Span, actions_of
from flowpilot.ai.offline.single_sections import read_document
from flowpilot.ai.offline.single_symptom import Symptom, read_symptom
from flowpilot.ai.offline.single_thin import too_thin
from flowpilot.ai.offline.single_tree import Ends, compile_tree
from flowpilot.ai.offline.text.parse import parse_document

_BACKGROUND_LIMIT = 1600


def mine_one(session: SessionFacts) -> NewFlow | Nothing:
    """One ended session to a new flow. Deterministic: equal sessions give equal flows, ids included."""
    reading = read_document(parse_document(session.resolution))
    thin = too_thin(session, reading)
    if thin is not None:
        return thin
    if reading.plan is None:
        raise AssertionError("too_thin lets nothing without a plan pass")
    symptom = read_symptom(session.title, parse_document(session.text))
    cause = _cause_question(reading)
    tree, grounding = compile_tree(session.id, reading.plan, cause, _ends(session, symptom, reading, cause))
    actions = actions_of(reading.plan)
    return NewFlow(
        title=symptom.title,
        summary=_summary(symptom, actions),
        why=_why(actions, cause),
        domain=session.domain,
        tree=tree.to_json(),
        grounding=grounding,
    )


def _cause_question(reading: Reading) -> Choice | None:
    """The cause is asked for, unless the plan already begins with the same question or with the choice of causes."""
    if reading.question is None or isinstance(reading.plan, Choice):
        return None
    return reading.question


def _ends(session: SessionFacts, symptom: Symptom, reading: Reading, cause: Choice | None) -> Ends:
    title_span = _source(session, "title", Span(0, len(session.title)))
    spans = tuple(_source(session, name, span) for name, span in symptom.spans) or (title_span,)
    first = actions_of(reading.plan)
    whole = _source(session, "resolution", Span(min(a.span.start for a in first), max(a.span.end for a in first)))
    background, background_spans = _background(session, reading, cause)
    return Ends(
        question=symptom.question,
        question_body=symptom.body,
        question_spans=spans,
        solved=symptom.solved,
        solved_body=background,
        solved_spans=(whole, *background_spans),
        other="A different problem: gather details and hand over",
        other_body=_other_body(symptom),
        exhausted="Known fixes do not apply or did not help",
        exhausted_body=_exhausted_body(symptom, first, reading),
        end_spans=(whole,),
    )


def _source(session: SessionFacts, name: str, span: Span) -> SourceSpan:
    return SourceSpan.model_validate({"session": session.id, "field": name, "start": span.start, "end": span.end})


def _background(session: SessionFacts, reading: Reading, cause: Choice | None) -> tuple[str, tuple[SourceSpan, ...]]:
    """Why it happened and what else is worth knowing, for the resolution's note."""
    parts, spans, size = [], [], 0
    asked = cause.body if cause is not None else ""
    causes = [(f"**Cause:** {text}" if i == 0 else text, span) for i, (text, span) in enumerate(reading.causes)]
    for text, span in [*causes, *reading.background]:
        if size + len(text) > _BACKGROUND_LIMIT or text in asked or (asked and text.endswith(":")):
            continue
        parts.append(text)
        spans.append(_source(session, "resolution", span))
        size += len(text)
    while parts and parts[-1].endswith(":"):
        parts.pop()
        spans.pop()
    return "\n\n".join(parts), tuple(spans)


def _other_body(symptom: Symptom) -> str:
    lines = [
        "Hand over:",
        "",
        "- the exact wording or code of what is shown, with a screenshot",
        "- what was being done, on which device and with which version",
        "- since when, how often, and who else is affected",
    ]
    if symptom.error:
        lines.append(f'- that it is not "{_one_line(symptom.error)}"')
    return "\n".join(lines)


def _one_line(text: str) -> str:
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= 120 else line[:119].rsplit(" ", 1)[0] + " …"


def _exhausted_body(symptom: Symptom, actions: list[Action], reading: Reading) -> str:
    tried = list(dict.fromkeys(re.sub(r" \(part \d+ of \d+\)$", "", action.title) for action in actions))
    lines = ["Tried or ruled out on the way here:", "", *(f"- {title}" for title in tried), "", "Hand over:", ""]
    if symptom.error:
        lines.append(f'- whether "{_one_line(symptom.error)}" still appears, and when it last did')
    lines += [
        "- which of these steps were done, with what result",
        "- versions of the products involved, and the affected users or devices",
    ]
    lines += [f"\n{text}" for text in reading.handover[:3]]
    return "\n".join(lines)


def _summary(symptom: Symptom, actions: list[Action]) -> str:
    titles = list(dict.fromkeys(re.sub(r" \(part \d+ of \d+\)$", "", action.title) for action in actions))
    shown = "; ".join(title[:1].lower() + title[1:] for title in titles[:3])
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
    return f"For “{symptom.title}”: {shown}{more}. Based on the resolution of one ticket."


def _why(actions: list[Action], cause: Choice | None) -> str:
    count = len(actions)
    ways = "one action" if count == 1 else f"{count} actions"
    asked = " and a check of the cause" if cause is not None else ""
    return f"One resolved session describes this problem with {ways}{asked}; no published flow was followed."


