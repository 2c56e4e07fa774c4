"""Teams, clients and settings of an account."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from flowpilot.accounts.actions import places
from flowpilot.accounts.actions.changing import state_of
from flowpilot.accounts.actions.settings import FIELDS, change_settings
from flowpilot.accounts.models import Account, AuditEvent, Client, Team, TeamMembership, User
from flowpilot.accounts.refusals import Changed, NameTaken, StillInUse
from flowpilot.accounts.roles import NotAllowed
from tests.factories import Cast
from tests.screens import signed_in, words

SETTINGS = reverse("settings:account")


def told(cast: Cast) -> list[tuple[str, str, Any]]:
    rows = AuditEvent.objects.filter(account=cast.account).exclude(verb__startswith="signed")
    return list(rows.order_by("created_at", "id").values_list("verb", "subject_name", "changes"))


def test_a_team_is_made_renamed_put_away_and_taken_back(cast: Cast) -> None:
    team = places.create(Team, {"name": "Night shift"}, by=cast.account_admin)
    places.update(team, {"name": "Late shift"}, seen=state_of(team, ["name"]), by=cast.account_admin)
    places.archive(team, by=cast.account_admin)
    assert list(Team.objects.filter(account=cast.account).current()) == [cast.other_team, cast.team]
    places.restore(team, by=cast.account_admin)

    team.refresh_from_db()
    assert (team.name, team.archived_at, team.account) == ("Late shift", None, cast.account)
    assert told(cast) == [
        ("created", "Night shift", {}),
        ("changed", "Late shift", {"name": ["Night shift", "Late shift"]}),
        ("archived", "Night shift", {}),
        ("restored", "Night shift", {}),
    ]


def test_a_client_keeps_its_keys_in_other_systems(cast: Cast) -> None:
    values = {"name": "Northwind Ltd", "external_refs": {"halopsa": "12"}}
    seen = state_of(cast.client, values)

    places.update(cast.client, values, seen=seen, by=cast.account_admin)

    client = Client.objects.get(pk=cast.client.pk)
    assert (client.name, client.external_refs) == ("Northwind Ltd", {"halopsa": "12"})
    assert told(cast)[0][2]["external_refs"] == ["{}", "{'halopsa': '12'}"]


@pytest.mark.parametrize("kind", [Team, Client], ids=["team", "client"])
def test_a_name_is_given_once_in_an_account(cast: Cast, outsiders: Cast, kind: Any) -> None:
    places.create(kind, {"name": "Support"}, by=cast.account_admin)
    places.create(kind, {"name": "Support"}, by=outsiders.account_admin)
    other = places.create(kind, {"name": "Other"}, by=cast.account_admin)

    with pytest.raises(NameTaken, match="There is one named “Support” already."):
        places.create(kind, {"name": "Support"}, by=cast.account_admin)
    with pytest.raises(NameTaken):
        places.update(other, {"name": "Support"}, seen=state_of(other, ["name"]), by=cast.account_admin)


def test_a_team_with_people_is_not_put_away(cast: Cast) -> None:
    with pytest.raises(StillInUse, match="People are in “Service desk”"):
        places.archive(cast.team, by=cast.account_admin)

    User.objects.filter(memberships__team=cast.team).update(is_active=False)
    places.archive(cast.team, by=cast.account_admin)

    assert TeamMembership.objects.filter(team=cast.team).count() == 3, "who was in it stays on record"


@pytest.mark.parametrize("person", ["engineer", "team_admin"])
def test_only_account_admins_see_to_teams_clients_and_settings(cast: Cast, person: str) -> None:
    by = getattr(cast, person)
    refused: list[Any] = [
        lambda: places.create(Team, {"name": "New"}, by=by),
        lambda: places.update(cast.team, {"name": "New"}, seen="", by=by),
        lambda: places.archive(cast.client, by=by),
        lambda: places.restore(cast.client, by=by),
        lambda: change_settings(cast.account, {}, seen="", by=by),
    ]
    for verb in refused:
        with pytest.raises(NotAllowed):
            verb()


def test_nobody_sees_to_those_of_another_account(cast: Cast, outsiders: Cast) -> None:
    by = outsiders.account_admin
    refused: list[Any] = [
        lambda: places.update(cast.team, {"name": "New"}, seen="", by=by),
        lambda: places.archive(cast.client, by=by),
        lambda: places.restore(cast.client, by=by),
        lambda: change_settings(cast.account, {}, seen="", by=by),
    ]
    for verb in refused:
        with pytest.raises(NotAllowed):
            verb()


def test_the_second_of_two_admins_does_not_write_over_the_first(cast: Cast) -> None:
    seen = state_of(cast.team, ["name"])
    places.update(cast.team, {"name": "First"}, seen=seen, by=cast.account_admin)

    with pytest.raises(Changed):
        places.update(cast.team, {"name": "Second"}, seen=seen, by=cast.account_admin)
    places.archive(cast.client, by=cast.account_admin)
    with pytest.raises(Changed):
        places.archive(cast.client, by=cast.account_admin)

    assert Team.objects.get(pk=cast.team.pk).name == "First"


# --- pages ---


def test_the_pages_make_and_change_a_team(cast: Cast) -> None:
    client = signed_in(cast.account_admin)

    client.post(reverse("people:new-team"), {"name": "Night shift"})
    team = Team.objects.get(name="Night shift")
    page = client.get(reverse("people:team", args=[team.pk]))
    client.post(reverse("people:team", args=[team.pk]), {"name": "Late", "seen": page.context["seen"]})
    late = client.post(reverse("people:team", args=[team.pk]), {"name": "X", "seen": page.context["seen"]})

    assert Team.objects.get(pk=team.pk).name == "Late"
    assert (late.status_code, late.context["form"]["name"].value()) == (409, "X")
    assert "Somebody else changed this meanwhile." in words(late)


@pytest.mark.parametrize("name", ["", "x" * 201, "Projects"], ids=["none", "long", "taken"])
def test_a_name_that_does_not_fit_is_told(cast: Cast, name: str) -> None:
    client = signed_in(cast.account_admin)
    seen = state_of(cast.team, ["name"])

    new = client.post(reverse("people:new-team"), {"name": name})
    old = client.post(reverse("people:team", args=[cast.team.pk]), {"name": name, "seen": seen})

    assert new.context["form"].errors.keys() == old.context["form"].errors.keys() == {"name"}
    assert (new.status_code, old.status_code) == (422, 422)
    assert Team.objects.filter(account=cast.account).count() == 2


def test_the_pages_put_a_team_away_and_take_it_back(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    TeamMembership.objects.filter(team=cast.other_team).delete()
    full = client.post(reverse("people:archive-team", args=[cast.team.pk]), follow=True)
    client.post(reverse("people:archive-team", args=[cast.other_team.pk]))
    assert "People are in “Service desk”." in words(full)

    listed = client.get(reverse("people:teams"), {"state": "archived"}).context["page"].rows
    assert [(team.name, team.members) for team in listed] == [("Projects", 0)]
    client.post(reverse("people:restore-team", args=[cast.other_team.pk]))
    assert Team.objects.current().filter(pk=cast.other_team.pk).exists() is True


def test_the_pages_see_to_clients(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    sent = {"name": "Contoso", "external_refs": "connectwise: 4711\n\n halopsa : 12 "}

    client.post(reverse("settings:new-client"), sent)
    made = Client.objects.get(name="Contoso")
    client.post(reverse("settings:archive-client", args=[made.pk]))

    assert made.external_refs == {"connectwise": "4711", "halopsa": "12"}
    assert [
        row.name for row in client.get(reverse("settings:clients"), {"state": "current"}).context["page"].rows
    ] == ["Northwind"]
    page = client.get(reverse("settings:client", args=[made.pk]))
    assert sorted(page.context["form"]["external_refs"].value().splitlines()) == [
        "connectwise: 4711",
        "halopsa: 12",
    ]
    client.post(reverse("settings:restore-client", args=[made.pk]))
    assert Client.objects.get(pk=made.pk).archived_at is None


@pytest.mark.parametrize(
    ("refs", "said"),
    [
        ("no colon", "“no colon” is not a system, a colon and a key."),
        ("system:", "is not a system, a colon and a key."),
        ("a: 1\na: 2", "Each system stands in one line only."),
        ("\n".join(f"s{n}: 1" for n in range(21)), "At most 20 lines."),
        (f"s: {'x' * 101}", "at most 100 characters"),
    ],
    ids=["colon", "key", "twice", "many", "long"],
)
def test_keys_that_cannot_be_read_are_told(cast: Cast, refs: str, said: str) -> None:
    answer = signed_in(cast.account_admin).post(
        reverse("settings:new-client"), {"name": "Contoso", "external_refs": refs}
    )

    assert answer.status_code == 422
    assert said in words(answer)


# --- settings ---


def form_of(cast: Cast, **given: Any) -> dict[str, Any]:
    """What the page of settings sends as it stands, with `given` instead."""
    page = signed_in(cast.account_admin).get(SETTINGS)
    shown = {name: page.context["form"][name].value() for name in FIELDS}
    sent = {name: value for name, value in shown.items() if value not in (None, False)}
    return {**sent, "seen": page.context["seen"], **given}


def test_settings_are_changed_and_stand_in_the_audit(cast: Cast) -> None:
    sent = form_of(cast, ai_daily_budget_usd="2.50", mfa_required="on", time_zone="Europe/Berlin")

    answer = signed_in(cast.account_admin).post(SETTINGS, sent)

    account = Account.objects.get(pk=cast.account.pk)
    assert answer.headers["Location"] == SETTINGS
    assert (account.ai_daily_budget_usd, account.mfa_required) == (Decimal("2.50"), True)
    assert account.time_zone == "Europe/Berlin"
    assert told(cast) == [
        (
            "changed",
            "Acme",
            {
                "time_zone": ["UTC", "Europe/Berlin"],
                "ai_daily_budget_usd": ["", "2.50"],
                "mfa_required": ["False", "True"],
            },
        )
    ]


def test_settings_that_stay_as_they_are_are_no_change(cast: Cast) -> None:
    signed_in(cast.account_admin).post(SETTINGS, form_of(cast))

    assert told(cast) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "This field is required."),
        ("time_zone", "Mars/Olympus", "Select a valid choice."),
        ("ai_mode", "magic", "Select a valid choice."),
        ("ai_daily_budget_usd", "-1", "greater than or equal to 0"),
        ("ai_monthly_budget_usd", "NaN", "Enter a number."),
        ("idle_abandon_days", "0", "greater than or equal to 1"),
        ("reopen_days", "-1", "greater than or equal to 0"),
        ("proposal_expiry_days", "99999", "less than or equal to 3650"),
    ],
)
def test_a_setting_that_does_not_fit_is_told_beside_it(cast: Cast, field: str, value: str, said: str) -> None:
    answer = signed_in(cast.account_admin).post(SETTINGS, form_of(cast, **{field: value}))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert said in answer.context["form"].errors[field][0]
    assert told(cast) == []


def test_a_day_has_no_more_than_its_month(cast: Cast) -> None:
    sent = form_of(cast, ai_daily_budget_usd="50", ai_monthly_budget_usd="20")

    answer = signed_in(cast.account_admin).post(SETTINGS, sent)

    assert "A day cannot have more than the month." in words(answer)


def test_settings_that_somebody_else_changed_first_are_not_written_over(cast: Cast) -> None:
    first, second = form_of(cast, reopen_days="3"), form_of(cast, reopen_days="30")
    client = signed_in(cast.account_admin)
    client.post(SETTINGS, first)

    late = client.post(SETTINGS, second)

    assert (late.status_code, late.context["form"]["reopen_days"].value()) == (409, "30")
    assert Account.objects.get(pk=cast.account.pk).reopen_days == 3
    client.post(SETTINGS, {**second, "seen": late.context["seen"]})
    assert Account.objects.get(pk=cast.account.pk).reopen_days == 30
