from django.test import Client
from pytest_django import Settings


def test_probes_are_answered_without_tls(client: Client, settings: Settings, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert client.get("/sessions/").headers["Location"] == "https://testserver/sessions/"
