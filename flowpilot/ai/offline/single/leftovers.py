"""Words that lead to what did not come along, or to what stands in nodes of its own."""

import re
from dataclasses import replace
from itertools import zip_longest

from flowpilot.ai.offline.single.plan import Action
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.flows.document import Node, Tree

_WAYS = r"(?:methods?|options?|workarounds?|solutions?|resolutions?|approaches|ways|actions?)"
_CHOOSES = re.compile(
    rf"\b(?:use|try|do|follow|take|perform|choose|apply)\b[^.:]{{0,30}}"
    rf"\b(?:(?:one|any|either)(?: or more)? of (?:the following|these)|(?:the following|these) {_WAYS})\b"
    r"[^.:]{0,70}[.:]$",
    re.IGNORECASE,
)
"""Announces ways of which each is an action by now."""
_PICTURE = re.compile(
    r"\bfollowing (?:\w+ ){0,2}(?:dialog(?: box)?|screen|window|image|picture|graphic|figure|screen ?shot)\b"
    r"[^.]*:$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?:[-*] |\d+\. |\||>|`{3})")


def without_last_lead(text: str) -> str:
    """The paragraph without its last sentence, when that only leads to something below."""
    return _without_last(text, re.compile(r":$"))


def without_picture_lead(text: str) -> str:
    """ "The following dialog box appears:" with the picture gone."""
    return _without_last(text, _PICTURE)


def _without_last(text: str, pattern: re.Pattern[str]) -> str:
    if "\n" in text.strip():
        return text
    told = [found.text for found in sentences(text)]
    return " ".join(told[:-1]) if told and pattern.search(told[-1]) else text


_BY_WAYS = re.compile(
    r" by (?:using|doing|following|taking) (?:one|any|either)(?: or more)? of (?:the following|these)"
    rf" {_WAYS}(?=[.:]$)",
    re.IGNORECASE,
)


def _without_choices(text: str, below: str) -> str:
    """The text without sentences that announce ways which are actions by now."""
    parts = text.split("\n\n")
    kept = [
        part if "\n" in part or _LISTED.match(after) else _unannounced(part)
        for part, after in zip(parts, [*parts[1:], below], strict=True)
    ]
    return "\n\n".join(part for part in kept if part)


def _unannounced(part: str) -> str:
    shorter = _BY_WAYS.sub("", part)
    if shorter != part:
        return re.sub(r":$", ".", shorter)
    return _without_last(part, _CHOOSES)


_OR = re.compile(r"(?:or|alternatively),? (?=\w)", re.IGNORECASE)


def _begun(text: str) -> str:
    """The paragraph without the "or" that joined it to what is another action by now."""
    joint = _OR.match(text)
    return text[joint.end()].upper() + text[joint.end() + 1 :] if joint else text


def _without_note_lead(step: str) -> str:
    """The last step without the end of its last note, when that only leads to something below."""
    told, _, last = step.rpartition("\n\n")
    return f"{told}\n\n{without_last_lead(last)}" if told and last.lstrip().startswith("> ") else step


def tidied(action: Action) -> Action:
    """The action without sentences that lead to nothing in it."""
    context = [
        _without_choices(text, below)
        for text, below in zip_longest(action.context, action.context[1:], fillvalue="")
    ]
    after = list(action.after)
    if after:
        after[-1] = without_last_lead(after[-1])
    elif context and not action.items:
        context[-1] = without_last_lead(context[-1])
    items = list(action.items)
    if items and not after and action.command is None:
        items[-1] = _without_note_lead(items[-1])
    told = tuple(_begun(text) for text in context if text)
    if not (told or action.items or action.command):
        told = action.context
    return replace(action, context=told, items=tuple(items), after=tuple(text for text in after if text))


_ANNOUNCES = re.compile(r"\b(?:follow(?:s|ing)?|these|below|logged)\b", re.IGNORECASE)


def with_nothing_announced(tree: Tree) -> Tree:
    """The tree without a last sentence of a body that leads to what is in no node, or in others."""
    return replace(tree, nodes=tuple(map(_said, tree.nodes)))


def _said(node: Node) -> Node:
    before, _, last = node.body.rpartition("\n\n")
    if not last.endswith(":") or "\n" in last or node.script is not None or _LISTED.match(last):
        return node
    told = [found.text for found in sentences(last)]
    if told and not _ANNOUNCES.search(told[-1]):
        return replace(node, body=f"{node.body[:-1]}.")
    kept = "\n\n".join(part for part in (before, without_last_lead(last)) if part)
    return replace(node, body=kept) if kept else node
