"""Values that somebody may send, by what is wrong with them. Composed here, not collected.

`HOSTILE_SET` names a folder with more of them, which no repository need hold: JSON lines with a `text` each,
and files, which are uploaded. `make soak` sends all of it, several strings in one value.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

CANARY = "fp-canary"
"""The element that the active ones would make: no page may have it."""
_TAG = f"<{CANARY} onclick=alert(1)>"

REFUSED = {
    "nul": "a\x00b",
    "nul-alone": "\x00",
    "nul-at-the-end": "printer\x00",
}
"""What the edge refuses wherever it stands."""

TAKEN_OR_REFUSED = {
    "empty": "",
    "blanks": " \t\n ",
    "tag": _TAG,
    "attribute": f"\"><{CANARY} x='",
    "single-quoted": f"'><{CANARY}>",
    "textarea-end": f"</textarea>{_TAG}",
    "title-end": f"</title></script>{_TAG}",
    "comment": f"--><{CANARY}><!--",
    "cdata": f"]]><{CANARY}>",
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "format": "%s %(x)s {0} {x!r} %n",
    "markdown-link": f"[x](javascript:{CANARY})",
    "markdown-image": f"![x](http://canary.invalid/{CANARY})",
    "markdown-html": f"*a* {_TAG} `b`",
    "markdown-fence": f"```html\n{_TAG}\n",
    "htmx": f"<b hx-get='/' hx-trigger='load'><{CANARY}>",
    "entity": f"&lt;{CANARY}&gt;&#60;{CANARY}&#62;",
    "sql-quote": "' OR ''='",
    "sql-comment": "1; SELECT pg_sleep(0) --",
    "sql-dollar": "$$; DROP TABLE x; $$",
    "like": "%_\\%",
    "tsquery": "a & | ! <-> ( b:* '",
    "regex": "(((((a+)+)+)+)+)$",
    "backslashes": "\\\\\\u0000\\x00",
    "formula": "=cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "shell": "$(id) `id` ; id | id && id",
    "powershell": '"; Remove-Item x -Recurse; #',
    "path": "../../../../etc/passwd",
    "windows-path": "..\\..\\con\\aux.txt",
    "url": "javascript:alert(1)",
    "data-url": "data:text/html,<p>x",
    "protocol-relative": "//canary.invalid/x",
    "crlf": "a\r\nSet-Cookie: canary=1\r\n\r\n<p>",
    "long": "a" * 10_000,
    "long-word-of-signs": "ä" * 5_000,
    "long-number": "9" * 400,
    "negative": "-1",
    "zero": "0",
    "int32": "2147483648",
    "int64": "9223372036854775808",
    "fraction": "1.5",
    "exponent": "1e400",
    "nan": "NaN",
    "infinity": "-Infinity",
    "hex": "0x7f",
    "digits-of-elsewhere": "١٢٣",
    "superscript": "²",
    "uuid-of-nobody": "00000000-0000-0000-0000-000000000000",
    "uuid-almost": "0000-0000",
    "date-impossible": "2025-02-30T25:61:00+99:00",
    "date-first": "0001-01-01T00:00:00+23:59",
    "json-deep": "[" * 5_000,
    "json-constant": '{"a": NaN, "b": 1e999}',
    "json-escaped-nul": '{"a": "\\u0000", "b": "\\ud800"}',
    "json-large-number": '{"a": ' + "9" * 5_000 + "}",
    "cursor": "eyJhIjoxfQ",
    "right-to-left": "abc\u202etxt.exe\u2066",
    "zero-width": "a\u200b\u200d\ufeffb",
    "combining": "a" + "\u0301" * 500,
    "astral": "😀𝔘🏳️‍🌈",
    "private-and-unassigned": "\ue000\U000e0001\uffff",
    "controls": "\x01\x07\x1b[31m\x7f\x85\u2028",
    "turkish": "İıßŉ",
    "yaml": "!!python/object/apply:os.system [id]",
    "xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///x">]>&y;',
    "name-of-an-object": "__class__",
    "boolean": "true",
}
"""What a field may take or refuse, in its own words."""

ALL = {**REFUSED, **TAKEN_OR_REFUSED}

EVERYTHING = "\n".join(text for text in TAKEN_OR_REFUSED.values() if len(text) < 1_000)
"""All at once but the long ones, for fields without an end."""
SHORT = f"\"'>--></textarea></title><{CANARY} onclick=alert(1)>{{{{ 7 }}}} ![x](//x) $(id)"
"""For fields that end early."""

_FOLDER = os.environ.get("HOSTILE_SET", "")
LARGE = 15_000


def texts() -> list[str]:
    """The set's strings; without a set our own."""
    if not _FOLDER:
        return list(TAKEN_OR_REFUSED.values())
    lines = [line for path in sorted(Path(_FOLDER).glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    return [str(json.loads(line)["text"]) for line in lines]


def files() -> list[Path]:
    """The set's files."""
    return sorted(path for path in Path(_FOLDER).glob("*/*") if path.is_file()) if _FOLDER else []


def packed(given: Iterable[str], most: int) -> list[str]:
    """The strings, as many to a value as there is room for; one that has none stands alone."""
    values, held = list[str](), list[str]()
    for text in given:
        if held and sum(map(len, held)) + len(held) + len(text) > most:
            values.append("\n".join(held))
            held = []
        held.append(text)
    return [*values, "\n".join(held)]
