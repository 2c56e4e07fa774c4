import pytest
from hypothesis import HealthCheck, given, settings, strategies

from flowpilot.core.search import SEARCH_LENGTH, search_query
from sessions.models import PROBLEM_SEARCH, AISession
from tests.factories import Cast, make_session


def found(text: str) -> list[str]:
    rows = AISession.objects.annotate(words=PROBLEM_SEARCH).filter(words=search_query(text))
    return sorted(rows.values_list("problem_summary", flat=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail", ["Mail bounces", "Mail is late"]),
        ("mail -late", ["Mail bounces"]),
        ('mail -"is late"', ["Mail bounces"]),
        ("bounces or late", ["Mail bounces", "Mail is late"]),
        ("mail - late", ["Mail is late"]),
        ("mail --late", ["Mail bounces"]),
    ],
)
def test_words_phrases_and_exclusions(cast: Cast, text: str, expected: list[str]) -> None:
    for summary in ("Mail is late", "Mail bounces", "VPN connects to nothing"):
        make_session(cast, problem_summary=summary)

    assert found(text) == expected


@pytest.mark.parametrize("text", ["-" * SEARCH_LENGTH, "- " * 100, "-!" * 100, "-" * 199 + "a", '"-' * 100])
def test_any_number_of_minus_signs_is_a_search(db: None, text: str) -> None:
    assert found(text) == []


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(strategies.text("-\"!&|():*'\\ a<>\u2028\u00e9_", max_size=SEARCH_LENGTH))
def test_anything_typed_is_a_search(db: None, text: str) -> None:
    assert found(text) == []
