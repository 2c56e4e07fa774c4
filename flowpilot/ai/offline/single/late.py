"""Told outside the resolution: further ways under "More information", and how to confirm the cause."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace

from flowpilot.ai.offline.single.blocks import plan_blocks
from flowpilot.ai.offline.single.looked_for import CONFIRMS_CAUSE, looked_for
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Route, Span, actions_of, with_context
from flowpilot.ai.offline.single.render import render, render_all
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, ListBlock, Note, Paragraph, Section, SectionKind
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_LATE = ("more_information", "status")
_WAY = re.compile(
    r"\bto (?:work ?around|resolve|fix|correct|solve|avoid|prevent) (?:this|the|it|these)\b"
    r"|^(?:alternatively|as an alternative|another (?:way|workaround|option|method|solution)|instead of)\b"
    r"|\bif you(?: prefer\b|(?: are|'re|)? still (?:experienc|see|receiv|hav|encounter))"
    r"|\b(?:issue|problem|error|behaviou?r) (?:still |also )?(?:persists|(?:can|may|might) also occur)\b"
    r"|\b(?:we|you) can change the default behaviou?r\b"
    r"|\b(?:can|may|might) also (?:help|resolve|fix)\b|\bneeds? to be changed\b",
    re.IGNORECASE,
)
_NO_WAY = re.compile(r"\b(?:reproduce|for example|already|was (?:fixed|resolved))\b", re.IGNORECASE)
_CONFIRMS = re.compile(
    r"\b(?:to|you can) (?:confirm|verify|check|determine|see|make sure|ensure|validate|find out)\b"
    r"[^.]{0,90}?\b(?:this is (?:the|your|what)|this (?:issue|problem|condition|cause)"
    r"|(?:is|are) (?:experiencing|affected by|indeed|causing))\b",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    r"\b(?:to|you can) (?:confirm|verify|check|determine) (?:that|whether|if) [^,:.]{8,110}", re.IGNORECASE
)
_BEFORE = re.compile(
    r"\bbefore (?:you )?(?:us(?:e|ing)|do(?:ing)?|run(?:ning)?|mak(?:e|ing)|apply(?:ing)?|perform(?:ing)?"
    r"|follow(?:ing)?|add(?:ing)?|chang(?:e|ing)) (?:this|these|the|any|that)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^(?:if|confirm|verify|check|replace|in th(?:is|ese)|the (?:output|result)|when|examine|look|note"
    r"|you (?:should|will|may|might) (?:receive|see|get))\b",
    re.IGNORECASE,
)
_SAME = 0.7
"""Share of the words of an action, or of a question, from which on another text speaks of the same."""


@dataclass
class Late:
    """Ways found late, and what of the text they took."""

    plans: list[Plan] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    """What is said once more of the one way that is known, and beyond it."""
    handover: list[str] = field(default_factory=list)
    taken: list[Span] = field(default_factory=list)


def late_ways(sections: Many[Section], known: Plan) -> Late:
    """Ways under headings that promise none, each after a sentence that says it helps; no fix twice."""
    late = Late()
    for section in _sections(sections, _LATE):
        start = _begins(section)
        if start is None:
            continue
        blocks = section.blocks[start : _last_act(section.blocks) + 1]
        found = plan_blocks(blocks)
        if found.plan is not None and not _known(found.plan, known):
            before = section.blocks[_leant_on(section.blocks, start) : start]
            span = Span((before or blocks)[0].start, blocks[-1].end)
            lead = Action("", span, context=tuple(text for text in map(render, before) if text))
            late.plans.append(with_context(found.plan, lead))
            late.handover += found.handover
            late.taken.append(span)
        elif found.plan is not None and isinstance(known, Action):
            late.same += [
                text for action in actions_of(found.plan) for text in (*action.context, *action.items)
            ]
            late.taken.append(Span(blocks[0].start, blocks[-1].end))
    return late


def _begins(section: Section) -> int | None:
    """Where the way begins: at the sentence that offers it, or below a heading that calls it one."""
    if section.heading.kind in _WAYS and section.blocks:
        return 0
    return next((i for i in range(len(section.blocks)) if _offers(section.blocks, i)), None)


def _leant_on(blocks: Many[Block], start: int) -> int:
    """The first of the blocks without which the one at `start` can't be understood."""
    while start and _leans(blocks[start], blocks[start - 1]):
        start -= 1
    return start


_WAYS = ("workaround", "resolution", "method")
_LEANS = re.compile(
    r"(?:if )?(?:it|this|they|these) (?:is|are|means?|has|have)\b"
    r"|.*\b(?:this|that) (?:registry )?(?:key|subkey|value|entry)\b",
    re.IGNORECASE,
)
"""Speaks of a thing that the block before names."""


def _leans(block: Block, before: Block) -> bool:
    if not isinstance(block, Paragraph) or (isinstance(before, Paragraph) and before.text.endswith(":")):
        return True
    return _LEANS.match(block.text) is not None


