"""What ticket text is made of, once read. Every part knows its characters [start, end) in the source."""

from dataclasses import dataclass, field
from typing import Literal

SectionKind = Literal[
    "cause",
    "resolution",
    "workaround",
    "method",
    "scenario",
    "step",
    "status",
    "more_information",
    "symptoms",
    "prerequisites",
    "reproduce",
    "applies_to",
    "debris",
    "heading",
    "text",
]
"""`heading` is a heading whose words say nothing about its role; `text` stands before any heading."""

NoteKind = Literal["note", "tip", "important", "warning", "caution"]


@dataclass(frozen=True)
class Line:
    """One line, with the prefix of its container (quote mark, indentation) already taken off."""

    text: str
    start: int
    end: int

    @property
    def blank(self) -> bool:
        return not self.text or self.text.isspace()

    @property
    def indent(self) -> int:
        expanded = self.text.expandtabs(4) if "\t" in self.text else self.text
        return len(expanded) - len(expanded.lstrip(" "))


@dataclass(frozen=True)
class Paragraph:
    text: str
    """Inline markdown, lines joined by one space, or by a newline where the source breaks hard."""
    start: int
    end: int


@dataclass(frozen=True)
class Code:
    text: str
    language: str
    """Lower case, empty when the fence names none."""
    start: int
    end: int


@dataclass(frozen=True)
class Quote:
    blocks: "tuple[Block, ...]"
    start: int
    end: int


@dataclass(frozen=True)
class Note:
    kind: NoteKind
    blocks: "tuple[Block, ...]"
    start: int
    end: int

    @property
    def warns(self) -> bool:
        return self.kind in ("important", "warning", "caution")


@dataclass(frozen=True)
class Table:
    rows: tuple[str, ...]
    """Rows as written, the ruler under the heading included."""
    start: int
    end: int


@dataclass(frozen=True)
class Item:
    text: str
    """First paragraph of the item; what follows it is in `blocks`."""
    blocks: "tuple[Block, ...]"
    start: int
    end: int


@dataclass(frozen=True)
class ListBlock:
    ordered: bool
    items: tuple[Item, ...]
    start: int
    end: int
    first_number: int = 1


Block = Paragraph | Code | Quote | Note | Table | ListBlock


@dataclass(frozen=True)
class Heading:
    kind: SectionKind
    number: int | None
    """The 2 of "Method 2"."""
    target: tuple[SectionKind, int] | None
    """What it answers: ("cause", 2) for "Resolution for cause 2"."""
    title: str
    """What the heading says beyond its kind and number; the whole text for kind `heading`."""
    level: int
    further: tuple[int, ...] = ()
    """The 3 of "Resolution for cause 2 and cause 3"."""


@dataclass(frozen=True)
class Section:
    heading: Heading
    blocks: tuple[Block, ...]
    children: "tuple[Section, ...]"
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    source: str
    sections: tuple[Section, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Sentence:
    text: str
    start: int
    """Position in the text that was split, not in the source."""
    end: int
