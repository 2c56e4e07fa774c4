"""The dashboard: each number is the number of the sessions that its link leads to."""

import csv
import re
from datetime import timedelta
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics.actions import rollups
from analytics.cards import delivery
from analytics.dashboard import CARDS, TABS
from analytics.metrics import DURABLE
from analytics.models import KnownBefore, RollupState
from analytics.parts import BAD, GOOD, NEUTRAL, mood_of, points
from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaConnection, PsaPush
from proposals import actions as proposals
from proposals.models import FlowProposal
from sessions import sets
from sessions.models import AISession, GeneratedScript
from sessions.models.session import tier_for
from tests.analytics.looking import behind, built, counted
from tests.factories import Cast, make_proposal, make_script, make_version, make_view
from tests.screens import HTMX, signed_in, text, words

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """A desk with every kind of session, each in both teams, now and before, and all of it counted."""
    with account_scope(cast.account.pk):
        versions = [make_version(cast, domain="printing"), None]
        ways = cycle(["resolved", "escalated", "abandoned", "active", "reopened", "resolved"])
        rows = [row(cast, number, way, versions) for number, way in zip(range(72), ways, strict=False)]
        AISession.objects.bulk_create(rows)
        make_proposal(cast)
        for number, session in enumerate(rows[:8]):
            risk = ["read", "change", "destructive", "read"][number % 4]
            refused = {"body": "", "refused": "It deletes a disk."} if number == 3 else {}
            make_script(session, risk=risk, **refused)
        run = {"run_at": timezone.now(), "run_outcome": "worked"}
        GeneratedScript.objects.filter(session=rows[1]).update(**run)
        for number, state in enumerate(PUSHED):
            push(cast, rows[number * 2], state)
        rollups.catch_up(cast.account)
    return cast


PUSHED = ["dead", "dead", "pending", "unknown", "delivered", "late", "aside"]


