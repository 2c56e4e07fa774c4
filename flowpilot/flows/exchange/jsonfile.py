"""Flows as JSON: {"format": "flowpilot-flows", "version": 1, "flows": [{"slug", "title", "summary", "domain",
"tree"}]}, beside these "one_client": true where a flow is a single client's, and the JSON Schema of that."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from flowpilot.core.text import InvalidJson, parsed_json
from flowpilot.flows.document import MAX_NODES, SCHEMA, parse, problems
from flowpilot.flows.exchange.lines import Path, lines_of
from flowpilot.flows.exchange.portable import (
    LARGEST,
    MOST_FLOWS,
    SLUG,
    FileRefused,
    PortableFlow,
    Reason,
    is_slug,
)
from flowpilot.flows.trees.fields import (
    KINDS,
    MAX_BODY,
    MAX_LABEL,
    MAX_OPTIONS,
    MAX_TITLE,
    RISKS,
    SHELLS,
    json_type,
)

FORMAT: Final = "flowpilot-flows"
VERSION: Final = 1
_LIMITS: Final = {"slug": 80, "title": 200, "summary": 20_000, "domain": 100}


def _text(most: int, least: int = 0) -> dict[str, object]:
    return {"type": "string", "minLength": least, "maxLength": most}


def _object(
    required: Mapping[str, object], optional: Mapping[str, object] | None = None
) -> dict[str, object]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"}
_SCRIPT: Final = _object(
    {
        "shell": {"enum": list(SHELLS)},
        "body": _text(MAX_BODY, 1),
        "risk": {"enum": list(RISKS)},
        "undo": _text(MAX_BODY),
    }
)
_OPTION: Final = _object({"id": _ID, "label": _text(MAX_LABEL, 1), "next": _ID})
_NODE: Final = _object(
    {
        "id": _ID,
        "kind": {"enum": list(KINDS)},
        "title": _text(MAX_TITLE, 1),
        "body": _text(MAX_BODY),
        "script": {"anyOf": [{"type": "null"}, _SCRIPT]},
        "options": {"type": "array", "maxItems": MAX_OPTIONS, "items": _OPTION},
    }
)
_TREE: Final = _object(
    {
        "schema": {"const": SCHEMA},
        "root": _ID,
        "nodes": {"type": "array", "minItems": 1, "maxItems": MAX_NODES, "items": _NODE},
    }
)
_FLOW: Final = _object(
    {
        **{name: _text(most, 1 if name == "title" else 0) for name, most in _LIMITS.items()},
        "slug": {"type": "string", "pattern": SLUG},
        "tree": _TREE,
    },
    {"one_client": {"type": "boolean"}},
)
JSON_SCHEMA: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "FlowPilot flows",
    "description": "Beside this, a tree has no circles, every node is reached and every way ends.",
    **_object(
        {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            "flows": {"type": "array", "maxItems": MOST_FLOWS, "items": _FLOW},
        }
    ),
}


def written(flows: Iterable[PortableFlow]) -> str:
    rows = [
        {
            "slug": flow.slug,
            "title": flow.title,
            "summary": flow.summary,
            "domain": flow.domain,
            "tree": flow.tree.to_json(),
            **({"one_client": True} if flow.one_client else {}),
        }
        for flow in flows
    ]
    file = {"format": FORMAT, "version": VERSION, "flows": rows}
    return json.dumps(file, ensure_ascii=False, indent=1) + "\n"


def read(text: str) -> list[PortableFlow]:
    """The flows of a file. Raises `FileRefused` with everything that does not fit."""
    if len(text) > LARGEST:
        raise FileRefused([Reason(1, f"The file has more than {LARGEST:,} characters.")])
    try:
        data = parsed_json(text)
    except InvalidJson as problem:
        raise FileRefused([Reason(_line_of_error(text), str(problem))]) from None
    found = list(_problems(data))
    if found:
        lines = lines_of(text)
        raise FileRefused(Reason(_nearest(lines, way), what) for way, what in found)
    assert isinstance(data, dict)
    return [_flow(one) for one in data["flows"]]  # type: ignore[union-attr]


def _flow(data: Any) -> PortableFlow:
    texts = {name: data[name] for name in _LIMITS}
    return PortableFlow(**texts, tree=parse(data["tree"]), one_client=data.get("one_client", False))


def _problems(data: object) -> Iterator[tuple[Path, str]]:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        yield (), f'This is no file of flows: "format" must be "{FORMAT}".'
        return
    if data.get("version") != VERSION:
        yield ("version",), f"Only version {VERSION} of the format is known here."
        return
    yield from _strays((), data, ("format", "version", "flows"))
    flows = data.get("flows")
    if not isinstance(flows, list):
        yield ("flows",), f"flows must be a list, not {json_type(flows)}."
        return
    if len(flows) > MOST_FLOWS:
        yield ("flows",), f"There are more than {MOST_FLOWS} flows: split the file."
        return
    for number, flow in enumerate(flows):
        yield from _flow_problems(("flows", number), flow)


def _flow_problems(way: Path, flow: object) -> Iterator[tuple[Path, str]]:
    if not isinstance(flow, dict):
        yield way, f"A flow must be an object, not {json_type(flow)}."
        return
    yield from _strays(way, flow, (*_LIMITS, "tree", "one_client"))
    if not isinstance(flow.get("one_client", False), bool):
        yield (*way, "one_client"), f"one_client must be true or false, not {json_type(flow['one_client'])}."
    yield from _text_problems(way, flow)
    tree = flow.get("tree")
    places = _node_places(tree)
    for error in problems(tree):
        at = places.get(error.node) if error.node is not None else None
        yield (*way, "tree", *(("nodes", at) if at is not None else ())), error.message


def _text_problems(way: Path, flow: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    for name, most in _LIMITS.items():
        value = flow.get(name)
        if not isinstance(value, str):
            yield (*way, name), f"{name} must be text, not {json_type(value)}."
        elif len(value) > most:
            yield (*way, name), f"{name} has more than {most:,} characters."
        elif name == "title" and not value.strip():
            yield (*way, name), "title is empty: write one."
        elif name == "slug" and not is_slug(value):
            yield (*way, name), "slug has only letters from A to Z, digits, - and _."


def _node_places(tree: object) -> dict[str, int]:
    nodes = tree.get("nodes") if isinstance(tree, dict) else None
    rows = nodes if isinstance(nodes, list) else []
    return {
        node["id"]: place
        for place, node in enumerate(rows)
        if isinstance(node, dict) and isinstance(node.get("id"), str)
    }


def _strays(way: Path, data: Mapping[str, object], known: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    for name in data:
        if name not in known:
            yield (*way, name), f"{name[:40]} is not known here: remove it."


def _nearest(lines: Mapping[Path, int], way: Path) -> int:
    """The line of the value, or, where it is missing, of what should hold it."""
    while way not in lines and way:
        way = way[:-1]
    return lines.get(way, 1)


def _line_of_error(text: str) -> int:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno
    except (ValueError, RecursionError):
        return 1
    return 1
