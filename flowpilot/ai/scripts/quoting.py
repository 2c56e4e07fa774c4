"""Values put into scripts: which are taken, and how they are quoted so that none gets out of its quotes.

A value is only ever set once, at the top of a script, as a literal of the shell; bodies use the variable.
"""

import re
import shlex
from typing import Final

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import ParameterType, Shell

LONGEST: Final = 500
_SHAPES: Final[dict[ParameterType, re.Pattern[str]]] = {
    "text": re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]+"),
    "integer": re.compile(r"\d{1,9}"),
    "boolean": re.compile(r"true|false"),
    "host": re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,252}"),
    "user": re.compile(r"(?!-)[\w.@+'\\ -]{1,200}"),
    "path": re.compile(r"(?!-)[^\x00-\x1f\x7f\u2028\u2029\"<>|*?]+"),
    "service": re.compile(r"(?!-)[\w.$@ -]{1,256}"),
}
_CMD_SPECIAL: Final = re.compile(r"[%!^&|<>\"]")
_PS_QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])")
"""PowerShell takes each of these for the end of a string in single quotes."""


def refusal(shell: Shell, kind: ParameterType, value: str, pattern: str = "") -> str:
    """Why a value is not taken, as a sentence for people; empty when it is."""
    if len(value) > LONGEST:
        return _("It is longer than %(count)d characters.") % {"count": LONGEST}
    if not _SHAPES[kind].fullmatch(value) or (pattern and not re.fullmatch(pattern, value)):
        return _WRONG[kind]()
    if shell == "cmd" and (special := _CMD_SPECIAL.search(value)):
        return _("The command prompt cannot take “%(sign)s” in a value.") % {"sign": special[0]}
    if value != value.strip() or value.endswith("\\"):
        return _("It begins or ends with a blank, or ends with a backslash.")
    return ""


_WRONG: Final = {
    "text": lambda: _("It is empty, or has characters that cannot be shown."),
    "integer": lambda: _("It has to be a whole number of at most nine digits."),
    "boolean": lambda: _("It has to be true or false."),
    "host": lambda: _("It has to be the name or the address of a machine."),
    "user": lambda: _("It has to be a sign-in name or a mail address."),
    "path": lambda: _('It has to be a path, without " < > | * and ?.'),
    "service": lambda: _("It has to be the name of a service."),
}


def assignment(shell: Shell, name: str, kind: ParameterType, value: str) -> str:
    """The line that sets a variable to a value. An empty one is left for the engineer to fill in."""
    if shell == "bash":
        return f"{name}={shlex.quote(value)}"
    if shell == "cmd":
        return f'set "{name}={value}"'
    if value and kind == "integer":
        return f"${name} = {value}"
    if value and kind == "boolean":
        return f"${name} = ${value}"
    quoted = _PS_QUOTES.sub(r"\1\1", value)
    return f"${name} = '{quoted}'"
