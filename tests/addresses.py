"""Every address of the URL map: the product's by the table of the fence, others by their patterns."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from flowpilot.accounts.entering import enter
from flowpilot.core.models import TenantModel
from tests.architecture.test_fence import ROUTES
from tests.factories import Cast, make_user
from tests.screens import signed_in

ARGUMENTS = {
    "object_id": "0",
    "uidb36": "0",
    "key": "a-b",
    "url": "x",
    "app_label": "accounts",
    "path": "x",
    "pk": "0",
}
"""What stands in the addresses of others: pages are asked for, found or not."""
LEAVES = ("logout", "leave", "jsi18n")
ERRORS = ["/nowhere/", "/api/v1/nowhere/", "/static/nowhere.css", "/favicon.ico", "/admin/nowhere/"]


@dataclass(frozen=True)
class Address:
    name: str
    url: str


def of_the_product(cast: Cast) -> Iterator[Address]:
    for name, route in ROUTES.items():
        arguments = {"path": "nowhere/"} if name == "api-unknown" else route.row(cast)
        yield Address(name, reverse(name, kwargs=arguments))


def of_others(*prefixes: str) -> Iterator[Address]:
    """Those of Django's admin and of allauth, with arguments that may name nothing."""
    for prefix in prefixes:
        for entry in get_resolver().url_patterns:
            if isinstance(entry, URLResolver) and str(entry.pattern) == prefix:
                yield from _under(entry, entry.namespace, set())


def _under(resolver: URLResolver, space: str | None, above: set[str]) -> Iterator[Address]:
    """`above`: the arguments in the first part of the address."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (space, entry.namespace)))
            yield from _under(entry, inner or None, above | {*entry.pattern.regex.groupindex})
        elif entry.name and not any(word in entry.name for word in LEAVES):
            yield from _address(entry, space, above)


def _address(entry: URLPattern, space: str | None, above: set[str]) -> Iterator[Address]:
    names = above | {*entry.pattern.regex.groupindex}
    name = f"{space}:{entry.name}" if space else str(entry.name)
    if set(names) <= set(ARGUMENTS):
        yield Address(name, reverse(name, kwargs={each: ARGUMENTS[each] for each in names}))


def of_rows(cast: Cast) -> Iterator[Address]:
    """The admin's pages of a row of each model that has one."""
    for model in admin.site._registry:
        rows = model._default_manager.all()
        if issubclass(model, TenantModel):
            rows = rows.filter(account=cast.account)
        if row := rows.first():
            for page in ("change", "history", "delete"):
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
                yield Address(name, reverse(name, args=[row.pk]))


def superuser_within(cast: Cast) -> Client:
    """A superuser who entered the account."""
    root = make_user(None, "root", is_superuser=True, is_staff=True)
    client = signed_in(root)
    session = client.session
    enter(session, cast.account, reason="a test", by=root)
    session.save()
    return client
