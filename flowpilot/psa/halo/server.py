"""Where a HaloPSA listens, and how it is asked: a token for an hour, renewed when it is refused."""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from django.core.cache import caches
from django.utils.translation import gettext as _

from flowpilot.core.text import clean_line
from flowpilot.psa.addresses import origin_of
from flowpilot.psa.client import WORDS, Answer, Http, without_a_ticket, words_of
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import LoginRefused, PsaError, Refused
from flowpilot.psa.throttle import turn
from flowpilot.psa.values import line_at

RENEWED_BEFORE: Final = 60
"""Seconds before its end that a token is not used any more."""
LASTS: Final = 3_600
LISTS_KEPT: Final = 3_600
_AUTH: Final = "/auth"
_HALOS: Final = (".halopsa.com", ".haloitsm.com", ".haloservicedesk.com")


class Server:
    """One customer's HaloPSA. Credentials: client_id, client_secret; perhaps tenant and auth_url.

    Tokens are kept in the memory of the process only, under what they were given for.
    """

    def __init__(self, connection: PsaConnection) -> None:
        told: Mapping[str, Any] = connection.credentials.reveal() if connection.credentials else {}
        self._told = {name: str(value) for name, value in told.items()}
        self.base = connection.base_url.rstrip("/").removesuffix("/api")
        self._gate = partial(turn, connection)
        self._http = Http(f"{self.base}/api", headers=self._headers, explain=_explain, gate=self._gate)
        login = sha256("\n".join([self.base, *sorted(self._told.values())]).encode()).hexdigest()
        self._key, self._memory = f"psa:halo:{connection.pk}:{login[:16]}", caches["worker"]

    def ask(self, method: str, path: str, **content: Any) -> Answer:
        """Like `Http.ask`, below the API. A token that is refused is renewed, once."""
        try:
            return self._http.ask(method, path, **content)
        except LoginRefused as refusal:
            if refusal.status != HTTPStatus.UNAUTHORIZED or not self._memory.get(self._key):
                raise
        self._memory.delete(self._key)
        return self._http.ask(method, path, **content)

    def get(self, path: str, **params: str | int | bool) -> Any:
        return self.ask("GET", path, params={name: _text(value) for name, value in params.items()}).data

    def listed(self, path: str, **params: str | int | bool) -> Any:
        """Like `get`, of what seldom changes: it is believed for a while."""
        key = f"{self._key}:{path}:{sorted(params.items())}".replace(" ", "")
        found = self._memory.get(key)
        if found is None:
            found = self.get(path, **params)
            self._memory.set(key, found, LISTS_KEPT)
        return found

    def forget(self) -> None:
        """Ask for a token again: the credentials are to be tried."""
        self._memory.delete(self._key)

    def scopes(self) -> set[str]:
        """What the token is for, where Halo says so."""
        return set(str(self._memory.get(f"{self._key}:scope") or "").split())

    def page_of(self, ticket_id: str) -> str:
        """The address of a ticket for people."""
        return f"{self.base}/ticket?id={ticket_id}"

    def _headers(self) -> Mapping[str, str]:
        token = self._memory.get(self._key) or self._new_token()
        return {"Authorization": f"Bearer {token}"}

    def _new_token(self) -> str:
        info = Http(f"{self.base}/api", explain=without_a_ticket, gate=self._gate).get("authinfo")
        at = self._authorisation(line_at(info, "auth_url").rstrip("/"))
        tenant = self._told.get("tenant") or line_at(info, "tenant_id")
        form = {
            "grant_type": "client_credentials",
            "client_id": self._told.get("client_id", ""),
            "client_secret": self._told.get("client_secret", ""),
            "scope": "all",
        }
        asked = Http(at, explain=_refused_client, gate=self._gate)
        answer = asked.ask("POST", "token", params={"tenant": tenant} if tenant else None, form=form)
        data = answer.data if isinstance(answer.data, dict) else {}
        token, lasts = data.get("access_token"), data.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise LoginRefused(_("HaloPSA gave no token for these credentials."))
        seconds = lasts if isinstance(lasts, int) else LASTS
        self._memory.set(self._key, token, max(seconds - RENEWED_BEFORE, 1))
        self._memory.set(f"{self._key}:scope", line_at(data, "scope"), LASTS)
        return token

    def _authorisation(self, named: str) -> str:
        """Where the secret is sent to: the server that was typed, or the one that Halo names, if it is one of
        Halo's or the connection's own."""
        typed = self._told.get("auth_url", "").rstrip("/")
        if typed or not named:
            return typed or self.base + _AUTH
        try:
            (scheme, host, _port), (_scheme, own, _own_port) = origin_of(named), origin_of(self.base)
        except ValueError:
            scheme, host, own = "", "", ""
        if host and (host == own or (scheme == "https" and host.endswith(_HALOS))):
            return named
        said = _("HaloPSA names %(host)s as its authorisation server. If it is yours, type it in the login.")
        raise LoginRefused(said % {"host": host or named[:100]})


def _explain(answer: Answer, _writing: bool) -> PsaError | None:
    """Some of what Halo refuses it says in a bare text."""
    if answer.status == HTTPStatus.BAD_REQUEST and isinstance(answer.data, str) and answer.data.strip():
        return Refused(clean_line(answer.data, limit=WORDS))
    return None


def _refused_client(answer: Answer, writing: bool) -> PsaError | None:
    if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
        return LoginRefused(words_of(answer))
    return without_a_ticket(answer, writing)


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
