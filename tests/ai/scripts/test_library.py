"""The scripts that come along: what each promises holds, and no value gets out of its quotes."""

import re
import shutil
import subprocess
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.ai.contracts import ScriptParameter, Shell
from flowpilot.ai.scripts.checking import check
from flowpilot.ai.scripts.finding import find
from flowpilot.ai.scripts.library import LibraryScript, library
from flowpilot.ai.scripts.quoting import assignment, refusal
from flowpilot.ai.scripts.reading import read
from flowpilot.ai.scripts.reading.grammars import parse, source
from flowpilot.ai.scripts.reading.ps_values import Values
from flowpilot.ai.scripts.rendering import BadValue, filled, rendered
from flowpilot.flows.domains import DOMAINS

SCRIPTS = list(library().values())
PLAIN = {
    "user": "jdoe",
    "host": "srv01",
    "path": "C:\\Data\\mail.ost",
    "service": "Spooler",
    "text": "Name",
    "integer": "5",
    "boolean": "true",
}
HOSTILE = [
    "'; rm -rf / #", '"; Remove-Item C:\\ -Recurse; "', "$(reboot)", "`reboot`", "a' + (iex 'x') + 'b",
    "& format c:", "%PATH%", "!x!", "a^b", 'x" & del /s *', "'''", "\u2019; iwr x | iex; \u2018",
    "${IFS}", "a|b", "a\\", "$env:x", "-rf", "a\nb", "a\x00b", "(reboot)", "@(1)", "a;b", "*", "~", "#",
    'a`"b', "\u2028x", "{0}", "<x>", "a'b", "O\u2019Neil",
]  # fmt: skip


def ids(script: LibraryScript) -> str:
    return script.id


def with_values(script: LibraryScript, value: str = "") -> tuple[ScriptParameter, ...]:
    """The parameters with the hostile value wherever it is taken, else with a plain one."""
    values = {}
    for wanted in script.parameters:
        takes = value and not refusal(script.shell, wanted.type, value, wanted.pattern)
        values[wanted.name] = value if takes else wanted.default or PLAIN[wanted.type]
    return filled(script, values)


def commands(body: str, shell: Shell) -> list[str]:
    """The names of what a script calls; a method's has its values within."""
    names = (call.words[0].lower() for call in read(body, shell).calls)
    return ["a method" if "(" in name else name for name in names]


def test_there_are_more_than_sixty_for_three_shells_and_most_only_look() -> None:
    assert len(SCRIPTS) >= 60
    assert {script.shell for script in SCRIPTS} == {"powershell", "bash", "cmd"}
    risks = Counter(script.risk for script in SCRIPTS)
    assert risks["read"] > 2 * risks["change"]
    assert risks["destructive"] == 0
    assert {script.domain for script in SCRIPTS} <= {domain.key for domain in DOMAINS}


@pytest.mark.parametrize("script", SCRIPTS, ids=ids)
def test_each_parses_and_is_of_its_own_risk(script: LibraryScript) -> None:
    checked = check(rendered(script.shell, script.body, with_values(script)), script.shell)
    assert (checked.risk, checked.unread, checked.refused) == (script.risk, (), ())


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script.risk != "read"], ids=ids)
def test_the_dry_run_only_looks_and_the_way_back_destroys_nothing(script: LibraryScript) -> None:
    parameters = with_values(script)
    dry = check(rendered(script.shell, script.dry_run, parameters), script.shell)
    assert (dry.risk, dry.unread) == ("read", ())
    if script.undo_is_script:
        undo = check(rendered(script.shell, script.undo, parameters), script.shell)
        assert (undo.risk, undo.unread, undo.refused) == ("change", (), ())


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script.parameters], ids=ids)
def test_every_parameter_is_used_and_no_variable_is_left_without_one(script: LibraryScript) -> None:
    signs = {"powershell": r"\$\{?%s\b", "bash": r"\$\{?%s\b", "cmd": "%%%s%%"}[script.shell]
    for wanted in script.parameters:
        assert re.search(signs % wanted.name, script.body)


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script.parameters], ids=ids)
def test_a_hostile_value_changes_nothing_of_what_a_script_does(script: LibraryScript) -> None:
    plain = rendered(script.shell, script.body, with_values(script))
    names = commands(plain, script.shell)
    for value in HOSTILE:
        body = rendered(script.shell, script.body, with_values(script, value))
        assert body.count("\n") == plain.count("\n")
        assert commands(body, script.shell) == names, value
        assert check(body, script.shell).risk == script.risk


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_takes_every_hostile_value_as_it_is() -> None:
    taken = [value for value in HOSTILE if not refusal("bash", "text", value)]
    lines = [f'{assignment("bash", "VALUE", "text", value)}\nprintf "%s\\0" "$VALUE"' for value in taken]
    said = subprocess.run(
        ["bash", "-c", "\n".join(lines)], capture_output=True, check=True, timeout=20
    ).stdout
    assert said.decode().split("\0")[:-1] == taken
    assert len(taken) > 20


