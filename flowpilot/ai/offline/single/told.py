"""Sections that tell a way without a step in it: by their heading, by code or facts alone."""

from flowpilot.ai.offline.single.builds import update_to_build
from flowpilot.ai.offline.single.plan import Action, Plan, Span
from flowpilot.ai.offline.single.render import inline, render
from flowpilot.ai.offline.single.titles import FALLBACK_TITLE
from flowpilot.ai.offline.text.cues import is_support
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Code, ListBlock, Paragraph, Section
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words, sentences

_REMARK_LIMIT = 300


def told_way(section: Section, title: str, label: str | None) -> Plan | None:
    """The section as one action: named by its heading, or by whom it is for when it holds what to set."""
    if section.children or _hands_over(section):
        return None
    span = Span(section.start, section.end)
    shown = tuple(text for block in section.blocks if (text := render(block)))
    if section.blocks and not shown:
        return _without_guide(section, title, span)
    if title and (order_of(section.heading.title) is not None or section.heading.kind == "method"):
        return Action(title, span, context=shown or (inline(section.heading.title),))
    if label is not None and (update := update_to_build(section.blocks)) is not None:
        return update
    if label is not None and _holds_what_to_set(section, shown):
        return Action(FALLBACK_TITLE, span, context=shown, weak=True)
    return None


def _without_guide(section: Section, title: str, span: Span) -> Plan | None:
    """A way of which the source holds only its name, where that is an order somebody can carry out."""
    order = order_of(section.heading.title)
    if not title or order is None or order.generic or len(order.text.split()) < _NAMED:
        return None
    note = "> **Note:** The ticket names this way without its steps."
    return Action(title, span, context=(f"{inline(section.heading.title).rstrip('.')}.", note))


_NAMED = 3
"""Words of an order that says what is done, and to what."""


def _holds_what_to_set(section: Section, shown: tuple[str, ...]) -> bool:
    """Commands, registry keys, or a list alone: the heading above says what to do with them."""
    exact = any(isinstance(block, Code) for block in section.blocks) or any("`HK" in text for text in shown)
    return bool(shown) and (exact or all(isinstance(block, ListBlock) for block in section.blocks))


def referred(section: Section) -> list[str]:
    """What to hand over of a way that the source only names: its guide did not come along."""
    empty = bool(section.blocks) and not any(render(block) for block in section.blocks)
    if not empty or section.children or not section.heading.title or section.heading.kind not in _WAYS:
        return []
    title = first_words(plain_words(section.heading.title), _REMARK_LIMIT)
    return [f"The source names another way, for which its guide is not included here: {title}."]


_WAYS = ("resolution", "workaround", "method", "step", "heading")


def remark(section: Section) -> str:
    """What a section without a way says, short enough for a question's body; empty when it hands over."""
    texts = [render(block) for block in section.blocks if isinstance(block, Paragraph)]
    return first_words(" ".join(text for text in texts if text), _REMARK_LIMIT)


def _hands_over(section: Section) -> bool:
    """Whether every sentence sends to support: the escalation says that."""
    said = [s.text for block in section.blocks if isinstance(block, Paragraph) for s in sentences(block.text)]
    return bool(said) and all(map(is_support, said))
