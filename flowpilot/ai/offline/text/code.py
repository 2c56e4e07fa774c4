"""Code blocks: in which shell they run, and what a command may break."""

import re
from typing import Literal

from flowpilot.ai.offline.text.debris import unescape

Shell = Literal["powershell", "bash", "cmd"]
CommandRisk = Literal["read", "change", "destructive"]

_LANGUAGES: dict[str, Shell] = {
    "powershell": "powershell", "ps": "powershell", "ps1": "powershell",
    "powershell-interactive": "powershell", "azurepowershell": "powershell", "powersehll": "powershell",
    "pwsh": "powershell", "cmd": "cmd", "bat": "cmd", "batch": "cmd", "console": "cmd", "dos": "cmd",
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash",
}  # fmt: skip
_CMDLET = re.compile(r"\b(?P<verb>[A-Z][a-z]+)-(?P<noun>[A-Z][A-Za-z0-9]+)\b")
_CMD_LINE = re.compile(
    r"^\s*(?:[A-Z]:\\[^>]*>\s*)?(?P<name>net|netsh|ipconfig|reg|sc|dism|sfc|gpupdate|gpresult|nslookup"
    r"|ping|tracert|setup(?:\.exe)?|eseutil|"
    r"cscript|regsvr32|certutil|icacls|takeown|del|rd|rmdir|ren|copy|xcopy|robocopy|cd|dir|cmdkey|klist"
    r"|w32tm|iisreset|taskkill|tasklist|"
    r"shutdown|chkdsk|bcdedit|diskpart|format|wmic|schtasks|quser|logoff|appcmd|stsadm|msiexec|repadmin"
    r"|dcdiag|setspn|ldifde|telnet|arp|route|"
    r"attrib|type|fsutil|vssadmin|powercfg|ktpass|nltest|psconfig(?:\.exe)?|outlook(?:\.exe)?|%\w+%\S*"
    r"|[\w.]+\.(?:exe|cmd|bat|msi))(?:\s|$)",
    re.IGNORECASE,
)
_BASH_LINE = re.compile(
    r"^\s*(?:sudo|chmod|chown|systemctl|service|apt|yum|dnf|grep|tail|ls|rm|cp|mv|curl|defaults|killall"
    r"|launchctl|dig|cat|touch|mkdir)\s",
    re.IGNORECASE,
)

_READ_VERBS_WORDS = """
Get Test Show Find Measure Search Resolve Compare Where Select Format Out Write Read Sort Group
ForEach ConvertTo ConvertFrom Trace Connect Import Export Wait Use Enter Exit Join Split
"""
_READ_VERBS = frozenset(_READ_VERBS_WORDS.split())
_DESTRUCTIVE_VERBS_WORDS = """
Remove Clear Format Uninstall Reset Delete Disable-Mailbox Dismount Revoke Unpublish
"""
_DESTRUCTIVE_VERBS = frozenset(_DESTRUCTIVE_VERBS_WORDS.split()) - {"Format"}
_DESTRUCTIVE_CMD = re.compile(
    r"(?:^|[\s;&|])(?:del|rd|rmdir|rm|format|diskpart|erase|takeown)\s|\breg(?:\.exe)?\s+delete\b"
    r"|\bnet\s+user\s+\S+\s+/delete\b|\bsc(?:\.exe)?\s+delete\b|\bvssadmin\s+delete\b"
    r"|\bclean\b|/uninstall\b|\beseutil\S*\s+/p\b|\bcipher\s+/w\b|/delete\b",
    re.IGNORECASE | re.MULTILINE,
)
_READ_CMD_WORDS = """
ipconfig nslookup ping tracert gpresult dir tasklist quser klist repadmin dcdiag nltest ls cat grep
tail dig arp telnet certutil cd type find
"""
_READ_CMD = frozenset(_READ_CMD_WORDS.split())
_CHANGING_ARGUMENT = re.compile(
    r"/(?:flushdns|release|renew|force|repair|register\w*|set\w*|add|import)\b|\b(?:set|add|reset|start"
    r"|stop|write|config|create|import)\b",
    re.IGNORECASE,
)
_READ_ARGUMENT = re.compile(r"\b(?:query|show|view|list|status|qc|/all|/l)\b", re.IGNORECASE)


def shell_of(code: str, language: str) -> Shell | None:
    """The shell in which this code is a command to run; None for output, configuration, other code."""
    lines = [line for line in code.splitlines() if line.strip()]
    if not lines or language in (
        "output",
        "xml",
        "json",
        "html",
        "vb",
        "vba",
        "sql",
        "csharp",
        "c#",
        "asciidoc",
        "adoc",
        "ini",
        "reg",
    ):
        return None
    if (
        _CMDLET.search(code)
        and (_LANGUAGES.get(language) in ("powershell", None, "cmd"))
        and _is_powershell(lines)
    ):
        return "powershell"
    if all(_CMD_LINE.match(line) for line in lines) and language in (
        "",
        "cmd",
        "console",
        "bat",
        "batch",
        "dos",
        "powershell",
    ):
        return "cmd"
    if all(_BASH_LINE.match(line) for line in lines):
        return "bash"
    known = _LANGUAGES.get(language)
    return known if known == "powershell" and lines[0].lstrip().startswith(("$", "(")) else None


def _is_powershell(lines: list[str]) -> bool:
    first = lines[0].lstrip("> ").strip()
    return bool(re.match(r"(?:\(?[A-Z][a-z]+-[A-Z]|\$|#|foreach|if |Import-|\[)", first))


def command_risk(code: str, shell: Shell) -> CommandRisk:
    """By verb: Get- and Test- read, Set- and New- change, Remove- destroys; the worst of all counts."""
    if shell == "powershell":
        verbs = {match["verb"] for match in _CMDLET.finditer(code)}
        if verbs & _DESTRUCTIVE_VERBS or _DESTRUCTIVE_CMD.search(code):
            return "destructive"
        return (
            "read"
            if verbs
            and verbs <= _READ_VERBS
            and not re.search(r"\.(?:Delete|Update|Set\w*|Save|CommitChanges)\(", code)
            else "change"
        )
    if _DESTRUCTIVE_CMD.search(code):
        return "destructive"
    return "read" if all(_reads(line) for line in code.splitlines() if line.strip()) else "change"


def _reads(line: str) -> bool:
    match = _CMD_LINE.match(line) or re.match(r"^\s*(?P<name>\w+)", line)
    name = match["name"].lower().removesuffix(".exe") if match else ""
    if _CHANGING_ARGUMENT.search(line):
        return False
    if _READ_ARGUMENT.search(line) and name in (
        "net",
        "netsh",
        "reg",
        "sc",
        "wmic",
        "powercfg",
        "cmdkey",
        "schtasks",
        "defaults",
        "icacls",
        "w32tm",
    ):
        return True
    return name in _READ_CMD


def plain_code(text: str) -> str:
    """For comparing code with its source: escapes, doubled backslashes and runs of blanks do not matter."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"\\+", r"\\", text).replace("`", ""))).strip()
