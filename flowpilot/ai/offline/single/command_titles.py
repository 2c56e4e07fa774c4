"""Titles of acts that are a command: which one, and the parameters that make it another one."""

import re

RUN = re.compile(
    r"^(?:run|use|type|enter|execute|try)\b.*\b(?:commands?|cmdlets?|scripts?|quer(?:y|ies))\b", re.IGNORECASE
)
_CMDLET = re.compile(r"\b[A-Z][a-z]+-[A-Z][A-Za-z0-9]+\b")
_ONLY_CMDLET = re.compile(
    r"^(?:run|use) (?:the )?(?P<name>[A-Z][a-z]+-[A-Z]\w+)(?: cmdlet| command)?$", re.IGNORECASE
)
_READING = ("Get-", "Where-", "Select-", "Format-", "ForEach-", "Write-", "Out-")
_PARAMETER = re.compile(
    r" [-–](?P<name>[A-Z]\w+)"
    r"(?::? ?(?P<value>\$(?i:true|false|null)\b|\d+\b|\"?[A-Z]\w+\"?(?=\s|$)))?(?=[\s:]|$)"
)
_WHOM = re.compile(
    r"(?:Identity|User|Mailbox|Name|Server|Domain|DomainController|Credential|ResultSize|Confirm|Force|Filter"
    r"|ErrorAction|WarningAction|Verbose|UserPrincipalName|Organization|Path|FilePath)$"
)
"""On what, or how, a command is run: the same for many commands."""
_MOST = 2
_LIMIT = 110
_LONGEST_LINE = 500


def with_command(title: str, code: str) -> str:
    """ "Run the command" says which: "Run Set-Mailbox with -AuditEnabled $true"."""
    only = _ONLY_CMDLET.match(title)
    if only is not None:
        return title + _parameters(only["name"], code)
    if not RUN.match(title) or _CMDLET.search(title) or len(title) > 60:
        return title
    names = list(dict.fromkeys(_CMDLET.findall(code)))
    changing = [name for name in names if not name.startswith(_READING)]
    if names:
        name = (changing or names)[0]
        return f"Run {name}{_parameters(name, code)}"
    first = code.strip().split("\n", 1)[0].strip()
    return f"Run {first}" if first and len(first) <= 50 else title


def _parameters(name: str, code: str) -> str:
    """What the command sets, where that is one thing or two; empty for any other."""
    at = code.find(name)
    line = re.split(r"[\n|;]", code[at + len(name) : at + _LONGEST_LINE], maxsplit=1)[0] if at >= 0 else ""
    told = [
        f"-{found['name']} {found['value'] or ''}".strip()
        for found in _PARAMETER.finditer(line)
        if not _WHOM.match(found["name"])
    ]
    shown = f" with {' and '.join(told)}" if 0 < len(told) <= _MOST else ""
    return shown if len(name) + len(shown) <= _LIMIT else ""
