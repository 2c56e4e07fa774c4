"""Where in a JSON text its values stand."""

import re

Path = tuple[str | int, ...]

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


def lines_of(text: str) -> dict[Path, int]:
    """The line, counted from 1, on which each value of a valid JSON text begins, by the way to it."""
    found: dict[Path, int] = {}
    stack: list[list[str | int]] = []
    key = ""
    line, position = 1, 0
    for match in _PIECE.finditer(text):
        line += text.count("\n", position, match.start())
        position, piece = match.start(), match[0]
        if piece in "}]":
            stack.pop()
        elif piece == ",":
            _next(stack)
        elif piece == ":":
            stack[-1][1] = _unquoted(key)
        elif piece[0] == '"' and stack and stack[-1][0] == "{" and stack[-1][1] == "":
            key = piece
        else:
            found[tuple(frame[1] for frame in stack)] = line
            if piece in "{[":
                stack.append([piece, "" if piece == "{" else 0])
    return found


def _next(stack: list[list[str | int]]) -> None:
    kind, at = stack[-1]
    stack[-1][1] = "" if kind == "{" else int(at) + 1


def _unquoted(piece: str) -> str:
    return piece[1:-1]
