"""Parts of pages that are drawn once: kept by what they name, and blind for all else."""

import pytest
from django.template import Context, TemplateSyntaxError, engines
from django.test import RequestFactory

from flowpilot.core.templatetags import keeping

DJANGO = engines["django"]


def template(source: str) -> object:
    return DJANGO.from_string("{% load keeping %}" + source)


def drawn(source: str, *contexts: dict[str, object]) -> list[str]:
    """One template with several contexts, one after the other."""
    made = template(source)
    return [made.render(each) for each in contexts]  # type: ignore[attr-defined]


def test_a_part_is_drawn_once_for_each_value_that_it_is_kept_by() -> None:
    times = iter(range(10))
    context = {"draw": lambda: next(times)}
    said = drawn(
        "{% kept here=here %}{{ here }}{% if here %}!{% endif %}{% endkept %} {{ draw }}",
        {**context, "here": "flows"},
        {**context, "here": "inbox"},
        {**context, "here": "flows"},
        {**context, "here": ""},
    )
    assert said == ["flows! 0", "inbox! 1", "flows! 2", " 3"]


def test_what_is_no_text_counts_as_yes_or_no() -> None:
    source = "{% kept admin=admin %}{{ admin }}{% endkept %}"
    assert drawn(source, {"admin": 7}, {"admin": None}, {"admin": [1]}) == ["True", "False", "True"]


def test_it_sees_nothing_of_the_page_but_what_it_names() -> None:
    request = RequestFactory().get("/")
    made = template(
        "{% kept here=here %}{{ secret }}{{ request.path }}{{ csrf_token }}{{ here }}{% endkept %}"
    )
    assert made.render({"here": "flows", "secret": "s3cret"}, request) == "flows"  # type: ignore[attr-defined]


def test_values_are_escaped_as_everywhere() -> None:
    assert drawn("{% kept here=here %}{{ here }}{% endkept %}", {"here": "<b>"}) == ["&lt;b&gt;"]


def test_no_more_kinds_are_kept_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "KINDS", 3)
    parsed = template("{% kept here=here %}{{ here }}{% endkept %}").template  # type: ignore[attr-defined]
    node = parsed.nodelist.get_nodes_by_type(keeping.KeptNode)[0]
    for number in range(20):
        assert parsed.render(Context({"here": f"{number}"})) == f"{number}"
        assert len(node._drawn) <= 3


@pytest.mark.parametrize(
    "source", ["{% kept here %}{% endkept %}", "{% kept %}{% block title %}{% endblock %}{% endkept %}"]
)
def test_what_cannot_be_kept_is_refused(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        template(source)
