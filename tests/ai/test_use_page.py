"""The page "AI use", and what the admins of an account are told on every page."""

from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from flowpilot.accounts.models import Account
from flowpilot.ai import ledger
from flowpilot.ai.ledger import Asked, Outcome
from flowpilot.ai.prices import Tokens
from flowpilot.ai.reading import notice_for, use_of
from tests.factories import Cast

ASKED = Asked("guide", "claude-sonnet-5-5", "abc", Decimal("0.85"))


def page(cast: Cast, client: Client, name: str = "ai:use") -> str:
    client.force_login(cast.account_admin)
    return client.get(reverse(name)).content.decode()


def limit(cast: Cast, day: str) -> None:
    Account.objects.filter(pk=cast.account.pk).update(ai_daily_budget_usd=Decimal(day))
    cast.account.refresh_from_db()


def test_calls_are_summed_by_job_and_by_day(cast: Cast) -> None:
    call = ledger.reserve(cast.account, ASKED)
    ledger.settle(call, Outcome(Tokens(input=1000, cache_read=500, output=100)))
    ledger.note_fallback(cast.account, "triage", "overloaded")

    use = use_of(cast.account)

    assert [(line.name, line.calls, line.fallbacks, line.all_input_tokens) for line in use.by_job] == [
        ("Guidance", 1, 0, 1500),
        ("Triage", 0, 1, 0),
    ]
    assert [(line.name, line.cost_usd) for line in use.by_day] == [(call.day, Decimal("0.00305"))]
    assert use.fallbacks == [("Claude was overloaded", 1)]


def test_the_page_shows_the_sums_and_the_limit(cast: Cast, client: Client) -> None:
    limit(cast, "5")
    ledger.settle(ledger.reserve(cast.account, ASKED), Outcome(Tokens(output=100_000)))

    shown = page(cast, client)

    assert "$1.00" in shown
    assert "of $5.00" in shown
    assert "1.0000" in shown


def test_an_account_that_asked_nothing_has_an_empty_page(cast: Cast, client: Client) -> None:
    assert page(cast, client).count("No calls yet") == 2


def test_another_accounts_calls_are_not_in_it(cast: Cast, outsiders: Cast, client: Client) -> None:
    ledger.reserve(outsiders.account, ASKED)

    assert use_of(cast.account).by_job == []


@pytest.mark.parametrize(
    ("day", "notice"),
    [
        pytest.param("10", "", id="enough"),
        pytest.param("1", "85 % of the daily budget for AI is used.", id="nearly used up"),
        pytest.param("0.85", "The daily budget for AI is used up; the rules answer instead.", id="used up"),
        pytest.param(
            "0.86", "The daily budget for AI is used up; the rules answer instead.", id="no room for a call"
        ),
    ],
)
def test_admins_are_warned_before_the_budget_ends(cast: Cast, client: Client, day: str, notice: str) -> None:
    limit(cast, day)
    ledger.reserve(cast.account, ASKED)

    assert notice_for(cast.account) == notice
    assert notice in page(cast, client, "sessions:list")


def test_a_budget_without_room_for_a_call_shows_that_the_rules_answer(
    cast: Cast, client: Client, settings: Settings
) -> None:
    settings.ANTHROPIC_API_KEY = "key"
    ledger.reserve(cast.account, ASKED)
    limit(cast, "10")
    assert (use_of(cast.account).speaks, use_of(cast.account).hindrance) == ("Claude", "")

    limit(cast, "0.86")

    use = use_of(cast.account)
    assert (use.speaks, use.hindrance) == ("Rules", "The daily budget for AI is used up.")
    assert "The daily budget for AI is used up. The rules answer instead." in page(cast, client)


def test_engineers_are_not_told_of_budgets(cast: Cast, client: Client) -> None:
    limit(cast, "0.85")
    ledger.reserve(cast.account, ASKED)
    client.force_login(cast.engineer)

    assert "budget" not in client.get(reverse("sessions:list")).content.decode()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["unauthorised"], "Claude refuses this installation's key; the rules answer instead."),
        (["unauthorised", ""], ""),
        (["", "overloaded"], ""),
    ],
    ids=["refused", "works again", "other trouble"],
)
def test_a_key_that_is_refused_is_told_to_admins_until_it_works(
    cast: Cast, client: Client, settings: Settings, words: list[str], told: str
) -> None:
    settings.ANTHROPIC_API_KEY = "key"
    for word in words:
        ledger.settle(ledger.reserve(cast.account, ASKED), Outcome(Tokens(), error_class=word))

    assert notice_for(cast.account) == told
    assert told in unescape(page(cast, client, "sessions:list"))


def test_a_key_that_is_missing_is_told_to_those_who_chose_claude(cast: Cast, settings: Settings) -> None:
    assert notice_for(cast.account) == ""
    cast.account.ai_mode = Account.AiMode.ANTHROPIC

    assert notice_for(cast.account) == "This installation has no key for Claude."
    settings.ANTHROPIC_API_KEY = "key"
    assert notice_for(cast.account) == ""
