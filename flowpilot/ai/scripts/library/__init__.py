"""The scripts that the product brings along, ready to fill in: what engineers of service providers use.

They are data (`data/*.yaml`). Each says what it touches, which rights it needs and which page of a vendor it
rests on; what was checked of each stands in `REVIEW.md`.
"""

from functools import cache
from importlib import resources

import yaml
from pydantic import Field, model_validator

from flowpilot.ai.contracts import Frozen, ParameterType, Risk, Shell
from flowpilot.ai.scripts.quoting import refusal


class Wanted(Frozen):
    """A parameter of a library script, before it has a value."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")
    type: ParameterType
    help: str
    default: str = ""
    pattern: str = ""
    """What a value has to match as a whole, beyond what its type asks."""
    fact: str = Field(default="", alias="from")
    """What of a session fills it: `host`, `user` or `mail`."""


class LibraryScript(Frozen):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str
    shell: Shell
    domain: str
    words: str
    """What people call what it is for; it is found by them."""
    risk: Risk
    touches: str
    """What it reads or changes."""
    needs: str
    """Rights, modules, place."""
    source: str
    """Vendor and title of the page that it rests on."""
    parameters: tuple[Wanted, ...] = ()
    body: str
    dry_run: str = ""
    undo: str = ""
    """A script, or a sentence where there is nothing to run."""

    @model_validator(mode="after")
    def _changes_come_with_a_way_back(self) -> "LibraryScript":
        if self.risk != "read" and not (self.dry_run and self.undo):
            raise ValueError(f"{self.id} changes something and lacks a dry run or a way back.")
        for wanted in self.parameters:
            if wanted.default and (
                problem := refusal(self.shell, wanted.type, wanted.default, wanted.pattern)
            ):
                raise ValueError(f"{self.id}: the default of {wanted.name} is refused: {problem}")
        return self

    @property
    def undo_is_script(self) -> bool:
        """A sentence ends with a full stop; no script here does."""
        return bool(self.undo) and not self.undo.rstrip().endswith(".")


@cache
def library() -> dict[str, LibraryScript]:
    """All scripts by id. Raises when one is not as it has to be: the data comes with the product."""
    folder = resources.files(__name__).joinpath("data")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda each: each.name
    )
    entries = [entry for file in files for entry in yaml.safe_load(file.read_text("utf-8"))]
    scripts = [LibraryScript.model_validate(entry) for entry in entries]
    found = {script.id: script for script in scripts}
    if len(found) != len(scripts):
        raise ValueError("Two scripts of the library have the same id.")
    return found
