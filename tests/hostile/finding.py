"""Where something can be typed: the forms of the pages, and what views look for beyond them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from tests.addresses import Address
from tests.factories import Cast, make_session
from tests.hostile.asked import noting
from tests.hostile.forms import Form, read
from tests.screens import signed_in

PEOPLE = ("account_admin", "engineer")
"""The roles contain each other, so a team's admin has no form that neither of these has; sessions and drafts
are in the engineer's hands."""
ENDS_THE_VISIT = ("logout", "leave", "end-login")
FOUND_AT_LEAST = {
    "accounts:audit",
    "console:home",
    "finding:flow",
    "proposals:dismiss",
    "proposals:edit",
    "proposals:queue",
    "proposals:reject",
    "sessions:attach",
    "sessions:list",
    # No page has them in a form of its own:
    "console:draft",
    "flows:export",
    "sessions:draft",
}
"""Pages whose forms must be among those that are found: so that finding them does not quietly fail."""


def route_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def forms_on(client: Client, addresses: Iterable[Address]) -> Iterator[Form]:
    for each in addresses:
        yield from _forms_of(client.get(each.url), each.url)


def _forms_of(answer: Any, url: str) -> Iterator[Form]:
    if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
        for form in read(answer.content.decode(), url).found:
            if form.names and not any(word in route_of(form.action) for word in ENDS_THE_VISIT):
                yield form


def distinct(forms: Iterable[Form]) -> list[Form]:
    """One of each kind: same address pattern, same fields."""
    return list({(route_of(form.action), form.method, form.names): form for form in forms}.values())


def send(client: Client, form: Form, given: dict[str, str]) -> Any:
    """The form as it stood, with some values exchanged; its effects are undone."""
    data: dict[str, Any] = {**form.fields, **{name: [value] for name, value in given.items()}}
    for name in set(form.files) & set(given):
        data[name] = SimpleUploadedFile(given[name] or "a.txt", given[name].encode() or b"x")
    return undone(client, form, data)


def undone(client: Client, form: Form, data: dict[str, Any], *, follow: bool = True) -> Any:
    with transaction.atomic():
        asked = client.get if form.method == "get" else client.post
        answer = asked(form.action, data, follow=follow)
        transaction.set_rollback(True)
    return answer


@dataclass
class Walk:
    """What a walk over all addresses found."""

    forms: list[tuple[Client, list[Form]]] = field(default_factory=list)
    """By the person who sends them: those that only this role has, or that it has first."""
    tables: dict[str, bytes] = field(default_factory=dict)
    """Whatever came as CSV, by the route."""

    @property
    def routes(self) -> set[str]:
        return {route_of(form.action) for _client, forms in self.forms for form in forms}


def walked(cast: Cast, addresses: list[Address]) -> Walk:
    held = Address("sessions:detail", reverse("sessions:detail", args=[make_session(cast).pk]))
    walk, known = Walk(), set[object]()
    for person in PEOPLE:
        client = signed_in(getattr(cast, person))
        with noting():
            forms = distinct(_all_of(client, [*addresses, held], walk))
        new = [form for form in forms if (route_of(form.action), form.names) not in known]
        known |= {(route_of(form.action), form.names) for form in new}
        walk.forms.append((client, new))
    return walk


def _all_of(client: Client, addresses: list[Address], walk: Walk) -> Iterator[Form]:
    """The forms of the pages; then, for each address, what its view looks for that none of them has; what
    is posted only the first time."""
    shown, looked_for = list[Form](), dict[tuple[str, str], set[str]]()
    for each in addresses:
        answers = {"get": client.get(each.url)}
        if not walk.forms:
            answers["post"] = undone(client, Form(each.url, "post"), {"format": "csv"}, follow=False)
        for method, answer in answers.items():
            looked_for[each.url, method] = _looked_for(answer)
            if answer.headers.get("Content-Type", "").startswith("text/csv"):
                walk.tables[each.name] = answer.content
        if not answers["get"].streaming:
            shown += _forms_of(answers["get"], each.url)
    yield from shown
    have = {(route_of(form.action), form.method, name) for form in shown for name in form.names}
    for (url, method), names in looked_for.items():
        rest = {name for name in names if (route_of(url), method, name) not in have}
        if rest:
            yield Form(url, method, {name: [""] for name in sorted(rest)}, shown=False)


def _looked_for(answer: Any) -> set[str]:
    return set() if answer.status_code == 405 else set(answer.wsgi_request.looked_for())
