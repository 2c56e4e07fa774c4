"""Changes as they are stored, offered and chosen: an edit with an id, a reason and its needs.

Reading is strict: unknown operations and fields are refused, every value is checked as in a tree.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowpilot.flows.document import Node, Option, Script
from flowpilot.flows.trees.edits import (
    NODE_FIELDS,
    OPTION_FIELDS,
    AddNode,
    AddOption,
    Edit,
    MoveOption,
    RemoveNode,
    RemoveOption,
    SetMeta,
    SetRoot,
    UpdateNode,
    UpdateOption,
)
from flowpilot.flows.trees.fields import (
    MAX_BODY,
    MAX_TITLE,
    NODE_CHECKS,
    OPTION_CHECKS,
    Check,
    Place,
    TreeError,
    id_check,
    is_id,
    json_type,
    list_check,
    object_problems,
    text,
)
from flowpilot.flows.trees.validation import node_problems, option_problems

MAX_DOMAIN = 100
MAX_WHY = 20_000
MAX_CHANGES = 10_000


class InvalidChange(ValueError):
    """JSON that is not a list of changes; `errors` says all that is wrong with it."""

    def __init__(self, errors: list[TreeError]) -> None:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0].message}{more}")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Change:
    """One edit that can be accepted or left out. `needs`: ids of changes to accept along with it."""

    id: str
    edit: Edit
    why: str = ""
    needs: tuple[str, ...] = ()

    @property
    def op(self) -> str:
        return self.edit.op

    @property
    def key(self) -> str:
        """What it touches, as in a grounding: "n3", "n2/o1", or "" for the flow itself."""
        return self.edit.key

    def to_json(self) -> dict[str, object]:
        head: dict[str, object] = {"id": self.id, "op": self.op}
        return {**head, **self.edit.arguments(), "why": self.why, "needs": list(self.needs)}

    @classmethod
    def from_json(cls, data: object) -> "Change":
        """Raises `InvalidChange`."""
        errors = list(_change_problems(data, 1))
        if errors or not isinstance(data, dict):
            raise InvalidChange(errors)
        return cls._from_valid(data)

    @classmethod
    def _from_valid(cls, data: Mapping[str, Any]) -> "Change":
        edit = _OPERATIONS[data["op"]][1](data)
        return cls(data["id"], edit, data.get("why", ""), tuple(data.get("needs", ())))


def parse_changes(data: object) -> list[Change]:
    """Read a JSON list of changes. Raises `InvalidChange` with everything that is wrong."""
    whole = Place("The list of changes")
    if not isinstance(data, list):
        raise InvalidChange([whole.error("wrong_type", f"must be a list, not {json_type(data)}.")])
    if len(data) > MAX_CHANGES:
        raise InvalidChange([whole.error("too_many_changes", f"more than {MAX_CHANGES:,}: split it.")])
    errors = [error for number, item in enumerate(data, start=1) for error in _change_problems(item, number)]
    errors = errors or list(_reference_problems(data))
    if errors:
        raise InvalidChange(errors)
    return [Change._from_valid(item) for item in data]


def close_over(changes: Sequence[Change], chosen: Iterable[str]) -> list[Change]:
    """The chosen changes and all that they need, directly or not, in the order of `changes`.

    Raises `KeyError` with the id when `chosen` or a `needs` names a change that is not there.
    """
    by_id = {change.id: change for change in changes}
    queue = list(dict.fromkeys(chosen))
    taken = set(queue)
    for change_id in queue:
        for need in by_id[change_id].needs:
            if need not in taken:
                taken.add(need)
                queue.append(need)
    return [change for change in changes if change.id in taken]


def meta_of(changes: Iterable[Change]) -> dict[str, str | None]:
    """What the changes set beside the tree: any of title, summary, domain; the last one wins."""
    found: dict[str, str | None] = {}
    for change in changes:
        if isinstance(change.edit, SetMeta):
            found.update(change.edit.values)
    return found


def _reference_problems(data: list[dict[str, Any]]) -> Iterator[TreeError]:
    known = {item["id"] for item in data}
    seen: set[str] = set()
    for item in data:
        place = Place(f"Change {item['id']}")
        if item["id"] in seen:
            yield place.error("duplicate_id", "another change has this id as well: rename one of them.")
        seen.add(item["id"])
        missing = [need for need in item.get("needs", ()) if need not in known]
        if missing:
            yield place.error("unknown_need", f"needs {missing[0]}, which is not in the list: add it.")


def _change_place(change_id: object, position: int) -> Place:
    return Place(f"Change {change_id}") if is_id(change_id) else Place(f"Change number {position}")


def _change_problems(data: object, position: int) -> Iterator[TreeError]:
    if not isinstance(data, dict):
        yield _change_place(None, position).error("wrong_type", f"must be an object, not {json_type(data)}.")
        return
    place = _change_place(data.get("id"), position)
    op = data.get("op")
    if not isinstance(op, str) or op not in _OPERATIONS:
        yield place.error("bad_op", f"op must be one of {', '.join(_OPERATIONS)}.")
        return
    given = {"why": "", "needs": [], **data}
    yield from object_problems(place, given, {**_HEAD_CHECKS, **_OPERATIONS[op][0]})


def _op_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    """The operation was looked up before its fields could be checked."""
    yield from ()


def _needs_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    yield from list_check(place, name, value)
    if isinstance(value, list) and not all(is_id(need) for need in value):
        yield place.error("bad_id", f"{name} must hold ids of changes only.")


def _position_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield place.error("wrong_type", f"{name} must be a whole number, not {json_type(value)}.")
    elif value < 0:
        yield place.error("bad_position", f"{name} must be 0 or more.")


def _node_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    for error in node_problems(value):
        yield TreeError(error.code, f"{place.name}, {error.message}", error.node, error.option)


def _option_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    yield from option_problems(place, value)


def _set_check(checks: Mapping[str, Check]) -> Check:
    def check(place: Place, name: str, value: object) -> Iterator[TreeError]:
        inner = Place(f"{place.name}, {name}")
        yield from object_problems(inner, value, checks, partial=True)
        if value == {}:
            yield inner.error("missing_field", f"is empty: name at least one of {', '.join(checks)}.")

    return check


def _domain_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    if value is not None:
        yield from text(MAX_DOMAIN, blank=False)(place, name, value)


def _node_value(name: str, value: Any) -> str | Script | None:
    return Script.from_valid(value) if name == "script" and value is not None else value


_HEAD_CHECKS: Mapping[str, Check] = {
    "id": id_check,
    "op": _op_check,
    "why": text(MAX_WHY, blank=True),
    "needs": _needs_check,
}
_META_SET = _set_check(
    {"title": text(MAX_TITLE, blank=False), "summary": text(MAX_BODY, blank=True), "domain": _domain_check}
)
_NODE_SET = _set_check({name: NODE_CHECKS[name] for name in NODE_FIELDS})
_OPTION_SET = _set_check({name: OPTION_CHECKS[name] for name in OPTION_FIELDS})

_OPERATIONS: Mapping[str, tuple[Mapping[str, Check], Callable[[Mapping[str, Any]], Edit]]] = {
    "set_meta": ({"set": _META_SET}, lambda d: SetMeta(dict(d["set"]))),
    "set_root": ({"node": id_check}, lambda d: SetRoot(d["node"])),
    "add_node": ({"node": _node_check}, lambda d: AddNode(Node.from_valid(d["node"]))),
    "update_node": (
        {"node": id_check, "set": _NODE_SET},
        lambda d: UpdateNode(d["node"], {name: _node_value(name, v) for name, v in d["set"].items()}),
    ),
    "remove_node": ({"node": id_check}, lambda d: RemoveNode(d["node"])),
    "add_option": (
        {"in": id_check, "option": _option_check, "at": _position_check},
        lambda d: AddOption(d["in"], Option.from_valid(d["option"]), d["at"]),
    ),
    "update_option": (
        {"in": id_check, "option": id_check, "set": _OPTION_SET},
        lambda d: UpdateOption(d["in"], d["option"], dict(d["set"])),
    ),
    "remove_option": (
        {"in": id_check, "option": id_check},
        lambda d: RemoveOption(d["in"], d["option"]),
    ),
    "move_option": (
        {"in": id_check, "option": id_check, "to": _position_check},
        lambda d: MoveOption(d["in"], d["option"], d["to"]),
    ),
}
