import random

import pytest

from flowpilot.ai.offline.logs import digest, excerpt, message_of, severity_of

LOG = "\n".join(
    [
        "2026-03-02 08:00:01,120 INFO  [worker-1] Request 1 served in 12 ms for anna",
        "2026-03-02 08:00:02,450 INFO  [worker-2] Request 2 served in 9 ms for bob",
        "2026-03-02 08:00:03,001 WARN  Connection pool slow, waited 80 ms",
        "2026-03-02 08:00:04,001 ERROR Logon failed with 0x8007052e for CONTOSO\\svc-backup",
        "2026-03-02 08:00:05,001 INFO  [worker-1] Request 3 served in 14 ms for carl",
        "2026-03-02 08:00:06,001 ERROR Logon failed with 0x80070775 for CONTOSO\\svc-backup",
        "2026-03-02 08:00:07,001 WARN  Connection pool slow, waited 81 ms",
        "",
        "2026-03-02 08:00:08,001 FATAL Out of memory",
    ]
)


def test_alike_lines_are_one_with_their_number_and_how_often_they_come() -> None:
    lines = {line.number: line for line in digest(LOG).lines}
    assert (lines[1].times, lines[1].last) == (3, 5)
    assert (lines[3].times, lines[3].last) == (2, 7)


def test_another_error_code_is_another_line() -> None:
    assert {line.number for line in digest(LOG).lines} == {1, 3, 4, 6, 9}


def test_the_gravest_and_rarest_come_first() -> None:
    assert [line.number for line in digest(LOG).lines] == [9, 4, 6, 3, 1]


def test_blank_lines_keep_their_place_and_are_not_counted() -> None:
    found = digest(LOG)
    assert (found.total, found.kinds) == (8, 5)
    assert max(line.number for line in found.lines) == 9


def test_an_excerpt_is_in_the_order_of_the_log() -> None:
    assert excerpt(LOG, limit=3).split("\n") == [
        "4: 2026-03-02 08:00:04,001 ERROR Logon failed with 0x8007052e for CONTOSO\\svc-backup",
        "6: 2026-03-02 08:00:06,001 ERROR Logon failed with 0x80070775 for CONTOSO\\svc-backup",
        "9: 2026-03-02 08:00:08,001 FATAL Out of memory",
    ]


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("<3>Jan 12 10:00:00 host kernel: panic - not syncing", "fatal"),
        ("level=error msg=\"dial tcp: connection refused\"", "error"),
        ("Type: Warning, Source: Disk", "warning"),
        ("[INFO] Backup finished with 0 errors", "info"),
        ("[INFO] Request failed, will try again", "warning"),
        ("Copy of D:\\data aborted", "error"),
        ("10:00:01 DEBUG cache hit", "debug"),
        ("    at System.Net.Sockets.Connect()", "debug"),
        ("Service started", "info"),
        ("550 5.7.1 Unable to relay", "error"),
    ],
)  # fmt: skip
def test_a_line_is_as_grave_as_its_level_or_its_words_say(line: str, severity: str) -> None:
    assert severity_of(line) == severity


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02T08:00:04.123Z ERROR Tunnel down: error 809",
        "[02/03/2026 08:00:04] Error: Tunnel down: error 809",
        "Mar  2 08:00:04 ERROR: Tunnel down: error 809",
        "Tunnel down: error 809",
    ],
)
def test_the_message_of_a_line_is_without_time_and_level(line: str) -> None:
    assert message_of(line) == "Tunnel down: error 809"


def test_a_rare_error_is_found_among_a_hundred_thousand_lines() -> None:
    chance = random.Random(3)
    lines = [
        f"08:00:01 INFO Request {chance.randrange(10**6)} for host{chance.randrange(99)} done"
        for _ in range(20_000)
    ]
    lines[11_111] = "08:00:02 ERROR The certificate of sql01 has expired"
    found = digest("\n".join(lines))
    assert found.lines[0].number == 11_112
    assert found.kinds == 2


@pytest.mark.parametrize("text", ["", "\n\n\n", " \t\r\n"])
def test_nothing_gives_nothing(text: str) -> None:
    assert digest(text).lines == ()
    assert excerpt(text) == ""


def test_a_line_as_long_as_a_file_is_cut() -> None:
    assert len(digest("x " * 1_000_000).lines[0].text) == 500


def test_carriage_returns_do_not_make_lines_unlike() -> None:
    assert digest("error one\r\nerror one\r\nerror one").lines[0].times == 3
