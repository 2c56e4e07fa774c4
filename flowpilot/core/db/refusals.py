"""Why the database cannot be used; any manage.py command prints these as one sentence."""

from django.core.management.base import CommandError
from django.db.utils import OperationalError


class DatabaseUnavailable(OperationalError, CommandError):
    """The database cannot serve."""


class UnsafeRole(DatabaseUnavailable):
    """Row-level security would not hold for the role that is to serve."""


class NoOwner(DatabaseUnavailable):
    """Something needs the owner's role, and DATABASE_OWNER_URL does not say who that is."""
