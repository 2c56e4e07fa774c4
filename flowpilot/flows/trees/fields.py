"""Field by field: what a tree document's nodes, options and scripts may hold.

Works on untrusted JSON values. Nothing here recurses into them or prints a value other than a short,
escaped piece of text, so neither nesting nor size nor odd types can do harm.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

NodeKind = Literal["question", "action", "resolution", "escalation"]
Shell = Literal["powershell", "bash", "cmd"]
Risk = Literal["read", "change", "destructive"]

KINDS: tuple[NodeKind, ...] = ("question", "action", "resolution", "escalation")
SHELLS: tuple[Shell, ...] = ("powershell", "bash", "cmd")
RISKS: tuple[Risk, ...] = ("read", "change", "destructive")
FEWEST_OPTIONS: Mapping[str, int] = {"question": 2, "action": 1, "resolution": 0, "escalation": 0}
END_KINDS = frozenset({"resolution", "escalation"})

MAX_TITLE = 200
MAX_LABEL = 200
MAX_BODY = 20_000
MAX_OPTIONS = 12

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class TreeError:
    """One broken rule: a stable code, a sentence for people, and where it is."""

    code: str
    message: str
    node: str | None = None
    option: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a checked value sits. `name` opens the sentence; the ids are None where none is usable."""

    name: str
    node: str | None = None
    option: str | None = None

    def error(self, code: str, what: str) -> TreeError:
        return TreeError(code, f"{self.name}: {what}", self.node, self.option)


Check = Callable[[Place, str, object], Iterator[TreeError]]
"""Takes the place, the field's name and its value; yields what is wrong with it."""


def is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def label_key(label: str) -> str:
    """Labels with the same key look alike to people: case, spacing and composition do not count."""
    return unicodedata.normalize("NFC", " ".join(label.split()).casefold())


def shown(value: object) -> str:
    """A short piece of text, quoted and with unprintable characters escaped; other types by name."""
    if not isinstance(value, str):
        return json_type(value)
    cut = value[:40]
    return f"“{repr(cut)[1:-1]}{'…' if len(value) > len(cut) else ''}”"


def json_type(value: object) -> str:
    if value is None:
        return "null"
    names = ((bool, "true or false"), (int | float, "a number"), (str, "text"), (list, "a list"))
    return next((name for kind, name in names if isinstance(value, kind)), "an object")


def id_check(place: Place, field: str, value: object) -> Iterator[TreeError]:
    if not isinstance(value, str):
        yield place.error("wrong_type", f"{field} must be text, not {json_type(value)}.")
    elif not is_id(value):
        yield place.error(
            "bad_id",
            f"{field} {shown(value)} must be 1 to 40 letters, digits, hyphens or underscores: rename it.",
        )


def one_of(*allowed: str) -> Check:
    def check(place: Place, field: str, value: object) -> Iterator[TreeError]:
        if not isinstance(value, str):
            yield place.error("wrong_type", f"{field} must be text, not {json_type(value)}.")
        elif value not in allowed:
            choices = ", ".join(allowed)
            yield place.error(f"bad_{field}", f"{field} {shown(value)} is unknown: choose one of {choices}.")

    return check


def text(most: int, *, blank: bool) -> Check:
    """Text of at most `most` characters that can be stored; `blank` says whether it may be empty."""

    def check(place: Place, field: str, value: object) -> Iterator[TreeError]:
        if not isinstance(value, str):
            yield place.error("wrong_type", f"{field} must be text, not {json_type(value)}.")
            return
        if not blank and not value.strip():
            yield place.error(f"blank_{field}", f"{field} is empty: write one.")
        if len(value) > most:
            yield place.error(
                f"{field}_too_long",
                f"{field} has {len(value):,} characters: shorten it to {most:,} at most.",
            )
        if not _storable(value):
            yield place.error(
                "bad_characters",
                f"{field} holds a NUL or half of a character pair: remove it or type the text again.",
            )

    return check


def _storable(value: str) -> bool:
    if "\x00" in value:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def list_check(place: Place, field: str, value: object) -> Iterator[TreeError]:
    if not isinstance(value, list):
        yield place.error("wrong_type", f"{field} must be a list, not {json_type(value)}.")


def script_check(place: Place, field: str, value: object) -> Iterator[TreeError]:
    if value is None:
        return
    inner = Place(f"{place.name}, {field}", place.node, place.option)
    yield from object_problems(inner, value, SCRIPT_CHECKS)


def object_problems(
    place: Place, value: object, checks: Mapping[str, Check], *, partial: bool = False
) -> Iterator[TreeError]:
    """Check an object's fields; with `partial`, fields may be missing (but unknown ones never pass)."""
    if not isinstance(value, dict):
        yield place.error("wrong_type", f"must be an object, not {json_type(value)}.")
        return
    if value.keys() - checks.keys():
        unknown = sorted(shown(key) for key in value if key not in checks)
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        names = ", ".join(unknown[:3])
        yield place.error("unknown_field", f"remove what does not belong here: {names}{more}.")
    for field, check in checks.items():
        if field in value:
            yield from check(place, field, value[field])
        elif not partial:
            yield place.error("missing_field", f"{field} is missing: add it.")


SCRIPT_CHECKS: Mapping[str, Check] = {
    "shell": one_of(*SHELLS),
    "body": text(MAX_BODY, blank=False),
    "risk": one_of(*RISKS),
    "undo": text(MAX_BODY, blank=True),
}
OPTION_CHECKS: Mapping[str, Check] = {
    "id": id_check,
    "label": text(MAX_LABEL, blank=False),
    "next": id_check,
}
NODE_CHECKS: Mapping[str, Check] = {
    "id": id_check,
    "kind": one_of(*KINDS),
    "title": text(MAX_TITLE, blank=False),
    "body": text(MAX_BODY, blank=True),
    "script": script_check,
    "options": list_check,
}
