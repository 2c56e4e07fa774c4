import secrets
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from flowpilot.core.environment import Environment, field_keys, secret_key


def environment(**variables: str) -> Environment:
    env = Environment()
    env.ENVIRON = variables
    return env


@pytest.mark.parametrize(
    ("given", "read"),
    [(given, True) for given in ("true", "True", "1", "yes", "on", " TRUE ")]
    + [(given, False) for given in ("false", "FALSE", "0", "no", "off")],
)
def test_booleans_in_usual_words(given: str, read: bool) -> None:
    assert environment(NAME=given).boolean("NAME", default=not read) is read


@pytest.mark.parametrize("default", [True, False])
def test_an_empty_boolean_counts_as_unset(default: bool) -> None:
    assert environment().boolean("NAME", default=default) is default
    assert environment(NAME="").boolean("NAME", default=default) is default


@pytest.mark.parametrize("given", ["ture", "y", "2", "none"])
def test_any_other_boolean_is_refused_by_name(given: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment(FLOWPILOT_TLS=given).boolean("FLOWPILOT_TLS", default=False)

    assert str(refusal.value) == f"FLOWPILOT_TLS={given!r} is malformed: expected true or false."


@pytest.mark.parametrize(("given", "read"), [("1", 1), (" 65535 ", 65535), ("", 8000)])
def test_integers_within_their_bounds(given: str, read: int) -> None:
    assert environment(PORT=given).integer("PORT", default=8000, minimum=1, maximum=65535) == read


@pytest.mark.parametrize("given", ["0", "-1", "65536", "many", "1.5", "9" * 5000])
def test_integers_out_of_bounds_are_refused_by_name(given: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment(PORT=given).integer("PORT", default=8000, minimum=1, maximum=65535)

    assert str(refusal.value) == f"PORT={given!r} is malformed: expected a whole number from 1 to 65535."


def test_integers_without_an_upper_bound() -> None:
    assert environment(BATCH="100000").integer("BATCH", default=200, minimum=1) == 100_000
    with pytest.raises(ImproperlyConfigured, match="BATCH='0' .* whole number from 1."):
        environment(BATCH="0").integer("BATCH", default=200, minimum=1)


def test_a_value_file_that_is_missing_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWPILOT_SECRET_KEY_FILE", str(tmp_path / "missing"))

    with pytest.raises(ImproperlyConfigured, match="FLOWPILOT_SECRET_KEY_FILE cannot be read: .*missing"):
        secret_key(Environment(), tmp_path)


def mail(url: str) -> dict[str, Any]:
    return environment(FLOWPILOT_EMAIL_URL=url).mail_server("FLOWPILOT_EMAIL_URL", default="consolemail://")


def test_a_mail_server_with_login() -> None:
    server = mail("smtp+tls://flow%40pilot:a%2Fb@mail.example.com:587")

    assert server == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_FILE_PATH": "",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "flow@pilot",
        "EMAIL_HOST_PASSWORD": "a/b",
        "EMAIL_USE_TLS": True,
    }


def test_without_a_mail_server_mail_is_printed() -> None:
    assert mail("")["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


@pytest.mark.parametrize(
    "url", ["mail.example.com", "https://u:hidden@mail.example.com", "smtp://u:hidden@h:x", "smtp+tls://"]
)
def test_a_malformed_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        mail(url)

    assert str(refusal.value).startswith("FLOWPILOT_EMAIL_URL is malformed: expected smtp+tls://")
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("given", ["flow@pilot.example", "FlowPilot <flow@pilot.example>"])
def test_a_sender_is_an_address_also_with_a_name(given: str) -> None:
    assert environment(SENDER=given).sender("SENDER", default="flowpilot@localhost") == given


@pytest.mark.parametrize("given", ["FlowPilot", "flow@", "a@b.example\nBcc: c@d.example"])
def test_a_sender_without_an_address_is_refused_by_name(given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SENDER=.* is malformed: expected an address"):
        environment(SENDER=given).sender("SENDER", default="flowpilot@localhost")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    home = tmp_path / "new"

    first, second = secret_key(environment(), home), secret_key(environment(), home)

    assert first == second
    assert len(first) >= 50
    assert [path.name for path in home.iterdir()] == ["secret_key"]
    assert (home / "secret_key").stat().st_mode & 0o777 == 0o600


def test_two_processes_that_start_at_once_have_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, read_by_the_other = secrets.token_urlsafe, []

    def while_another_starts(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", make)
        read_by_the_other.append(secret_key(environment(), tmp_path))
        return make(size)

    monkeypatch.setattr(secrets, "token_urlsafe", while_another_starts)

    assert [secret_key(environment(), tmp_path)] == read_by_the_other
    assert len(read_by_the_other[0]) >= 50


def test_a_kept_key_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")

    with pytest.raises(ImproperlyConfigured) as refusal:
        secret_key(environment(), tmp_path)

    assert str(refusal.value) == f"{tmp_path}/secret_key holds no key: delete it, and a new one is made."


def test_a_given_key_must_be_long(tmp_path: Path) -> None:
    assert secret_key(environment(FLOWPILOT_SECRET_KEY="k" * 50), tmp_path) == "k" * 50
    with pytest.raises(ImproperlyConfigured, match="FLOWPILOT_SECRET_KEY must have at least 50 characters"):
        secret_key(environment(FLOWPILOT_SECRET_KEY="k" * 49), tmp_path)


def test_field_keys_are_made_once_and_kept_for_this_user_alone(tmp_path: Path) -> None:
    first, second = field_keys(environment(), tmp_path), field_keys(environment(), tmp_path)

    assert first == second
    assert [len(key) for key in first] == [44]
    assert (tmp_path / "field_keys").stat().st_mode & 0o777 == 0o600


def test_given_field_keys_keep_their_order(tmp_path: Path) -> None:
    keys = [Fernet.generate_key().decode() for _number in range(2)]

    assert field_keys(environment(FLOWPILOT_FIELD_KEYS=" , ".join(keys)), tmp_path) == keys
    assert list(tmp_path.iterdir()) == []


def test_a_malformed_field_key_is_named_by_its_number_and_not_shown(tmp_path: Path) -> None:
    given = f"{Fernet.generate_key().decode()},hunter2"

    with pytest.raises(ImproperlyConfigured) as refusal:
        field_keys(environment(FLOWPILOT_FIELD_KEYS=given), tmp_path)

    assert "FLOWPILOT_FIELD_KEYS: key 2 is malformed" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_home_that_is_no_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(
        ImproperlyConfigured, match="file/secret_key can be neither read nor made .File exists.: set"
    ):
        secret_key(environment(), tmp_path / "file")
