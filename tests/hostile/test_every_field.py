"""Every field of every form, every filter, every part of an address takes or refuses whatever is sent.

The fields are found on the pages themselves, so one that is new is tried without a word here. What fails is
an exception in a view (the client raises it), or active content on the page that follows. Each form is sent
every value in some field of it; `make soak` sends every value in every field.
"""

from collections.abc import Iterator
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

PEOPLE = ("engineer", "team_admin", "account_admin")
ENDS_THE_VISIT = ("logout", "leave")
FOUND_AT_LEAST = {
    "accounts:audit",
    "account_login",
    "account_reset_password",
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


def wrong_of(client: Client, form: Form, *, thorough: bool = False) -> list[str]:
    """What is wrong with the answers, told by names: to every value in some field, or in each."""
    kinds, names, wrong = list(TAKEN_OR_REFUSED), form.names, []
    for turn in range(0, len(kinds), 1 if thorough else len(names)):
        chosen = {name: kinds[(turn + place) % len(kinds)] for place, name in enumerate(names)}
        answer = send(client, form, {name: TAKEN_OR_REFUSED[kind] for name, kind in chosen.items()})
        if answer.status_code >= 500 or active(answer):
            wrong.append(f"{form.action} {chosen}: {answer.status_code} {active(answer)}")
    for kind, value in REFUSED.items():
        answer = send(client, form, dict.fromkeys(set(names) - set(form.files), value))
        if answer.status_code not in (400, 415) and set(names) != set(form.files):
            wrong.append(f"{form.action} {kind}: {answer.status_code}")
    return wrong


def active(answer: Any) -> list[str]:
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return read(answer.content.decode(), "").active


def held_by(cast: Cast) -> list[Address]:
    """Pages of an open session, which its holder may change."""
    return [Address("sessions:detail", reverse("sessions:detail", args=[make_session(cast).pk]))]


def test_the_forms_are_found(cast: Cast) -> None:
    found: set[str] = set()
    for person in PEOPLE:
        addresses = [*of_the_product(cast), *held_by(cast)]
        found |= {route_of(form.action) for form in forms_on(signed_in(getattr(cast, person)), addresses)}
    found |= {route_of(form.action) for form in forms_on(Client(), list(of_others("accounts/")))}

    assert found >= FOUND_AT_LEAST
    assert len(ALL) >= 60


def forms_of_the_product(cast: Cast, person: str) -> list[Form]:
    """Those that only this role has, or that it has first."""
    addresses = [*of_the_product(cast), *held_by(cast)]
    before = [signed_in(getattr(cast, each)) for each in PEOPLE[: PEOPLE.index(person)]]
    known = {(route_of(form.action), form.names) for each in before for form in forms_on(each, addresses)}
    found = distinct(forms_on(signed_in(getattr(cast, person)), addresses))
    return [form for form in found if (route_of(form.action), form.names) not in known]


@pytest.mark.parametrize("person", PEOPLE)
def test_every_form_of_the_product(cast: Cast, person: str) -> None:
    client = signed_in(getattr(cast, person))

    assert [said for form in forms_of_the_product(cast, person) for said in wrong_of(client, form)] == []


@pytest.mark.soak
@pytest.mark.django_db
@pytest.mark.parametrize("person", PEOPLE)
def test_every_value_in_every_field_of_the_product(cast: Cast, person: str) -> None:
    client, forms = signed_in(getattr(cast, person)), forms_of_the_product(cast, person)

    assert [said for form in forms for said in wrong_of(client, form, thorough=True)] == []


def test_every_form_of_the_sign_in(cast: Cast) -> None:
    addresses = list(of_others("accounts/"))

    for client in (Client(), signed_in(cast.engineer)):
        forms = distinct(forms_on(client, addresses))
        assert [said for form in forms for said in wrong_of(client, form)] == []


def test_every_form_of_the_admin(cast: Cast) -> None:
    make_proposal(cast)
    client = superuser_within(cast)
    added = [each for each in of_others("admin/") if each.name.endswith("_add")]
    changed = [each for each in of_rows(cast) if each.name.endswith("_change")]

    forms = distinct(forms_on(client, [*added, *changed]))

    assert len(forms) >= 8
    assert [said for form in forms for said in wrong_of(client, form)] == []


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
