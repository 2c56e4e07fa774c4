"""What engines answer, checked before anybody relies on it.

An engine may be a model that makes things up. What does not hold together is refused as an `EngineError`
that says what is wrong, so that it is tried again, and given up like any other failure. Trees and changes
are checked where they are read (`flowpilot.flows.document`, `flowpilot.flows.changes`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from uuid import UUID

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import (
    AnalyseRequest,
    AnalyseResult,
    Analyst,
    EngineError,
    Enhancement,
    Grounding,
    NewFlow,
    Nothing,
    Reinforced,
    SessionFacts,
    SourceSpan,
)

LONGEST_TEXT = 20_000
"""Characters of one text beside the tree, such as the summary."""
MOST_SOURCES = 100_000


def ask(engine: Analyst, request: AnalyseRequest) -> AnalyseResult:
    """The engine's finding. Raises `EngineError` when it cannot say, or says what cannot be."""
    result = engine.analyse(request)
    if problem := next(_problems(result, request), None):
        raise EngineError(_("The engine's answer cannot be used: %(problem)s") % {"problem": problem})
    return result


def partition(engine: Analyst, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
    """The sessions in groups. Raises `EngineError` when one is missing, added or in two of them."""
    groups = engine.cluster(sessions)
    given = Counter(facts.id for facts in sessions)
    if not all(groups) or Counter(facts.id for facts in chain.from_iterable(groups)) != given:
        raise EngineError(_("The engine's groups do not hold each session exactly once."))
    return groups


def points_into(span: SourceSpan, text: str | None) -> bool:
    """Whether a span lies within the text that it names, given by `texts_by_span`."""
    return text is not None and 0 <= span.start < span.end <= len(text)


def texts_by_span(sessions: Iterable[SessionFacts]) -> Callable[[SourceSpan], str | None]:
    """What finds the text that a span is a piece of; None when there is none. Of each session only what is
    asked for is put together, once."""
    known = {session.id: session for session in sessions}
    own = cache(lambda pk: _own_texts(known[pk]) if pk in known else {})
    of_steps = cache(lambda pk: _texts_of_steps(known[pk]) if pk in known else {})
    return lambda span: (of_steps if span.step else own)(span.session).get(field_name(span.step, span.field))


def field_name(step: UUID | str | None, field: str) -> str:
    """What `texts_of` calls a field of a session or of one of its steps."""
    return f"{step}:{field}" if step else field


def texts_of(session: SessionFacts) -> dict[str, str]:
    """Every text of a session under the name that spans use: field, or step id and field."""
    return _own_texts(session) | _texts_of_steps(session)


def _own_texts(session: SessionFacts) -> dict[str, str]:
    return {
        "title": session.title,
        "text": session.text,
        "resolution": session.resolution,
        "resolution_action": session.resolution_action,
    }


def _texts_of_steps(session: SessionFacts) -> dict[str, str]:
    texts = {}
    for step in session.steps:
        texts[f"{step.id}:step.title"] = step.title
        texts[f"{step.id}:step.body"] = step.body
        texts[f"{step.id}:step.response"] = step.response
    return texts


def _problems(result: object, request: AnalyseRequest) -> Iterator[str]:
    if not isinstance(result, AnalyseResult):
        yield _("it is a %(type)s, not a finding.") % {"type": type(result).__name__}
        return
    finding = result.finding
    for name, text in _texts_beside_the_tree(finding):
        yield from _text_problems(name, text)
    if isinstance(finding, Enhancement | Reinforced):
        yield from _flow_problems(finding.flow_id, request)
    if isinstance(finding, NewFlow | Enhancement):
        if not finding.title.strip():
            yield _("it has no title.")
        yield from _source_problems(finding.grounding, request.sessions)


def _texts_beside_the_tree(
    finding: NewFlow | Enhancement | Reinforced | Nothing,
) -> Iterator[tuple[str, str]]:
    if isinstance(finding, NewFlow | Enhancement):
        yield from (("title", finding.title), ("summary", finding.summary), ("why", finding.why))
        return
    yield "reason", finding.reason
    if isinstance(finding, Nothing):
        yield "questions", " ".join(finding.questions)


def _text_problems(name: str, text: str) -> Iterator[str]:
    if len(text) > LONGEST_TEXT:
        told = {"name": name, "length": len(text), "limit": LONGEST_TEXT}
        yield _("its %(name)s has %(length)s characters, more than %(limit)s.") % told
    if "\0" in text:
        yield _("its %(name)s holds a NUL character.") % {"name": name}


def _flow_problems(flow_id: UUID, request: AnalyseRequest) -> Iterator[str]:
    if flow_id not in {flow.flow_id for flow in request.flows}:
        yield _("it is about a flow that it was not asked about.")


def _source_problems(grounding: Grounding, sessions: Sequence[SessionFacts]) -> Iterator[str]:
    if sum(map(len, grounding.values())) > MOST_SOURCES:
        yield _("it names more than %(limit)s sources.") % {"limit": MOST_SOURCES}
        return
    text_of = texts_by_span(sessions)
    for key, spans in grounding.items():
        if not all(points_into(span, text_of(span)) for span in spans):
            yield _("%(node)s names a source that does not exist.") % {"node": key}