def row(cast: Cast, number: int, way: str, versions: list[Any]) -> AISession:
    """A session as the verbs leave it behind, begun up to 40 days ago."""
    begun, version = timezone.now() - timedelta(days=number % 41, minutes=number), versions[number % 4 // 3]
    ended = begun + timedelta(minutes=40)
    status = "active" if way == "reopened" else way
    resolved = way in ("resolved", "reopened")
    return AISession(
        account=cast.account,
        user=cast.account_admin if number % 3 else cast.engineer,
        team=[cast.team, cast.other_team, None][number % 7 % 3],
        client=[cast.client, None][number % 5 // 4],
        problem_domain=["printing", "email"][number % 7 // 5],
        psa_ticket_id=str(number) if number % 2 else None,
        flow_version=version,
        matched_flow_id=version.flow_id if version else None,
        left_flow_at=ended if version and number % 5 == 2 else None,
        status=status,
        created_at=begun,
        ended_at=None if status == "active" else ended,
        resolved_at=ended if resolved else None,
        reopened_at=ended if way == "reopened" else None,
        resolution_no=int(resolved),
        resolution_summary="The spooler had stopped." if resolved else None,
        resolution_action="Start it." if resolved else None,
        session_rating=number % 5 + 1 if resolved and number % 2 else None,
        escalation_reason="Needs hands on site" if way == "escalated" else None,
        escalation_destination="Field team" if way == "escalated" else "",
        escalation_code=["access", "knowledge", ""][number % 3] if way == "escalated" else "",
        escalated_to=cast.engineer if way == "escalated" and number % 2 or number % 8 == 5 else None,
        escalation_requested_at=begun if number % 8 == 5 else None,
        scored_at=begun if number % 4 else None,
        confidence_score=number % 11 / 10 if number % 4 else 0,
        confidence_tier=tier_for(number % 11 / 10) if number % 4 else "discovery",
    )


def push(cast: Cast, session: AISession, state: str) -> None:
    connection, _made = PsaConnection.objects.get_or_create(
        account=cast.account, name="Practice PSA", defaults={"provider": "practice"}
    )
    known = {"late": "delivered", "aside": "dead"}.get(state, state)
    arrived = session.created_at + timedelta(hours=1) if known == "delivered" else None
    PsaPush.objects.create(
        account=cast.account,
        connection=connection,
        session_id=session.pk,
        ticket_id="1",
        kind="note",
        body="Done.",
        marker=str(session.pk),
        state=known,
        attempts={"pending": 0, "aside": 0, "late": 3}.get(state, 1),
        put_aside_at=timezone.now() if state == "aside" else None,
        created_at=session.created_at,
        delivered_at=arrived,
        error_class={"dead": "gone", "aside": "Put aside"}.get(state, ""),
    )


@pytest.mark.django_db
def test_each_number_of_every_card_is_that_of_the_sessions_behind_it(desk: Cast) -> None:
    looks = {
        desk.account_admin: ["range=365", f"range=7&client={desk.client.pk}&domain=printing"],
        desk.team_admin: [f"range=365&team={desk.team.pk}", f"range=7&engineer={desk.engineer.pk}"],
    }
    with account_scope(desk.account.pk):
        for user, queries in looks.items():
            compared: set[str] = set()
            for query in queries:
                for key in [
                    key for key, spec in CARDS.items() if user.account_admin or not spec.account_only
                ]:
                    told = dict.fromkeys(counted(built(user, query, key)))
                    assert (key, list(told)) == (key, [(url, behind(url, user)) for url, _count in told])
                    compared |= {key} if told else set()
            without = {"models", "waiting"} | (set() if user.account_admin else {"delivery", "funnel"})
            elsewhere = {"calibration", "effects"}  # these need many sessions: test_planted_history
            assert compared >= CARDS.keys() - without - elsewhere


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
def test_the_small_lines_of_the_figures_are_told_in_words(desk: Cast) -> None:
    page = text(signed_in(desk.account_admin).get(reverse("analytics:overview")))

    with account_scope(desk.account.pk):
        fact = built(desk.account_admin, "", "headline").facts[0]
    trend, value = fact.trend, fact.value
    assert (len(trend), sum(trend)) == (30, value)
    assert 'role="img" aria-label="Sessions over time"' in page


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
        card = built(desk.account_admin, "", "outcomes")
        tiers = built(desk.account_admin, "", "tiers").tables[0]
    client = signed_in(desk.account_admin)
    lines = list(csv.reader(text(client.get(reverse("analytics:export", args=["outcomes"]))).splitlines()))
    of_tiers = list(csv.reader(text(client.get(reverse("analytics:export", args=["tiers"]))).splitlines()))

    fact = card.facts[3]
    assert [name.lstrip("\ufeff") for name in lines[0]] == ["Figure", "Value", "Of", "Before", "Change"]
    assert lines[4] == ["Still open", str(fact.value), "", str(fact.former), fact.change]
    assert "before" in lines[4][4]
    assert len(lines) == 1 + len(card.facts)
    assert of_tiers[0][-4:] == [
        "Resolved",
        "Resolved before",
        "Resolved for good",
        "Resolved for good before",
    ]
    former = tiers.rows[0][-2].former
    assert former is not None
    assert of_tiers[1][-3] == str(former.value)


@pytest.mark.django_db
def test_each_rate_of_a_table_stands_beside_the_one_of_the_days_before(desk: Cast) -> None:
    now = timezone.now().date()
    days = {"since": now - timedelta(days=15), "until": now}
    asked = urlencode(days)
    formerly = urlencode({name: day - timedelta(days=16) for name, day in days.items()})
    with account_scope(desk.account.pk):
        for key in ("tiers", "reuse", "engineers", "times"):
            rows, earlier, alone = (
                built(desk.account_admin, query, key).tables[0].rows
                for query in (asked, formerly, f"{asked}&compare=none")
            )
            told = {row[0].text: [str(cell.former.text) for cell in row if cell.former] for row in rows}
            was = {row[0].text: [str(cell.text) for cell in row if cell.former] for row in earlier}
            assert told == {name: was.get(name, rates) for name, rates in told.items()}
            assert any(one != "–" for rates in told.values() for one in rates)
            assert [cell for row in alone for cell in row if cell.former] == []
    page = signed_in(desk.account_admin).get(reverse("analytics:card", args=["engineers"]), days)
    assert re.search(r'<small class="fp-under">before: \d', text(page))


@pytest.mark.django_db
def test_the_page_reads_its_figures_in_few_queries(desk: Cast) -> None:
    client = signed_in(desk.account_admin)
    client.get(reverse("analytics:overview"))
    with CaptureQueriesContext(
        connection,
    ) as seen:
        client.get(reverse("analytics:overview"), {"range": "all"})

    ours = [query["sql"] for query in seen if "analytics_" in query["sql"]]
    assert len(ours) == 2, "the state with the first day, and the counted days"
    assert len(seen) <= 8
    assert len([query for query in seen if "ai_sessions" in query["sql"]]) == 1, "the navigation's own"


@pytest.mark.django_db
def test_an_account_without_sessions_has_dashes_and_no_zero_per_cent(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    page = client.get(reverse("analytics:overview"))

    tickets = client.get(reverse("analytics:card", args=["tickets"]))
    assert f'href="{reverse("connections:list")}">Connect one</a>' in text(tickets)
    for_others = signed_in(cast.team_admin).get(reverse("analytics:card", args=["tickets"]))
    assert "connects one under “Ticket systems”" in words(for_others)
    assert "Connect one" not in words(for_others)
    assert "No sessions in these days." in words(page)
    assert "Resolved – n = 0" in words(page)
    assert "0.0%" not in words(page)
    for key in CARDS:
        assert client.get(reverse("analytics:card", args=[key])).status_code == 200


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


def test_every_card_of_the_tabs_has_its_own_name() -> None:
    assert len(CARDS) == sum(len(tab.first) + len(tab.later) for tab in TABS.values())
    assert DURABLE.whole == "old_enough"


@pytest.mark.django_db
def test_uses_and_published_flows_are_of_the_same_days_and_filters_and_so_is_what_was_before(
    desk: Cast,
) -> None:
    with account_scope(desk.account.pk):
        make_version(desk, domain="email", team=desk.other_team)
        whole = built(desk.account_admin, "range=365", "reuse")
        narrowed = built(desk.account_admin, "range=365&domain=printing", "reuse")
        of_team = built(desk.account_admin, f"range=90&team={desk.other_team.pk}", "reuse")
        AISession.objects.update(created_at=timezone.now() - timedelta(days=100))
        before = built(desk.account_admin, "range=365&domain=printing", "reuse").facts[0]
        uses = AISession.objects.filter(
            problem_domain="printing", matched_flow__isnull=False, left_flow_at=None
        ).count()

    assert [card.facts[1].value for card in (whole, narrowed, of_team)] == [2, 1, 1]
    assert (whole.note, "at most 90 days" in narrowed.note, of_team.note) == ("", True, "")
    assert (before.value, before.change) == (0, f"100.0% fewer than before: {uses}")


@pytest.mark.django_db
def test_what_ended_with_and_without_a_score_is_of_the_same_days(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        rows = AISession.objects.filter(problem_domain="printing", status__in=AISession.ENDED)
        rows.filter(scored_at=None).update(created_at=timezone.now() - timedelta(days=100))
        rollups.catch_up(desk.account)
        card = built(desk.account_admin, "range=365&domain=printing", "calibration")
        scored = rows.filter(scored_at__isnull=False).count()

    assert [fact.value for fact in card.facts] == [scored, 0]
    assert "at most 90 days" in card.note


@pytest.mark.django_db
def test_under_one_domain_the_effect_of_a_flow_is_compared_with_no_other(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        whole, narrowed = (
            built(desk.account_admin, query, "effects").tables[0] for query in ("", "domain=printing")
        )

    assert "Change elsewhere" in whole.header
    assert list(narrowed.header) == [name for name in whole.header if name != "Change elsewhere"]
    assert [len(row) for row in narrowed.rows] == [len(narrowed.header)]


@pytest.mark.django_db
def test_a_proposal_is_turned_down_for_the_reason_of_the_decision_that_stands(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        proposal, undone = make_proposal(cast), make_proposal(cast)
        for each in (proposal, undone):
            proposals.reject(each, draft=each.current_draft_id, reason_code="unsafe", by=cast.account_admin)
            proposals.reopen(each, by=cast.account_admin)
        proposals.dismiss(
            proposal, draft=proposal.current_draft_id, reason_code="duplicate", by=cast.account_admin
        )
        reasons = built(cast.account_admin, "", "funnel").tables[1]

    assert [[cell.value for cell in row] for row in reasons.rows] == [["Duplicate", 1, 0]]


@pytest.mark.django_db
def test_an_engineer_sees_the_own_figures_and_nobody_elses(desk: Cast) -> None:
    client = signed_in(desk.engineer)
    page = client.get(reverse("analytics:own"), {"range": "90", "engineer": desk.account_admin.pk})

    with account_scope(desk.account.pk):
        mine = AISession.objects.visible_to(desk.engineer).filter(
            Q(user=desk.engineer) | Q(escalated_to=desk.engineer)
        )
        assert page.context["cards"][0][1].facts[0].value == mine.count() > 0
        for _spec, card in page.context["cards"]:
            told = counted(card)
            assert told == [(url, behind(url, desk.engineer)) for url, _count in told]
    assert client.get(reverse("analytics:engineers")).status_code == 403


@pytest.mark.django_db
def test_a_team_admin_sees_the_engineers_of_the_own_teams_only(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        own, whole = (
            {row[0].text for row in built(user, "range=90", "engineers").tables[0].rows}
            for user in (desk.team_admin, desk.account_admin)
        )

    assert own == {desk.engineer.name}
    assert whole == {desk.engineer.name, desk.account_admin.name}


@pytest.mark.django_db
@pytest.mark.parametrize("tab", TABS)
def test_a_tab_waits_for_no_heavy_card_and_leads_to_each_without_script(cast: Cast, tab: str) -> None:
    page = text(signed_in(cast.account_admin).get(reverse(f"analytics:{tab}")))

    for spec in TABS[tab].later:
        address = reverse("analytics:card", args=[spec.key])
        assert f'hx-get="{address}"' in page
        assert f'<a href="{address}">' in page


@pytest.mark.django_db
def test_a_saved_view_leads_back_to_the_tab_on_which_it_was_kept(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    kept = client.get(reverse("analytics:flows"), {"tab": "flows", "range": "90"})
    assert 'name="tab" value="flows"' in text(kept), "the filters keep it in the address"
    view = make_view(cast, screen="analytics", query="tab=flows&range=90")

    opened = client.get(reverse("analytics:overview"), {"view": view.slug})
    assert opened["Location"] == f"{reverse('analytics:flows')}?view={view.slug}"
    shown = client.get(opened["Location"])
    assert (shown.context["tab"].key, shown.context["scope"].days) == ("flows", 90)
    assert f'href="{reverse("analytics:overview")}?range=90"' in text(shown)


@pytest.mark.django_db
def test_exact_days_are_asked_for_in_the_filters(cast: Cast) -> None:
    page = signed_in(cast.account_admin).get(
        reverse("analytics:overview"), {"since": "2026-01-05", "until": "2026-01-18"}
    )

    assert page.context["scope"].days == 14
    for name, day in (("since", "2026-01-05"), ("until", "2026-01-18")):
        assert re.search(rf'<input type="date" name="{name}" value="{day}"', text(page))


NOW_ONLY = {
    "Age of the open ones, median",
    "Nine of ten are younger than",
    "Today",
    "This month",
}
"""Figures of this moment: there is no former one to stand beside them."""
NOTHING_BEFORE = {
    "Proposed until decided, median",
    "Uses for each new flow",
    "Ending to ticket, median",
    "Nineteen of twenty within",
}
"""Nothing was decided, published or written in the days before."""


IN_NO_LIST = {
    "Proposed",
    "Published of the decided",
    "Edited before publishing",
    "Proposed until decided, median",
    "Resolved until published, median",
    "Flows published first",
}
"""Proposals and flows of some days: their lists know no days, and would show others than those."""


@pytest.mark.django_db
def test_every_figure_leads_to_the_rows_behind_it_and_says_how_it_was_before(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        proposals.reject(
            FlowProposal.objects.get(),
            draft=FlowProposal.objects.get().current_draft_id,
            reason_code="unsafe",
            by=desk.account_admin,
        )
        proposal = make_proposal(desk)
        FlowProposal.objects.filter(pk=proposal.pk).update(created_at=timezone.now() - timedelta(days=25))
        KnownBefore.objects.bulk_create(
            KnownBefore(account=desk.account, session=session)
            for session in AISession.objects.filter(sets.ended(timezone.now()))
        )
        rollups.mark_everything(desk.account.pk)
        rollups.catch_up(desk.account)
        facts = [
            (key, fact)
            for key in CARDS
            for fact in built(
                desk.account_admin, f"since={timezone.now().date() - timedelta(days=20)}", key
            ).facts
        ]

    assert {str(fact.label) for _key, fact in facts if fact.value and not fact.url} <= IN_NO_LIST
    alone = {str(fact.label) for _key, fact in facts if fact.value and not fact.change}
    assert alone <= NOW_ONLY | NOTHING_BEFORE


@pytest.mark.django_db
def test_the_card_of_the_ticket_system_is_of_the_whole_account_in_all_its_parts(desk: Cast) -> None:
    with account_scope(desk.account.pk):
        whole, narrowed = (
            built(desk.account_admin, query, "delivery")
            for query in ("range=90", f"range=90&team={desk.team.pk}")
        )

    assert [fact.value for fact in whole.facts] == [fact.value for fact in narrowed.facts]
    assert counted(whole) == counted(narrowed) != []
    assert [fact.value for fact in whole.facts[:7]] == [1 / 4, 2 / 4, 1, 1, 2, 1, 0]


@pytest.mark.django_db
def test_each_figure_of_what_is_written_is_that_of_the_sessions_that_it_leads_to(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account_scope(desk.account.pk):
        card = built(desk.account_admin, "range=90", "delivery")
        found = [behind(fact.url, desk.account_admin) if fact.url else 0 for fact in card.facts[:7]]
        why = [
            (row[0].text, row[1].value, row[2].value, behind(row[1].url, desk.account_admin))
            for row in card.tables[1].rows
        ]

        monkeypatch.setattr(delivery, "MOST", 1)
        many = built(desk.account_admin, "range=90", "delivery").tables[1]

    assert many.rows == card.tables[1].rows
    hits = [round(fact.value * fact.n) if fact.n else fact.value for fact in card.facts[:7]]
    assert hits == found == [1, 2, 1, 1, 2, 1, 0], "each of these sessions has one push"
    assert why == [("Gone", 2, 2, 2)]


@pytest.mark.django_db
def test_a_link_shows_what_had_lasted_when_the_figure_was_counted(desk: Cast) -> None:
    counted_at = timezone.now() - timedelta(hours=2)
    with account_scope(desk.account.pk):
        AISession.objects.filter(status="resolved", reopened_at=None).update(
            resolved_at=counted_at - timedelta(days=7) + timedelta(hours=1)
        )
        rollups.catch_up(desk.account, now=counted_at)
        card = built(desk.account_admin, "range=90", "tiers", RollupState(counted_at=counted_at))
        links = [(url, count) for url, count in counted(card) if "lasting" in url]
        headline = built(desk.account_admin, "range=90", "headline", RollupState(counted_at=counted_at))
        late = behind(f"{reverse('sessions:list')}?set=lasting", desk.account_admin)
        early = behind(f"{reverse('sessions:list')}?set=lasting&at=0001-01-01T00:00Z", desk.account_admin)

    assert (links, headline.facts[2].value or 0, early) == ([], 0, 0)
    assert late > 0, "an hour later"
