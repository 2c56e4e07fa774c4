"""An act that the text only names: the page that it gives for how it is done is named with it."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.plan import Action, Plan, Span, actions_of, mapped
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.model import Block, Code, Item, ListBlock, Paragraph, Section
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_POINTS = re.compile(
    r"for (?:more |additional |further |detailed )?(?:information|info|details|instructions|steps|guidance)"
    r"(?P<about>[^:]{0,120}?), (?:please )?(?:see|go to|visit|refer to|check)(?: the)?"
    r"(?: following)?(?: \w+){0,2}?(?: articles?| topics?| resources?| page)?(?::| )(?P<page>[^:]{0,160})$",
    re.IGNORECASE,
)
_DOES_THIS = re.compile(r"\bhow to do (?:this|so|it|that)\b", re.IGNORECASE)
_PAGE = re.compile(r"[\"“*]{0,2}(?P<title>(?:How (?:to|do I) )?[A-Z][^\"”*:?]{8,120}?)[\"”*]{0,2}\.?$")
_CMDLET = re.compile(r"[A-Z][a-z]+-[A-Z][A-Za-z0-9]+$")
_CHECKS = re.compile(r"(?:make sure|check|verify|confirm|contact)\b", re.IGNORECASE)
_NO_STEPS = re.compile(
    r"(?:how to )?(?:troubleshoot|fix|resolve|access)\b|.*\b(?:error|known issue|changes? in)", re.IGNORECASE
)
_MOST_PAGES = 3
_FEWEST_SHARED = 2
"""Words that a page has in common with the act, unless the text says that the page tells how to do "this"."""
_LONGEST = 400
"""Characters of an act that is only named."""


@dataclass(frozen=True)
class _Pointer:
    pages: tuple[str, ...]
    said: frozenset[str]
    of_this: bool
    """It speaks of the act before it."""
    how_to: bool
    """It says that they tell how something is done."""
    span: Span
    section: Span


def with_named_pages(plan: Plan, sections: Many[Section]) -> Plan:
    """The plan, each act that stands alone with the pages that tell its steps."""
    for pointer in _pointers(sections):
        meant = _meant(plan, pointer)
        if meant is not None and _only_named(meant):
            plan = _with_pages(plan, meant, pointer.pages)
    return plan


def _meant(plan: Plan, pointer: _Pointer) -> Action | None:
    """The action whose steps the pages tell: the one right before them, or one that says the same."""
    actions = actions_of(plan)
    inside = [one for one in actions if pointer.section.start <= one.span.start <= pointer.span.end]
    if pointer.of_this:
        return inside[-1] if inside else None
    shared = [(len(pointer.said & set(terms(_told(one)))), -at) for at, one in enumerate(actions)]
    most, at = max(shared)
    near = pointer.how_to and actions[-at] in inside
    fewest = _FEWEST_SHARED if near else max(_FEWEST_SHARED, len(pointer.said) / 2)
    return actions[-at] if most >= fewest else None


def _told(action: Action) -> str:
    return plain_words("\n".join((action.title, *action.context)))


def _with_pages(plan: Plan, meant: Action, pages: Many[str]) -> Plan:
    told = (*meant.after, f"{_PAGES} {_listed(pages)}.")
    return mapped(plan, lambda action: replace(action, after=told) if action is meant else action)


_PAGES = "For the steps, see"


def _only_named(action: Action) -> bool:
    own = (text for text in action.context if not text.startswith("**Cause:**"))
    told = "\n".join((*own, *action.after))
    return not (
        _CHECKS.match(action.title)
        or action.items
        or action.command
        or "`" in told
        or _PAGES in told
        or "\n- " in told
        or len(told) > _LONGEST
    )


def _listed(pages: Many[str]) -> str:
    named = [f"`{page}`" if _CMDLET.match(page) else f"“{page}”" for page in pages]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _pointers(sections: Many[Section]) -> Iterator[_Pointer]:
    for section in sections:
        place = Span(section.start, section.end)
        for at, block in enumerate(section.blocks):
            if isinstance(block, Paragraph):
                yield from _pointing(block, section.blocks[at + 1 : at + 2], place)
        yield from _pointers(section.children)


def _pointing(block: Paragraph, below: Many[Block], place: Span) -> Iterator[_Pointer]:
    for found in sentences(block.text):
        told = _POINTS.match(plain_words(found.text))
        if told is None:
            continue
        listed = below[0] if below and isinstance(below[0], ListBlock) else None
        named = (
            [told["page"]]
            if told["page"].strip()
            else [_title(one) for one in listed.items]
            if listed
            else []
        )
        pages = tuple(page for name in named if (page := _how(name, told["about"])))
        if pages and len(named) <= _MOST_PAGES:
            how_to = _is_how(told["about"]) or pages[0].startswith("How ")
            said = frozenset(terms(told["about"] if _is_how(told["about"]) else " ".join(pages)))
            of_this = bool(_DOES_THIS.search(told["about"]))
            yield _Pointer(pages, said, of_this, how_to, Span(block.start, block.end), place)


def _title(item: Item) -> str:
    code = item.blocks[0] if item.blocks and isinstance(item.blocks[0], Code) else None
    return plain_words(item.text) or (code.text if code else "")


def _how(name: str, about: str) -> str:
    """The title of a page that tells how something is done; empty for any other."""
    page = _PAGE.match(name.strip())
    title = page["title"].strip() if page else ""
    if _CMDLET.match(title):
        return title
    tells = _is_how(about) or title.startswith("How ") or begins_with_verb(title)
    return title if tells and not _NO_STEPS.match(title) else ""


def _is_how(about: str) -> bool:
    return re.search(r"\bhow to\b", about) is not None
