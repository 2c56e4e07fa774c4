"""The domains of problems and flows: one table for lists, filters, legends and the engines."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Domain:
    key: str
    label: str | Promise
    description: str | Promise


DOMAINS: Final = (
)
"""In the order of lists and legends. Rows may hold other values: those are shown as they are."""

DOMAIN_CHOICES: Final = [(domain.key, domain.label) for domain in DOMAINS]

_LABELS: Final = dict(DOMAIN_CHOICES)


def label_of(key: str | None) -> str:
    """What people read for a domain; an unknown one in words, none as nothing."""
    if not key:
        return ""
    return str(_LABELS.get(key) or key.replace("_", " ").capitalize())
