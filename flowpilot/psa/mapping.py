"""What a connection is set to do when a session ends: where the status goes, who reads the note."""

from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

Ending = Literal["resolved", "escalated", "abandoned"]
ENDINGS: tuple[Ending, ...] = get_args(Ending)


@dataclass(frozen=True)
class Mapping:
    """The settings of a connection. Statuses are ids there; an ending without one leaves the ticket's."""

    statuses: dict[Ending, str]
    internal: bool = True
    """Notes are for colleagues; false: the customer reads them, too."""

    @classmethod
    def of(cls, stored: Any) -> Self:
        """From the column; what is not understood counts as not set."""
        told = stored if isinstance(stored, dict) else {}
        given = told.get("statuses")
        statuses = given if isinstance(given, dict) else {}
        return cls(
            statuses={ending: str(statuses[ending]) for ending in ENDINGS if statuses.get(ending)},
            internal=told.get("internal") is not False,
        )

    def stored(self) -> dict[str, Any]:
        return {"statuses": dict(self.statuses), "internal": self.internal}
