"""Every control in docs/THREAT_MODEL.md names a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/THREAT_MODEL.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_the_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text())

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_control_names_one() -> None:
    controls = TEXT.split("## Controls")[1].split("## What remains")[0]
    rows = [line for line in controls.splitlines() if line.startswith("| ") and "| threat |" not in line]

    assert len(rows) >= 15
    assert [row for row in rows if "::test_" not in row] == []
