"""Where connectors may connect to: addresses of the public internet, over TLS.

The address of a ticket system is typed by an administrator of an account, and it answers with addresses of
its own; none of them may lead into the network that FlowPilot stands in. So a name is resolved once, what it
resolves to is looked at, and exactly that is connected to: a second answer of the name server changes
nothing.
"""

import socket
import ssl
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.utils.translation import gettext as _

Address: TypeAlias = IPv4Address | IPv6Address
PUBLIC: Final = IPv6Network("2000::/3")
"""All that was ever given out of version 6. Beyond it lie the old local addresses (`fec0::`) and ways to
write one of version 4 (`::10.0.0.1`, `64:ff9b:1::10.0.0.1`), which Python holds to be global.
Source: IANA, "Internet Protocol Version 6 Address Space"."""
NAT64: Final = IPv6Network("64:ff9b::/96")
LIMITS: Final = httpx2.Limits(max_connections=3, max_keepalive_connections=3)


class NotAllowed(httpx2.ConnectError):
    """An address that no connector may connect to."""


def check_address(url: str) -> None:
    """Raises `NotAllowed`, in words for whoever typed it, unless it is https://host[:port][/path].

    Asks nobody: where the name leads to is looked at when it is connected to.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise NotAllowed(_("This is no address of a web server.")) from None
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise NotAllowed(_("This is no address of a web server."))
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.PSA_ALLOW_LOOPBACK):
        raise NotAllowed(_("The address must begin with https://."))


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. ValueError for what is no address."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (80 if parts.scheme == "http" else 443)


class CheckedTransport(httpx2.BaseTransport):
    """Resolves, checks, and connects to what was checked; TLS is still asked for the name."""

    def __init__(self) -> None:
        # One for each host: connections are kept by address, and their certificates are for a name.
        self._hosts: dict[str, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        inner = self._hosts.get(host)
        if inner is None:
            inner = self._hosts[host] = httpx2.HTTPTransport(
                verify=_certificates(), trust_env=False, limits=LIMITS
            )
        addresses = allowed(request.url)
        for number, address in enumerate(addresses, start=1):
            try:
                return inner.handle_request(_to(address, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise NotAllowed(_("%(host)s has no address.") % {"host": host})

    def close(self) -> None:
        for inner in self._hosts.values():
            inner.close()


def allowed(url: httpx2.URL) -> list[Address]:
    """What the host of an address resolves to. `NotAllowed` if a single one of them is no public address."""
    try:
        found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    except (OSError, ValueError) as error:
        raise httpx2.ConnectError(_("The name %(host)s is not known.") % {"host": url.host}) from error
    for address in addresses:
        if not _may_connect(url.scheme, address):
            raise NotAllowed(
                _("%(host)s is no address of the public internet, or not reached by https.")
                % {"host": url.host}
            )
    return addresses


def _may_connect(scheme: str, address: Address) -> bool:
    if settings.PSA_ALLOW_LOOPBACK and address.is_loopback:
        return True
    return scheme == "https" and all(_is_public(one) for one in _meant_by(address))


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and not (
        address in PUBLIC or address in NAT64 or address.ipv4_mapped is not None
    ):
        return False
    return address.is_global and not address.is_multicast


def _meant_by(address: Address) -> list[Address]:
    """The address and those of version 4 that gateways make of it."""
    if isinstance(address, IPv4Address):
        return [address]
    inside = [address.ipv4_mapped, address.sixtofour]
    if address in NAT64:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in inside if one is not None)]


def _to(address: Address, request: httpx2.Request) -> httpx2.Request:
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes a tenth of a second."""
    return httpx2.create_ssl_context()
