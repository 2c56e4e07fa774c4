"""Intakes of our own, with what their summary must not lose: error texts and codes, as written."""

import json
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

_DATA = json.loads((Path(__file__).parents[2] / "data" / "intakes.json").read_text("utf-8"))


@dataclass(frozen=True)
class Intake:
    text: str = ""
    log: str = ""
    title: str = ""
    keeps: tuple[str, ...] = field(default=())


WRITTEN = tuple(Intake(**{**row, "keeps": tuple(row["keeps"])}) for row in _DATA["written"])
MADE = tuple(
    Intake(frame.format(product=name, code=code), keeps=(code,))
    for name, code, frame in product(_DATA["products"], _DATA["codes"], _DATA["frames"])
)
INTAKES = (*WRITTEN, *MADE)
