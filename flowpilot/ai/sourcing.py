"""What must not be made up, and whether it stands in the sources: commands, paths, hosts, versions and codes.

A draft's prose may be put in other words than those of its sessions. What is typed, run or looked up may not:
each such text of a node is either in a source, letter for letter but for blanks, case, escapes and the
spelling of codes, or named.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.text.code import plain_code
from flowpilot.ai.offline.text.exact import exact_parts
from flowpilot.ai.offline.text.html_lines import html_lines, looks_like_html
from flowpilot.core.identifiers import codes_as_written, cut_codes
from flowpilot.flows.document import Node, Tree

SHOWN_LENGTH: Final = 200
"""Characters of a literal that are named; a whole script would be no help."""
_FENCE: Final = re.compile(
    r"^[ >]*(?:(?:[-*]|\d+\.) +)*(`{3,})[^\n`]*\n(?P<code>.*?)^[ >]*\1[ ]*$", re.MULTILINE | re.DOTALL
)
_SPAN: Final = re.compile(r"(?<!\\)`([^`\n]+)`")
_COMMAND: Final = re.compile(
    r"\b(?:netsh|net|reg|sc|dism|sfc|nltest|setspn|certutil|icacls|takeown|wmic|schtasks|bcdedit|fsutil|chkdsk"
    r"|robocopy|xcopy|w32tm|dsregcmd|repadmin|dcdiag|powercfg|vssadmin|route|shutdown|taskkill|cmdkey|klist"
    r"|gpupdate|gpresult|ipconfig|nslookup|tracert|ping|msiexec|regsvr32|rundll32|systemctl|sudo|chmod)"
    r"(?:\.exe)?(?: [\w:.\\-]+){0,4}? [/-][A-Za-z][\w:.-]*",
    re.IGNORECASE,
)
"""A command with its switches in the middle of a sentence."""
_NAMED: Final = re.compile(
    r"\bhttps?://[^\s'\"<>)\]]+[^\s'\"<>)\].,;:!?]"
    r"|(?<![\w.@-])(?:[A-Za-z0-9][\w-]*\.)+(?:local|lan|internal|intern|corp|com|net|org|edu|gov|io)\b(?![\w-])"
    r"|(?<![\w.-])[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*-[A-Z]*\d+\b(?![\w-])"
    r"|(?<![\w.-])v?\d+(?:\.\d+){2,4}\b(?![\w-]|\.\d)"
    r"|\b(?i:version|build|release)\s+(?!\d+(?:\.\d+){2})\d[\w.]*\w\b"
)
"""Addresses, hosts and versions."""
_A_PATH: Final = re.compile(r"[a-z]:\\|\\\\|hk[a-z_]+:?\\|%", re.IGNORECASE)
_STRESSED: Final = re.compile(r"([*_])(?=\w)([^*_\n]{1,60}(?:_[^*_\s]+)*)\1(?!\w)")
_STRESSED_WORD: Final = re.compile(r"\*(?=[A-Za-z])([\w -]{1,41})\*")
_TELLING: Final = re.compile(r"[A-Za-z0-9]{2}|\d\.\d")


class Sources:
    """The texts that a draft may take its literals from, read only as far as it is asked what they hold: most
    literals stand in the first session, and many a draft has none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._unread = chain.from_iterable(map(_as_shown, texts))
        self._read: list[_Text] = []

    def hold(self, literal: str) -> bool:
        """Whether one of them says the literal whole: no longer word, path, version or code that it is a part
        of does, and none that only shares its codes."""
        wanted = _Text(literal)
        return any(text.says(wanted) for text in chain(self._read, self._read_on()))

    def _read_on(self) -> Iterator["_Text"]:
        for text in self._unread:
            self._read.append(_Text(text))
            yield self._read[-1]


