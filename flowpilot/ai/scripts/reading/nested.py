"""Code within calls: what `sudo`, `sh -c`, `eval`, `iex`, `cmd /c`, `ssh` and others run."""

import re
from collections.abc import Iterator
from dataclasses import replace

from flowpilot.ai.contracts import Shell
from flowpilot.ai.scripts.reading.model import Call, Code
from flowpilot.ai.scripts.reading.printing import printed
from flowpilot.ai.scripts.reading.ps_values import decoded

_ENCODED = re.compile(r"^[-/]e(nc?|ncodedcommand|nco\w*)?$|^[-/]ec$", re.IGNORECASE)
_COMMAND = re.compile(r"^[-/]c(o\w*)?$", re.IGNORECASE)
_FILE = re.compile(r"^[-/]f(i\w*)?$", re.IGNORECASE)
_TAKES_WORD = re.compile(
    r"^[-/](ex|ep|exec\w*|w|wi\w*|v|ver\w*|in\w*|of|ou\w*|ps\w*|config\w*|wd|working\w*|settings\w*|custom\w*)$",
    re.IGNORECASE,
)
_ASSIGNS = re.compile(r"^\w+=")
_BASH_NAMES = {"sh", "bash", "dash", "zsh", "ksh", "ash"}
_TAKES_VALUE = {
    "sudo": {"-u", "-g", "-h", "-p", "-U"}, "doas": {"-u"}, "nice": {"-n"}, "ionice": {"-c", "-n", "-p"},
    "timeout": {"-s", "-k"}, "xargs": {"-I", "-n", "-P", "-d", "-L", "-a", "-E", "-s"}, "env": {"-u", "-C"},
    "stdbuf": {"-i", "-o", "-e"}, "parallel": {"-j"}, "watch": {"-n"},
    "chroot": {"--userspec"}, "flock": {"-w"},
}  # fmt: skip
_FRONTS = {*_TAKES_VALUE, "nohup", "setsid", "command", "builtin", "exec", "time", "busybox", "toybox",
           "unbuffer", "strace", "\\"}  # fmt: skip
_SKIPS_FIRST = {"timeout", "chroot", "flock"}
"""Fronts whose first word is not yet the command: a duration, a root, a lock."""
_OVER_NETWORK = {"ssh": {"-p", "-i", "-o", "-l", "-F", "-J"}, "wsl": {"-d", "-u"}}


def inside(call: Call) -> Iterator[Call | Code]:
    """The call or the code that a call runs, if it is one of those that run others."""
    name = call.words[0].lower() if call.words else ""
    base = name.rsplit("/", 1)[-1]
    for looks in (_front, _shell_code, _found, _fed, _windows, _windows_front):
        yield from looks(call, base)


def _front(call: Call, name: str) -> Iterator[Call | Code]:
    """`sudo`, `env`, `xargs` and other words that stand in front of a command."""
    if call.shell != "bash" or name not in _FRONTS or call.words[1:2] in (("-v",), ("-V",)):
        return
    rest = _behind_options(call.words[1:], _TAKES_VALUE.get(name, set()))
    rest = rest[1:] if name in _SKIPS_FIRST else rest
    while rest and _ASSIGNS.match(rest[0]):
        rest = rest[1:]
    if rest:
        yield replace(call, words=tuple(rest))


def _behind_options(words: tuple[str, ...], takes_value: set[str]) -> tuple[str, ...]:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in takes_value else words[1:]
    return words


def _shell_code(call: Call, name: str) -> Iterator[Call | Code]:
    """`sh -c`, `eval`, `trap`, `su -c`, `ssh host`: texts that a POSIX shell runs."""
    words = call.words
    if name in _BASH_NAMES or name == "su":
        at = next((i for i, word in enumerate(words) if re.match(r"^-\w*c$", word)), 0)
        if at and at + 1 < len(words):
            yield Code("bash", words[at + 1], call.variables)
    elif name == "eval" and call.shell == "bash":
        yield Code("bash", " ".join(words[1:]), call.variables)
    elif name == "trap" and len(words) > 2:
        yield Code("bash", words[1], call.variables)
    elif name in _OVER_NETWORK:
        rest = _behind_options(words[1:], _OVER_NETWORK[name])
        rest = rest[1:] if name == "ssh" else rest
        yield Code("bash", " ".join(rest))
    elif name in ("docker", "podman", "kubectl") and "exec" in words:
        at = next((i for i, word in enumerate(words) if word in _BASH_NAMES), 0)
        if at:
            yield replace(call, words=words[at:])


