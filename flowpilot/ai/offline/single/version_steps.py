"""Steps that differ by version: one action for each version, behind the question for it."""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.labels import WHICH_VERSION, choice_title, label_text, names_versions
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Route
from flowpilot.ai.offline.text.orders import order_of

_MOST = 5
_DEEPEST = 2
"""Editions in versions, and no further."""
_OPENS = re.compile(
    r"\b(?:regedit(?:\.exe)?|registry editor|command prompt|control panel|[a-z]+\.(?:msc|cpl))\b",
    re.IGNORECASE,
)
"""Only opens a program: everybody knows his way there, and the steps are the same for all."""
_VALUE = re.compile(r"`[^`\n\\]*\\[^`\n]+`|^\s*\d+\. |\[HKEY_", re.MULTILINE)
"""A key, a folder or steps of its own: what the version makes different."""
_BY_VERSION = re.compile(
    r",? \(?(?:(?:depending on|according to|(?:as )?appropriate (?:for|to)|for|that matches|based on)"
    r" (?:your|the) (?:\w+ )?(?:version|edition|installation)s?(?: (?:and \w+ )?(?:of|for) [^:.,()]{2,60}?)?"
    r"(?: that you(?:'re| are)? \w+)?|accordingly)\)?(?=[:.,]|$)",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"(?:if|common|for example|example)\b", re.IGNORECASE)
"""Leads to what only some need."""
_ONE_OF = re.compile(
    r"\b(?:one of )?the following (?P<kind>(?:registry )?(?:sub)?key|folder|location|path)s?\b", re.IGNORECASE
)


@dataclass(frozen=True)
class _Variants:
    """A text with a part for each version: what stands before, the parts by label, what stands after."""

    head: str
    parts: tuple[tuple[str, str], ...]
    after: str

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for label, _ in self.parts)

    def only(self, wanted: str) -> str:
        own = next(text for label, text in self.parts if label == wanted)
        head = _ONE_OF.sub(r"the following \g<kind>", _BY_VERSION.sub("", self.head))
        return "\n\n".join(text for text in (head, own, self.after) if text.strip())


def by_version_in_steps(action: Action, outer: tuple[str, ...] = ()) -> Plan:
    """The action, or a choice of as many as it has versions, each with the steps for that version alone.

    `outer`: the versions that were chosen before, of which this one names another side.
    """
    if action.command is not None:
        return action
    cause = tuple(part for part in action.context if part.startswith("**Cause:**"))
    action_alone = replace(action, context=tuple(part for part in action.context if part not in cause))
    texts = ["\n\n".join(action_alone.context), *action.items]
    found = [_variants(text) for text in texts]
    first = next((one for one in found if one is not None), None)
    if first is None or choice_title(first.labels) != WHICH_VERSION or len(outer) == _DEEPEST:
        return action
    if len({one.labels for one in found if one is not None}) > 1:
        # Asked for one after the other, they would make an action of every combination.
        return action
    routes = []
    for label in first.labels:
        told = [
            one.only(label) if one is not None and one.labels == first.labels else text
            for one, text in zip(found, texts, strict=True)
        ]
        own = replace(action_alone, context=(told[0],) if told[0] else (), items=tuple(told[1:]))
        below = by_version_in_steps(own, (*outer, label))
        if isinstance(below, Action):
            below = replace(below, title=f"{action.title} ({', '.join((*outer, label))})")
        routes.append(Route(label, below, action.span))
    return Choice(WHICH_VERSION, "\n\n".join(cause), tuple(routes), action.span, otherwise="None of these")


def _variants(text: str) -> _Variants | None:
    """The text taken apart at its outermost lines that name versions."""
    lines = text.split("\n")
    named = {i: told for i, line in enumerate(lines) if (told := _named(line)) is not None}
    if len(named) < _FEWEST:
        return None
    first = min(named)
    at = [i for i in named if _shape(lines[i], named[i]) == _shape(lines[first], named[first])]
    head = "\n".join(lines[:first]).rstrip()
    if not _FEWEST <= len(at) <= _MOST or _ASIDE.match(head.rsplit("\n", 1)[-1].strip()):
        return None
    ends = [*at[1:], _end(lines, at[-1])]
    parts = tuple(
        (named[start][0], _dedented([named[start][1], *lines[start + 1 : end]]))
        for start, end in zip(at, ends, strict=True)
    )
    labels = {label.casefold() for label, _ in parts}
    if len(labels) < len(parts) or any(_OPENS.search(own) or not own for _, own in parts):
        return None
    alone = not named[first][1]
    if alone and not all(_VALUE.search(own) for _, own in parts):
        return None
    return _Variants(head, parts, "\n".join(lines[ends[-1] :]).strip("\n"))


_FEWEST = 2
_INLINE = re.compile(r"^(?:for|in|on) (?P<label>[^,:]{4,90}), (?P<rest>\S.{8,})$", re.IGNORECASE)


def _named(line: str) -> tuple[str, str] | None:
    """The versions that the line is for, and what it says behind them; None for any other line."""
    shown = line.strip().removeprefix("- ")
    if shown.startswith(("`", "|", ">", "[", "(")):
        return None
    if names_versions(shown):
        return label_text(shown), ""
    inline = _INLINE.match(shown)
    if inline is None or not names_versions(inline["label"]) or order_of(inline["rest"]) is None:
        return None
    return label_text(inline["label"]), inline["rest"][:1].upper() + inline["rest"][1:]


def _shape(line: str, told: tuple[str, str]) -> tuple[int, bool, bool]:
    """Lines of one shape stand side by side."""
    return _indent(line), line.lstrip().startswith("- "), bool(told[1])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end(lines: Many[str], last: int) -> int:
    """Where the last part ends: behind what hangs below its bullet, else with the text."""
    depth, below = _indent(lines[last]), last + 1
    if not lines[last].lstrip().startswith("- "):
        return len(lines)
    while below < len(lines) and (not lines[below].strip() or _indent(lines[below]) > depth):
        below += 1
    return below


def _dedented(lines: Many[str]) -> str:
    """The lines without the indent that all but the first have."""
    depth = min((_indent(line) for line in lines[1:] if line.strip()), default=0)
    return "\n".join([*lines[:1], *(line[depth:] for line in lines[1:])]).strip("\n")
