"""A superuser sees and changes rows of the account that was entered, for an hour, and of no other."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts.actions import invitations
from flowpilot.accounts.models import Account, AuditEvent, Team, TeamMembership, User
from flowpilot.accounts.models import Client as Customer
from flowpilot.core.models import Heartbeat, TenantModel
from flowpilot.flows.models import Flow
from tests.admin.test_admin import MODELS, at, fill, label
from tests.factories import Cast, make_session, make_user, make_version
from tests.screens import text

TENANT = [model for model in MODELS if issubclass(model, TenantModel)]
ENTER = "admin:enter"


@pytest.fixture
def superuser(db: None) -> User:
    return make_user(None, "root", is_superuser=True, is_staff=True)


@pytest.fixture
def root(superuser: User) -> Client:
    """Signed in, and in no account."""
    client = Client()
    client.force_login(superuser)
    return client


@pytest.fixture
def inside(root: Client, cast: Cast, outsiders: Cast) -> Client:
    """In the account of the cast; both accounts have a row of every model."""
    fill(cast)
    fill(outsiders)
    make_session(
        cast
    )  # the day is to be counted again: the second account's counting did the first one's, too
    enter(root, cast)
    return root


def enter(client: Client, cast: Cast, **given: Any) -> Any:
    form = {"account": cast.account.pk, "reason": "Ticket 4711", **given}
    return client.post(reverse(ENTER), form)


def row_of(model: type[Model], account: Account) -> Model:
    row = model._default_manager.filter(account=account).first()
    assert row is not None
    return row


def test_whatever_is_shown_belongs_to_an_account_or_to_nobody() -> None:
    shown = {model for model in admin.site._registry if model not in TENANT}

    assert shown == {Account, User, Heartbeat, Group}, (
        "Its rows may tell of every account: leave it out (LEFT_OUT in accounts/adminsite.py), or limit it"
        " to the account that was entered and test that here."
    )


def test_without_an_account_a_page_asks_for_one(root: Client, cast: Cast, subtests: pytest.Subtests) -> None:
    for model in TENANT:
        with subtests.test(label(model)):
            for address in (at(model, "changelist"), at(model, "add"), at(model, "change", cast.account.pk)):
                answer = root.get(address)
                assert (answer.status_code, unquote(answer.headers["Location"])) == (
                    302,
                    f"{reverse(ENTER)}?next={address}",
                )
                assert root.post(address).headers["Location"].startswith(reverse(ENTER))


def test_without_an_account_the_start_page_the_accounts_and_superusers_are_there(
    root: Client, cast: Cast, superuser: User
) -> None:
    pages = [
        root.get(reverse("admin:index")),
        root.get(at(Account, "changelist")),
        root.get(at(User, "changelist")),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert list(pages[1].context["cl"].result_list) == [cast.account]
    assert list(pages[2].context["cl"].result_list) == [superuser]
    assert root.get(at(User, "change", superuser.pk)).status_code == 200
    assert root.post(at(User, "delete", superuser.pk), {"post": "yes"}).status_code == 403
    assert root.post(at(Account, "delete", cast.account.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("given", [{"reason": ""}, {"reason": " "}, {"account": ""}, {"reason": "x" * 301}])
def test_account_and_reason_are_asked_for(root: Client, cast: Cast, given: dict[str, str]) -> None:
    page = enter(root, cast, **given)

    assert page.context["form"].errors.keys() == given.keys()
    assert root.get(at(Team, "changelist")).status_code == 302


def test_after_entering_the_page_that_was_asked_for_follows(root: Client, cast: Cast) -> None:
    address = at(Team, "changelist")

    assert enter(root, cast, next=address).headers["Location"] == address
    assert "In the account Acme until" in text(root.get(address))


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/admin/", "/sessions/", ""])
def test_no_address_outside_of_the_admin_follows(root: Client, cast: Cast, address: str) -> None:
    assert enter(root, cast, next=address).headers["Location"] == reverse("admin:index")


def test_who_entered_which_account_when_and_why_is_told(
    root: Client, superuser: User, cast: Cast, outsiders: Cast
) -> None:
    enter(root, cast)
    enter(root, outsiders, reason="Ticket 4712")
    root.post(reverse("admin:leave"))
    root.post(reverse("admin:leave"))

    kept = AuditEvent.objects.filter(verb__startswith="support").order_by("created_at", "id")
    assert list(kept.values_list("account", "verb", "note", "actor")) == [
        (cast.account.pk, "support_entered", "Ticket 4711", superuser.pk),
        (cast.account.pk, "support_left", "", superuser.pk),
        (outsiders.account.pk, "support_entered", "Ticket 4712", superuser.pk),
        (outsiders.account.pk, "support_left", "", superuser.pk),
    ]


def test_leaving_ends_it(inside: Client) -> None:
    assert inside.get(at(Team, "changelist")).status_code == 200
    assert inside.get(reverse("admin:leave")).status_code == 405

    inside.post(reverse("admin:leave"))

    assert inside.get(at(Team, "changelist")).status_code == 302


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 302)])
def test_it_ends_after_an_hour(inside: Client, minutes: int, status: int) -> None:
    session = inside.session
    session["entered_account"]["at"] = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    session.save()

    assert inside.get(at(Team, "changelist")).status_code == status


def test_it_ends_with_the_sign_in(inside: Client, superuser: User) -> None:
    inside.logout()
    inside.force_login(superuser)

    assert inside.get(at(Team, "changelist")).status_code == 302


def test_it_opens_nothing_but_the_admin(inside: Client) -> None:
    assert inside.get(reverse("sessions:list")).status_code == 403
    assert inside.get(reverse("api-session-list")).status_code == 403


def test_what_remains_in_the_session_of_one_who_is_no_superuser_any_more_opens_nothing(
    inside: Client, superuser: User
) -> None:
    User.objects.filter(pk=superuser.pk).update(is_superuser=False)

    assert inside.get(at(Team, "changelist")).headers["Location"].startswith(reverse("admin:login"))


def test_no_address_shows_or_changes_a_row_of_another_account(
    inside: Client, outsiders: Cast, subtests: pytest.Subtests
) -> None:
    models: list[type[Model]] = [*TENANT, User, Account]
    for model in models:
        with subtests.test(label(model)):
            row = outsiders.account if model is Account else row_of(model, outsiders.account)
            before = model._default_manager.filter(pk=row.pk).values().get()
            addresses = [at(model, page, row.pk) for page in ("change", "delete", "history")]

            shown = [inside.get(address) for address in [*addresses, at(model, "changelist")]]
            shown += [inside.get(at(model, "changelist"), {"q": word}) for word in ("printer", "o", "")]
            sought = inside.get(at(model, "changelist"), {"q": "rival"})
            shown += [inside.post(address, {"post": "yes", "_save": "Save"}) for address in addresses]
            inside.post(
                at(model, "changelist"),
                {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
            )

            assert {page.status_code for page in shown} <= {200, 302, 403, 404}
            assert [page.status_code for page in shown[:3]] in ([302] * 3, [302, 403, 302])
            assert [text(page) for page in shown if "rival" in text(page).lower()] == []
            assert list(sought.context["cl"].result_list) == []
            assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_the_password_of_another_accounts_person_cannot_be_set(inside: Client, outsiders: Cast) -> None:
    address = reverse("admin:auth_user_password_change", args=[outsiders.engineer.pk])

    answers = [
        inside.get(address),
        inside.post(address, {"password1": "x y z 1 2 3", "password2": "x y z 1 2 3"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_lists_show_the_accounts_own_rows(inside: Client, cast: Cast) -> None:
    models: list[Any] = [*TENANT, User]
    for model in models:
        listed = inside.get(at(model, "changelist")).context["cl"].result_list
        assert {row.account_id for row in listed} == {cast.account.pk}, model
        assert {row.pk for row in listed} == set(
            model._default_manager.filter(account=cast.account).values_list("pk", flat=True)
        )
    assert list(inside.get(at(Account, "changelist")).context["cl"].result_list) == [cast.account]


@pytest.mark.parametrize(
    ("model", "field"),
    [(Flow, "team"), (Flow, "client"), (Flow, "owner"), (Flow, "forked_from"), (TeamMembership, "user")],
)
def test_autocompletes_find_rows_of_the_account(
    inside: Client, cast: Cast, outsiders: Cast, model: type[Model], field: str
) -> None:
    asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    target: Any = model._meta.get_field(field).related_model

    found = inside.get(reverse("admin:autocomplete"), {**asked, "term": ""}).json()["results"]

    own = target._default_manager.filter(account=cast.account)
    assert {each["id"] for each in found} == {str(pk) for pk in own.values_list("pk", flat=True)}
    assert inside.get(reverse("admin:autocomplete"), {**asked, "term": "rival"}).json()["results"] == []


def test_autocompletes_are_closed_without_an_account(root: Client) -> None:
    asked = {"app_label": "flows", "model_name": "flow", "field_name": "team", "term": ""}

    assert root.get(reverse("admin:autocomplete"), asked).status_code == 302


def test_a_row_is_added_changed_and_deleted_within_the_account(inside: Client, cast: Cast) -> None:
    inside.post(at(Customer, "add"), {"name": "Tidewater", "external_refs": "{}"})
    added = Customer.objects.get(name="Tidewater")
    assert added.account == cast.account

    inside.post(at(Customer, "change", added.pk), {"name": "Highwater", "external_refs": "{}"})
    assert Customer.objects.get(pk=added.pk).name == "Highwater"

    inside.post(at(Customer, "delete", added.pk), {"post": "yes"})
    assert not Customer.objects.filter(pk=added.pk).exists()


def test_the_account_of_a_row_cannot_be_chosen(inside: Client, cast: Cast, outsiders: Cast) -> None:
    inside.post(at(Customer, "add"), {"name": "A", "external_refs": "{}", "account": outsiders.account.pk})

    assert Customer.objects.get(name="A").account == cast.account
    assert 'name="account"' not in text(inside.get(at(Customer, "add")))


def test_a_name_that_is_taken_in_the_account_is_told(inside: Client, cast: Cast) -> None:
    page = inside.post(at(Customer, "add"), {"name": cast.client.name, "external_refs": "{}"})

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == ["__all__"]


@pytest.mark.parametrize("who", ["user", "team"])
def test_nobody_and_nothing_of_another_account_can_be_chosen(
    inside: Client, cast: Cast, outsiders: Cast, who: str
) -> None:
    given = {"user": cast.engineer.pk, "team": cast.other_team.pk, "role": "engineer"}
    foreign = {"user": outsiders.engineer.pk, "team": outsiders.team.pk}

    page = inside.post(at(TeamMembership, "add"), {**given, who: foreign[who]})

    assert list(page.context["adminform"].form.errors) == [who]


def test_a_person_is_added_to_the_account_with_a_team(inside: Client, cast: Cast) -> None:
    inside.post(
        at(User, "add"),
        {
            "email": "new@acme.example",
            "name": "New",
            "account_admin": "on",
            "password1": "a long enough pass phrase",
            "password2": "a long enough pass phrase",
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0,
            "memberships-0-team": cast.team.pk,
            "memberships-0-role": "engineer",
        },
    )

    person = User.objects.get(email="new@acme.example")
    assert (person.account, person.account_admin) == (cast.account, True)
    assert [(each.account, each.team) for each in person.memberships.all()] == [(cast.account, cast.team)]


def test_who_is_switched_off_here_has_left_no_invitation_either(inside: Client, cast: Cast) -> None:
    second = make_user(cast.account, "second", account_admin=True)
    sent = invitations.invite("back@elsewhere.example", roles={}, account_admin=True, by=second)[0]
    page = inside.get(at(User, "change", second.pk))
    initial = page.context["adminform"].form.initial
    given = {name: value for name, value in initial.items() if value not in (None, False)}

    inside.post(
        at(User, "change", second.pk),
        {**given, "is_active": "", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0},
    )

    second.refresh_from_db()
    sent.refresh_from_db()
    assert (second.is_active, sent.revoked_at is not None) == (False, True)


def test_an_account_admin_is_not_made_without_an_account(root: Client) -> None:
    page = root.post(
        at(User, "add"),
        {
            "email": "new@acme.example",
            "name": "New",
            "account_admin": "on",
            "password1": "a long enough pass phrase",
            "password2": "a long enough pass phrase",
        },
    )

    assert page.status_code == 200
    assert not User.objects.filter(email="new@acme.example").exists()


def test_an_account_without_history_is_deleted_from_within_which_ends_the_entry(
    root: Client, cast: Cast, outsiders: Cast
) -> None:
    enter(root, cast)

    root.post(at(Account, "delete", cast.account.pk), {"post": "yes"})

    assert list(Account.objects.all()) == [outsiders.account]
    assert set(Team.objects.values_list("account", flat=True)) == {outsiders.account.pk}
    assert root.get(at(Team, "changelist")).status_code == 302


def test_the_start_page_does_not_tell_what_was_done_in_another_account(
    inside: Client, superuser: User, outsiders: Cast
) -> None:
    LogEntry.objects.log_actions(superuser.pk, [make_version(outsiders, title="Rival secret").flow], 2, "")

    assert "rival" not in text(inside.get(reverse("admin:index"))).lower()
