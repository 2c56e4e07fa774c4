"""Files of flows by their names: which format reads and writes them."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Final

from flowpilot.flows.exchange import jsonfile, markdown, mermaid
from flowpilot.flows.exchange.portable import FileRefused, PortableFlow, Reason


def _drawn(flows: Iterable[PortableFlow]) -> str:
    return "\n".join(f"%% {' '.join(flow.title.split())}\n{mermaid.written(flow.tree)}" for flow in flows)


WRITERS: Final[Mapping[str, Callable[[Iterable[PortableFlow]], str]]] = {
    "json": jsonfile.written,
    "md": markdown.written,
    "mmd": _drawn,
}
CONTENT_TYPES: Final = {
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "mmd": "text/plain; charset=utf-8",
}
_READERS: Final[Mapping[str, Callable[[str], list[PortableFlow]]]] = {
    ".json": jsonfile.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
}


def read(name: str, content: bytes) -> list[PortableFlow]:
    """The flows of a file called `name`. Raises `FileRefused`."""
    reader = _READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise FileRefused([Reason(1, "Only .json and .md files can be read.")])
    try:
        return reader(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileRefused([Reason(line, "The file is not UTF-8.")]) from None
