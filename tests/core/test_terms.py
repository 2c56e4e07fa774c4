"""What survives tokenisation, and what counts how much."""

import pytest

from flowpilot.core.identifiers import is_code
from flowpilot.core.terms import SIGNATURE_SIZE, codes, signature, stem, terms, weight


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fails with 0x80070005.", ["0x80070005"]),
        ("error 0x0000011B and 0x11b", ["0x11b"]),
        ("error 80070005 in the log", ["0x80070005"]),
        ("Event ID 4625 on DC01", ["event-4625"]),
        ("Event IDs 41, 6008 and 1074", ["event-41", "event-6008", "event-1074"]),
        ("event 4740 again", ["event-4740"]),
        ("AADSTS50076: second factor", ["aadsts50076"]),
        ("returned with 550 5.7.1 Unable to relay", ["5.7.1"]),
        ("bounced: 550-5.7.26", ["5.7.26"]),
        ("after KB5034441", ["kb5034441"]),
        ("found CVE-2021-34527", ["cve-2021-34527"]),
        ("returned error -2147024891", ["0x80070005"]),
        ("exit code -1603", ["error-1603"]),
        ("L2TP error 809", ["error-809"]),
        ("HTTP Error 503.", ["error-503"]),
        ("503 Service Unavailable", ["error-503"]),
        ("stops with IRQL_NOT_LESS_OR_EQUAL", ["irql_not_less_or_equal"]),
        ("HCW8014 in the wizard", ["hcw8014"]),
    ],
)
def test_error_codes_come_out_in_one_spelling(text: str, expected: list[str]) -> None:
    assert codes(text) == expected
    assert [term for term in dict.fromkeys(terms(text)) if is_code(term)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "INC0012345 was opened for jane@example.com",
        "ESXi version 5.7.1 is installed",
        "It failed with an error 30 times today",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Vendor",
        "Office 2019 on Windows 11",
        "at 0x00007ff8a2b3c4d5",
        "the password is <SECRET_1>",
    ],
)
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    "bait", ["error code" + " " * 150_000, "status " * 25_000, "event id" + "\t" * 150_000]
)
def test_what_begins_like_a_code_and_never_ends_is_read_at_once(bait: str) -> None:
    assert codes(f"0x11b {bait}.") == ["0x11b"]


def test_what_is_too_long_for_a_code_is_none() -> None:
    assert codes(f"IRQL{'_NOT' * 15} A{'_B1' * 1_000} ERR{'7' * 3_000} HCW8014") == [
        "irql" + "_not" * 15,
        "hcw8014",
    ]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Run Set-Mailbox first", "set-mailbox"),
        ("spoolsv.exe crashes", "spoolsv.exe"),
        ("ping srv-dc01.contoso.local", "srv-dc01.contoso.local"),
        ("PC-114 is slow", "pc-114"),
        (r"no access to \\fs01\projects", "fs01"),
        (r"clear C:\Windows\System32\spool\PRINTERS", "spool"),
        ("see https://www.portal.example.com/a?b=c", "portal.example.com"),
        ("802.1X fails", "802.1x"),
        ("error 8606", "8606"),
    ],
)
def test_names_stay_whole(text: str, term: str) -> None:
    assert term in terms(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cannot sign-in", "can't log on"),
        ("e-mails", "mail"),
        ("configured", "configuration"),
        ("Multi-Factor Authentication", "2FA"),
        ("the printers", "printer"),
        ("it freezes", "stops responding"),
        ("wireless", "Wi-Fi"),
    ],
)
def test_spellings_of_one_word_are_one_term(one: str, other: str) -> None:
    assert set(terms(one)) == set(terms(other)) != set()


@pytest.mark.parametrize(
    "text", ["", "Hi, please help, it doesn't work!", "10.0.0.5", "jane.doe@example.com", "1 22"]
)
def test_what_every_ticket_says_has_no_terms(text: str) -> None:
    assert terms(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "A" * 200_000,
        "a." * 100_000,
        "x-" * 100_000,
        "a@" * 100_000,
        "\\\\" * 90_000,
        "error " + " " * 190_000,
    ],
)
def test_hostile_text_is_no_term(text: str) -> None:
    assert terms(text) == []


def test_stem_is_stable() -> None:
    words = [
        "replicate",
        "replication",
        "connected",
        "printing",
        "licences",
        "policies",
        "addresses",
        "access",
    ]
    assert [stem(word) for word in words] == [
        "replic",
        "replic",
        "connect",
        "print",
        "licenc",
        "policy",
        "address",
        "access",
    ]


def test_codes_weigh_more_than_names_and_names_more_than_everyday_words() -> None:
    assert weight("0x11b") > weight("spoolsv.exe") > weight("spooler") > weight("printer") > weight("server")


def test_signature_begins_with_the_code_and_leaves_everyday_words_out() -> None:
    found = signature(
        "Printer on the server fails with 0x0000011b", "The spooler hangs, spoolsv.exe uses all memory."
    )
    assert found[0] == "0x11b"
    assert "server" not in found


def test_signature_of_a_log_is_bounded_and_repeatable() -> None:
    text = " ".join(f"module{number}.dll" for number in range(200))
    found = signature("Crash", text)
    assert len(found) == SIGNATURE_SIZE
    assert found == signature("Crash", text)


def test_signature_of_everyday_words_is_not_empty() -> None:
    assert signature("Outlook on the server", "") == ["outlook", "server"]
