"""What stands around the plan: the first question, the resolution with its background, the hand-overs."""

import re
from collections.abc import Sequence

from flowpilot.ai.contracts import SessionFacts, SourceSpan
from flowpilot.ai.offline.single.plan import Action, Choice, Reading, Span, actions_of
from flowpilot.ai.offline.single.symptom import Symptom
from flowpilot.ai.offline.single.tree import Ends, source_span

_BACKGROUND_LIMIT = 1000
"""Characters of background that a resolution's body takes."""


_BARE_TITLE = re.compile(r"[A-Z](?:(?!`|\*\*)[^.!?:|\n]){3,100}(?:\([\w. ]+\))?$")
"""The title of another article, left from a list of links."""


def ends_of(session: SessionFacts, symptom: Symptom, reading: Reading, cause: Choice | None) -> Ends:
    actions = actions_of(reading.plan)
    done = tuple(dict.fromkeys(source_span(session.id, action.span) for action in actions))
    asked = tuple(source_span(session.id, span) for span in symptom.spans) or _whole_text(session) or done
    background, background_spans = _background(session, reading, cause)
    return Ends(
        question=symptom.question,
        question_body=symptom.body,
        question_spans=asked,
        solved=_solved(session, symptom, reading, actions),
        solved_body=background,
        solved_spans=(*done, *background_spans),
        other="A different problem: gather details and hand over",
        other_body=_other_body(symptom),
        exhausted="Known fixes do not apply or did not help",
        exhausted_body=_exhausted_body(symptom, actions, reading),
        end_spans=done,
    )


_AROUND = re.compile(
    r"\A(?!.*^[#* ]{0,6}Resolution\b).*\bwork ?-?around\b", re.IGNORECASE | re.DOTALL | re.MULTILINE
)
"""A text that names a way around, and no resolution."""


def _solved(session: SessionFacts, symptom: Symptom, reading: Reading, actions: Sequence[Action]) -> str:
    """What is true now; what a product cannot do stays so, and another way has been found."""
    around = reading.by_design or _AROUND.search(session.resolution)
    if not around or symptom.error or not actions:
        return symptom.solved
    first = plain_titles(actions)[0]
    return f"Worked around: {first[:1].lower()}{first[1:]}"[:180]


def _whole_text(session: SessionFacts) -> tuple[SourceSpan, ...]:
    """The problem text as a source, for a ticket without a title."""
    if not session.text.strip():
        return ()
    return (SourceSpan(session=session.id, field="text", start=0, end=len(session.text)),)


def _background(
    session: SessionFacts, reading: Reading, cause: Choice | None
) -> tuple[str, tuple[SourceSpan, ...]]:
    """Why it happened and what else is worth knowing, for the resolution's note."""
    chosen: list[tuple[str, Span]] = []
    size = 0
    asked = cause.body if cause is not None else ""
    causes = [
        (f"**Cause:** {text}" if i == 0 else text, span) for i, (text, span) in enumerate(reading.causes)
    ]
    for text, span in [*causes, *reading.background]:
        if (
            size + len(text) > _BACKGROUND_LIMIT
            or text in asked
            or _BARE_TITLE.match(text)
            or (asked and text.endswith(":"))
        ):
            continue
        chosen.append((text, span))
        size += len(text)
    while chosen and chosen[-1][0].endswith(":"):
        chosen.pop()
    return "\n\n".join(text for text, _ in chosen), tuple(source_span(session.id, span) for _, span in chosen)


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
    line = re.sub(r"\s+", " ", text).strip().rstrip(".:").replace("`", "")
    return line if len(line) <= 120 else line[:119].rsplit(" ", 1)[0] + " …"


def plain_titles(actions: Sequence[Action]) -> list[str]:
    """Titles of the actions, each once, without the count of parts."""
    return list(dict.fromkeys(re.sub(r" \(part \d+ of \d+\)$", "", action.title) for action in actions))


def _exhausted_body(symptom: Symptom, actions: Sequence[Action], reading: Reading) -> str:
    lines = ["Tried or ruled out on the way here:", "", *(f"- {title}" for title in plain_titles(actions))]
    lines += ["", "Hand over:", ""]
    if symptom.error:
        lines.append(f'- whether "{_one_line(symptom.error)}" still appears, and when it last did')
    lines += [
        "- which of these steps were done, with what result",
        "- versions of the products involved, and the affected users or devices",
    ]
    lines += [f"\n{text}" for text in reading.handover[:3]]
    return "\n".join(lines)
