"""Whatever is taken away as CSV has one writer, and what that neutralised can still be read. That no table
holds a cell that a spreadsheet would compute is in `test_every_field`."""

import ast

import pytest
from django.urls import reverse

from tests.architecture.test_house import ROOT, sources
from tests.factories import Cast
from tests.hostile.exported import FORMULAS, cells, plant_formulas
from tests.screens import signed_in


@pytest.mark.django_db
def test_what_was_neutralised_can_still_be_read(cast: Cast) -> None:
    plant_formulas(cast)

    answer = signed_in(cast.account_admin).post(reverse("accounts:audit-export"))

    assert {f"'{formula}" for formula in FORMULAS} <= {*cells(answer.content)}


def test_only_one_module_writes_csv() -> None:
    writers = {
        str(path.relative_to(ROOT))
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("writer", "DictWriter")
        and isinstance(node.value, ast.Name)
        and node.value.id == "csv"
    }
    assert writers == {"flowpilot/core/export.py"}
