"""Secrets at rest: sealed for one row, opened by the right key, shown nowhere."""

import copy
import io
import json
import logging
import pickle
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.urls import reverse
from pytest_django import Settings

from flowpilot.accounts.models import AuditEvent
from flowpilot.core.fields import EncryptedField
from flowpilot.core.sealing import Misplaced, Secret, WrongKey, opened, seal
from flowpilot.psa.models import PsaConnection
from tests.addresses import superuser_within
from tests.factories import Cast

CANARY = "canary-7f3a-of-the-psa"
CREDENTIALS = {"client_id": "acme", "client_secret": CANARY}
OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _number in range(3))


def connect(cast: Cast, name: str = "Desk", credentials: Any = None) -> PsaConnection:
    given = {"account": cast.account, "provider": "halo", "name": name}
    return PsaConnection.objects.create(**given, credentials=credentials or CREDENTIALS)


def read_again(row: PsaConnection) -> PsaConnection:
    return PsaConnection.objects.get(pk=row.pk)


def column_of(row: PsaConnection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM psa_psaconnection WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def test_what_was_set_is_revealed_and_the_column_holds_ciphertext(cast: Cast) -> None:
    row = connect(cast)

    assert row.credentials.reveal() == CREDENTIALS
    assert read_again(row).credentials.reveal() == CREDENTIALS
    assert CANARY not in column_of(row)
    assert column_of(row).startswith("gAAAA")


def test_saving_a_row_again_keeps_its_secret(cast: Cast) -> None:
    row = read_again(connect(cast))
    row.name = "Desk 2"
    row.save()

    assert read_again(row).credentials.reveal() == CREDENTIALS


def test_a_row_may_have_none(cast: Cast) -> None:
    row = PsaConnection.objects.create(account=cast.account, provider="halo", name="None yet")

    assert read_again(row).credentials is None


def test_a_deferred_secret_is_read_when_it_is_asked_for(cast: Cast) -> None:
    connect(cast)

    assert PsaConnection.objects.defer("credentials").get().credentials.reveal() == CREDENTIALS


def test_a_wrong_key_is_an_error_that_names_the_place(cast: Cast, settings: Settings) -> None:
    row = connect(cast)
    settings.FIELD_KEYS = [STRANGE]

    with pytest.raises(WrongKey) as refusal:
        read_again(row).credentials.reveal()

    place = f"psa.psaconnection.credentials:{cast.account.pk}:{row.pk}"
    said = f"{place}: none of the keys in FLOWPILOT_FIELD_KEYS opens this value."
    assert str(refusal.value) == said


def test_a_ciphertext_copied_to_another_row_does_not_open_there(cast: Cast, outsiders: Cast) -> None:
    token = column_of(connect(cast))
    own, foreign = connect(cast, "Other", {"client_secret": "x"}), connect(outsiders, "Theirs")
    for row in (own, foreign):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE psa_psaconnection SET credentials = %s WHERE id = %s", [token, row.pk])

        with pytest.raises(Misplaced, match=r"was sealed for another place"):
            read_again(row).credentials.reveal()


def test_what_is_no_ciphertext_is_a_wrong_key() -> None:
    for token in ("", "plain text", "gAAAAA", seal("x", "here")[:-3]):
        with pytest.raises(WrongKey):
            opened(token, "here")


def test_a_secret_is_set_on_a_row_only(cast: Cast) -> None:
    connect(cast)

    with pytest.raises(TypeError, match="is set on a row and saved"):
        PsaConnection.objects.update(credentials=CREDENTIALS)


def test_a_secret_cannot_be_searched_for(cast: Cast) -> None:
    with pytest.raises(Exception, match="Unsupported lookup"):
        PsaConnection.objects.filter(credentials__startswith="g").exists()


def test_a_secret_shows_itself_nowhere(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    row = connect(cast)
    fresh = read_again(row)
    dumped = io.StringIO()

    logging.getLogger("flowpilot").warning("%s %r %s", row.credentials, row.credentials, vars(fresh))
    call_command("dumpdata", "psa", stdout=dumped)

    assert (str(row.credentials), repr(row.credentials)) == ("•••", "<Secret>")
    assert CANARY not in caplog.text
    assert [each["fields"]["credentials"] for each in json.loads(dumped.getvalue())] == [""]
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            attempt(Secret(CANARY))


def test_the_admin_takes_a_secret_and_never_shows_it(cast: Cast) -> None:
    client = superuser_within(cast)
    address = reverse("admin:psa_psaconnection_add")
    given = {"provider": "halo", "name": "Desk", "state": "ok", "base_url": ""}

    client.post(address, {**given, "credentials": json.dumps(CREDENTIALS)})
    row = PsaConnection.objects.get()
    page = client.get(reverse("admin:psa_psaconnection_change", args=[row.pk]))
    kept = client.post(page.request["PATH_INFO"], {**given, "name": "Renamed", "credentials": ""})
    wrong = client.post(page.request["PATH_INFO"], {**given, "credentials": f"{{{CANARY}"})

    assert kept.status_code == 302
    assert (read_again(row).name, read_again(row).credentials.reveal()) == ("Renamed", CREDENTIALS)
    assert "$: is no JSON (line 1, column 2)" in wrong.content.decode()
    shown = page.content.decode() + wrong.content.decode()
    assert CANARY not in shown
    assert "gAAAA" not in shown
    noted = [event.changes for event in AuditEvent.objects.exclude(changes={})]
    assert noted[0]["credentials"] == ["", "•••"]
    assert CANARY not in str(noted)


def rotated() -> str:
    said = io.StringIO()
    call_command("rotate_field_keys", stdout=said)
    return said.getvalue().strip()


def test_a_new_key_takes_over_and_the_old_one_can_go(cast: Cast, outsiders: Cast, settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD]
    rows = [connect(cast), connect(cast, "Second"), connect(outsiders)]
    settings.FIELD_KEYS = [NEW, OLD]
    rows.append(connect(cast, "Third"))

    assert rotated() == "3 sealed anew, 1 were under the first of 2 keys already"
    assert rotated() == "0 sealed anew, 4 were under the first of 2 keys already"

    settings.FIELD_KEYS = [NEW]
    assert [read_again(row).credentials.reveal() for row in rows] == [CREDENTIALS] * 4


def test_what_no_key_opens_is_named_and_the_rest_is_rotated(cast: Cast, settings: Settings) -> None:
    settings.FIELD_KEYS = [STRANGE]
    lost = connect(cast, "Lost")
    settings.FIELD_KEYS = [OLD]
    found = connect(cast, "Found")
    settings.FIELD_KEYS = [NEW, OLD]
    before = column_of(lost)

    with pytest.raises(CommandError) as refusal:
        call_command("rotate_field_keys", stdout=io.StringIO())

    assert str(lost.pk) in str(refusal.value)
    assert str(found.pk) not in str(refusal.value)
    assert column_of(lost) == before
    settings.FIELD_KEYS = [NEW]
    assert read_again(found).credentials.reveal() == CREDENTIALS


def test_every_column_that_sounds_like_a_secret_is_sealed() -> None:

    words = ("credential", "secret", "api_key", "token")
    ours = ("flowpilot.", "sessions", "proposals", "analytics")
    plain = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith(ours)
        for field in model._meta.concrete_fields
        if any(word in field.name for word in words)
        and isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not isinstance(field, EncryptedField)
    ]
    assert plain == []
