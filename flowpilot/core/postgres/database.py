"""`DATABASES["default"]`: the embedded cluster, or the PostgreSQL that DATABASE_URL names."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from flowpilot.core.environment import Environment
from flowpilot.core.postgres.configuration import APP_ROLE, DATABASE, OWNER_ROLE

ENGINE = "flowpilot.core.db"
SCHEMES = ("postgres", "postgresql")
# How long a request waits for a connection of its process's pool before it fails.
POOL_WAIT_SECONDS = 10


def database_settings(env: Environment, home: Path) -> dict[str, Any]:
    """Reads DATABASE_URL (unset: the embedded cluster of `home`), DATABASE_OWNER_URL and FLOWPILOT_DB_POOL,
    the number of connections that a process keeps open at most (0: none, each thread opens its own)."""
    url, owner = env.str("DATABASE_URL", default=""), env.str("DATABASE_OWNER_URL", default="")
    settings = _external(url) if url else _embedded(home)
    if url and owner:
        settings["OWNER"] = _same_database(settings, _external(owner, "DATABASE_OWNER_URL"))
    if size := env.integer("FLOWPILOT_DB_POOL", default=0, minimum=0):
        settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": size, "timeout": POOL_WAIT_SECONDS}
    return settings


def _embedded(home: Path) -> dict[str, Any]:
    return {
        "ENGINE": ENGINE,
        "NAME": DATABASE,
        "USER": APP_ROLE,
        "OWNER": {"USER": OWNER_ROLE},
        "EMBEDDED_HOME": home,
        "OPTIONS": {},
    }


def _same_database(app: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    """What differs for the owner: who logs in and, past a connection pooler, where."""
    if owner["NAME"] != app["NAME"]:
        raise ImproperlyConfigured(
            f"DATABASE_URL and DATABASE_OWNER_URL name two databases, {app['NAME']!r} and {owner['NAME']!r}."
        )
    return {key: owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT") if owner.get(key)}


def _external(url: str, variable: str = "DATABASE_URL") -> dict[str, Any]:
    expected = "expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    # The value itself holds a password and is not shown.
    try:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.path.strip("/"):
            raise ValueError(url)
        settings: dict[str, Any] = environ.Env.db_url_config(url, engine=ENGINE)
    except ValueError:
        raise ImproperlyConfigured(f"{variable} is malformed: {expected}.") from None
    settings.setdefault("OPTIONS", {})
    return settings
