"""cmd, read as its own parser does: by lines, variables put in before anything is understood.

The grammar only says where the syntax is wrong; it cannot follow a command that stands in a variable.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flowpilot.ai.scripts.reading.grammars import parse, wrong_lines
from flowpilot.ai.scripts.reading.model import Call, Reading

_REMARK = re.compile(r"^\s*@?\s*(rem\b|::)", re.IGNORECASE)
_SET = re.compile(r'^set\s+(?:/a\s+)?"?([^="/]+?)=(.*?)"?\s*$', re.IGNORECASE | re.DOTALL)
_SLICE = re.compile(r"[%!]([^%!:\s]+):~(-?\d+)(?:,(-?\d+))?[%!]")
_SWAP = re.compile(r"[%!]([^%!:\s]+):([^%!=]+)=([^%!]*)[%!]")
_USE = re.compile(r"[%!]([^%!:\s=]+)[%!]")
_SPLIT = re.compile(
    # A parenthesis that hangs on a word belongs to it, as in `icacls … Everyone:(OI)(CI)F`.
    r'("[^"]*"|(?<=[^\s(&|@])(?<!\bin)(?<!\bdo)(?<!\belse)\([^()\s&|]*\))|(\|\||&&|[&|()\n])',
    re.IGNORECASE,
)
_FOR = re.compile(r"^for\s+(?:/[dlrf]\s+)*.*?\bin\s*", re.IGNORECASE)
_LIST_AHEAD = re.compile(r"\bfor\s.*\bin\s*$", re.IGNORECASE)
_LEAD = re.compile(
    r'^(?:@|do\s+|else\s+|call\s+(?!:)|if\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+(?:"[^"]*"|\S+)'
    r"|(?:errorlevel|defined)\s+\S+|\S+\s*(?:==|equ|neq|lss|leq|gtr|geq)\s*\S+)\s*)",
    re.IGNORECASE,
)
_REDIRECT = re.compile(r'\d?(>>?)\s*("[^"]*"|&\d|[^\s>&|]+)')
_MACRO = re.compile(r"^doskey\s+(\S+?)=(.*)$", re.IGNORECASE | re.DOTALL)
_PATH = re.compile(r"^.*[\\/]|\.(exe|com|cmd|bat)$", re.IGNORECASE)
_WORD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_ALIASES = {"erase": "del", "rmdir": "rd", "md": "mkdir", "rename": "ren", "powershell": "powershell"}


def read_cmd(body: str) -> Reading:
    """What cannot be followed stays in the words as it was written."""
    reader = _Reader()
    for number, line in _joined(body):
        reader.line(line, number)
    reader.reading.unread = wrong_lines(parse("cmd", body + "\n"))
    return reader.reading


def _joined(body: str) -> Iterator[tuple[int, str]]:
    """Lines, those that end with a caret together with the next."""
    held, start = "", 1
    for number, line in enumerate(body.splitlines(), 1):
        start = start if held else number
        if line.rstrip().endswith("^"):
            held += line.rstrip()[:-1]
            continue
        yield start, held + line
        held = ""
    if held:
        yield start, held


@dataclass
class _Reader:
    reading: Reading = field(default_factory=Reading)
    variables: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)

    def line(self, text: str, number: int) -> None:
        if _REMARK.match(text):
            return
        fed_by: tuple[str, ...] = ()
        listed = False
        for sign, part in _parts(self.expanded(_uncaret(text))):
            given, listed = listed, bool(_LIST_AHEAD.search(part))
            if given and not part.strip().startswith("'"):
                continue
            said = self._command(part.strip(), number, fed_by if sign == "|" else ())
            fed_by = ((*fed_by, said) if sign == "|" else (said,)) if said else fed_by

    def expanded(self, text: str) -> str:
        text = _SLICE.sub(self._sliced, text)
        text = _SWAP.sub(self._swapped, text)
        return _USE.sub(lambda found: self.variables.get(found[1].lower(), found[0]), text)

    def _sliced(self, found: re.Match[str]) -> str:
        value = self.variables.get(found[1].lower())
        if value is None:
            return found[0]
        start, length = int(found[2]), found[3]
        rest = value[start:]
        return rest if length is None else rest[: int(length)]

    def _swapped(self, found: re.Match[str]) -> str:
        value = self.variables.get(found[1].lower())
        return found[0] if value is None else value.replace(found[2], found[3])

    def _command(self, text: str, number: int, fed_by: tuple[str, ...]) -> str:
        text = _bare(text)
        assigned, macro = _SET.match(text), _MACRO.match(text)
        if assigned:
            self.variables[assigned[1].strip().lower()] = assigned[2]
            return ""
        if macro:
            self.macros[macro[1].lower()] = macro[2].replace("$*", "")
        for sign, target in _REDIRECT.findall(text):
            if not target.startswith("&") and target.lower() not in ("nul", '"nul"'):
                said = (sign, target.strip('"'))
                self.reading.add(Call("cmd", said, number, (_REDIRECT.sub("", text).strip().lower(),)))
        words = [word.replace('"', "") for word in _WORD.findall(_REDIRECT.sub("", text))]
        if not words:
            return ""
        name = _name(words[0])
        meant = self.macros.get(name.lower(), name)
        return self.reading.add(Call("cmd", (*meant.split(), *words[1:]), number, fed_by)).text


def _uncaret(text: str) -> str:
    """Without the carets outside of quotes, which only keep signs from being special."""
    return re.sub(r'("[^"]*")|\^(.)', lambda found: found[1] or found[2], text)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a line, each with the sign before it."""
    at, sign = 0, ""
    for found in _SPLIT.finditer(text):
        if found[1] or (found[2] == "&" and text[max(0, found.start() - 1)] == ">"):
            continue
        yield sign, text[at : found.start()]
        at, sign = found.end(), found[2]
    yield sign, text[at:]


def _bare(text: str) -> str:
    """A command without what stands before it: `@`, `if …`, `else`, `for … in`, `do`, `call`."""
    text = text.strip()
    while lead := _LEAD.match(text):
        text = text[lead.end() :].strip()
    text = _FOR.sub("", text).strip()
    # The command of `for /f` stands in quotes of its own.
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "'" else text


def _name(word: str) -> str:
    name = word if "%" in word and "\\" not in word else _PATH.sub("", _PATH.sub("", word))
    # `cd..` and `del/q` need no blank.
    head = re.match(
        r"^(del|erase|rd|rmdir|format|cd|dir|echo|copy|move|ren|type)(?=[/.:])", name, re.IGNORECASE
    )
    name = head[1] if head else name
    return _ALIASES.get(name.lower(), name)
