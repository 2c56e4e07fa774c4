"""An action while it is being read: sentences, steps, code and notes become one node or several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flowpilot.ai.offline.single.command_titles import with_command
from flowpilot.ai.offline.single.draft_titles import draft_title, goal_of
from flowpilot.ai.offline.single.parts import split
from flowpilot.ai.offline.single.piece import Piece
from flowpilot.ai.offline.single.plan import Action, Command, Plan, Span, alternatives, sequence
from flowpilot.ai.offline.single.render import fenced
from flowpilot.ai.offline.single.titles import (
    FALLBACK_TITLE,
    MEANINGFUL,
    first_word,
    main_step,
    worth,
)
from flowpilot.ai.offline.single.turns import cut_in_turns
from flowpilot.ai.offline.text.code import CommandRisk, command_risk, shell_of
from flowpilot.ai.offline.text.cues import is_fallback
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Code
from flowpilot.ai.offline.text.order_titles import TITLE_LIMIT, title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.purposes import GENERIC_PURPOSE
from flowpilot.ai.offline.text.verbs import DESTRUCTIVE, READ, risk_of

_EXAMPLE = re.compile(
    r"\bfor example\b|\bas an example\b|\bexample (?:of|shows)\b|\bresembles?\b|\boutput\b|\bsimilar to\b"
    r"|\blooks? like\b",
    re.IGNORECASE,
)


_GOES_ON = re.compile(
    r"(?:then|next|after|also|and|additionally|in addition|finally|if|when|once|restart|rerun|try)\b",
    re.IGNORECASE,
)

_FINDS_OUT = re.compile(r"to (?:determine|identify|find(?: out)?|locate|view|see) ", re.IGNORECASE)
_FOR_ONE = re.compile(r"(?:to|for|if) ", re.IGNORECASE)
"""Each step is for a case of its own: none follows the other."""


@dataclass
class Draft:
    """Gathers one action. Offsets grow with everything that is put in."""

    title: str = ""
    warnings: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    item_spans: list[Span] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    codes: list[tuple[Code, str]] = field(default_factory=list)
    """Code in prose, with the text above it."""
    start: int = -1
    end: int = -1
    _ordered: bool = False
    """Whether a piece orders something itself, or points at what hangs below it."""

    @property
    def empty(self) -> bool:
        return self.start < 0

    @property
    def acts(self) -> bool:
        return bool(self.items) or self._ordered

    @property
    def finds_out(self) -> bool:
        """Whether its steps only find out what the next action needs."""
        return bool(self.items and self.pieces) and _FINDS_OUT.match(self.pieces[-1].text) is not None

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self._ordered = self._ordered or piece.acts

    def covers(self, start: int, end: int) -> None:
        self.start = start if self.start < 0 else min(self.start, start)
        self.end = max(self.end, end)

    def hang(self, markdown: str) -> None:
        """Put a block under what came last."""
        if not markdown:
            return
        if self.items:
            self.after.append(markdown)
        elif self.pieces:
            self.pieces[-1].below.append(markdown)
            self._ordered = self._ordered or self.pieces[-1].order is not None
        else:
            self.add(Piece(markdown, None, starts_paragraph=True))

    def hang_code(self, code: Code) -> None:
        above = self.pieces[-1].text if self.pieces and not self.items else "\n".join(self.after[-1:])
        self.codes.append((code, above))
        self.hang(fenced(code))

    def plan(self) -> Plan | None:
        """The finished action, split where it is too long; None when nothing in it is to be done."""
        if not self.acts and not (self.codes and shell_of(self.codes[0][0].text, self.codes[0][0].language)):
            return None
        title = self._title()
        command = self._command()
        items = self._items(command)
        context = self._introduction(command) if items and not self.items else self._context(title, command)
        text = "\n".join([*(piece.text for piece in self.pieces), *items])
        action = Action(
            title=title,
            span=Span(self.start, self.end),
            warnings=tuple(self.warnings),
            context=context,
            items=items,
            item_spans=tuple(self.item_spans),
            after=tuple(self.after),
            command=command,
            risk=_risk(title, text, command, self.codes),
            weak=worth(title) < MEANINGFUL,
        )
        return alternatives([made for part in cut_in_turns(action) if (made := sequence(list(split(part))))])

    def _command(self) -> Command | None:
        """The one command of a short action; several, or one among steps, stay where they stand."""
        if len(self.codes) != 1 or self.items:
            return None
        code, above = self.codes[0]
        shell = shell_of(code.text, code.language)
        if shell is None or _EXAMPLE.search(above):
            return None
        return Command(shell, code.text, command_risk(code.text, shell))

    def _items(self, command: Command | None) -> tuple[str, ...]:
        if self.items:
            return tuple(self.items)
        if sum(1 for piece in self.pieces if piece.steps) < 2:
            return ()
        grouped: list[str] = []
        for piece in self._without(command)[self._first_step() :]:
            text = piece.markdown()
            if not grouped or piece.steps:
                grouped.append(_without_purpose(text))
            elif "\n" in grouped[-1] or piece.text.startswith(("```", ">", "|", "- ")):
                grouped[-1] += f"\n\n{text}"
            else:
                grouped[-1] += f" {text}"
        limits = len(grouped) == 2 and grouped[1].startswith("If ") and "\n" not in grouped[1]
        return () if len(grouped) < 2 or limits or all(map(_FOR_ONE.match, grouped)) else tuple(grouped)

    def _first_step(self) -> int:
        """Index of the first step in the prose: the goal that the next sentences explain is none."""
        steps = [i for i, piece in enumerate(self.pieces) if piece.steps]
        first, then = steps[0], steps[1]
        goal = title_of(self.pieces[first].order or "") == self._title() and not self.pieces[first].below
        return then if goal and not _GOES_ON.match(self.pieces[then].text) else first

    def _introduction(self, command: Command | None) -> tuple[str, ...]:
        """The statements before the first step."""
        first = self._first_step()
        return _paragraphs(self._without(command)[:first])

    def _without(self, command: Command | None) -> list[Piece]:
        """The pieces, the fence of the command taken out: it stands in the script."""
        if command is None:
            return self.pieces
        gone = fenced(self.codes[0][0])
        kept = [piece if piece.text != gone else _below_only(piece) for piece in self.pieces]
        return [_without_fence(piece, gone) for piece in kept if piece is not None]

    def _context(self, title: str, command: Command | None) -> tuple[str, ...]:
        told = []
        pieces = self._without(command)
        for i, piece in enumerate(pieces):
            if not (self.items and self._says_no_more(piece, title)) or _is_done_before(
                piece, pieces[i + 1 :]
            ):
                told.append(piece)
            elif piece.below:
                told.append(Piece("\n\n".join(piece.below), None, starts_paragraph=True))
        return _paragraphs(told)

    @staticmethod
    def _says_no_more(piece: Piece, title: str) -> bool:
        if piece.order is None or (piece.below and not _all_notes(piece.below)) or _WARNS.search(piece.text):
            return False
        if _ON_CONDITION.match(piece.text) and not is_fallback(piece.text):
            return False
        order = order_of(piece.text)
        if piece.order == "" or order is None or order.generic:
            return order is not None and not _WHERE.search(piece.text)
        said = len(_without_purpose(plain_words(piece.text))) - len(title)
        whole = len(plain_words(order.text)) <= TITLE_LIMIT
        return whole and title_of(order.text) == title and said <= _LITTLE

    @property
    def goal(self) -> str:
        """What the prose says is to be done, where that names more than a click; empty otherwise."""
        return goal_of(self.pieces)

    def _title(self) -> str:
        found = draft_title(self.title, self.pieces, self.items)
        if found or self.codes:
            return with_command(found or "Run the command", self._all_code())
        return main_step(_bullets(self.pieces)) or FALLBACK_TITLE

    def _all_code(self) -> str:
        return "\n".join(
            [
                *(code.text for code, _ in self.codes),
                *(part for item in self.items for part in re.findall(r"```\w*\n(.*?)```", item, re.DOTALL)),
            ]
        )


_WHERE = re.compile(
    r"\b(?:these|the(?: following)?) (?:\w+ )?steps,? (?:on|from|in|at|as) "
    r"(?!(?:this|the) (?:article|order|section)\b)"
    r"(?!(?:this|that|each|one|either|any|order) )[^.:]{12,}",
    re.IGNORECASE,
)
"""Where, or as whom, steps are done: it stands only in the sentence that leads to them."""
_ON_CONDITION = re.compile(r"if [^,]{8,200}, ", re.IGNORECASE)
"""For whom the steps are: without it everybody would take them."""
_WARNS = re.compile(r"\bwith caution\b", re.IGNORECASE)
"""Whatever it orders besides, it has to be read."""
_THEN = re.compile(
    r"(?:then|additionally|next|after (?:that|this)|afterwards?|in addition|finally)\b,?", re.IGNORECASE
)
_ON_IT = re.compile(r"(?:this|that|these|it|they|doing (?:this|so))\b", re.IGNORECASE)
"""Goes on about what was said last."""


def _is_done_before(piece: Piece, following: Sequence[Piece]) -> bool:
    """Whether what is told next comes on top of it: it is a step, not the goal of what is below."""
    if not piece.acts or not following:
        return False
    next_one = following[0]
    explained = next_one.order is None and _ON_IT.match(next_one.text) is not None
    return explained or _THEN.match(next_one.text) is not None or any(one.steps for one in following)


_LITTLE = 40
"""Characters that a sentence may have beyond the title and still say no more."""


def _all_notes(blocks: Sequence[str]) -> bool:
    """What is noted below a sentence stands without it."""
    return all(block.startswith("> **") for block in blocks)


def _paragraphs(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """The pieces as paragraphs: sentences of one run on, blocks stand alone."""
    paragraphs: list[str] = []
    for piece in pieces:
        if paragraphs and not piece.starts_paragraph and "\n" not in paragraphs[-1]:
            paragraphs[-1] += f" {piece.markdown()}"
        else:
            paragraphs.append(piece.markdown())
    return tuple(paragraphs)


def _below_only(piece: Piece) -> Piece | None:
    """What hangs below a command that stands in the script, such as a note."""
    return replace(piece, text="\n\n".join(piece.below), below=[]) if piece.below else None


def _without_fence(piece: Piece, fence: str) -> Piece:
    """The piece without that code below it, and without the colon that announced it."""
    if fence not in piece.below:
        return piece
    text = re.sub(r":$", ".", piece.text)
    return replace(piece, text=text, below=[part for part in piece.below if part != fence])


def _bullets(pieces: list[Piece]) -> list[str]:
    """First lines of the bullets that hang below the prose."""
    return [
        line[2:] for piece in pieces for part in piece.below for line in part.split("\n") if line[:2] == "- "
    ]


def _without_purpose(text: str) -> str:
    """ "To resolve this issue, change …" as a step is "Change …"."""
    match = GENERIC_PURPOSE.match(text)
    rest = text[match.end() :] if match else text
    return rest[:1].upper() + rest[1:]


def _risk(title: str, text: str, command: Command | None, codes: list[tuple[Code, str]]) -> CommandRisk:
    if command is not None:
        return command.risk
    if first_word(title) in DESTRUCTIVE:
        return "destructive"
    found = {risk_of(line) for line in [title, *text.split("\n")]}
    for code, _ in codes:
        shell = shell_of(code.text, code.language)
        if shell is not None:
            found.add(command_risk(code.text, shell))
    if "destructive" in found:
        return "destructive" if first_word(title) not in READ else "change"
    return "change" if "change" in found else "read"
