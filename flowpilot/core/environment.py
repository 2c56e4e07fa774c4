"""Reading the environment: a malformed variable is named, with what was expected."""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

KEY_LENGTH = 50


class Environment(environ.FileAwareEnv):
    """django-environ, also reading `NAME_FILE`, whose errors say which variable is wrong."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **more: Any) -> Any:
        try:
            return super().get_value(var, cast=cast, default=default, **more)
        except (ValueError, TypeError) as error:
            expected = getattr(cast, "__name__", "another kind of value")
            raise ImproperlyConfigured(
                f"{var}={os.environ.get(var, '')!r} is malformed: expected {expected}."
            ) from error


def secret_key(env: Environment, home: Path) -> str:
    """The key from the environment, else this installation's own, made once and kept in its home."""
    if given := env.str("FLOWPILOT_SECRET_KEY", default=""):
        if len(given) < KEY_LENGTH:
            raise ImproperlyConfigured(f"FLOWPILOT_SECRET_KEY must have at least {KEY_LENGTH} characters.")
        return str(given)
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(KEY_LENGTH)
        file.write(key)
    return key
