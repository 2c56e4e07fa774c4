"""The text of a note, as account admins write it: words, and placeholders from a fixed list.

    {ending} {time}

    Problem: {problem}

A paragraph all of whose placeholders are empty is left out. Nothing else can be said: no conditions, calls or
attributes; what is filled in is never read for placeholders again. "{{" and "}}" stand for braces.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LENGTH: Final = 4_000
"""Characters of a template."""

PLACEHOLDERS: Final[dict[str, str | Promise]] = {
    "ending": gettext_lazy("How it ended and by whom, as “Resolved by Ada.”"),
    "time": gettext_lazy("Minutes of work, in words"),
    "status": gettext_lazy("Resolved, escalated or abandoned"),
    "engineer": gettext_lazy("Who ended it"),
    "minutes": gettext_lazy("Minutes of work, as a number"),
    "problem": gettext_lazy("The problem in one line"),
    "client": gettext_lazy("The client"),
    "ticket": gettext_lazy("Number of the ticket"),
    "summary": gettext_lazy("What fixed it"),
    "action": gettext_lazy("The step that did"),
    "cause": gettext_lazy("Root cause"),
    "destination": gettext_lazy("To whom it was handed over"),
    "reason": gettext_lazy("Why it was handed over or abandoned"),
    "steps": gettext_lazy("The steps taken, numbered, with their results"),
    "link": gettext_lazy("Address of the session"),
}
"""Name → what stands for it."""

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")


class TemplateError(Exception):
    """A template that cannot be used; the message names line and placeholder."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(_("Line %(line)d: %(message)s") % {"line": line, "message": message})
        self.line = line


@dataclass(frozen=True)
class Template:
    """Paragraphs of words and placeholders, in their order; `names` are those that stand in it."""

    paragraphs: tuple[tuple["Words | Placeholder", ...], ...]

    @property
    def names(self) -> frozenset[str]:
        parts = (part for paragraph in self.paragraphs for part in paragraph)
        return frozenset(part.name for part in parts if isinstance(part, Placeholder))

    def filled(self, values: Mapping[str, str]) -> str:
        """The text; what `values` lacks is empty."""
        told = (_filled(paragraph, values) for paragraph in self.paragraphs)
        return "\n\n".join(text for text in told if text)


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Placeholder:
    name: str


def parsed(text: str, *, known: Collection[str] = frozenset(PLACEHOLDERS)) -> Template:
    """Raises `TemplateError` at the first thing that cannot be read."""
    if len(text) > LENGTH:
        message = _("The text has more than %(most)d characters.") % {"most": LENGTH}
        raise TemplateError(text[:LENGTH].count("\n") + 1, message)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Template(tuple(_paragraphs(lines, known)))


def default_template() -> str:
    """The text that comes with the product, in the reader's language."""
    labels = {
        "problem": _("Problem"),
        "summary": _("What fixed it"),
        "action": _("The step that did"),
        "destination": _("Handed over to"),
        "reason": _("Reason"),
    }
    labelled = [f"{label}: {{{name}}}" for name, label in labels.items()]
    steps, link = _("Steps taken:") + "\n{steps}", _("Session") + ": {link}"
    return "\n\n".join(["{ending} {time}", *labelled, steps, link])


def _paragraphs(lines: list[str], known: Collection[str]) -> Iterator[tuple[Words | Placeholder, ...]]:
    parts: list[Words | Placeholder] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            parts += [*([Words("\n")] if parts else []), *_read(number, line.rstrip(), known)]
        elif parts:
            yield tuple(parts)
            parts = []


def _read(number: int, line: str, known: Collection[str]) -> Iterator[Words | Placeholder]:
    at = 0
    for found in _TOKEN.finditer(line):
        if found.start() > at:
            yield Words(line[at : found.start()])
        yield _token(number, found, known)
        at = found.end()
    if at < len(line):
        yield Words(line[at:])


def _token(number: int, found: re.Match[str], known: Collection[str]) -> Words | Placeholder:
    text = found[0]
    if text in ("{{", "}}"):
        return Words(text[0])
    if text == "{":
        raise TemplateError(number, _("“{” is opened and not closed. For the sign itself write “{{”."))
    if text == "}":
        raise TemplateError(number, _("“}” closes nothing. For the sign itself write “}}”."))
    name = found[1].strip()
    if name not in known:
        raise TemplateError(number, _unknown(text, name, known))
    return Placeholder(name)


def _unknown(text: str, name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        said = _("There is no placeholder %(text)s. Do you mean {%(close)s}?")
        return said % {"text": text[:80], "close": close[0]}
    return _("There is no placeholder %(text)s.") % {"text": text[:80]}


def _filled(paragraph: tuple[Words | Placeholder, ...], values: Mapping[str, str]) -> str:
    """ "" when it has placeholders and all of them are empty."""
    names = [part.name for part in paragraph if isinstance(part, Placeholder)]
    if names and not any(values.get(name, "").strip() for name in names):
        return ""
    parts = (part.text if isinstance(part, Words) else values.get(part.name, "") for part in paragraph)
    return "\n".join(line.rstrip() for line in "".join(parts).split("\n")).strip()
