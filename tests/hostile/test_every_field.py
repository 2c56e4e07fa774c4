"""Every field of every form, every filter, every part of an address takes or refuses whatever is sent.

The fields are found by themselves: forms on the pages, and whatever a view looks for in a query or a form
beyond them. What fails is an exception in a view (the client raises it), or something active on the page that
follows. Each form is sent a few times: once with everything at once in each field, then with another value in
each; every value is sent somewhere. `make soak` sends every string of the set (`values.texts`).
"""

import json
import logging
from collections.abc import Iterator
from math import ceil
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import User
from flowpilot.api import router
from tests.addresses import of_others, of_rows, of_the_product, superuser_within
from tests.core.test_logs import Kept
from tests.factories import PASSWORD, Cast, make_proposal
from tests.hostile.exported import BEGINS, cells, plant_formulas
from tests.hostile.finding import FOUND_AT_LEAST, distinct, forms_on, route_of, send, walked
from tests.hostile.forms import Form, read
from tests.hostile.values import (
    ALL,
    CANARY,
    EVERYTHING,
    LARGE,
    REFUSED,
    SHORT,
    TAKEN_OR_REFUSED,
    packed,
    texts,
)
from tests.screens import signed_in

TURNS = 2
"""So many times a form is sent at least with another value in each field, after everything at once."""
TYPED = "canary8127"
TABLES = {"accounts:audit-export", "analytics:export", "sessions:export"}
SHARED = 40
"""So many strings of the set come to one request for each short field of a form."""


def everything(form: Form) -> dict[str, str]:
    return {
        name: SHORT if form.most.get(name, LARGE) < len(EVERYTHING) else EVERYTHING for name in form.names
    }


def wrong_of(client: Client, forms: list[Form]) -> list[str]:
    """What is wrong with the answers, told by names. Going on from form to form, values take turns in all
    fields, so that each is sent."""
    kinds, refused, wrong, place = list(TAKEN_OR_REFUSED), list(REFUSED), list[str](), 0
    turns = max(TURNS, ceil(len(kinds) / sum(len(form.names) for form in forms)))
    for number, form in enumerate(forms):
        wrong += wrong_with(client, form, everything(form), "everything")
        for _turn in range(turns if form.shown else 1):
            chosen = {name: kinds[(place + at) % len(kinds)] for at, name in enumerate(form.names)}
            place += len(chosen)
            wrong += wrong_with(client, form, {name: ALL[kind] for name, kind in chosen.items()}, str(chosen))
        wrong += taken_though_refused(client, form, refused[number % len(refused)])
    return wrong


def wrong_with(client: Client, form: Form, given: dict[str, str], told: str) -> list[str]:
    answer = send(client, form, given)
    found = active(answer)
    bad = answer.status_code >= 500 or found
    return [f"{form.method} {form.action} {told}: {answer.status_code} {found[:5]}"] if bad else []


def taken_though_refused(client: Client, form: Form, kind: str) -> list[str]:
    fields = set(form.names) - set(form.files)
    answer = send(client, form, dict.fromkeys(fields, REFUSED[kind])) if fields else None
    if answer is None or answer.status_code in (400, 415):
        return []
    return [f"{form.action} {kind}: {answer.status_code}"]


def active(answer: Any) -> list[str]:
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return read(answer.content.decode(), "").active


def plant(client: Client, forms: list[Form]) -> None:
    """A canary in every field, its effects kept where they do not stand in the way of the next."""
    for form in forms:
        with transaction.atomic():
            given = {name: [TYPED] for name in form.names if name not in form.files}
            asked = client.get if form.method == "get" else client.post
            asked(form.action, {**form.fields, **given})


