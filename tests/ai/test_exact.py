"""What is exact stands as code: typed input, commands, registry names, paths with blanks, prompts."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.exact_names import exact_names
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.exact import with_code_marks
from flowpilot.flows.document import parse
from tests.ai.tickets import ticket


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (
            "Type regedit in the Open box, and then click OK.",
            "Type `regedit` in the Open box, and then click OK.",
        ),
        ("type *Label Studio* in the search box", "type `Label Studio` in the search box"),
        (
            "In the Value data box, type 1, and then click OK.",
            "In the Value data box, type `1`, and then click OK.",
        ),
        ("Enter the name of the printer.", "Enter the name of the printer."),
        ("a value of type FeederMode", "a value of type FeederMode"),
    ],
)
def test_what_is_typed_into_a_box_is_code(text: str, marked: str) -> None:
    assert with_code_marks(text) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (
            "Run the following command: scanctl reset queue 4",
            "Run the following command: `scanctl reset queue 4`",
        ),
        (
            "Restart it with iisreset /noforce at the prompt",
            "Restart it with `iisreset /noforce` at the prompt",
        ),
        ("Run scan.exe /clean /all now", "Run `scan.exe /clean /all` now"),
        ("use Get-Printer -Name Hall to see it", "use `Get-Printer -Name Hall` to see it"),
        ("with the -KeepQueue switch", "with the `-KeepQueue` switch"),
        ("Start it with the /cleanqueue switch", "Start it with the `/cleanqueue` switch"),
        (r"regsvr32 /u feeder.ocx", r"`regsvr32 /u feeder.ocx`"),
        (r"PS C:\>", r"`PS C:\>`"),
        (r"Wait for PS C:\Labels> to come back", r"Wait for `PS C:\Labels>` to come back"),
    ],
)
def test_commands_switches_and_prompts_are_code(text: str, marked: str) -> None:
    assert with_code_marks(text) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (r"C:\Program Files\Label Press for Small Business\Paper Feed", None),
        (r"HKEY_CURRENT_USER\Software\Label Press\Paper Feed", None),
        (
            r"[HKEY_CURRENT_USER\Software\Labels] holds it",
            r"`HKEY_CURRENT_USER\Software\Labels` holds it",
        ),
        ("Value Name: FeederMode", "Value Name: `FeederMode`"),
        ("DWORD: FeederMode\nString: FeederText", "DWORD: `FeederMode`\nString: `FeederText`"),
        (
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Press\<x.0>\Feed",
            r"`HKEY_LOCAL_MACHINE\SOFTWARE\Press\<x.0>\Feed`",
        ),
        ("open COM Add-ins", "open COM Add-ins"),
        ("Set it as a REG_DWORD under HKEY_USERS", "Set it as a `REG_DWORD` under `HKEY_USERS`"),
        (
            "the key {01234567-89ab-cdef-0123-456789abcdef} of it",
            "the key `{01234567-89ab-cdef-0123-456789abcdef}` of it",
        ),
        ("set it to $false", "set it to `$false`"),
    ],
)
def test_paths_with_blanks_and_registry_fields_are_code_as_a_whole(text: str, marked: str | None) -> None:
    assert with_code_marks(text) == (marked or f"`{text}`")


RESOLUTION = """\
Resolution
To stop the double feed, change the feeder mode. To do this, follow these steps:

