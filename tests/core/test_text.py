import json
from decimal import Decimal

import pytest

from flowpilot.core.text import InvalidJson, TextTooLong, checked_text, clean_json, clean_line, clean_text

REFUSED_JSON = [
    ({"a": ["x", "b\x00"]}, "$.a[1]"),
    ({"a\x00": 1}, "$"),
    ({"notes": [{"text": "\ud800"}]}, "$.notes[0].text"),
    ([1.5, float("nan")], "$[1]"),
    ({"n": float("inf")}, "$.n"),
    ({"n": 2**63}, "$.n"),
    ({1: "x"}, "$"),
    ({"d": Decimal("1.5")}, "$.d"),
    ({"s": {1, 2}}, "$.s"),
]


def nested(levels: int) -> object:
    value: object = "leaf"
    for _level in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("  plain  ", "plain"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\x00b\x07c\x1bd\x7f", "abcd"),
        ("\ufeffwith a mark", "with a mark"),
        ("lone \ud800 half", "lone  half"),
        ("torn \ud83d\ude00 apart", "torn 😀 apart"),
        ("tab\tstays\nand line", "tab\tstays\nand line"),
        (None, ""),
        (float("nan"), ""),
        (Decimal("NaN"), ""),
        (1042, "1042"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
    ],
)
def test_text_is_made_fit_for_the_database(given: object, cleaned: str) -> None:
    assert clean_text(given, limit=100) == cleaned


def test_number_with_more_digits_than_python_writes_is_empty() -> None:
    assert clean_text(10**5000, limit=100) == ""


def test_long_text_is_cut_at_its_limit() -> None:
    assert clean_text("x" * 11, limit=10) == "x" * 10
    assert clean_text("12345 789", limit=6) == "12345"


def test_text_that_must_not_be_cut_is_refused_by_name() -> None:
    assert checked_text("x" * 10, limit=10, field="resolution") == "x" * 10
    with pytest.raises(TextTooLong) as refused:
        checked_text("x" * 11, limit=10, field="resolution")
    assert str(refused.value) == "resolution has 11 characters; at most 10 are allowed"


def test_a_line_has_no_breaks_left() -> None:
    assert clean_line(" a\r\n b\t\tc ", limit=100) == "a b c"


def test_json_that_the_database_takes_comes_back_equal() -> None:
    value = {"a": [1, 2.5, True, None, "tëxt", {"b": []}], "n": 2**63 - 1}
    assert clean_json(value) == value
    assert clean_json((1, 2)) == [1, 2]


@pytest.mark.parametrize(("value", "path"), REFUSED_JSON, ids=[path for _value, path in REFUSED_JSON])
def test_json_that_the_database_refuses_is_named_by_its_path(value: object, path: str) -> None:
    with pytest.raises(InvalidJson) as refused:
        clean_json(value)
    assert refused.value.path == path


def test_json_nested_more_than_32_levels_is_refused() -> None:
    assert clean_json(nested(32)) == nested(32)
    with pytest.raises(InvalidJson, match="nested too deeply"):
        clean_json(nested(33))
    with pytest.raises(InvalidJson, match="nested too deeply"):
        clean_json(json.loads("[" * 900 + "]" * 900))
