"""The page of the analysis: what it shows to whom, and what its buttons do."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from pytest_django import Settings

from flowpilot.accounts.models import User
from flowpilot.core.locks import single_instance
from flowpilot.core.models import Heartbeat
from flowpilot.core.retrieval import encoder
from proposals import jobs
from sessions.models import AISession
from tests.factories import Cast, join, make_resolved
from tests.proposals.runs_rows import ended, failed, put_off, unended
from tests.screens import HTMX, said, signed_in, text, toasts, words

PAGE = "/analysis/"


def at(name: str, session: AISession | None = None) -> str:
    return reverse(f"analysis:{name}", args=[session.pk] if session else [])


def polls(response: HttpResponse) -> bool:
    return 'hx-trigger="every 3s"' in text(response)


@pytest.fixture
def _worker(db: None) -> None:
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    Schedule.objects.create(
        func="proposals.jobs.analyse_pending", next_run=timezone.now() + timedelta(minutes=4, seconds=30)
    )


@pytest.mark.usefixtures("_worker")
def test_the_page_says_how_the_analysis_stands(cast: Cast) -> None:
    make_resolved(cast)
    put_off(cast, 2.5)
    session = failed(cast)
    ended(cast, claimed=3, completed=2, failed=1, new_flow=2)
    unended(cast, minutes_ago=60)

    page = signed_in(cast.team_admin).get(PAGE)

    shown = words(page)
    assert "Waiting 1 oldest just now" in shown
    assert "In work 0 To be tried again 1 next in 2 min Failed 1 Next run in 4 min Worker at work" in shown
    assert "5 min ago Completed Schedule 12 s 3 2 1 New flow proposed: 2" in shown
    assert "1 h ago Broke off Schedule – – – –" in shown
    assert f"{session.title} The engine gave up." in shown
    assert "Service desk 3 attempts failed just now" in shown
    assert at("retry", session) in text(page)
    assert "No worker" not in shown
    assert not polls(page)


def test_without_a_worker_and_a_schedule_it_says_what_to_do(cast: Cast) -> None:
    shown = words(signed_in(cast.team_admin).get(PAGE))

    assert "No worker is at work None has been seen yet." in shown
    assert "python manage.py worker" in shown
    assert "No schedule" in shown
    assert "python manage.py sync_schedules" in shown
    assert "No runs yet" in shown
    assert "Nothing failed" in shown


def test_the_entry_in_the_navigation_is_for_admins(cast: Cast) -> None:
    seen = {
        person: text(signed_in(getattr(cast, person)).get(reverse("sessions:list")))
        for person in ("engineer", "team_admin", "account_admin")
    }

    assert [f'href="{PAGE}"' in page for page in seen.values()] == [False, True, True]
    page = text(signed_in(cast.team_admin).get(PAGE))
    assert re.search(r'<a href="/analysis/" aria-current="page"', page)
    assert page.count('aria-current="page"') == 1


def test_failures_are_shown_to_those_who_may_see_the_session(cast: Cast, outsiders: Cast) -> None:
    own = failed(cast, problem_summary="Own")
    failed(cast, team=cast.other_team, problem_summary="Of the other team")
    failed(outsiders, problem_summary="Of a rival")

    def seen(user: User) -> list[str]:
        return re.findall(r"data-row-link>(.*?)</a>", text(signed_in(user).get(PAGE)))

    assert seen(cast.team_admin) == [own.title]
    assert seen(cast.account_admin) == ["Of the other team", "Own"]
    assert seen(outsiders.account_admin) == ["Of a rival"]


def test_only_who_answers_for_the_team_is_told_why_and_may_retry(cast: Cast) -> None:
    session = failed(cast, error="Names a secret")
    join(cast.other_team_admin, cast.team)
    client = signed_in(cast.other_team_admin)

    page = client.get(PAGE)
    refusal = client.post(at("retry", session), headers=HTMX)

    assert session.title in words(page)
    assert "Names a secret" not in words(page)
    assert at("retry", session) not in text(page)
    assert (refusal.status_code, refusal["HX-Reswap"], toasts(refusal)) == (403, "none", ["warning"])
    assert session.analyses.get().state == "failed"


def test_an_error_is_text_and_not_markup(cast: Cast) -> None:
    failed(cast, error="<b>bold</b> & more")

    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in text(signed_in(cast.team_admin).get(PAGE))


def test_failures_go_on_page_by_page(cast: Cast) -> None:
    sessions = [failed(cast) for _number in range(27)]
    client = signed_in(cast.team_admin)

    page = client.get(PAGE)
    (following,) = re.findall(r'hx-get="(/analysis/\?after=[^"]+)"', text(page))
    rest, whole = client.get(following, headers=HTMX), client.get(following)

    def shown(response: HttpResponse) -> list[str]:
        return re.findall(r"data-row-link>(.*?)</a>", text(response))

    newest_first = [session.title for session in reversed(sessions)]
    assert (shown(page), shown(rest), shown(whole)) == (
        newest_first[:25],
        newest_first[25:],
        newest_first[25:],
    )
    assert ("<html" in text(rest), "<html" in text(whole)) == (False, True)
    assert "hx-get" not in text(rest)


@pytest.mark.usefixtures("_worker")
@pytest.mark.parametrize("path", [PAGE, "/analysis/now/", "/analysis/now/?since=2026-01-01T00:00:00%2B00:00"])
def test_the_page_costs_the_same_with_many_rows(cast: Cast, path: str) -> None:
    def asked() -> int:
        client = signed_in(cast.team_admin)
        client.get(path, headers=HTMX if "now" in path else {})
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path, headers=HTMX if "now" in path else {}).status_code == 200
        return len(queries)

    def more() -> None:
        failed(cast, team=cast.team)
        put_off(cast, 5)
        make_resolved(cast)
        ended(cast, claimed=1, completed=1, nothing=1)

    more()
    few = asked()
    for _number in range(29):
        more()

    assert asked() == few


@pytest.mark.usefixtures("_worker")
def test_run_now_queues_a_run_and_a_second_press_says_so(cast: Cast) -> None:
    client = signed_in(cast.team_admin)

    first = client.post(at("run"), headers=HTMX)
    second = client.post(at("run"), headers=HTMX)

    assert (toasts(first), toasts(second)) == (["success"], ["warning"])
    assert "The analysis is queued and begins in a moment." in words(first)
    assert "An analysis is queued already." in words(second)
    assert "An analysis is queued Asked for just now" in words(second)
    assert (polls(first), polls(second)) == (True, True)
    assert OrmQ.objects.count() == 1


@pytest.mark.usefixtures("_worker")
def test_run_now_without_scripts_leads_back_to_the_page(cast: Cast) -> None:
    client = signed_in(cast.account_admin)

    answer = client.post(at("run"))

    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert said(answer) == ["The analysis is queued and begins in a moment."]
    assert "An analysis is queued" in words(client.get(PAGE))


def test_run_now_without_a_worker_is_queued_and_says_that_nobody_takes_it(cast: Cast) -> None:
    answer = signed_in(cast.team_admin).post(at("run"), headers=HTMX)

    assert toasts(answer) == ["warning"]
    assert "no worker is at work" in words(answer)
    assert "A run that was asked for waits since just now" in words(answer)
    assert not polls(answer)
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_run_that_goes_on_is_shown_as_such(cast: Cast) -> None:
    client = signed_in(cast.team_admin)
    with single_instance(jobs.LOCK):
        unended(cast)
        page = client.get(PAGE)
        second = client.post(at("run"), headers=HTMX)

    assert "An analysis is running Schedule · begun just now" in words(page)
    assert "Running Schedule" in words(page)
    assert polls(page)
    assert (toasts(second), "An analysis is running already." in words(second)) == (["warning"], True)
    assert not OrmQ.objects.exists()


@pytest.mark.usefixtures("_worker")
def test_when_the_run_has_ended_its_outcome_comes_along(cast: Cast) -> None:
    session = failed(cast)
    client = signed_in(cast.team_admin)
    asked = client.post(at("run"), headers=HTMX)
    (again,) = re.findall(r'hx-get="(/analysis/now/[^"]+)"', text(asked))
    waiting = client.get(again, headers=HTMX)
    OrmQ.objects.all().delete()
    ended(cast, minutes_ago=-0.5, claimed=2, completed=1, failed=1, nothing=1)

    last = client.get(again, headers=HTMX)

    assert (polls(waiting), toasts(waiting)) == (True, [])
    assert (polls(last), toasts(last)) == (False, ["warning"])
    assert "The analysis has ended. 1 session done, 1 failed" in words(last)
    for place in ("run-last", "run-failures"):
        assert f'hx-swap-oob="innerHTML:#{place}"' in text(last)
    assert session.title in words(last)


def test_a_run_that_took_nothing_of_what_waits_says_so(cast: Cast) -> None:
    make_resolved(cast)
    since = quote(timezone.now().isoformat())

    answer = signed_in(cast.team_admin).get(f"{at('now')}?since={since}", headers=HTMX)

    assert "The run took nothing; what waits is for the next one." in words(answer)


def test_what_is_queued_has_not_ended_when_the_worker_goes_away(cast: Cast) -> None:
    client = signed_in(cast.team_admin)
    client.post(at("run"))
    since = quote(timezone.now().isoformat())

    answer = client.get(f"{at('now')}?since={since}", headers=HTMX)

    assert (toasts(answer), polls(answer)) == ([], False)
    assert "No worker is at work" in words(answer)


@pytest.mark.usefixtures("_worker")
@pytest.mark.parametrize("since", ["nonsense", "now"])
def test_a_run_that_left_no_trace_found_nothing_to_do(cast: Cast, since: str) -> None:
    ended(cast, minutes_ago=60)
    since = quote(timezone.now().isoformat()) if since == "now" else since

    answer = signed_in(cast.team_admin).get(f"{at('now')}?since={since}", headers=HTMX)

    assert "it found nothing to do" in words(answer)
    assert toasts(answer) == ["info"]


def test_the_part_that_is_asked_for_is_a_page_without_htmx(cast: Cast) -> None:
    client = signed_in(cast.team_admin)

    page, part = client.get(at("now")), client.get(at("now"), headers=HTMX)

    assert ("<html" in text(page), "<html" in text(part)) == (True, False)
    assert [answer["Vary"].count("HX-Request") for answer in (page, part)] == [1, 1]


def test_one_failed_session_is_put_back_in_the_line(cast: Cast) -> None:
    session = failed(cast)
    client = signed_in(cast.team_admin)

    row = client.post(at("retry", session), headers=HTMX)
    again = client.post(at("retry", session), headers=HTMX)

    assert f"{session.title} In the line again: the next run takes it." in words(row)
    assert 'hx-swap-oob="innerHTML:#run-now"' in text(row)
    assert "Waiting 1" in words(row)
    assert "Failed 0" in words(row)
    assert session.analyses.get().state == "claimed"
    assert (again.status_code, again["HX-Reswap"]) == (422, "none")
    assert "There is no failed analysis to retry." in words(again)


def test_retrying_without_scripts_leads_back_to_the_page(cast: Cast) -> None:
    session = failed(cast)
    client = signed_in(cast.team_admin)

    one, nothing = client.post(at("retry", session)), client.post(at("retry-all"))

    assert [(answer.status_code, answer["Location"]) for answer in (one, nothing)] == [(303, PAGE)] * 2
    assert said(one) == ["The analysis will try this session again."]
    assert said(nothing)[-1] == "There is no failed analysis that you may retry."


def test_all_failed_ones_are_put_back_and_counted(cast: Cast) -> None:
    for _number in range(3):
        failed(cast)

    answer = signed_in(cast.team_admin).post(at("retry-all"), headers=HTMX)

    assert toasts(answer) == ["success"]
    assert "3 sessions are in the line again." in words(answer)
    assert "Nothing failed" in words(answer)
    assert "Waiting 3" in words(answer)


def test_those_that_others_answer_for_stay_and_are_counted_too(cast: Cast) -> None:
    failed(cast)
    stays = failed(cast, team=cast.other_team)
    join(cast.team_admin, cast.other_team)

    answer = signed_in(cast.team_admin).post(at("retry-all"), headers=HTMX)

    assert toasts(answer) == ["warning"]
    assert "1 session is in the line again. 1 failed one stays." in words(answer)
    assert stays.analyses.get().state == "failed"
    assert stays.title in words(answer)


def test_nobody_else_gets_in(cast: Cast, outsiders: Cast) -> None:
    session = failed(cast)

    engineer = signed_in(cast.engineer)
    assert [engineer.get(at(name)).status_code for name in ("overview", "now")] == [403, 403]
    assert [engineer.post(at(name)).status_code for name in ("run", "retry-all")] == [403, 403]
    assert engineer.post(at("retry", session)).status_code == 403
    for stranger in (outsiders.account_admin, cast.other_team_admin):
        assert signed_in(stranger).post(at("retry", session)).status_code == 404
    assert session.analyses.get().state == "failed"
    assert not OrmQ.objects.exists()


def test_the_page_says_how_matching_works(cast: Cast, settings: Settings) -> None:
    settings.EMBEDDINGS = False
    shown = words(signed_in(cast.team_admin).get(PAGE))
    assert "By words alone: switched off (FLOWPILOT_EMBEDDINGS=off)." in shown


def test_the_page_names_the_model_by_its_hash(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBEDDINGS = True
    monkeypatch.setattr(encoder, "_fault", lambda: "")
    shown = words(signed_in(cast.team_admin).get(PAGE))
    assert f"By words and meaning. Model {encoder.MODEL}, file checked: SHA-256 {encoder._SHA256}" in shown
