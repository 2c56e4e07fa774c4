"""Where a ConnectWise PSA listens, and how it is asked: codebase, login, version of the API."""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.core.cache import cache
from django.utils.translation import gettext as _

from flowpilot.psa.client import Answer, Http, without_a_ticket
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import LoginRefused, TicketNotFound
from flowpilot.psa.throttle import turn
from flowpilot.psa.values import line_at

ACCEPT: Final = "application/vnd.connectwise.com+json; version=2025.8"
A_DAY: Final = 86_400
"""Seconds for which a codebase is believed: it changes with a release of the vendor."""
_CLOUD: Final = re.compile(r"(?:api-)?(?P<region>[a-z]{2,4})\.myconnectwise\.net")
_CODEBASE: Final = re.compile(r"[\w.-]{1,40}/?")


class Server:
    """One customer's ConnectWise. Credentials: company, public_key, private_key, client_id."""

    def __init__(self, connection: PsaConnection) -> None:
        given: Mapping[str, Any] = connection.credentials.reveal() if connection.credentials else {}
        told = {name: str(value) for name, value in given.items()}
        self.company = told.get("company", "")
        self.origin = api_origin(connection.base_url)
        asked = partial(
            Http, self.origin, headers=partial(_headers, told), gate=lambda _path: turn(connection, "api")
        )
        self._http, self._entrance = asked(), asked(explain=without_a_ticket)
        self._codebase = ""
        self._looked = False

    def ask(self, method: str, path: str, **content: Any) -> Answer:
        """Like `Http.ask`, below the API of this server. A server that was moved is looked up again, once."""
        before = self._codebase = self._codebase or cache.get(self._key()) or self._look_up()
        try:
            return self._http.ask(method, f"{before}apis/3.0/{path}", **content)
        except TicketNotFound:
            if self._looked or self._look_up() == before:
                raise
        return self._http.ask(method, f"{self._codebase}apis/3.0/{path}", **content)

    def get(self, path: str, **params: str | int | bool) -> Any:
        return self.ask("GET", path, params=params or None).data

    def page_of(self, ticket_id: str) -> str:
        """The address of a ticket for people."""
        return (
            f"{_people(self.origin)}/v4_6_release/services/system_io/Service/fv_sr100_request.rails"
            f"?service_recid={quote(ticket_id)}&companyName={quote(self.company)}"
        )

    def has(self, address: str) -> bool:
        """Whether it is one of this server's pages."""
        return api_origin(address) == self.origin

    def company_info(self) -> Mapping[str, Any]:
        """What the server tells without a login. `LoginRefused` when it does not know the company."""
        info = self._entrance.get(f"login/companyinfo/{quote(self.company, safe='')}")
        if not isinstance(info, dict) or not info:
            raise LoginRefused(
                _("ConnectWise does not know the company “%(name)s”.") % {"name": self.company}
            )
        return info

    def _look_up(self) -> str:
        """The codebase, with a slash at its end."""
        self._looked = True
        given = line_at(self.company_info(), "Codebase")
        self._codebase = given.rstrip("/") + "/" if _CODEBASE.fullmatch(given) else "v4_6_release/"
        cache.set(self._key(), self._codebase, A_DAY)
        return self._codebase

    def _key(self) -> str:
        return f"psa:connectwise:{quote(self.origin)}:{quote(self.company)}"


def _headers(told: Mapping[str, str]) -> Mapping[str, str]:
    keys = f"{told.get('company', '')}+{told.get('public_key', '')}:{told.get('private_key', '')}"
    return {
        "Accept": ACCEPT,
        "Authorization": "Basic " + b64encode(keys.encode()).decode(),
        "clientId": told.get("client_id", ""),
    }


def api_origin(address: str) -> str:
    """The server of the API, whichever of its addresses people type: na.myconnectwise.net is api-na there."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host, port = (parts.hostname or "").lower(), f":{parts.port}" if parts.port else ""
    except ValueError:
        return address
    cloud = _CLOUD.fullmatch(host)
    if cloud:
        return f"https://api-{cloud['region']}.myconnectwise.net"
    return f"{parts.scheme}://{host}{port}"


def _people(origin: str) -> str:
    cloud = _CLOUD.fullmatch(urlsplit(origin).hostname or "")
    return f"https://{cloud['region']}.myconnectwise.net" if cloud else origin
