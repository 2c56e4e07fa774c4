"""The door for measuring: what comes in masked, and where."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

TEXT = "Köln: pwd=Hunter22; then the password is Hunter22 again\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_text_comes_out_masked(file: Path) -> None:
    out = io.StringIO()
    call_command("redact", str(file), stdout=out)
    assert out.getvalue() == "Köln: pwd=<SECRET_1>; then the password is <SECRET_1> again\n"


def test_json_says_which_rule_found_what_and_where_it_stood(file: Path) -> None:
    out = io.StringIO()
    call_command("redact", str(file), json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert [TEXT[span["start"] : span["end"]] for span in told["spans"]] == ["Hunter22", "Hunter22"]
    assert [(span["class"], span["rule"], span["mask"]) for span in told["spans"]] == [
        ("secret", "password_assigned", "<SECRET_1>"),
        ("secret", "password_stated", "<SECRET_1>"),
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing.txt cannot be read"):
        call_command("redact", str(tmp_path / "nothing.txt"))