def test_every_field_of_the_product(cast: Cast, outsiders: Cast) -> None:
    """Whatever is sent is taken or refused; what is typed reaches neither the log nor another account, and no
    table that is taken away has a cell that a spreadsheet would compute."""
    plant_formulas(cast)
    addresses = list(of_the_product(cast))
    walk = walked(cast, addresses)
    kept, root = Kept(), logging.getLogger()
    root.addHandler(kept)
    try:
        wrong = [said for client, forms in walk.forms for said in wrong_of(client, forms)]
        for client, forms in walk.forms:
            plant(client, forms)
    finally:
        root.removeHandler(kept)

    assert walk.routes >= FOUND_AT_LEAST
    assert wrong == []
    assert len(kept.lines) > 20
    assert [word for word in (TYPED, CANARY) if word in json.dumps(kept.lines)] == []
    assert {*walk.tables} >= TABLES
    assert [cell for each in walk.tables.values() for cell in cells(each) if cell.startswith(BEGINS)] == []
    stranger = signed_in(outsiders.account_admin)
    assert [each.name for each in addresses if TYPED in stranger.get(each.url).content.decode()] == []


def values_of(forms: list[Form]) -> Iterator[tuple[Form, dict[str, str]]]:
    """Every string of the set in every field without an end, several at once; fields that end early share
    them, going on from form to form."""
    large, place = packed(texts(), LARGE), 0
    for form in forms:
        turns = max(len(large), ceil(len(texts()) / SHARED / max(len(form.most), 1)) if form.most else 0)
        short = packed(texts(), min(form.most.values(), default=LARGE))
        for turn in range(turns):
            place += len(form.most)
            yield (
                form,
                {
                    name: short[(place + at) % len(short)]
                    if name in form.most
                    else large[(turn + at) % len(large)]
                    for at, name in enumerate(form.names)
                },
            )


@pytest.mark.soak
def test_every_string_of_the_set_in_the_fields_of_the_product(cast: Cast) -> None:
    for client, forms in walked(cast, list(of_the_product(cast))).forms:
        for form, given in values_of(forms):
            assert wrong_with_the_set(client, form, given) == []


def wrong_with_the_set(client: Client, form: Form, given: dict[str, str]) -> list[str]:
    clean = {name: text.replace("\x00", "") for name, text in given.items()}
    return wrong_with(client, form, clean, str({name: text[:60] for name, text in given.items()}))


def with_the_password_shown(person: User) -> Client:
    """As the pages ask for that change the login."""
    client = signed_in(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_every_form_of_the_sign_in(cast: Cast) -> None:
    changes = {"account_change_password", "account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn"}
    for client, forms, least in (
        (*of_the_sign_in(Client()), {"account_login", "account_reset_password"}),
        (*of_the_sign_in(with_the_password_shown(cast.engineer)), changes),
    ):
        assert {route_of(form.action) for form in forms} >= least
        assert wrong_of(client, forms) == []


def of_the_sign_in(client: Client) -> tuple[Client, list[Form]]:
    return client, distinct(forms_on(client, list(of_others("accounts/"))))


def test_every_form_of_the_admin(cast: Cast) -> None:
    client, forms = of_the_admin(cast)

    assert len(forms) >= 8
    assert wrong_of(client, forms) == []


def of_the_admin(cast: Cast) -> tuple[Client, list[Form]]:
    make_proposal(cast)
    client = superuser_within(cast)
    added = [each for each in of_others("admin/") if each.name.endswith("_add")]
    changed = [each for each in of_rows(cast) if each.name.endswith("_change")]
    return client, distinct(forms_on(client, [*added, *changed]))


@pytest.mark.soak
@pytest.mark.parametrize("where", ["stranger", "engineer", "admin"])
def test_every_string_of_the_set_in_the_forms_of_sign_in_and_admin(cast: Cast, where: str) -> None:
    if where == "admin":
        client, forms = of_the_admin(cast)
    else:
        client = Client() if where == "stranger" else with_the_password_shown(cast.engineer)
        client, forms = of_the_sign_in(client)
    wrong = [said for form, given in values_of(forms) for said in wrong_with_the_set(client, form, given)]
    assert (bool(forms), wrong) == (True, [])


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
