"""The dashboard: each number is the number of the sessions that its link leads to."""

import re
from datetime import timedelta
from itertools import cycle
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics.actions import rollups
from analytics.dashboard import CARDS, FIRST, LATER
from analytics.metrics import DURABLE
from analytics.parts import BAD, GOOD, NEUTRAL, Card, mood_of, points
from analytics.scope import ScopeForm, scope_of
from analytics.seen import Seen
from flowpilot.accounts.models import User
from flowpilot.core.scope import account_scope
from sessions import actions
from sessions.filters import SessionFilter
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_session, make_version
from tests.screens import HTMX, signed_in, text, words

FILTERS = [
    "",
    "range=7",
    "range=all&domain=printing",
    "range=90&domain=email&since=2020-01-01",
    "compare=none",
]


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """A desk with every kind of session, each in both teams, now and before, and all of it counted."""
    with account_scope(cast.account.pk):
        versions = [make_version(cast, domain="printing"), None]
        now = timezone.now()
        ways = cycle(["resolve", "escalate", "abandon", "leave", "reopen", "resolve"])
        for number, way in zip(range(72), ways, strict=False):
            session = make_session(
                cast,
                team=[cast.team, cast.other_team, None][number % 3],
                client=[cast.client, None][number % 5 // 4],
                problem_domain=["printing", "email"][number % 7 // 5],
                flow_version=versions[number % 4 // 3],
                user=cast.account_admin,
            )
            if number % 4:
                actions.score(session, confidence=number % 11 / 10)
            end(session, way, number)
            begun = now - timedelta(days=number % 41, minutes=number)
            AISession.objects.filter(pk=session.pk).update(created_at=begun)
            if way == "resolve":
                AISession.objects.filter(pk=session.pk).update(resolved_at=begun + timedelta(minutes=40))
        make_proposal(cast)
        rollups.catch_up(cast.account)
    return cast


def end(session: AISession, way: str, number: int) -> None:
    told = {"summary": "The spooler had stopped.", "action": "Start it.", "by": session.user}
    if way in ("resolve", "reopen"):
        actions.resolve(session, **told)
        if number % 2:
            actions.rate(session, rating=number % 5 + 1, by=session.user)
    if way == "reopen":
        actions.reopen(session, by=session.user)
    if way == "escalate":
        actions.escalate(session, reason="Needs hands on site", destination="Field team", by=session.user)
    if way == "abandon":
        actions.abandon(session, reason="The caller is gone", by=session.user)


def built(user: User, query: str, key: str) -> Card:
    form = ScopeForm(QueryDict(query), user=user)
    scope = scope_of(form, user, None, timezone.now().date() - timedelta(days=100))
    return CARDS[key].build(scope, Seen(scope))


def behind(url: str, user: User) -> int:
    """How many sessions the list shows to this person under the address."""
    rows = AISession.objects.visible_to(user)
    request: Any = SimpleNamespace(user=user)
    narrowed = SessionFilter(QueryDict(urlsplit(url).query), queryset=rows, request=request)
    assert narrowed.is_valid(), narrowed.errors
    return narrowed.qs.count()


def counted(card: Card) -> list[tuple[str, int]]:
    """Every link of a card to sessions, with the number that stands there: a count, or the part of a rate."""
    found = [
        (fact.url, fact.value if fact.n is None else round(fact.value * fact.n))
        for fact in card.facts
        if fact.url
    ]
    for table in card.tables:
        found += [(cell.url, int(cell.value)) for row in table.rows for cell in row if is_count(cell)]
    return [(url, value) for url, value in found if url.startswith(reverse("sessions:list"))]


def is_count(cell: Any) -> bool:
    return bool(cell.url) and isinstance(cell.value, int)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["team_admin", "account_admin"])
def test_each_number_is_that_of_the_sessions_behind_it(desk: Cast, who: str) -> None:
    user, compared = getattr(desk, who), 0
    queries = [
        *FILTERS,
        f"range=90&client={desk.client.pk}&domain=printing",
        f"team={desk.team.pk}",
        f"engineer={user.pk}",
    ]
    with account_scope(desk.account.pk):
        for query in queries:
            for key in ("headline", "tiers", "outcomes", "known", "links", "times", "reuse", "escalations"):
                for url, value in counted(built(user, query, key)):
                    assert (query, url, behind(url, user)) == (query, url, value)
                    compared += 1
    assert compared > 100


@pytest.mark.django_db
def test_a_column_of_the_chart_leads_to_as_many_sessions_as_it_is_high(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        card = built(desk.account_admin, "", "tiers")
        columns = [
            (behind(bar.url, desk.account_admin), sum(box.height for box in bar.boxes))
            for bar in card.charts[0].bars
            if bar.boxes
        ]
    one = min(height / count for count, height in columns)
    assert [round(height / one) for _count, height in columns] == [count for count, _height in columns]
    assert sum(count for count, _height in columns) == card.tables[0].rows[0][1].value + sum(
        row[1].value for row in card.tables[0].rows[1:]
    )


@pytest.mark.django_db
def test_a_team_admin_sees_figures_of_the_own_teams_only(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        own = built(desk.team_admin, "range=all", "headline").facts[0].value
        whole = built(desk.account_admin, "range=all", "headline").facts[0].value
        of_team = AISession.objects.filter(team=desk.team).count()

    assert (own, whole) == (of_team, AISession.objects.count())


@pytest.mark.django_db
def test_the_team_of_another_admin_narrows_nothing_and_shows_nothing(desk: Cast) -> None:
    page = signed_in(desk.team_admin).get(reverse("analytics:overview"), {"team": desk.other_team.pk})

    assert page.status_code == 200
    assert "Not filtered" in words(page)
    assert "Projects" not in words(page)


@pytest.mark.django_db
def test_every_card_can_be_looked_at_and_taken_away(desk: Cast) -> None:
    client = signed_in(desk.account_admin)
    for key, spec in CARDS.items():
        page = client.get(reverse("analytics:card", args=[key]), {"range": "90"})
        part = client.get(reverse("analytics:card", args=[key]), headers=HTMX)
        file = client.get(reverse("analytics:export", args=[key]))
        assert (page.status_code, part.status_code, file.status_code) == (200, 200, 200)
        assert str(spec.title) in words(page)
        assert text(part).lstrip().startswith("<section")
        assert file["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.django_db
def test_the_file_says_the_same_as_the_card(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        card = built(desk.account_admin, "range=all", "outcomes")
    file = signed_in(desk.account_admin).get(reverse("analytics:export", args=["outcomes"]), {"range": "all"})

    lines = text(file).lstrip("\ufeff").splitlines()
    assert lines[0] == "Figure,Value,Of"
    assert lines[4] == f"Still open,{card.facts[3].value},"
    assert len(lines) == 1 + len(card.facts)


@pytest.mark.django_db
def test_the_page_reads_its_figures_in_few_queries(desk: Cast) -> None:
    client = signed_in(desk.account_admin)
    client.get(reverse("analytics:overview"))
    with CaptureQueriesContext(
        connection,
    ) as seen:
        client.get(reverse("analytics:overview"), {"range": "all"})

    ours = [query["sql"] for query in seen if "analytics_" in query["sql"]]
    assert len(ours) == 3, "the state, the first day, the counted days"
    counting = [query["sql"] for query in seen if "ai_sessions" in query["sql"]]
    assert all(sql.endswith("LIMIT 100") for sql in counting), "the navigation's own, nothing of the cards"


@pytest.mark.django_db
def test_an_account_without_sessions_has_dashes_and_no_zero_per_cent(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    page = client.get(reverse("analytics:overview"))

    assert "No sessions in these days." in words(page)
    assert "Resolved – n = 0" in words(page)
    assert "0.0%" not in words(page)
    for spec in LATER:
        assert client.get(reverse("analytics:card", args=[spec.key])).status_code == 200


@pytest.mark.django_db
def test_what_concerns_the_account_as_a_whole_is_for_account_admins(cast: Cast) -> None:
    address = reverse("analytics:card", args=["models"])

    assert signed_in(cast.team_admin).get(address).status_code == 404
    assert signed_in(cast.account_admin).get(address).status_code == 200
    assert address not in text(signed_in(cast.team_admin).get(reverse("analytics:overview")))
    assert signed_in(cast.account_admin).get(reverse("analytics:card", args=["nothing"])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "range=forever",
        "since=0001-01-01",
        "until=9999-12-31",
        "since=x&until=y",
        "team=1",
        "domain=none",
        "since=2026-02-01&until=2026-01-01",
    ],
)
def test_a_filter_that_cannot_be_read_narrows_nothing(cast: Cast, query: str) -> None:
    client = signed_in(cast.account_admin)

    assert client.get(f"{reverse('analytics:overview')}?{query}").status_code == 200
    assert client.get(f"{reverse('analytics:card', args=['effects'])}?{query}").status_code == 200


@pytest.mark.django_db
def test_more_than_one_filter_reads_at_most_ninety_days_and_says_so(desk: Cast) -> None:
    page = signed_in(desk.account_admin).get(
        reverse("analytics:overview"), {"range": "365", "client": desk.client.pk, "domain": "printing"}
    )

    assert "with more than one filter, at most 90 days" in words(page)
    link = re.search(r'href="([^"]*/sessions/\?[^"]*)"', text(page)).group(1).replace("&amp;", "&")
    asked = parse_qs(urlsplit(link).query)
    assert asked["since"] == [str(timezone.now().date() - timedelta(days=89))]


def test_a_change_is_told_in_words_and_coloured_only_when_it_is_good_or_bad() -> None:
    assert points(0.8, 0.75, "up") == ("5.0 points more than before: 75.0%", GOOD)
    assert points(0.1, 0.15, "down") == ("5.0 points less than before: 15.0%", GOOD)
    assert points(0.2, 0.15, "down") == ("5.0 points more than before: 15.0%", BAD)
    assert points(0.2, 0.15, "") == ("5.0 points more than before: 15.0%", NEUTRAL)
    assert points(0.2, 0.2, "up") == ("as before: 20.0%", NEUTRAL)
    assert points(0.2, None, "up") == ("nothing to compare with", NEUTRAL)
    assert mood_of(0, "up") == NEUTRAL


def test_every_card_of_the_page_has_its_own_name() -> None:
    assert len(CARDS) == len(FIRST) + len(LATER)
    assert DURABLE.whole == "old_enough"
