"""The name of the rules in force, kept with every result that they made."""

from typing import Final

RULES_VERSION: Final = "offline-3"
