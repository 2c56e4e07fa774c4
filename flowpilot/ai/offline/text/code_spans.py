"""Code spans that touch one another or the rest of a word: `<tenant>` and .example.net are one name."""

import re

_RUN = re.compile(r"[^\s`]*(?:`[^`\n]+`[^\s`]*)+")
_SPLIT = re.compile(r"`([^`\n]+)`")
_NAME = r"\w.@\\~/=:;+$%#-"
_BEFORE_HOLE = re.compile(rf"(?!/$)[{_NAME}]+$")
_BEHIND_HOLE = re.compile(rf"(?!e?s\b)[{_NAME}]*[\w\\]")
_BEFORE = re.compile(r"[\w.$-]*[\\@$]$")
_BEHIND = re.compile(r"(?:\\(?=[\w.<])|:\\|[.@=](?=\w)|-(?=[A-Z0-9]))[^\s,;\"“”'’()\[\]*]*[\w\\]|\(\)")
_BETWEEN = re.compile(rf"(?![/;]$)[{_NAME}]*")
_APART = ("``", "\\`")
"""Backticks that belong to the text: nothing is joined on such a line."""


def with_whole_names(line: str) -> str:
    """The line with every code span grown over the name, path or address that it is a part of."""
    return _RUN.sub(lambda match: _grown(match.group(0)), line)


def is_apart(line: str) -> bool:
    return any(mark in line for mark in _APART)


def _grown(run: str) -> str:
    """`parts`: plain text and the code in it, in turn."""
    parts = _SPLIT.split(run)
    at = 1
    while at + 2 < len(parts):
        code, between, following = parts[at : at + 3]
        if _belong(code, between, following):
            parts[at : at + 3] = [code + between + following]
        else:
            at += 2
    for i in range(1, len(parts), 2):
        before, behind = _reach(parts[i], parts[i - 1], parts[i + 1])
        parts[i] = parts[i - 1][before:] + parts[i] + parts[i + 1][:behind]
        parts[i - 1], parts[i + 1] = parts[i - 1][:before], parts[i + 1][behind:]
    return "".join(f"`{part}`" if i % 2 else part for i, part in enumerate(parts))


def _belong(code: str, between: str, following: str) -> bool:
    if _BETWEEN.fullmatch(between) is None:
        return False
    goes_on = (code + between).endswith(("\\", ".", "@", "="))
    return code.endswith(">") or following.startswith("<") or goes_on


def _reach(code: str, text_before: str, text_behind: str) -> tuple[int, int]:
    """From where of the text before, and up to where of the text behind, the name goes."""
    before = (_BEFORE_HOLE if code.startswith("<") else _BEFORE).search(text_before)
    behind = (_BEHIND_HOLE if code.endswith(">") else _BEHIND).match(text_behind)
    return (before.start() if before else len(text_before)), (behind.end() if behind else 0)
