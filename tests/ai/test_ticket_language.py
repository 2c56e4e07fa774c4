import pytest

from flowpilot.ai.offline.text.clauses import YesNo, lower_first, yes_no
from flowpilot.ai.offline.text.code import command_risk, shell_of
from flowpilot.ai.offline.text.cues import condition_of, is_fallback, is_support
from flowpilot.ai.offline.text.exact import with_code_marks
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words, sentences


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("To resolve this issue, change the paper tray.", "Change the paper tray"),
        ("To add the second tray, follow these steps:", "Add the second tray"),
        ("You must restart the scanner.", "Restart the scanner"),
        ("We recommend that you replace the battery.", "Replace the battery"),
        ("This issue can be resolved by adding the user to the group.", "Add the user to the group"),
        ("The tray must be linked to a printer.", "Link the tray to a printer"),
        (
            "Restarted the print spooler and cleared the queue.",
            "Restart the print spooler and clear the queue",
        ),
        ("If the light is red, unplug the cable.", "Unplug the cable"),
        ("In the left pane, select Trays.", "Select Trays"),
    ],
)
def test_a_sentence_gives_the_title_of_what_it_orders(sentence: str, title: str) -> None:
    order = order_of(sentence)
    assert order is not None
    assert title_of(order.text) == title


@pytest.mark.parametrize(
    "sentence",
    [
        "The certificate is expired.",
        "See the manual.",
        "Update servers are slow.",
        "Deleted items are kept for a week.",
    ],
)
def test_statements_order_nothing(sentence: str) -> None:
    assert order_of(sentence) is None


def test_pointing_at_steps_is_generic() -> None:
    order = order_of("To fix the issue, follow these steps:")
    assert order is not None
    assert (order.generic, order.text) == (True, "")


@pytest.mark.parametrize(
    ("clause", "question"),
    [
        ("the mailbox is shared", YesNo("Is the mailbox shared?", yes_means_so=True)),
        ("the service isn't running", YesNo("Is the service running?", yes_means_so=False)),
        ("The name contains a quote", YesNo("Does the name contain a quote?", yes_means_so=True)),
        ("you're using an old cable", YesNo("Are you using an old cable?", yes_means_so=True)),
        ("the user has no licence", YesNo("Does the user have any licence?", yes_means_so=False)),
    ],
)
def test_a_clause_becomes_a_question_that_can_be_answered(clause: str, question: YesNo) -> None:
    assert yes_no(clause) == question


@pytest.mark.parametrize(
    "clause", ["the user who is away has a phone", "this issue is known", "because of it"]
)
def test_unclear_grammar_gives_no_question(clause: str) -> None:
    assert yes_no(clause) is None


def test_names_keep_their_capital() -> None:
    assert [lower_first(text) for text in ("Users wait", "Outlook waits", "DNS waits")] == [
        "users wait",
        "Outlook waits",
        "DNS waits",
    ]


def test_fallback_support_and_condition_are_told_apart() -> None:
    assert is_fallback("If the issue persists, replace the drum.")
    assert is_support("If nothing helps, contact the vendor's technical support.")
    assert condition_of("If the drum is worn, replace it.") == ("the drum is worn", "replace it.")
    assert condition_of("If the issue persists, replace the drum.") is None


def test_sentences_keep_code_and_abbreviations_whole() -> None:
    text = "Run `a. B` first. Use e.g. Notepad. Version 16.0 works."
    assert [s.text for s in sentences(text)] == [
        "Run `a. B` first.",
        "Use e.g. Notepad.",
        "Version 16.0 works.",
    ]
    assert all(text[s.start : s.end] == s.text for s in sentences(text))


def test_long_titles_break_before_a_clause() -> None:
    assert first_words("Replace the drum of the printer in the hall when the light is red", 40) == (
        "Replace the drum of the printer"
    )


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (
            r"Open HKEY_LOCAL_MACHINE\Software\Contoso Tools\Scan.",
            r"Open `HKEY_LOCAL_MACHINE\Software\Contoso Tools\Scan`.",
        ),
        (r"Go to *C:\Program Files\Scan*", r"Go to `C:\Program Files\Scan`"),
        (r"Run Get-Printer for \<name>", "Run `Get-Printer` for `<name>`"),
        ("Error 0x80AA00FF", "Error `0x80AA00FF`"),
        ("`Get-Printer` and https://example.com/a", "`Get-Printer` and https://example.com/a"),
    ],
)
def test_what_is_exact_is_set_as_code(text: str, marked: str) -> None:
    assert with_code_marks(text) == marked


@pytest.mark.parametrize(
    ("code", "language", "shell", "risk"),
    [
        ("Get-Printer -Name LAB1", "powershell", "powershell", "read"),
        ("Set-Printer -Name LAB1 -Shared $true", "", "powershell", "change"),
        ("Get-PrintJob LAB1 | Remove-PrintJob", "powershell", "powershell", "destructive"),
        ("ipconfig /all", "console", "cmd", "read"),
        ("ipconfig /flushdns", "cmd", "cmd", "change"),
        ("netsh winhttp set proxy proxy-server=x bypass-list=y", "cmd", "cmd", "change"),
        ("del /q C:\\Temp\\*", "", "cmd", "destructive"),
        ("sudo systemctl restart cups", "bash", "bash", "change"),
    ],
)
def test_a_command_has_a_shell_and_a_risk(code: str, language: str, shell: str, risk: str) -> None:
    found = shell_of(code, language)
    assert found == shell
    assert command_risk(code, found) == risk


@pytest.mark.parametrize(
    ("code", "language"), [("<a/>", "xml"), ("Level: Error", "output"), ("Dim x", "vb"), ("", "")]
)
def test_output_and_configuration_are_no_commands(code: str, language: str) -> None:
    assert shell_of(code, language) is None