def demanded_before(sections: Many[Section]) -> list[tuple[str, Span]]:
    """Paragraphs under other headings that say what must be so before the fix, or how long it takes."""
    return [
        (f"> **{label}:** {shown}", Span(block.start, block.end))
        for section in _sections(sections, _LATE)
        for block in section.blocks
        if isinstance(block, Paragraph) and (label := _label(block.text)) and (shown := render_all([block]))
    ]


def _label(text: str) -> str:
    """What the paragraph is for whoever begins the fix; empty when it is for somebody else."""
    return "Important" if _demands(text) else "Note" if _LASTS.match(plain_words(text)) else ""


_LASTS = re.compile(
    r"after you [^,.]{3,80}, (?:you|users?|they) (?:may|might|can|will) (?:still |continue to )?"
    r"(?:receive|see|experience|get) [^.]{3,120}\buntil\b",
    re.IGNORECASE,
)


def _demands(text: str) -> bool:
    return any(_BEFORE.search(s.text) and order_of(s.text) is not None for s in sentences(text))


def with_check(question: Choice | None, sections: Many[Section]) -> tuple[Choice | None, list[Span]]:
    """The cause's question with the way to find out in its body; the check itself where none is asked."""
    for section in _sections(sections, ("cause", *_LATE)):
        opened = _opened(section.blocks)
        for i, block in enumerate(opened):
            asked = question.question if question is not None else ""
            if isinstance(block, Paragraph) and _checks(block.text, section.heading.kind, asked):
                blocks = opened[i : _end_of_check(opened, i)]
                return _checked(question, blocks, Span(blocks[0].start, blocks[-1].end))
    return question, []


def _opened(blocks: Many[Block]) -> list[Block]:
    """The blocks, a note that tells how to confirm the cause read as the paragraphs that it holds."""
    opened: list[Block] = []
    for block in blocks:
        inner = block.blocks if isinstance(block, Note) else ()
        confirms = bool(inner) and isinstance(inner[0], Paragraph) and _CONFIRMS.search(inner[0].text)
        opened += inner if confirms else (block,)
    return opened


def _checks(text: str, kind: SectionKind, asked: str) -> bool:
    """Whether the text says how to find out: this problem, or what the question asks for."""
    plain = plain_words(text)
    whether = _WHETHER.search(plain)
    if _CONFIRMS.search(plain) or whether is None:
        return _CONFIRMS.search(plain) is not None
    if not asked:
        asks = looked_for([Paragraph(text, 0, 0)]) != CONFIRMS_CAUSE
        told = sentences(plain)[-1].text
        return kind == "cause" and asks and told.startswith("You can ") and told.endswith(":")
    wanted = set(terms(asked))
    return kind == "cause" or len(wanted & set(terms(whether.group()))) >= _SAME * len(wanted)


def _checked(question: Choice | None, blocks: Many[Block], span: Span) -> tuple[Choice, list[Span]]:
    how = render_all(blocks)
    if question is not None:
        return replace(question, body="\n\n".join(part for part in (question.body, how) if part)), [span]
    routes = (Route("Yes", None, span), Route("No", None, span))
    return Choice(looked_for(blocks), how, routes, span, unsure="Can't tell"), [span]


def untaken(told: Many[tuple[str, Span]], taken: Many[Span]) -> list[tuple[str, Span]]:
    """Statements outside these places."""
    return [
        (text, span)
        for text, span in told
        if not any(one.start <= span.start and span.end <= one.end for one in taken)
    ]


def _sections(sections: Many[Section], kinds: Many[str], inside: str = "") -> Iterator[Section]:
    for section in sections:
        kind = section.heading.kind
        if kind in kinds or (inside and kind in ("heading", *_WAYS)):
            yield section
        if kind != "reproduce":
            yield from _sections(section.children, kinds, kind if kind in kinds else "")


def _offers(blocks: Many[Block], at: int) -> bool:
    block = blocks[at]
    if not isinstance(block, Paragraph):
        return False
    leads = at + 1 < len(blocks) and isinstance(blocks[at + 1], ListBlock | Code)
    said = [plain_words(s.text) for s in sentences(block.text)]
    return any(
        _WAY.search(text) and not _NO_WAY.search(text) and (leads or order_of(text) is not None)
        for text in said
    )


def _last_act(blocks: Many[Block]) -> int:
    """Index of the last block that holds something to do."""
    last = max(
        i
        for i, block in enumerate(blocks)
        if not isinstance(block, Paragraph)
        or any(order_of(s.text) is not None or _WAY.search(s.text) for s in sentences(block.text))
    )
    led = [block.text.rstrip().endswith(":") for block in blocks[last:] if isinstance(block, Paragraph)]
    return last + 1 if led and led[0] and last + 1 < len(blocks) else last


def _known(plan: Plan, known: Plan) -> bool:
    """Whether everything in the plan is a fix that is known already."""
    told = [set(terms(action.title)) for action in actions_of(known)]
    wanted = [set(terms(action.title)) for action in actions_of(plan)]
    return all(any(len(want & one) >= _SAME * len(want) for one in told) for want in wanted)


def _end_of_check(blocks: Many[Block], start: int) -> int:
    end = start + 1
    while end < len(blocks):
        block = blocks[end]
        if isinstance(block, Paragraph) and not _GOES_ON.match(block.text):
            break
        end += 1
    return end
