"""“Test connection”: what works with these credentials, and what does not, in the system's words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.core.text import clean_line
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Choice, Connector, LoginRefused, Named, PsaError, TicketQuery, Unreachable
from flowpilot.psa.registry import connector_for

State = PsaConnection.State
TROUBLE_LENGTH: Final = 2_000
LISTS: tuple[tuple[Choice, str | Promise], ...] = (
    ("boards", _("Boards")),
    ("statuses", _("Statuses")),
    ("members", _("Members")),
    ("work_types", _("Work types")),
    ("note_types", _("Types of notes")),
    ("roles", _("Roles")),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. `said`: what came of it, or why it did not work."""

    what: str | Promise
    works: bool
    said: str = ""


@dataclass(frozen=True)
class Examined:
    system: str = ""
    findings: list[Finding] = field(default_factory=list)
    untried: tuple[str, ...] = ()
    """What only the first note shows."""

    @property
    def works(self) -> bool:
        return all(finding.works for finding in self.findings)


def examine(connection: PsaConnection) -> Examined:
    """Ask for everything that FlowPilot reads, and keep whether the system answers. Nothing is written."""
    connector = connector_for(connection)
    try:
        info = connector.check()
    except PsaError as error:
        _keep(connection, error)
        return Examined(findings=[Finding(_("Signing in"), works=False, said=str(error))])
    _keep(connection, None)
    findings = [Finding(_("Signing in"), works=True, said=", ".join(info.details))]
    findings += [Finding(_("Permission"), works=False, said=missing) for missing in info.missing]
    findings += _reading(connector)
    return Examined(" ".join(filter(None, (info.system, info.version))), findings, info.untried)


def choices_of(connection: PsaConnection, board: str) -> tuple[dict[Choice, list[Named]], list[str]]:
    """What can be chosen there, and what the system said instead of an answer. Statuses are those of the
    board where boards have their own."""
    connector = connector_for(connection)
    found: dict[Choice, list[Named]] = {}
    troubles: list[str] = []
    for what, _label in LISTS:
        try:
            found[what] = connector.choices(what, board if what == "statuses" else "")
        except Unreachable as error:
            return found, [*troubles, str(error)]
        except PsaError as error:
            troubles.append(str(error))
    return found, list(dict.fromkeys(troubles))


def _reading(connector: Connector) -> Iterator[Finding]:
    """After the first call without an answer nothing else is asked: each may take half a minute."""
    asked: list[tuple[str | Promise, Callable[[], object]]] = [
        (_("Reading tickets"), lambda: connector.search(TicketQuery(limit=1)))
    ]
    asked += [(label, lambda what=what: connector.choices(what)) for what, label in LISTS]  # type: ignore[misc]
    for label, ask in asked:
        try:
            ask()
        except PsaError as error:
            yield Finding(label, works=False, said=str(error))
            if isinstance(error, Unreachable):
                return
        else:
            yield Finding(label, works=True)


def _keep(connection: PsaConnection, error: PsaError | None) -> None:
    """A login that works (again) opens the connection, one that is refused closes it; a pause stays, also
    one that somebody made while the system was asked."""
    rows = PsaConnection.objects.for_account(connection.account_id).filter(pk=connection.pk)
    if error is None:
        rows.update(last_ok_at=timezone.now(), trouble="")
    else:
        rows.update(trouble=clean_line(error, limit=TROUBLE_LENGTH))
    if error is None or isinstance(error, LoginRefused):
        rows.exclude(state=State.PAUSED).update(state=State.OK if error is None else State.FAILED)
    connection.refresh_from_db(fields=["last_ok_at", "trouble", "state"])
