"""Every variable that the code reads is documented, and every documented one is read."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = r"(?:FLOWPILOT_[A-Z_]+|DATABASE_URL|DATABASE_OWNER_URL|PORT)"
INTERNAL = {"FLOWPILOT_TEST_DATABASE"}


def read_by_code() -> set[str]:
    found: set[str] = set()
    for folder in ("flowpilot", "sessions", "proposals", "analytics"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(rf'"({NAME})"', path.read_text()))
    return found - INTERNAL


def test_the_readme_documents_every_variable() -> None:
    table = set(re.findall(rf"^\| `({NAME})` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert table == read_by_code()


def test_the_example_file_names_every_variable() -> None:
    example = set(re.findall(rf"^# ({NAME})=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == read_by_code()
