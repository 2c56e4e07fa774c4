"""The language of note templates: fixed placeholders, nothing else."""

import pytest

from flowpilot.psa.templating import LENGTH, PLACEHOLDERS, TemplateError, default_template, parsed

VALUES = {"summary": "The spooler hung.", "steps": "1. Restart it", "link": "https://fp.example/s/1"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Done: {summary}", "Done: The spooler hung."),
        ("{ summary }", "The spooler hung."),
        ("{reason}\n\n{summary}", "The spooler hung."),
        ("Handed to: {destination}\nbecause: {reason}\n\nEnd", "End"),
        ("{summary} {time}\n\n\n\n{link}", "The spooler hung.\n\nhttps://fp.example/s/1"),
        ("Steps:\r\n{steps}\r\n", "Steps:\n1. Restart it"),
        ("{{summary}} and {{{summary}}}", "{summary} and {The spooler hung.}"),
        ("", ""),
    ],
)
def test_placeholders_are_filled_and_paragraphs_without_any_value_left_out(template: str, text: str) -> None:
    assert parsed(template).filled(VALUES) == text


def test_what_is_filled_in_is_not_read_again() -> None:
    values = {"summary": "{link} {{ {% include %} {0.__class__}", "link": "no"}

    assert parsed("{summary}").filled(values) == values["summary"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hi\n\n{sumary}", "Line 3: There is no placeholder {sumary}. Do you mean {summary}?"),
        ("{xyzzy}", "Line 1: There is no placeholder {xyzzy}."),
        ("{}", "Line 1: There is no placeholder {}."),
        ("{summary.__class__}", "Line 1: There is no placeholder {summary.__class__}."),
        ("a\n{summary", "Line 2: “{” is opened and not closed. For the sign itself write “{{”."),
        ("a }", "Line 1: “}” closes nothing. For the sign itself write “}}”."),
        ("\n" + "x" * LENGTH, f"Line 2: The text has more than {LENGTH} characters."),
    ],
)
def test_what_cannot_be_read_is_told_by_line_and_placeholder(template: str, said: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        parsed(template)

    assert str(refusal.value).startswith(said)


def test_the_text_that_comes_with_the_product_uses_known_placeholders() -> None:
    assert parsed(default_template()).names < set(PLACEHOLDERS)
