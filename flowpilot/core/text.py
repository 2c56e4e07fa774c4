"""Text and JSON from outside, made fit for PostgreSQL before anything else sees them.

PostgreSQL's `text` refuses NUL, and its `jsonb` refuses NUL, lone surrogates and NaN; jsonb also stores
nesting that Python cannot read back. What can be repaired without losing meaning is repaired
(`clean_text`), the rest is refused with a name or a path (`checked_text`, `clean_json`).
"""

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

MAX_JSON_DEPTH = 32
"""Levels of nesting: far above anything that we write, far below what Python's reader takes."""

_LINE_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK_OR_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_INT64 = 2**63


class TextTooLong(ValueError):
    """A text that is longer than its field, where cutting it would lose what matters."""

    def __init__(self, field: str, length: int, limit: int) -> None:
        self.field, self.length, self.limit = field, length, limit
        super().__init__(
            _("%(field)s has %(length)d characters; at most %(limit)d are allowed")
            % {"field": field, "length": length, "limit": limit}
        )


class InvalidJson(ValueError):
    """A value that jsonb would refuse, or that could not be read back. `path` is like `$.notes[3].text`."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


def clean_text(value: object, *, limit: int) -> str:
    """Return `value` as text that PostgreSQL takes, stripped, and cut after `limit` characters.

    Line breaks become ``\\n``; NUL, other control characters, byte order marks and lone surrogates are
    dropped (halves of one character that were merely torn apart are joined). None and NaN are empty.
    """
    return _cleaned(value)[:limit].rstrip()


def checked_text(value: object, *, limit: int, field: str) -> str:
    """Like `clean_text`, but an over-long text raises `TextTooLong` naming `field`."""
    text = _cleaned(value)
    if len(text) > limit:
        raise TextTooLong(field, len(text), limit)
    return text


def clean_line(value: object, *, limit: int) -> str:
    """Like `clean_text`, on one line: every run of white space becomes a single space."""
    return _SPACES.sub(" ", _cleaned(value))[:limit].rstrip()


def clean_json(value: object, depth: int = MAX_JSON_DEPTH) -> JsonValue:
    """Return `value` as it will come back from a jsonb column, or raise `InvalidJson` naming the path.

    Refused: NUL and lone surrogates in strings and keys, NaN and infinity, integers beyond 64 bits, keys
    that are no strings, types that JSON does not have, and nesting deeper than `depth`.
    """
    return _json(value, "$", depth)


def parsed_json(raw: str | bytes) -> JsonValue:
    """Read JSON text as it will come back from a jsonb column, or raise `InvalidJson` naming the place.

    Refused beside what `clean_json` refuses: text that is no UTF-8 or no JSON, NaN and Infinity, numbers of
    more digits than Python reads.
    """
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        value = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise InvalidJson("$", _("is not valid UTF-8")) from None
    except RecursionError:
        raise InvalidJson("$", _("nested too deeply")) from None
    except json.JSONDecodeError as error:
        where = _("line %(line)d, column %(column)d") % {"line": error.lineno, "column": error.colno}
        raise InvalidJson("$", _("is no JSON (%(where)s)") % {"where": where}) from None
    except InvalidJson:
        raise
    except ValueError:
        raise InvalidJson("$", _("has a number of too many digits")) from None
    return clean_json(value)


def texts_in(value: object) -> Iterable[str]:
    """Every text in a structure of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def _refuse_constant(name: str) -> None:
    raise InvalidJson("$", _("%(name)s is not a number of JSON") % {"name": name})


def _cleaned(value: object) -> str:
    text = _as_text(value)
    if not _BREAK_OR_CONTROL.search(text):
        return text.strip()
    text = _CONTROL.sub("", _LINE_BREAK.sub("\n", text))
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text.strip()


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float | Decimal) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        return str(value)
    except ValueError:  # an integer with more digits than Python writes out
        return ""


def _json(value: object, path: str, depth: int) -> JsonValue:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _json_text(value, path)
    if isinstance(value, int | float):
        return _json_number(value, path)
    if isinstance(value, dict | list | tuple):
        if depth <= 0:
            raise InvalidJson(path, _("nested too deeply"))
        return _json_container(value, path, depth)
    raise InvalidJson(path, _("%(type)s is not a JSON type") % {"type": type(value).__name__})


def _json_container(
    value: dict[object, object] | list[object] | tuple[object, ...], path: str, depth: int
) -> JsonValue:
    if not isinstance(value, dict):
        return [_json(item, f"{path}[{index}]", depth - 1) for index, item in enumerate(value)]
    cleaned: dict[str, JsonValue] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise InvalidJson(path, _("the key %(key)r is not text") % {"key": key})
        cleaned[_json_text(key, path)] = _json(item, f"{path}.{key}", depth - 1)
    return cleaned


def _json_text(value: str, path: str) -> str:
    if "\x00" in value:
        raise InvalidJson(path, _("contains a NUL character"))
    if _SURROGATE.search(value):
        raise InvalidJson(path, _("contains half of a character (a lone surrogate)"))
    return value


def _json_number(value: int | float, path: str) -> int | float:
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise InvalidJson(path, _("the whole number does not fit into 64 bits"))
        return value
    if not math.isfinite(value):
        raise InvalidJson(path, _("is not a finite number"))
    return value
