"""A message that means nothing: the text says that it can be ignored, whatever else it tells."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Plan, Span, mapped
from flowpilot.ai.offline.single.render import prose
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Paragraph, Section
from flowpilot.ai.offline.text.sentences import sentences

_THING = r"(?:messages?|errors?|warnings?|events?|alerts?|issues?|entr(?:y|ies)|logs?)"
_IGNORED = re.compile(
    rf"\b{_THING}\b[^.,;]{{0,40}}\b(?:can|may) (?:be safely|safely be|be) ignored\b"
    rf"|\bcan (?:safely |simply )?ignore (?:the|this|these|those|any) (?:\w+ ){{0,3}}{_THING}\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:if|when|unless|after|as long as|once|while)\b", re.IGNORECASE)
_KINDS = ("resolution", "workaround", "status", "more_information", "cause", "text", "heading")

QUESTION = "Does anything fail, or does only the message appear?"
ONLY_MESSAGE, FAILS = "Only the message appears", "Something fails, or the message has to go"
UNSURE = "Can't tell"
RESOLUTION = "Nothing is wrong: the message can be ignored"
OTHER_MATTER = "What failed works again; the message by itself can be ignored"
_ASIDE = re.compile(r"^[#* ]{0,7}more info(?:rmation)?\b", re.IGNORECASE | re.MULTILINE)


def harmless_in(sections: Many[Section]) -> tuple[str, Span] | None:
    """The paragraph that says so of every case; one that says of which case asks for that one."""
    return next(
        (
            (prose(block.text), Span(block.start, block.end))
            for block in _paragraphs(sections)
            if any(_says_so(found.text) for found in sentences(block.text))
        ),
        None,
    )


def _says_so(sentence: str) -> bool:
    plain = plain_words(sentence)
    return _IGNORED.search(plain) is not None and _CONDITION.search(plain) is None


def _paragraphs(sections: Many[Section]) -> Iterator[Paragraph]:
    for section in sections:
        if section.heading.kind in _KINDS:
            yield from (block for block in section.blocks if isinstance(block, Paragraph))
            yield from _paragraphs(section.children)


def of_other_matter(resolution: str, told: Span, actions: Many[Action]) -> bool:
    """Whether all that is to be done is told aside, after the text has said that nothing is wrong."""
    return bool(actions) and all(
        action.span.field == "resolution" and _ASIDE.search(resolution[told.end : action.span.start])
        for action in actions
    )


def without_cause(plan: Plan) -> Plan:
    """The cause of the message is none of the other matter that the acts are for."""
    return mapped(
        plan,
        lambda act: replace(
            act, context=tuple(text for text in act.context if not text.startswith("**Cause:**"))
        ),
    )
