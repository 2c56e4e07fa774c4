from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from flowpilot.accounts.models import Account, User
from tests.factories import Cast


def create(*arguments: str, password: str = "", monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stdin", StringIO(password))
    output = StringIO()
    call_command("create_account", *arguments, stdout=output)
    return output.getvalue()


def test_an_account_comes_with_its_first_admin(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["acme", "--name", "Acme IT", "--admin", "Owner@Acme.example", "--password-stdin"]

    said = create(*arguments, password="a long password of acme\n", monkeypatch=monkeypatch)

    account, admin = Account.objects.get(), User.objects.get()
    assert (account.slug, account.name) == ("acme", "Acme IT")
    assert (admin.email, admin.account, admin.account_admin) == ("owner@acme.example", account, True)
    assert admin.check_password("a long password of acme")
    assert said == "Account acme created; owner@acme.example is its admin.\n"


def test_without_a_password_the_admin_asks_for_a_reset_link(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("acme", "--name", "Acme", "--admin", "owner@acme.example", monkeypatch=monkeypatch)

    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    ("arguments", "password", "named"),
    [
        (["no spaces", "--name", "x", "--admin", "new@x.example"], "", "slug"),
        (["fresh", "--name", "x", "--admin", "nobody"], "", "email"),
        (["fresh", "--name", "x", "--admin", "new@x.example", "--password-stdin"], "1234\n", "password"),
        (["fresh", "--name", "x", "--admin", "new@x.example", "--password-stdin"], "", "standard input"),
        (["acme", "--name", "x", "--admin", "new@x.example"], "", "slug “acme” already"),
        (
            ["fresh", "--name", "x", "--admin", "owner@acme.example"],
            "",
            "e-mail “owner@acme.example” already",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(
    cast: Cast, arguments: list[str], password: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, people = Account.objects.count(), User.objects.count()

    with pytest.raises(CommandError, match=f"(?i){named}"):
        create(*arguments, password=password, monkeypatch=monkeypatch)

    assert (Account.objects.count(), User.objects.count()) == (accounts, people)


def test_deleting_an_account_takes_everything_of_it_along(cast: Cast, outsiders: Cast) -> None:
    cast.account.delete()

    assert list(Account.objects.values_list("slug", flat=True)) == ["rival"]
