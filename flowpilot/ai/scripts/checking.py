"""What a script may do to a customer's machine, told before anybody runs it.

Nothing is run. The script is read into its calls (`reading`), each call is held against the rules (`rules`).
A call that no rule knows counts as a change, never as harmless; what cannot be told counts as destructive.
It is a second pair of eyes, not a proof: the engineer who runs a script still decides.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_noop

from flowpilot.ai.contracts import Risk, Shell
from flowpilot.ai.scripts.reading import Call, Reading, read
from flowpilot.ai.scripts.rules import Rule, RuleBook, rule_book
from flowpilot.core.redaction import mask_secrets

RISKS: Final[tuple[Risk, ...]] = ("read", "change", "destructive")
LONGEST: Final = 64 * 1024
"""Characters that are read; what is longer counts as destructive, unread."""
LONGEST_CALL: Final = 8_000
"""Characters of one pipe; it bounds what the patterns cost."""

_CMDLET = re.compile(r"^[a-z]+-\w+")
_WHAT_IF = re.compile(r" -whatif(:? ?\$true)?(?= |$)(?!:? ?\$false)")
_DRY = re.compile(r" (--dry-run|--simulate|--just-print|--assumeno)(=\w+)?( |$)")
_DOWNLOADED = re.compile(
    r"\b(?:curl|wget|invoke-webrequest|invoke-restmethod|start-bitstransfer|certutil|bitsadmin)\b.*?"
    r"(?:(?<=\s)-\w*o|(?<=\s)-O|--output|-outfile|-destination|https?:\S+)[ =]+([^\s-]\S*)"
    r"|\.downloadfile\(.*, ?(\S+)\)",
    re.IGNORECASE,
)
_STARTERS = re.compile(
    r"^(sudo|nohup|source|\.|ba?sh|sh|powershell|pwsh|python\S*|perl|start-process|start|msiexec|call|cmd|"
    r"invoke-item|regsvr32|rundll32|wscript|cscript|chmod) "
)
REASONS: Final = {
    "change": gettext_noop("changes something, or is not known to only read"),
    "too-long": gettext_noop("is too long to be read"),
    "too-deep": gettext_noop("is nested too deeply to be read"),
    "run-download": gettext_noop("runs what it has downloaded"),
    "credential": gettext_noop("holds a password, key or token in clear"),
}


@dataclass(frozen=True)
class Hit:
    """A line of the script that does more than look."""

    line: int
    rule: str
    risk: Risk
    refuse: bool
    reason: str
    """To stand behind "It", in English; translated where it is shown."""


@dataclass(frozen=True)
class Checked:
    """The risk of a script, and where it comes from."""

    shell: Shell
    risk: Risk
    hits: tuple[Hit, ...]
    unread: tuple[int, ...]
    """Lines whose syntax the grammar did not understand. In PowerShell that is not always an error."""

    @property
    def refused(self) -> tuple[Hit, ...]:
        """What no script may do that FlowPilot hands out."""
        return tuple(hit for hit in self.hits if hit.refuse)

    @property
    def wants(self) -> tuple[str, ...]:
        """What a script of this risk has to come with."""
        return () if self.risk == "read" else ("dry_run", "undo")


def check(body: str, shell: Shell) -> Checked:
    """The risk is the highest of all calls. Never raises, whatever the text is."""
    if len(body) > LONGEST:
        return Checked(shell, "destructive", (_hit(1, "too-long", "destructive", refuse=True),), ())
    try:
        reading = read(body, shell)
    except RecursionError:
        return Checked(shell, "destructive", (_hit(1, "too-deep", "destructive", refuse=True),), ())
    hits = sorted(set(_hits(reading)) | set(_credentials(body)), key=lambda hit: (hit.line, hit.rule))
    risk: Risk = max((hit.risk for hit in hits), key=RISKS.index, default="read")
    return Checked(shell, risk, tuple(hits), tuple(sorted(set(reading.unread))))


def _hits(reading: Reading) -> Iterator[Hit]:
    for call in reading.calls:
        if not _is_dry(call) and call.words[0].lower() not in reading.functions:
            yield from _judged(call, rule_book(call.shell))
    yield from _run_downloads(reading.calls)


def _judged(call: Call, book: RuleBook) -> Iterator[Hit]:
    if len(call.pipe) > LONGEST_CALL:
        yield _hit(call.line, "too-long", "destructive", refuse=True)
        return
    met = [rule for rule in book.rules if rule.meets(call)]
    if met:
        yield from (_by(rule, call.line) for rule in met)
    elif not book.only_reads(call.text) and not _is_expression(call):
        yield _hit(call.line, "change", "change")


def _is_expression(call: Call) -> bool:
    """Methods and assignments of PowerShell: only those change something that a rule names."""
    return call.shell == "powershell" and not re.match(r"^[\w.:\\-]+( |$)", call.text)


def _is_dry(call: Call) -> bool:
    if call.shell == "powershell" and _CMDLET.match(call.text):
        return bool(_WHAT_IF.search(call.text))
    return (
        call.shell == "bash" and bool(_DRY.search(call.text)) and not call.text.startswith(("sh ", "bash "))
    )


def _run_downloads(calls: Iterable[Call]) -> Iterator[Hit]:
    """What is fetched into a file and started from there."""
    fetched: set[str] = set()
    for call in calls:
        words = [word.lower().strip("\"'()") for word in call.words]
        first = words[0] if words else ""
        started = words[1:] if _STARTERS.match(call.text) else []
        if any(name and (_base(first) == name or name in map(_base, started)) for name in fetched):
            yield _hit(call.line, "run-download", "destructive", refuse=True)
        for found in _DOWNLOADED.finditer(" ".join(call.words)):
            fetched.add(_base((found[1] or found[2] or "").lower().strip("\"'()")))


def _base(path: str) -> str:
    return re.sub(r"\.(exe|com|cmd|bat|ps1)$", "", re.split(r"[\\/]", path)[-1])


def _credentials(body: str) -> Iterator[Hit]:
    for span in mask_secrets(body).spans:
        yield _hit(body.count("\n", 0, span.source_start) + 1, "credential", "read", refuse=True)


def _by(rule: Rule, line: int) -> Hit:
    return Hit(line, rule.id, rule.risk, rule.refuse, rule.reason)


def _hit(line: int, reason: str, risk: Risk, *, refuse: bool = False) -> Hit:
    return Hit(line, reason, risk, refuse, REASONS[reason])
