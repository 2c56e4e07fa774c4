from datetime import UTC, datetime

import pytest

from flowpilot.psa.values import at, line_at, moment_at, plain, rows_at, text_at


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00.12", datetime(2026, 11, 22, 10, 0, 0, 120_000, UTC)),
        ("2026-11-22T10:00:00.1234567", datetime(2026, 11, 22, 10, 0, 0, 123_456, UTC)),
        ("2026-11-22T10:00:00+02:00", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("1899-12-30T00:00:00", None),
        ("1900-01-01T00:00:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_moments_are_utc_and_dates_that_mean_none_are_none(written: object, moment: datetime | None) -> None:
    assert moment_at({"at": written}, "at") == moment


def test_what_is_missing_null_or_of_another_shape_is_empty() -> None:
    data = {
        "board": None,
        "id": 7,
        "flag": True,
        "notes": [{"text": "a\x00b\r\nc"}, None, 3],
        "name": " a\n b ",
    }
    assert (at(data, "board", "name"), at(data, "notes", 5), at(data, "id", "x")) == (None, None, None)
    assert (line_at(data, "board"), line_at(data, "id"), line_at(data, "flag")) == ("", "7", "")
    assert (line_at(data, "name"), line_at(data, "notes"), text_at(data, "id")) == ("a b", "", "")
    assert text_at(data, "notes", 0, "text") == "ab\nc"
    assert rows_at(data, "notes") == [{"text": "a\x00b\r\nc"}]
    assert rows_at(data, "name") == []


def test_markup_becomes_text_with_its_lines() -> None:
    html = (
        "<style>p {}</style><p>It <b>blinks</b>&nbsp;&amp; &lt;31&gt;.<br>Twice</p><ul><li>a</li><li>b</li>"
    )
    assert plain(html + "<script>alert(1)</script>") == "It blinks & <31>.\nTwice\n\na\n\nb"
    assert plain("no markup < at all") == "no markup < at all"