class _Text:
    """A literal or a source, as they are compared."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.plain = _comparable(text)

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(cut_codes(self._text)[1])

    @cached_property
    def is_codes(self) -> bool:
        """Whether there is nothing in it but codes."""
        return bool(self.codes) and not _TELLING.search(cut_codes(self._text)[0])

    @cached_property
    def spelled(self) -> str:
        """With its codes in one spelling each: 0x0000011B is 0x11b. "" without codes."""
        written = codes_as_written(self._text)
        return _comparable(_with_normal(written, self._text)) if written else ""

    def says(self, wanted: "_Text") -> bool:
        if _stands_in(wanted.plain, self.plain):
            return True
        if wanted.is_codes:
            return wanted.codes <= self.codes
        return bool(wanted.spelled) and _stands_in(wanted.spelled, self.spelled)


def sources_in(sessions: Iterable[SessionFacts], trees: Iterable[Tree] = ()) -> Sources:
    """Everything that the sessions tell, and what published trees say already."""
    told = (text for session in sessions for text in _told(session))
    return Sources(chain(told, (text for tree in trees for node in tree.nodes for text in _texts(node))))


def unsourced(tree: Tree, sources: Sources) -> dict[str, list[str]]:
    """By node id: its commands, paths and codes that are in no source; nodes without any are left out."""
    found = {node.id: [each for each in literals(node) if not sources.hold(each)] for node in tree.nodes}
    return {node: [each[:SHOWN_LENGTH] for each in named] for node, named in found.items() if named}


def still_in(tree: Tree, named: Iterable[str]) -> list[str]:
    """Those literals that a tree says anywhere."""
    said = "\n".join(_comparable(text) for node in tree.nodes for text in _texts(node))
    return [literal for literal in dict.fromkeys(named) if _comparable(literal) in said]


@lru_cache(maxsize=2048)
def literals(node: Node) -> tuple[str, ...]:
    """What a node has somebody type, run, open or look for, each once. Most nodes of a draft are those of the
    one before."""
    prose = _FENCE.sub("", node.body)
    lines = [line for match in _FENCE.finditer(node.body) for line in _unquoted(match["code"]).splitlines()]
    lines += node.script.body.splitlines() if node.script else []
    found = [*(line.strip() for line in lines), *_SPAN.findall(prose)]
    labels = [option.label for option in node.options]
    for text in (node.title, _SPAN.sub(" ", prose), *labels):
        found += [
            *exact_parts(text),
            *_COMMAND.findall(text),
            *_NAMED.findall(text),
            *(written for _place, written in codes_as_written(text)),
        ]
    return tuple(each for each in dict.fromkeys(found) if _TELLING.search(each))


def code_of(node: Node) -> Iterator[str]:
    """What a node sets as code: its script, the blocks of its body, and what is marked within the prose."""
    if node.script is not None:
        yield node.script.body
    for match in _FENCE.finditer(node.body):
        yield match["code"]
    yield from _SPAN.findall(_FENCE.sub("", node.body))


def _told(session: SessionFacts) -> Iterator[str]:
    # Nor is how a model put the problem in words.
    yield from () if session.title_from_model else (session.title,)
    yield from (session.text, session.resolution, session.resolution_action)
    for step in session.steps:
        yield from (step.response, step.chosen or "")
        if step.source != "ai" or step.outcome == "worked":
            # What a model suggested is no source before somebody did it and it helped.
            yield from (step.title, step.body, *step.options)


def _as_shown(text: str) -> Iterator[str]:
    yield text
    if "`" in text:
        # In a dump they stand between words ("fffff801`1a5f9980"), which a draft's pairs of them take apart.
        yield text.replace("`", " ")
    yield from with_placeholders(text)
    if looks_like_html(text):
        yield "\n".join(line.text for line in html_lines(text))


def with_placeholders(text: str) -> Iterator[str]:
    """A text as drafts show the placeholders that it stresses: with the stress off ("<*name*>"), and with the
    word in angle brackets ("https://*site*.example"). Nothing where it stresses none."""
    for stressed, shown in ((_STRESSED, r"\2"), (_STRESSED_WORD, r"<\1>")):
        put, times = stressed.subn(shown, text)
        if times:
            yield put


def _texts(node: Node) -> Sequence[str]:
    script = node.script.body if node.script else ""
    return (node.title, node.body, script, *(option.label for option in node.options))


def _with_normal(codes: Iterable[tuple[int, str]], text: str) -> str:
    parts, at = [], 0
    for start, written in codes:
        if start >= at:
            parts += [text[at:start], " ".join(cut_codes(written)[1]) or written]
            at = start + len(written)
    return "".join((*parts, text[at:]))


def _stands_in(wanted: str, said: str) -> bool:
    """Whether a comparable text has another one in it that begins and ends where a name does."""
    at = said.find(wanted)
    while at >= 0:
        before, behind = said[max(at - 2, 0) : at][::-1], said[at + len(wanted) : at + len(wanted) + 2]
        longer = _joined(wanted[:1], before) or _joined(wanted[-1:], behind) or _leads_on(wanted, behind)
        if not longer:
            return True
        at = said.find(wanted, at + 1)
    return False


def _joined(edge: str, beyond: str) -> bool:
    """Whether a word or a version goes on beyond its edge; `beyond` begins with the nearest character."""
    nearest, following = beyond[:1], beyond[1:2]
    if nearest in ("-", "_"):
        return edge.isalnum() and following.isalnum()
    if nearest == ".":
        return edge.isdigit() and following.isdigit()
    return (edge.isalnum() or edge == "_") and nearest.isalnum()


def _leads_on(wanted: str, behind: str) -> bool:
    """Whether a path has an ending more than was said, or a command goes deeper into folders. A folder that a
    path names may be named without the rest."""
    if not wanted[-1:].isalnum():
        return False
    if behind[:1] == ".":
        return "\\" in wanted and behind[1:].isalnum()
    return behind[:1] in ("\\", "/") and " " in wanted and not _A_PATH.match(wanted)


def _comparable(text: str) -> str:
    return plain_code(_unquoted(text)).casefold()


def _unquoted(text: str) -> str:
    """Quote marks of the layout off: code inside a note is the same code."""
    return re.sub(r"^(?:[ \t]*>)+[ ]?", "", text, flags=re.MULTILINE)
