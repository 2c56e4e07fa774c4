from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from flowpilot.core.db.waiting import shipped


def test_probes_are_answered_without_tls(client: Client, settings: Settings, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert client.get("/sessions/").headers["Location"] == "https://testserver/sessions/"


def test_a_process_is_not_ready_before_its_migrations_are_in(client: Client, db: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="proposals", name__startswith="0001").delete()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "migrations_waiting": 1})


def test_the_migrations_that_are_waited_for_are_those_that_django_would_apply() -> None:
    assert shipped() == MigrationLoader(None).disk_migrations.keys()
