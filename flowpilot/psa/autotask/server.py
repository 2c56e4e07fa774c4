"""Where a customer's Autotask listens, and how it is asked: zone, login, queries, what its errors mean."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from flowpilot.psa.addresses import origin_of
from flowpilot.psa.client import Answer, Http, without_a_ticket, words_of
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    Forbidden,
    LoginRefused,
    PsaError,
    Refused,
    TicketNotFound,
    Uncertain,
    Unreachable,
)
from flowpilot.psa.throttle import turn
from flowpilot.psa.values import at, line_at, rows_at

ENTRANCE: Final = "https://webservices.autotask.net/ATServicesRest/"
"""Knows of every customer in which zone it is."""
ZONE_KEPT: Final = 12 * 3_600
KEPT: Final = 3_600
"""Seconds for which picklists and names are believed."""
PAGE: Final = 500
PAGES: Final = 6
_UNAUTHORIZED: Final = 401
_SERVER_ERROR: Final = 500
_NOT_THERE: Final = ("no matching records", "unable to find")
_NOT_ALLOWED: Final = ("adequate permission", "does not have permission", "not have the required permission")
_NO_VERDICT: Final = ("timeout", "timed out", "deadlock", "unexpected")

Filter = dict[str, Any]


class Server:
    """One customer's Autotask. Credentials: user, secret, integration_code."""

    def __init__(self, connection: PsaConnection) -> None:
        told: Mapping[str, Any] = connection.credentials.reveal() if connection.credentials else {}
        self._told = {name: str(value) for name, value in told.items()}
        self._connection = connection
        self._entrance = connection.base_url or ENTRANCE
        self._zone: dict[str, str] = {}
        self._http: Http | None = None

    def ask(self, method: str, path: str, **content: Any) -> Answer:
        """Like `Http.ask`, below the API of the zone. A customer who was moved is looked up again, once."""
        try:
            return self._api().ask(method, path, **content)
        except LoginRefused as refusal:
            before = self._zone
            if refusal.status != _UNAUTHORIZED or self.look_up() == before:
                raise
        return self._api().ask(method, path, **content)

    def get(self, path: str) -> Any:
        return self.ask("GET", path).data

    def query(
        self, entity: str, *filters: Filter, fields: Sequence[str] = (), most: int = PAGE * PAGES
    ) -> list[dict[str, Any]]:
        """What fits, by id from the lowest on, which is the only order there is."""
        rows: list[dict[str, Any]] = []
        for page in self._pages(entity, {"filter": list(filters), "MaxRecords": min(most, PAGE)}, fields):
            rows += page
            if len(rows) >= most:
                break
        return rows[:most]

    def _pages(
        self, entity: str, body: dict[str, Any], fields: Sequence[str]
    ) -> Iterator[list[dict[str, Any]]]:
        if fields:
            body["IncludeFields"] = list(fields)
        address: str | None = f"{entity}/query"
        for _page in range(PAGES):
            if address is None:
                return
            data = self.ask("POST", address, body=body).data
            yield rows_at(data, "items")
            following = at(data, "pageDetails", "nextPageUrl")
            address = following if isinstance(following, str) and following else None

    def picklist(self, entity: str, field: str) -> list[dict[str, Any]]:
        """The values of a field, in the customer's order, those that are in use no more included."""
        key = self._key(f"fields:{entity}")
        fields = cache.get(key)
        if fields is None:
            rows = rows_at(self.get(f"{entity}/entityInformation/fields"), "fields")
            fields = {line_at(row, "name"): rows_at(row, "picklistValues") for row in rows}
            cache.set(key, fields, KEPT)
        return sorted(fields.get(field, []), key=lambda value: value.get("sortOrder") or 0)

    def label(self, entity: str, field: str, value: Any) -> str:
        """What a value of a picklist is called; it is a number in a row and a text in the list."""
        rows = self.picklist(entity, field)
        return next((line_at(row, "label") for row in rows if line_at(row, "value") == str(value)), "")

    def names(self, entity: str, ids: set[int], fields: Sequence[str]) -> dict[int, str]:
        """The fields of each row that there is, as one line; nothing of what the login may not read."""
        known = cache.get_many([self._key(f"{entity}:{number}") for number in ids])
        names = {number: known[key] for number in ids if (key := self._key(f"{entity}:{number}")) in known}
        missing = sorted(ids - names.keys())
        if not missing:
            return names
        try:
            rows = self.query(entity, {"op": "in", "field": "id", "value": missing}, fields=("id", *fields))
        except (LoginRefused, Refused, TicketNotFound):
            return names
        found = {row["id"]: " ".join(filter(None, (line_at(row, name) for name in fields))) for row in rows}
        cache.set_many({self._key(f"{entity}:{number}"): name for number, name in found.items()}, KEPT)
        return names | found

    def look_up(self) -> Mapping[str, str]:
        """The zone, asked anew. `LoginRefused` when Autotask does not know the user."""
        http = Http(self._entrance, explain=_unknown_user)
        told = http.get("V1.0/zoneInformation", user=self._told.get("user", ""))
        url = line_at(told, "url").rstrip("/") + "/"
        if not self.is_ours(url):
            raise Unreachable(_("Autotask named no server of its own as this customer's."))
        self._zone = {"url": url, "name": line_at(told, "zoneName"), "web": line_at(told, "webUrl")}
        cache.set(self._key("zone"), self._zone, ZONE_KEPT)
        self._http = None
        return self._zone

    def zone(self) -> Mapping[str, str]:
        self._zone = self._zone or cache.get(self._key("zone")) or {}
        return self._zone or self.look_up()

    def page_of(self, number: int) -> str:
        """The address of a ticket for people; "" where the zone tells none."""
        web = self.zone().get("web", "").rstrip("/")
        path = "Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID="
        return f"{web}/{path}{number}" if self.is_ours(web) else ""

    def is_ours(self, url: str) -> bool:
        """Whether it is Autotask's, or the one that the administrator has named: no other gets the login."""
        try:
            scheme, host, _port = origin_of(url)
            return origin_of(self._entrance) == origin_of(url) or (
                scheme == "https" and host.endswith(".autotask.net")
            )
        except ValueError:
            return False

    def _api(self) -> Http:
        if self._http is None:
            self._http = Http(
                self.zone()["url"] + "V1.0",
                headers=self._headers,
                explain=_explain,
                gate=partial(turn, self._connection),
            )
        return self._http

    def _headers(self) -> Mapping[str, str]:
        return {
            "ApiIntegrationCode": self._told.get("integration_code", ""),
            "UserName": self._told.get("user", ""),
            "Secret": self._told.get("secret", ""),
        }

    def _key(self, what: str) -> str:
        login = sha256("\n".join([self._entrance, *sorted(self._told.values())]).encode()).hexdigest()[:16]
        return f"psa:autotask:{self._connection.pk}:{login}:{what}"


def _explain(answer: Answer, writing: bool) -> PsaError | None:
    """Autotask answers 500 to most of what it refuses, with the reason in words."""
    if answer.status != _SERVER_ERROR or not isinstance(at(answer.data, "errors"), list):
        return None
    said = words_of(answer)
    if _has(said, _NOT_THERE):
        return TicketNotFound(said)
    if _has(said, _NOT_ALLOWED):
        return Forbidden(said)
    if _has(said, _NO_VERDICT):
        return Uncertain(said) if writing else Unreachable(said)
    return Refused(said)


def _unknown_user(answer: Answer, writing: bool) -> PsaError | None:
    if answer.status == _SERVER_ERROR:
        return LoginRefused(_("Autotask does not know this user: is it the API user's full name?"))
    return without_a_ticket(answer, writing)


def _has(said: str, words: Sequence[str]) -> bool:
    return any(word in said.lower() for word in words)