1. Open the settings file of the label press.
2. Add a DWORD value named PressFeederMode.
3. Right-click PressFeederMode, and then select Modify.
4. Restart the label press and OneDrive on the computer next to it.
"""


def test_a_name_that_is_told_once_is_code_wherever_it_stands() -> None:
    flow = mine_one(ticket("Label press takes two sheets", "The press takes two sheets.", RESOLUTION))
    assert isinstance(flow, NewFlow)
    body = next(node.body for node in parse(flow.tree).nodes if node.kind == "action")
    assert "2. Add a DWORD value named `PressFeederMode`.\n3. Right-click `PressFeederMode`, and" in body
    assert "OneDrive on" in body


def test_products_are_no_exact_names() -> None:
    assert exact_names(["the OneDrive folder value", "the PressMode property"]) == {"PressMode"}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (
            r"in the format \<tenant\>.press.example, where *\<tenant\>* is",
            "in the format `<tenant>.press.example`, where `<tenant>` is",
        ),
        (r"in the \Users\<name>\Labels folder of it", r"in the `\Users\<name>\Labels` folder of it"),
        (r"named \<date>-\<hour>-feed.txt.", "named `<date>-<hour>-feed.txt`."),
        (r"select \<depot>, \<ramp>/\<gate> or \<lane>s", "select `<depot>`, `<ramp>`/`<gate>` or `<lane>`s"),
        (r"it is \<S>CN=*press.example*. However", "it is `<S>CN=press.example`. However"),
        ("Run *Get-Label-Copy.ps1*.", "Run `Get-Label-Copy.ps1`."),
        (
            r"the *CN=Press,CN=Feed,DC= Depot,DC= Ramp* entry",
            "the `CN=Press,CN=Feed,DC= Depot,DC= Ramp` entry",
        ),
        (
            "under CN=Labels, CN=Press Group (A), CN=Feed,DC=Depot,DC=example now",
            "under `CN=Labels, CN=Press Group (A), CN=Feed,DC=Depot,DC=example` now",
        ),
    ],
)
def test_what_touches_a_placeholder_or_belongs_to_a_name_is_one_code(text: str, marked: str) -> None:
    assert with_code_marks(text) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (r'\<Feed Limit="40" *check*', '`<Feed Limit="40" check`'),
        (
            r'> \<press value="CN=A,DC=B" name="Feed"/>\ '.strip("> "),
            '`<press value="CN=A,DC=B" name="Feed"/>`',
        ),
        ("the press.exe.config and Feed.svc files", "the `press.exe.config` and `Feed.svc` files"),
        (r"[Feed *ann\@press.example*;]", "[Feed `ann@press.example`;]"),
        (r"HKEY_LOCAL_MACHINE\SOFTWARE\Feed\\{0A-1}\2.0", r"`HKEY_LOCAL_MACHINE\SOFTWARE\Feed\{0A-1}\2.0`"),
        ("HKEY_CURRENT_USER\\Software\\Feed\\", r"`HKEY_CURRENT_USER\Software\Feed`"),
        (r"run `Set-Feed \<name> -On`", "run `Set-Feed <name> -On`"),
        ("it is copied to *your* folder", "it is copied to your folder"),
        ("open https://*Depot*.press.example", "open `https://<Depot>.press.example`"),
        (r"the *Drive*:\Feed folder, *Drive* is", r"the `<Drive>:\Feed` folder, `<Drive>` is"),
        ("_feed.exe /reset_", "`feed.exe /reset`"),
        (r"(\*.htm; \*.html)", "(`*.htm`; `*.html`)"),
        ("(*.fed or *.fedx) in an *.fed* file", "(`*.fed` or `*.fedx`) in an `.fed` file"),
        (
            "allow *.press.example.net, and feed*-b.press.com",
            "allow `*.press.example.net`, and `feed*-b.press.com`",
        ),
        ("call FeedNow() or Pull()", "call `FeedNow()` or `Pull()`"),
        ("use =OR(Len(A1)=0, Isblank(A1)).", "use `=OR(Len(A1)=0, Isblank(A1))`."),
        ("set it to =$A$1=1, and then", "set it to `=$A$1=1`, and then"),
        ('add "?feed=1" to the URL', "add `?feed=1` to the URL"),
        ('replace "mode=default" with "mode=view&b=1".', "replace `mode=default` with `mode=view&b=1`."),
        ("a *feeder* counts in *bytes*", "a feeder counts in bytes"),
        (
            r"the drive:\Old Feeds\\<user_name>\Local Feeds\Press folder",
            r"the `drive:\Old Feeds\<user_name>\Local Feeds\Press` folder",
        ),
    ],
)
def test_escapes_and_emphasis_are_no_part_of_the_code(text: str, marked: str) -> None:
    assert with_code_marks(text) == marked


def test_a_path_keeps_its_backslash_before_a_placeholder_in_titles() -> None:
    assert (
        plain_words(r"the file C:\Users\<name>\feed.ost and \<x>")
        == r"the file C:\Users\<name>\feed.ost and <x>"
    )


LED = "Resolution\nTo fix this, follow these steps on the computer that holds the press:\n\n"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "1. Change the string to the following value:\n   Feed Press Update 7\n2. Select OK.\n"
            "3. Restart the press.",
            "   `Feed Press Update 7`",
        ),
        (
            "1. Use the following line in the Feed.txt file:\n\n   Press-Agent: Feed 6.0\n2. Restart it.",
            "`Press-Agent: Feed 6.0`",
        ),
        (
            "1. Make a text file, and paste the following to it:\n\n   open the feed\n\n   :9\n\n   exit\n"
            "2. Run the file.\n3. Close it.",
            "   open the feed\n   :9\n   exit\n   ```",
        ),
        (
            "1. Open the press.\n2. Set these:\n\n   |Name|Type|\n   |---|---|\n"
            "   |HKCU\\Software\\Feed|REG_DWORD|\n3. Close the press.",
            "|`HKCU\\Software\\Feed`|`REG_DWORD`|",
        ),
        (
            "1. Open the press with lockShared or lockBatch, as in this code:\n\n   ```vb\n"
            "   Press.Open feed, lockShared\n   ```\n2. Run the code again.",
            "with `lockShared` or `lockBatch`",
        ),
    ],
)
def test_what_is_to_be_entered_is_code(told: str, shown: str) -> None:
    flow = mine_one(ticket("The press prints empty labels", "It prints empty labels.", f"{LED}{told}\n"))
    assert isinstance(flow, NewFlow)
    assert any(shown in node.body for node in parse(flow.tree).nodes)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Expand CN=Press Feed, and then select it.", "Expand `CN=Press Feed`, and"),
        ("Select the Press.Feed.Copies.4 entry.", "Select the `Press.Feed.Copies.4` entry."),
        ("Point it to feed.press.example.net.", "Point it to `feed.press.example.net`."),
        ("Use strFeedName for it.", "Use `strFeedName` for it."),
        ("Set FeedMode=2 there.", "Set `FeedMode=2` there."),
        ("Mail ann@feed.press.example.net now.", "Mail ann@feed.press.example.net now."),
    ],
)
def test_names_that_their_shape_gives_away_are_code(told: str, shown: str) -> None:
    text = f"{LED}1. Open the console of the press on the ramp.\n2. {told}\n3. Restart the press.\n"
    flow = mine_one(ticket("The press prints empty labels", "It prints empty labels.", text))
    assert isinstance(flow, NewFlow)
    assert any(f"2. {shown}" in node.body for node in parse(flow.tree).nodes)


def test_a_quoted_message_stays_as_it_is() -> None:
    text = "It says:\n\n> Cannot read strFeedName of Press.Feed.Copies.4\n"
    flow = mine_one(
        ticket(
            "The press prints empty labels",
            text,
            f"{LED}1. Set strFeedName to the name of the feed of the ramp.\n2. Restart it now.\n",
        )
    )
    assert isinstance(flow, NewFlow)
    assert "> Cannot read strFeedName of Press.Feed.Copies.4" in parse(flow.tree).nodes[0].body


def test_cmdlets_that_a_message_names_are_not_set_as_commands() -> None:
    text = (
        "It says:\n\n> Update-FeedList\n> The cmdlet Get-FeedList -Ramp failed with 0x80070005 for <user>\n"
    )
    told = f"{LED}1. Set the limit of the feed of the ramp to the number of labels.\n2. Restart it now.\n"
    flow = mine_one(ticket("The press prints empty labels", text, told))
    assert isinstance(flow, NewFlow)
    body = parse(flow.tree).nodes[0].body
    assert "> Update-FeedList\n> The cmdlet Get-FeedList -Ramp failed with `0x80070005` for `<user>`" in body
