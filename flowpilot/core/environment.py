"""Reading the environment: a malformed variable is named, with what was expected."""

import contextlib
import secrets
import tempfile
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

KEY_LENGTH = 50
BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


class Environment(environ.FileAwareEnv):
    """django-environ, also reading `NAME_FILE`, whose errors say which variable is wrong.

    An empty boolean, number or address counts as unset.
    """

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **more: Any) -> Any:
        try:
            return super().get_value(var, cast=cast, default=default, **more)
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{var}_FILE cannot be read: {error}.") from error

    def boolean(self, name: str, *, default: bool) -> bool:
        given = self._given(name)
        if not given:
            return default
        if given.lower() not in BOOLEANS:
            raise ImproperlyConfigured(f"{name}={given!r} is malformed: expected true or false.")
        return BOOLEANS[given.lower()]

    def integer(self, name: str, *, default: int, minimum: int, maximum: int | None = None) -> int:
        given = self._given(name)
        if not given:
            return default
        with contextlib.suppress(ValueError):
            number = int(given)
            if number >= minimum and (maximum is None or number <= maximum):
                return number
        bounds = f"from {minimum} to {maximum}" if maximum is not None else f"from {minimum}"
        raise ImproperlyConfigured(f"{name}={given!r} is malformed: expected a whole number {bounds}.")

    def choice(self, name: str, *, default: str, among: tuple[str, ...]) -> str:
        given = self._given(name).lower() or default
        if given not in among:
            raise ImproperlyConfigured(f"{name}={given!r} is malformed: expected {' or '.join(among)}.")
        return given

    def mail_server(self, name: str, *, default: str) -> dict[str, Any]:
        """Django's EMAIL_… settings from an address such as smtp+tls://USER:PASSWORD@HOST:587."""
        # The value may hold a password and is not shown.
        malformed = f"{name} is malformed: expected smtp+tls://USER:PASSWORD@HOST:PORT (or smtp+ssl, smtp)."
        try:
            settings: dict[str, Any] = self.email_url_config(self._given(name) or default)
        except (ValueError, ImproperlyConfigured):
            raise ImproperlyConfigured(malformed) from None
        if settings["EMAIL_BACKEND"].endswith(".smtp.EmailBackend") and not settings["EMAIL_HOST"]:
            raise ImproperlyConfigured(malformed)
        return settings

    def sender(self, name: str, *, default: str) -> str:
        """An e-mail address, alone or behind a name: FlowPilot <flowpilot@example.com>."""
        given = self._given(name) or default
        try:
            validate_email(parseaddr(given)[1] if given.isprintable() else "")
        except ValidationError:
            raise ImproperlyConfigured(
                f"{name}={given!r} is malformed: expected an address, also as NAME <ADDRESS>."
            ) from None
        return given

    def _given(self, name: str) -> str:
        return str(self.str(name, default="")).strip()


def secret_key(env: Environment, home: Path) -> str:
    """The key from the environment, else this installation's own, made once and kept in its home."""
    if given := env.str("FLOWPILOT_SECRET_KEY", default=""):
        if len(given) < KEY_LENGTH:
            raise ImproperlyConfigured(f"FLOWPILOT_SECRET_KEY must have at least {KEY_LENGTH} characters.")
        return str(given)
    path = home / "secret_key"
    kept = _own(path, secrets.token_urlsafe(KEY_LENGTH))
    if len(kept) < KEY_LENGTH:
        raise ImproperlyConfigured(f"{path} holds no key: delete it, and a new one is made.")
    return kept


def field_keys(env: Environment, home: Path) -> list[str]:
    """The keys of sealed values, the one that seals first: from the environment, else this installation's
    own, made once and kept in its home."""
    given, named = env.str("FLOWPILOT_FIELD_KEYS", default="").strip(), "FLOWPILOT_FIELD_KEYS"
    if not given:
        path = home / "field_keys"
        given, named = _own(path, Fernet.generate_key().decode()), str(path)
    keys = [key.strip() for key in given.split(",")]
    for number, key in enumerate(keys, start=1):
        if not _is_fernet_key(key):  # the value itself is not shown
            raise ImproperlyConfigured(
                f"{named}: key {number} is malformed, expected 32 bytes in URL-safe base64 (separated "
                "by commas)."
            )
    return keys


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _own(path: Path, fresh: str) -> str:
    """The key that this installation keeps there; `fresh` is, if there is none yet."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _keep(fresh, path)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} can be neither read nor made ({error.strerror}): set FLOWPILOT_HOME to a directory "
            "that you may write to."
        ) from error


def _keep(key: str, path: Path) -> None:
    """Write the key under its name in one piece, unless another process was first: then its key stays."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.") as file:
        file.write(key)
        file.flush()
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(file.name)
