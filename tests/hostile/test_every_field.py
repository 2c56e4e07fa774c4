"""Every field of every form, every filter, every part of an address takes or refuses whatever is sent.

The fields are found on the pages themselves, so one that is new is tried without a word here. What fails is
an exception in a view (the client raises it), or active content on the page that follows. Each form is sent a
few times, with another value in each field; every value is sent somewhere. `make soak` sends every value in
every field.
"""

from collections.abc import Iterator
from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from flowpilot.api import router
from tests.addresses import Address, of_others, of_rows, of_the_product, superuser_within
from tests.factories import Cast, make_proposal, make_session
from tests.hostile.forms import Form, read
from tests.hostile.values import ALL, REFUSED, TAKEN_OR_REFUSED
from tests.screens import signed_in

TURNS = 4
"""So many times a form is sent at least, each time with other values."""
PEOPLE = ("engineer", "team_admin", "account_admin")
ENDS_THE_VISIT = ("logout", "leave")
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
}
"""Pages whose forms must be among those that are found: so that finding them does not quietly fail."""


def route_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def forms_on(client: Client, addresses: list[Address]) -> Iterator[Form]:
    for each in addresses:
        answer = client.get(each.url)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            for form in read(answer.content.decode(), each.url).found:
                if form.names and not any(word in route_of(form.action) for word in ENDS_THE_VISIT):
                    yield form


def distinct(forms: Iterator[Form]) -> list[Form]:
    """One of each kind: same address pattern, same fields."""
    return list({(route_of(form.action), form.method, form.names): form for form in forms}.values())


def send(client: Client, form: Form, given: dict[str, str]) -> Any:
    """The form as it stood, with some values exchanged; its effects are undone."""
    data: dict[str, Any] = {**form.fields, **{name: [value] for name, value in given.items()}}
    for name in set(form.files) & set(given):
        data[name] = SimpleUploadedFile(given[name] or "a.txt", given[name].encode() or b"x")
    with transaction.atomic():
        asked = client.get if form.method == "get" else client.post
        answer = asked(form.action, data, follow=True)
        transaction.set_rollback(True)
    return answer


def wrong_of(client: Client, forms: list[Form], *, thorough: bool = False) -> list[str]:
    """What is wrong with the answers, told by names. Going on from form to form, values take turns in all
    fields, so that each is sent; `thorough`: each in every field."""
    kinds, refused, wrong, place = list(TAKEN_OR_REFUSED), list(REFUSED), list[str](), 0
    turns = max(TURNS, ceil(len(kinds) / sum(len(form.names) for form in forms)))
    for number, form in enumerate(forms):
        for _turn in range(len(kinds) if thorough else turns):
            chosen = {name: kinds[(place + at) % len(kinds)] for at, name in enumerate(form.names)}
            place += 1 if thorough else len(chosen)
            answer = send(client, form, {name: TAKEN_OR_REFUSED[kind] for name, kind in chosen.items()})
            if answer.status_code >= 500 or active(answer):
                wrong.append(f"{form.action} {chosen}: {answer.status_code} {active(answer)}")
        for kind in refused if thorough else [refused[number % len(refused)]]:
            answer = send(client, form, dict.fromkeys(set(form.names) - set(form.files), REFUSED[kind]))
            if answer.status_code not in (400, 415) and set(form.names) != set(form.files):
                wrong.append(f"{form.action} {kind}: {answer.status_code}")
    return wrong


def active(answer: Any) -> list[str]:
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return read(answer.content.decode(), "").active


def held_by(cast: Cast) -> list[Address]:
    """Pages of an open session, which its holder may change."""
    return [Address("sessions:detail", reverse("sessions:detail", args=[make_session(cast).pk]))]


def forms_of_the_product(cast: Cast) -> list[tuple[Client, list[Form]]]:
    """By the person who sends them: those that only this role has, or that it has first."""
    addresses, known, found = [*of_the_product(cast), *held_by(cast)], set[object](), []
    for person in PEOPLE:
        client = signed_in(getattr(cast, person))
        forms = distinct(forms_on(client, addresses))
        found.append((client, [form for form in forms if (route_of(form.action), form.names) not in known]))
        known |= {(route_of(form.action), form.names) for form in forms}
    return found


def test_every_form_of_the_product(cast: Cast) -> None:
    found = forms_of_the_product(cast)

    assert {route_of(form.action) for _client, forms in found for form in forms} >= FOUND_AT_LEAST
    assert [said for client, forms in found for said in wrong_of(client, forms)] == []


@pytest.mark.soak
def test_every_value_in_every_field_of_the_product(cast: Cast) -> None:
    found = forms_of_the_product(cast)

    assert [said for client, forms in found for said in wrong_of(client, forms, thorough=True)] == []


def test_every_form_of_the_sign_in(cast: Cast) -> None:
    for client, least in (
        (Client(), {"account_login", "account_reset_password"}),
        (signed_in(cast.engineer), set()),
    ):
        forms = distinct(forms_on(client, list(of_others("accounts/"))))
        assert {route_of(form.action) for form in forms} >= least
        assert wrong_of(client, forms) == []


def test_every_form_of_the_admin(cast: Cast) -> None:
    make_proposal(cast)
    client = superuser_within(cast)
    added = [each for each in of_others("admin/") if each.name.endswith("_add")]
    changed = [each for each in of_rows(cast) if each.name.endswith("_change")]

    forms = distinct(forms_on(client, [*added, *changed]))

    assert len(forms) >= 8
    assert wrong_of(client, forms) == []


def test_every_filter_of_the_api(cast: Cast) -> None:
    client, kinds = signed_in(cast.account_admin), list(TAKEN_OR_REFUSED)
    for _prefix, viewset, name in router.registry:
        own: Any = viewset
        filters = [*own.filterset_class.base_filters, "cursor", "page_size", "format", "ordering"]
        for turn in range(0, len(kinds), len(filters)):
            chosen = {each: kinds[(turn + place) % len(kinds)] for place, each in enumerate(filters)}
            given = {each: TAKEN_OR_REFUSED[kind][:500] for each, kind in chosen.items()}
            assert client.get(reverse(f"{name}-list"), given).status_code < 500, str(chosen)
        assert client.get(reverse(f"{name}-list"), {"q": REFUSED["nul"]}).status_code == 400


def test_every_part_of_every_address(cast: Cast) -> None:
    client, marker, values = signed_in(cast.account_admin), "hostile-part", list(ALL.values())[::17]
    for url in {each.url for each in of_the_product(cast)}:
        parts = url.strip("/").split("/")
        for place in (place for place, part in enumerate(parts) if part.count("-") == 4 or part.isdigit()):
            asked = "/" + "/".join([*parts[:place], marker, *parts[place + 1 :]]) + "/"
            for value in values:
                answer = client.get(asked.replace(marker, quote(value, safe="")))
                assert answer.status_code < 500, f"{asked} {value[:40]!r}"