@settings(max_examples=150)
@given(st.text(max_size=40))
def test_in_powershell_a_value_is_one_literal_whatever_it_holds(value: str) -> None:
    if refusal("powershell", "text", value):
        return
    tree = parse("powershell", assignment("powershell", "Name", "text", value) + "\n")
    assert not tree.root_node.has_error
    statement = tree.root_node.named_children[0].named_children
    assert len(statement) == 1
    literal = source(statement[0]).removeprefix("$Name = ")
    for quote in "\u2018\u2019\u201a\u201b":
        literal = literal.replace(quote * 2, quote)
    assert Values().text_of(literal) == value


@settings(max_examples=150)
@given(st.text(max_size=40), st.sampled_from(sorted(PLAIN)))
def test_in_cmd_no_value_with_a_special_sign_is_taken(value: str, kind: str) -> None:
    if not refusal("cmd", kind, value):
        assert not set(value) & set('%!^&|<>"\r\n')


@pytest.mark.parametrize(
    ("shell", "kind", "value"),
    [
        ("bash", "host", "-oProxyCommand=x"),
        ("bash", "path", "-rf"),
        ("bash", "integer", "1; reboot"),
        ("powershell", "user", "a;b"),
        ("cmd", "text", "100%"),
        ("cmd", "path", "C:\\Data\\"),
        ("bash", "text", ""),
        ("bash", "text", "x" * 501),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused_with_a_reason(
    shell: Shell, kind: str, value: str
) -> None:
    assert refusal(shell, kind, value).endswith(".")


def test_a_bad_value_names_its_parameter() -> None:
    with pytest.raises(BadValue) as refused:
        filled(library()["ad-lockout-source"], {"Hours": "many"})
    assert refused.value.name == "Hours"


@pytest.mark.parametrize(
    ("purpose", "shell", "found"),
    [
        ("Unlock the user's account", "powershell", "ad-unlock-account"),
        ("Which computer locks the account?", "powershell", "ad-lockout-source"),
        ("Clear the print queue", "cmd", "printer-clear-spool"),
        ("Check disk space", "bash", "linux-disk-space"),
        ("Check disk space", "powershell", "win-disk-space"),
        ("Why was the mail to the customer not delivered?", "powershell", "exo-message-trace"),
        ("Has the certificate of the web server expired?", "bash", "linux-certificate-dates"),
        ("flush dns", "cmd", "win-flush-dns"),
        ("Check DHCP scope", "powershell", "dhcp-scope-use"),
        ("Restart nginx", "bash", "linux-restart-service"),
    ],
)
def test_a_script_is_found_by_its_purpose(purpose: str, shell: Shell, found: str) -> None:
    best = find(purpose, shell)
    assert best is not None
    assert best.script.id == found


@pytest.mark.parametrize(
    "purpose", ["Delete all mailboxes", "Format the disk", "Reset the password", "Order a pizza"]
)
def test_nothing_is_offered_for_what_no_script_does(purpose: str) -> None:
    assert find(purpose, "powershell") is None
