"""Work that has no end in one account comes to every other account, too."""

from datetime import UTC, datetime

import pytest

from flowpilot.accounts import turns
from flowpilot.accounts.models import Account
from flowpilot.accounts.rounds import AccountsFailed
from flowpilot.accounts.turns import in_turns
from tests.factories import Cast

EARLY, LATE = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))


class Desk:
    """Accounts with so many seconds of work each, on a clock that only work moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[str, int]) -> None:
        self.now, self.left = 0, seconds
        self.told: list[tuple[str, int]] = []
        monkeypatch.setattr(turns, "monotonic", lambda: self.now)

    def work(self, account: Account, until: float) -> int:
        done = 0
        while self.left[account.slug] and self.now < until:
            self.left[account.slug] -= 1
            self.now += 1
            done += 1
        self.told.append((account.slug, done))
        return done


def test_who_waited_longest_comes_first_and_who_never_ends_starves_nobody(
    cast: Cast, outsiders: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless, late = cast.account.slug, outsiders.account.slug
    idle = Account.objects.create(name="Idle", slug="idle").slug
    desk = Desk(monkeypatch, {endless: 1_000, late: 5, idle: 0})
    since = {endless: EARLY, late: LATE, idle: None}
    said = in_turns("indexed", desk.work, since=lambda account: since[account.slug], seconds=40)
    assert (said, desk.now) == ("indexed 40", 40)
    assert desk.told == [(idle, 0), (endless, 20), (late, 5), (endless, 15)]


def test_an_account_in_trouble_is_named_and_stops_no_other(
    cast: Cast, outsiders: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(monkeypatch, {outsiders.account.slug: 3})

    def since(account: Account) -> datetime:
        if account == cast.account:
            raise ValueError
        return EARLY

    with pytest.raises(AccountsFailed, match=f"indexed 3; failed in {cast.account.slug}, see the log"):
        in_turns("indexed", desk.work, since=since, seconds=40)
    assert desk.told == [(outsiders.account.slug, 3)]
