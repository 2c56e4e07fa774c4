"""Reading by lines and words, for what no grammar helps with: quotes count, nothing else is understood."""

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""(?P<comment>(?:(?<=\s)|^)\#[^\n]*)|(?P<quoted>'[^']*'|"(?:[^"`]|`.)*")"""
    r"""|(?P<pipe>\|(?!\|))|(?P<end>\n|;|&&|\|\||[{}()])|(?P<blank>[ \t\r]+)|(?P<word>[^\s'";|{}()]+|.)""",
    re.DOTALL,
)

Plain = tuple[int, tuple[str, ...], list[str]]
"""Line, texts of what feeds it, words."""


def plain_calls(body: str) -> Iterator[Plain]:
    """The simple commands of a text, as they stand between the signs that separate them."""
    line, words, joined, fed_by = 1, list[str](), False, tuple[str, ...]()
    for found in _PIECE.finditer(body):
        kind, text = found.lastgroup, found[0]
        if kind in ("quoted", "word"):
            part = text[1:-1] if kind == "quoted" else text.replace("`", "")
            words = [*words[:-1], words[-1] + part] if joined and words else [*words, part]
        elif kind in ("pipe", "end") and words:
            yield line, fed_by, words
            fed_by = (*fed_by, " ".join(words).lower()) if kind == "pipe" else ()
            words = []
        joined = kind in ("quoted", "word")
        line += text.count("\n")
    if words:
        yield line, fed_by, words
