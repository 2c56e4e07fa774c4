"""The words that an intake is read by, from `words.toml`."""

import tomllib
from importlib import resources
from typing import Any, Final

WORDS: Final[dict[str, Any]] = tomllib.loads(
    resources.files("flowpilot.ai.offline.intake").joinpath("words.toml").read_text("utf-8")
)