def _found(call: Call, name: str) -> Iterator[Call | Code]:
    """`find … -exec` and `forfiles /c`."""
    words = call.words
    if name == "find" and call.shell == "bash":
        for at, word in enumerate(words):
            if word in ("-exec", "-execdir", "-ok", "-okdir") and at + 1 < len(words):
                yield replace(call, words=words[at + 1 :])
    elif name == "forfiles":
        at = next((i for i, word in enumerate(words) if word.lower() == "/c"), 0)
        if at:
            yield Code("cmd", " ".join(words[at + 1 :]))


def _fed(call: Call, name: str) -> Iterator[Call | Code]:
    """A shell that reads what is known to be fed into it."""
    if name not in _BASH_NAMES or not call.fed_by:
        return
    fed = call.fed_by[-1]
    if fed.startswith("echo "):
        yield Code("bash", fed[5:])
    said = printed(call.fed_by)
    if said:
        yield Code("bash", said)


def _windows(call: Call, name: str) -> Iterator[Call | Code]:
    """PowerShell, cmd and those that start them."""
    if name in ("powershell", "pwsh", "powershell.exe", "pwsh.exe"):
        yield from _powershell(call)
    elif name in ("cmd", "cmd.exe", "%comspec%", "$env:comspec"):
        yield from _behind(call, re.compile(r"^/[ckr]$", re.IGNORECASE), "cmd")
    elif name in ("invoke-expression", "[scriptblock]::create"):
        yield from _expression(call)
    elif name == "start-process":
        yield from _started(call)


def _windows_front(call: Call, name: str) -> Iterator[Call | Code]:
    """`start` of cmd, `psexec` and `runas`, which stand in front of a command."""
    if name not in ("psexec", "psexec64", "runas") and not (name == "start" and call.shell == "cmd"):
        return
    for at, word in enumerate(call.words[1:], 1):
        if word and not word.startswith(("-", "/", "\\\\")):
            yield replace(call, words=call.words[at:])
            return


def _powershell(call: Call) -> Iterator[Call | Code]:
    """The code behind `-Command`, `-EncodedCommand`, or behind all options; or what is fed in."""
    words, at = call.words, 1
    while at < len(words) and words[at].startswith(("-", "/")):
        word, rest = words[at], words[at + 1 :]
        if _ENCODED.match(word):
            code = decoded(rest[0], "utf-16-le") if rest else None
            if code is not None:
                yield Code("powershell", code)
            return
        if _FILE.match(word):
            return
        if _COMMAND.match(word):
            at += 1
            break
        at += 2 if _TAKES_WORD.match(word) else 1
    if at < len(words) and words[at] != "-":
        yield Code("powershell", _unblocked(" ".join(words[at:])))
    elif call.fed_by and call.fed_by[-1].startswith(("echo ", "write-output ")):
        yield Code("powershell", call.fed_by[-1].partition(" ")[2])


def _unblocked(code: str) -> str:
    code = code.strip()
    return code[1:-1] if code.startswith("{") and code.endswith("}") else code


def _behind(call: Call, sign: re.Pattern[str], shell: Shell) -> Iterator[Code]:
    at = next((i for i, word in enumerate(call.words) if sign.match(word)), 0)
    if at:
        yield Code(shell, " ".join(call.words[at + 1 :]))


def _expression(call: Call) -> Iterator[Call | Code]:
    given = [word for word in call.words[1:] if word.lower() not in ("-command", "-c")]
    if given:
        yield Code("powershell", " ".join(given))
    elif call.fed_by:
        yield Code("powershell", call.fed_by[-1])


def _started(call: Call) -> Iterator[Call | Code]:
    """`Start-Process x -ArgumentList y` as the call `x y`."""
    words = [word for word in call.words[1:] if word.lower() not in ("-filepath", "-argumentlist", "-args")]
    if words:
        arguments = [part for word in words[1:] for part in re.split(r"[,\s]+", word) if part]
        yield replace(call, words=(re.sub(r"(?i)\.exe$", "", words[0]), *arguments))
