"""The problem in words: the flow's title, the question that confirms it, and what is true when it is gone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.complaint import complaint_of
from flowpilot.ai.offline.single.confirming import confirming_question, names_others, told_first
from flowpilot.ai.offline.single.error import Error, evened, find_error, named_in, verbatim
from flowpilot.ai.offline.single.flow_title import TASK, flow_title, with_error, without_boilerplate
from flowpilot.ai.offline.single.other_symptoms import names_other_symptoms, with_other_symptoms
from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.single.solved import solved_title
from flowpilot.ai.offline.single.symptom_body import body_of, told_sections, variant_of
from flowpilot.ai.offline.single.telling import sentence_with, short_error, telling_line
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Document, Section


@dataclass(frozen=True)
class Symptom:
    title: str
    question: str
    body: str
    error: str
    """Error text or code as the first question has it, empty when the ticket names none."""
    solved: str
    spans: tuple[Span, ...]


_MET_LIMIT = 75
"""Characters of a message by which a task is called: who meets it searches for it, not for what to do."""
_TITLE_READ = 400
"""Characters of a ticket's title that are looked at."""


def read_symptom(
    title: str,
    document: Document,
    causes: Sequence[str] = (),
    *,
    resolution: str = "",
    cause_asked: bool = False,
) -> Symptom:
    """`causes`: what the resolution names as the cause, which nobody can confirm before looking for it.

    `resolution` may name the product where the problem does not.
    """
    title = title[:_TITLE_READ]
    whole = without_boilerplate(title, document.source) or flow_title(title, document.source)
    blocks = _blocks(document.sections)
    error = find_error(whole, blocks)
    task = evened(TASK.sub("", plain_words(title))) == evened(whole) != evened(title)
    named = named_in(whole)
    shown = telling_line(verbatim(named, error.text) if named else error.text, whole)
    shown = sentence_with(named, error.text, whole) or shown
    met = short_error(shown, _MET_LIMIT)
    titled = with_error(title, error.text)
    if task and error.lead and met and not met.endswith("…"):
        titled, whole, task = f'"{met}" error', f'"{met}" error', False
    cleaned = flow_title(titled, document.source, resolution)
    complaint = complaint_of(whole, causes, asked=cause_asked)
    spans = [Span(0, len(title), "title")] if title.strip() else []
    spans += [replace(error.span, field="text")] if error.span is not None else []
    question = confirming_question(complaint, error, shown, told_first(blocks), task=task)
    if sum(1 for section in told_sections(document.sections) if variant_of(section)) > 1:
        question = _WHEN_ASKED.sub(r"\g<error>?", question)
    question = with_other_symptoms(question, document, error.text)
    return Symptom(
        cleaned,
        question,
        body_of(document.sections, error.text),
        shown,
        solved_title(complaint, shown, task=task, others=_named_besides(question, error)),
        tuple(dict.fromkeys(spans)),
    )


def _named_besides(question: str, error: Error) -> str:
    if names_other_symptoms(question):
        return "symptoms"
    one_of = error.several and ", for example with " in question
    return "messages" if one_of or names_others(question, error) else ""


_WHEN_ASKED = re.compile(r"^(?P<error>Do you get \"[^\"]+\") (?:when|while|after|if) .*$")
"""Of several scenarios the title tells one: asked with its circumstances, the others would be ruled out."""


def _blocks(sections: Sequence[Section]) -> list[Block]:
    found: list[Block] = []
    for section in told_sections(sections):
        found += section.blocks
    return found
