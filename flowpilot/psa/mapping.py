"""What a connection is set to do when a session ends: where the status goes, who reads the note."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, get_args

Ending = Literal["resolved", "escalated", "abandoned"]
ENDINGS: tuple[Ending, ...] = get_args(Ending)
ID_LENGTH: Final = 200
NAMES: Final = ("board", "member", "work_type", "role", "note_type")


@dataclass(frozen=True)
class Mapping:
    """The settings of a connection. Statuses are ids there; an ending without one leaves the ticket's."""

    statuses: dict[Ending, str]
    status_names: dict[str, str] = field(default_factory=dict)
    """What those statuses are called there, by id, as it was when they were chosen."""
    internal: bool = True
    """Notes are for colleagues; false: the customer reads them, too."""
    board: str = ""
    """Where tickets are searched for; "": everywhere."""
    member: str = ""
    """Who writes notes and time there; each of these is an id of `choices`, "" leaves it to the system."""
    work_type: str = ""
    role: str = ""
    note_type: str = ""

    @classmethod
    def of(cls, stored: Any) -> Self:
        """From the column; what is not understood counts as not set."""
        told = stored if isinstance(stored, dict) else {}
        given = told.get("statuses")
        statuses = given if isinstance(given, dict) else {}
        return cls(
            statuses={ending: str(statuses[ending]) for ending in ENDINGS if statuses.get(ending)},
            status_names=_names(told.get("status_names")),
            internal=told.get("internal") is not False,
            **{name: _id(told.get(name)) for name in NAMES},
        )

    def stored(self) -> dict[str, Any]:
        names = {name: getattr(self, name) for name in NAMES if getattr(self, name)}
        called = {"status_names": dict(self.status_names)} if self.status_names else {}
        return {"statuses": dict(self.statuses), "internal": self.internal, **called, **names}


def _names(value: Any) -> dict[str, str]:
    named = value if isinstance(value, dict) else {}
    return {key[:ID_LENGTH]: name[:ID_LENGTH] for key, name in named.items() if isinstance(name, str)}


def _id(value: Any) -> str:
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value)[:ID_LENGTH] if plain else ""
