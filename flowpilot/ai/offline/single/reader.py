"""Blocks in order, read into actions: what begins another one, what hangs below the one at hand."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.by_goal import WHICH_GOAL
from flowpilot.ai.offline.single.completing import towards
from flowpilot.ai.offline.single.draft import Draft
from flowpilot.ai.offline.single.draft_titles import pointed_goal
from flowpilot.ai.offline.single.fallbacks import begins_another, until_fallback
from flowpilot.ai.offline.single.found import Found, linked
from flowpilot.ai.offline.single.labels import CONTENT_LIST
from flowpilot.ai.offline.single.noted import with_last_notes
from flowpilot.ai.offline.single.piece import Piece
from flowpilot.ai.offline.single.plan import (
    Action,
    Alternatives,
    Choice,
    Plan,
    Route,
    Span,
    titled,
    with_context,
    with_late_notes,
)
from flowpilot.ai.offline.single.render import inline, item, note, render
from flowpilot.ai.offline.single.short_labels import LABEL_LIMIT
from flowpilot.ai.offline.single.table_ways import table_ways
from flowpilot.ai.offline.single.ways import PlanBlocks, item_blocks, ways_in
from flowpilot.ai.offline.text.clauses import YesNo, yes_no
from flowpilot.ai.offline.text.cues import condition_of, is_fallback, is_next, is_support
from flowpilot.ai.offline.text.debris import is_debris_sentence, plain_words
from flowpilot.ai.offline.text.model import Block, Code, ListBlock, Note, Paragraph, Table
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

NO_CONDITION = re.compile(
    r"\b(?:you (?:don't |do not )?want|you (?:have|need) to|you must|you decide|you prefer|you choose"
    r"|you would|prompted|it|them|this|these|that|they|necessary|needed|required|possible|appropriate"
    r"|desired|in this manner|you don't see|you know)\b",
    re.IGNORECASE,
)
"""Conditions that depend on what stood before, or on a wish: not a question to ask."""


_ALREADY = re.compile(r"\b(?:already|in this manner|in this way|previously)\b", re.IGNORECASE)
"""The case of those who are beyond what has just been told."""
_RATHER = re.compile(
    r"you (?:must|prefer to|have to|need to) (?:use|keep|stay|continue|run)\b"
    r"|you (?:can't|cannot|can not|are unable to|aren't able to) (?:use|install|upgrade|update|apply"
    r"|switch|migrate)\b",
    re.IGNORECASE,
)
"""For whom what has just been told is no way: another way follows."""
_HINDERED = re.compile(r"you (?:can't|cannot|can not|are unable to|aren't able to)\b", re.IGNORECASE)
"""A step that has just been told may not work: what is done then belongs to it."""
_BEFOREHAND = re.compile(
    r"^before (?:you |doing |running |making |applying |using )|\bmust first (?:be )?\w+", re.IGNORECASE
)
"""What has to be so before the act that has just been told."""
_MADE = re.compile(r"\b(?:the|this|that) new (?P<what>[a-z]+)\b", re.IGNORECASE)
_AFTER_WAYS = re.compile(
    r"after you (?:\w+ )?(?:complete|use|do|finish|follow|perform|apply) (?:either|one of|any of|any)\b"
    r"|when you(?:'re| are|'ve| have) (?:finished|done)\b",
    re.IGNORECASE,
)
"""What closes each of the ways that have just been told."""
_TOLD_STEPS = 2
"""Steps that have to be left of three or more: else the others only lead to texts that did not come along."""
_SAME_WORDS = 4
"""Words with which two orders have to begin alike, so that the later speaks of the same act."""
_CARRIED = 3
"""At most so many statements introduce an action."""


class Reader:
    """Takes block by block. `plan_blocks` reads the blocks of an entry that is a way of its own."""

    def __init__(self, title: str, warnings: list[str], plan_blocks: PlanBlocks) -> None:
        self._plan_blocks = plan_blocks
        self._title = title
        self._warnings = warnings
        self._draft = Draft()
        self._condition: tuple[YesNo, Span] | None = None
        self._links: list[tuple[Plan, bool]] = []
        """Plans so far, and whether each continues the former (else it is an alternative to it)."""
        self._continues = False
        self._handover: list[str] = []
        self._lead = ""
        self._follows_warning = False
        self._carried: list[tuple[Piece, Span]] = []
        """Statements that wait for the action that they introduce."""

    def read(self, block: Block, following: Block | None) -> None:
        if isinstance(block, Paragraph):
            self._paragraph(block, following)
            return
        if isinstance(block, ListBlock):
            self._list(block)
        elif isinstance(block, Note):
            self._note(block)
            return
        elif isinstance(block, Table) and (plan := table_ways(block, self._plan_blocks)) is not None:
            self._take(plan)
        elif isinstance(block, Code):
            self._draft.hang_code(block)
            self._draft.covers(block.start, block.end)
        else:
            text = render(block)
            if text:
                self._draft.hang(text)
                self._draft.covers(block.start, block.end)
        self._lead = ""

    def _paragraph(self, block: Paragraph, following: Block | None) -> None:
        kept = [s.text for s in sentences(block.text) if not is_debris_sentence(s.text)]
        self._lead = plain_words(block.text) if kept else ""
        self._handover += [
            _capital(
                re.sub(r"^(?:note:?|then,?|finally,?|otherwise,) +", "", inline(text), flags=re.IGNORECASE)
            )
            for text in _handed_over(kept)
        ]
        leads = isinstance(following, ListBlock) and following.ordered and kept[-1:]
        kept = [text for text in kept if not is_support(text) or (leads == [text] and text.endswith(":"))]
        if not kept:
            return
        if self._captions(kept, following):
            self._end(continues=False)
            self._draft.title = title_of(kept[0])
            self._draft.covers(block.start, block.end)
            return
        if self._draft.empty and self._links and _AFTER_WAYS.match(kept[0]):
            self._continues = True
        self._begin_if_new(block, kept, following)
        for number, text in enumerate(kept):
            self._sentence(text, number, block)
        self._draft.covers(block.start, block.end)

    def _sentence(self, text: str, number: int, block: Paragraph) -> None:
        order = order_of(text)
        if number and order is not None and self._draft.acts and begins_another(text):
            self._draft.covers(block.start, block.end)
            self._end(continues=False)
        shown = inline(text)
        if self._draft.acts and _BEFOREHAND.search(text):
            self._draft.warnings.append(f"> **Important:** {shown}")
        elif number and text.startswith("If ") and self._follows_warning:
            self._draft.warnings[-1] += f" {shown}"
        elif self._draft.items:
            self._after(shown, number)
        else:
            wanted = order.text if order else None
            purpose = (order.text if order.generic else order.purpose) if order else ""
            self._draft.add(Piece(shown, wanted, purpose, starts_paragraph=number == 0))
        self._follows_warning = bool(_BEFOREHAND.search(text)) and self._draft.acts

    def _captions(self, kept: list[str], following: Block | None) -> bool:
        """Whether the paragraph is a title in all but name: an order without a stop above numbered steps."""
        listed = isinstance(following, ListBlock) and following.ordered
        if not listed or len(kept) > 1 or len(kept[0]) > LABEL_LIMIT or re.search(r"[.:!?;,]$", kept[0]):
            return False
        order = order_of(kept[0])
        return order is not None and not order.generic

    def _after(self, text: str, number: int) -> None:
        if number and self._draft.after and "\n" not in self._draft.after[-1]:
            self._draft.after[-1] += f" {text}"
        else:
            self._draft.after.append(text)

    def _begin_if_new(self, block: Paragraph, kept: list[str], following: Block | None) -> None:
        """Whether this paragraph begins another action, and how that one stands to the former."""
        first = kept[0]
        acts = any(order_of(text) is not None for text in kept)
        leads = kept[-1].rstrip("*").endswith(":") or isinstance(following, Code)
        condition = condition_of(first)
        fallback = is_fallback(first) and (acts or leads) and self._draft.acts and not self._goes_on(first)
        if fallback or self._is_another_case(condition, following, leads=leads):
            self._end(continues=False)
            return
        question = yes_no(condition[0]) if condition and order_of(condition[1]) else None
        apart = not self._draft.acts or self._draft.items or leads
        if condition is not None and NO_CONDITION.search(condition[0]):
            question = None
        if condition is not None and self._draft.items and not leads and _HINDERED.match(condition[0]):
            return
        if question is not None and apart and (self._draft.acts or self._condition is None):
            self._end(continues=False)
            self._condition = (question, Span(block.start, block.end))
            return
        new_work = leads and isinstance(following, ListBlock | Code) and acts
        if self._draft.items and new_work and not CONTENT_LIST.search(first):
            self._end(continues=any(map(is_next, kept)) or self._draft.finds_out or self._builds_on(first))
        elif self._condition is not None and self._draft.items and acts:
            self._end(continues=False)

    def _goes_on(self, first: str) -> bool:
        """Whether "you can also create a rule for …" says more of the act at hand, "create a rule"."""
        order = order_of(first)
        goal = (self._draft.goal or self._title).lower().split()[:_SAME_WORDS]
        return (
            order is not None
            and len(goal) == _SAME_WORDS
            and order.text.lower().split()[:_SAME_WORDS] == goal
        )

    def _is_another_case(
        self, condition: tuple[str, str] | None, following: Block | None, *, leads: bool
    ) -> bool:
        """Whether what has been told is no way for those whom the condition names."""
        if condition is None or not self._draft.acts:
            return False
        listed = leads and isinstance(following, ListBlock) and following.ordered
        rather = not self._draft.items and _RATHER.match(condition[0]) is not None
        return rather or (listed and _ALREADY.search(condition[0]) is not None)

    def _builds_on(self, first: str) -> bool:
        """Whether the sentence speaks of what the action at hand makes: "… that uses the new level"."""
        made = _MADE.search(first)
        told = " ".join(piece.text for piece in self._draft.pieces).lower()
        return made is not None and f"new {made['what'].lower()}" in told

    def _end(self, *, continues: bool) -> None:
        """Finish the action at hand; what comes next continues it, or is tried instead."""
        plan = self._finished_draft()
        self._draft, self._condition = Draft(), None
        if plan is not None:
            self._links.append((plan, self._continues))
            self._continues = continues

    def _finished_draft(self) -> Plan | None:
        draft = self._draft
        if draft.empty:
            return None
        plan = draft.plan() if draft.acts or draft.codes else None
        if plan is None:
            self._carried += [
                (piece, Span(draft.start, draft.end)) for piece in draft.pieces if piece.order is None
            ]
            self._warnings += draft.warnings
            return None
        if self._carried:
            draft.pieces = [*(piece for piece, _ in self._carried[-_CARRIED:]), *draft.pieces]
        if self._warnings:
            draft.warnings = [*self._warnings, *draft.warnings]
        if self._carried or self._warnings:
            self._carried, self._warnings = [], []
            plan = draft.plan() or plan
        return self._conditional(plan)

    def _conditional(self, plan: Plan) -> Plan:
        if self._condition is None:
            return plan
        question, span = self._condition
        routes = (Route("Yes", plan, span), Route("No", None, span))
        if not question.yes_means_so:
            routes = (Route("Yes", None, span), Route("No", plan, span))
        return Choice(question.title, "", routes, span)

    def _note(self, block: Note) -> None:
        text = note(block)
        if not text:
            return
        if self._draft.empty:
            self._warnings.append(text)
        elif block.warns:
            self._draft.warnings.append(text)
        else:
            self._draft.hang(text)
        if not self._draft.empty:
            self._draft.covers(block.start, block.end)

    def _list(self, block: ListBlock) -> None:
        ways = (
            None
            if self._draft.items
            else ways_in(block, self._lead, self._plan_blocks, named=bool(self._title))
        )
        if ways is not None:
            self._handover += ways.handover
            self._take(towards(ways.plan, pointed_goal(self._lead)))
            return
        if not block.ordered and not self._orders(block):
            self._hang_list(block)
            return
        if self._draft.items:
            self._end(continues=False)
        steps, rest = until_fallback(block)
        shown = [(text, Span(part.start, part.end)) for part in steps if (text := item(part))]
        if len(shown) < _TOLD_STEPS <= len(steps) - 1:
            return
        self._draft.items = [text for text, _ in shown]
        self._draft.item_spans = [span for _, span in shown]
        self._draft.covers(block.start, steps[-1].end)
        for part in rest:
            self._end(continues=False)
            self._lead = ""
            blocks = item_blocks(part)
            for i, inner in enumerate(blocks):
                self.read(inner, blocks[i + 1] if i + 1 < len(blocks) else None)

    def _hang_list(self, block: ListBlock) -> None:
        text = render(block)
        if text:
            self._draft.hang(text)
            self._draft.covers(block.start, block.end)

    def _orders(self, block: ListBlock) -> bool:
        """Whether bullets are steps to take, not facts."""
        if self._draft.items or CONTENT_LIST.search(self._lead):
            return False
        doing = sum(1 for part in block.items if order_of(part.text.split("\n", 1)[0]) is not None)
        return doing * 2 > len(block.items)

    def _take(self, plan: Plan) -> None:
        """Put ready ways in place of the draft that led to them; its prose explains the first of them."""
        pieces = [*(piece for piece, _ in self._carried[-_CARRIED:]), *self._draft.pieces]
        kept = isinstance(plan, Choice) and plan.question == WHICH_GOAL
        context = tuple(
            piece.markdown()
            for piece in pieces
            if (piece.order is None or (kept and piece.acts)) and not piece.text.endswith(":")
        )
        lead = Action("", Span(0, 0), warnings=(*self._warnings, *self._draft.warnings), context=context)
        plan = with_context(self._conditional(titled(plan, self._draft.goal)), lead)
        self._warnings, self._carried = [], []
        self._draft, self._condition = Draft(), None
        self._links.append((plan, self._continues))
        self._continues = False

    def finish(self) -> Found:
        goal = self._draft.goal
        last = self._finished_draft()
        if last is not None:
            self._links.append((last, self._continues))
        plan = linked(self._links)
        if plan is not None and len(self._links) == 1:
            plan = titled(plan, self._title)
        elif isinstance(plan, Alternatives) and isinstance(plan.parts[0], Action) and plan.parts[0].items:
            plan = replace(plan, parts=(titled(plan.parts[0], self._title), *plan.parts[1:]))
        statements = [
            (piece.markdown(), span) for piece, span in self._carried if not piece.text.endswith(":")
        ]
        if plan is not None and self._warnings:
            plan = with_late_notes(plan, self._warnings)
        warnings = self._warnings if plan is None else []
        plan = with_last_notes(plan, self._warnings) if plan is not None else None
        return Found(plan, statements, self._handover, warnings, goal if last is None else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_ASKS = re.compile(r"(?:please )?(?:contact|ask|call|escalate)\b", re.IGNORECASE)


def _handed_over(told: list[str]) -> list[str]:
    """The sentences that hand the case to somebody else, each with the sentence that says in which case."""
    return [
        f"{before} {text}" if before.startswith("If ") and _ASKS.match(text) else text
        for before, text in zip(["", *told], told, strict=False)
        if is_support(text)
    ]
