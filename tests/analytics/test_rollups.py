"""Counted days: equal to what counting from nothing gives, whatever happened in which order."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from analytics.actions import rollups
from analytics.actions.known import look_up
from analytics.jobs import count_days
from analytics.models import (
    FATES,
    FIGURES,
    ROLLUPS,
    KnownBefore,
    RollupState,
    ScoreDay,
    TeamDay,
    TierDay,
    TouchedDay,
)
from flowpilot.accounts.models import Account
from flowpilot.core.locks import single_instance
from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaPush
from proposals import actions as proposal_actions
from proposals.models import FlowProposal, ProposalEvidence, SessionAnalysis
from sessions import actions, sets
from sessions.actions import following
from sessions.jobs import index_history
from sessions.models import AISession, SessionEvent
from tests.factories import (
    Cast,
    make_cast,
    make_proposal,
    make_push,
    make_resolved,
    make_session,
    make_version,
)

pytestmark = pytest.mark.usefixtures("noon")

NOW = datetime(2026, 3, 29, 12, tzinfo=timezone.get_default_timezone())


def cells(account: Account) -> dict[str, list[dict[str, Any]]]:
    """Everything that is counted, without keys and times."""
    found = {}
    for model in ROLLUPS:
        names = ("day", *model.DIMENSIONS, *FIGURES, *FATES, "rating_sum", "score_sum")
        rows = model.objects.for_account(account.pk).order_by("day", *model.DIMENSIONS).values(*names)
        found[model.__name__] = [{**row, "score_sum": round(row["score_sum"], 6)} for row in rows]
    return found


def from_nothing(account: Account, now: datetime) -> dict[str, list[dict[str, Any]]]:
    with transaction.atomic():
        for model in ROLLUPS:
            model.objects.for_account(account.pk).delete()
        rollups.mark_everything(account.pk)
        rollups.catch_up(account, now=now)
        return cells(account)


def total(account: Account, name: str = "sessions") -> int:
    return sum(getattr(cell, name) for cell in TeamDay.objects.for_account(account.pk))


def begun(session: AISession, at: datetime, **more: Any) -> None:
    AISession.objects.filter(pk=session.pk).update(created_at=at, **more)


@pytest.fixture
def counted(cast: Cast) -> Iterator[Cast]:
    """The cast, in its scope, with all days counted."""
    with account_scope(cast.account.pk):
        rollups.catch_up(cast.account)
        yield cast


class History:
    """Random things that happen to an account's sessions; also what no verb does, such as moving them."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.random, self.now = cast, Random(seed), NOW
        self.versions = [make_version(cast), make_version(cast, team=cast.other_team)]
        self.sessions: list[AISession] = []

    def happen(self) -> None:
        self.now += timedelta(hours=self.random.randrange(45))
        often = [self.open, self.end, self.learn]
        moves = [*often, *often, self.reopen, self.score, self.rate, self.move, self.leave, self.forget]
        moves += [self.know, self.push, self.push]
        self.random.choice(moves)()

    def open(self) -> None:
        """Perhaps long ago: an import comes late."""
        version = self.random.choice([None, None, *self.versions])
        team = self.random.choice([None, self.cast.team, self.cast.other_team])
        session = make_session(
            self.cast,
            team=team,
            client=self.random.choice([None, self.cast.client]),
            problem_domain=self.random.choice([None, "printing", "email"]),
            flow_version=version,
        )
        begun(session, self.now - timedelta(days=self.random.choice([0, 0, 1, 9, 40]), hours=5))
        self.sessions.append(session)

    def any(self, *statuses: str) -> AISession | None:
        found = [one for one in AISession.objects.order_by("pk") if one.status in (statuses or [one.status])]
        return self.random.choice(found) if found else None

    def end(self) -> None:
        if session := self.any("active"):
            how = self.random.choice(["resolved", "resolved", "escalated", "abandoned"])
            done = {"resolution_no": session.resolution_no + 1, "resolved_at": self.now}
            told = {"resolution_summary": "It had stopped.", "resolution_action": "Start it."}
            resolved = {**done, **told} if how == "resolved" else {}
            AISession.objects.filter(pk=session.pk).update(status=how, ended_at=self.now, **resolved)
            self.tell(session, {"resolved": "resolve"}.get(how, how))

    def reopen(self) -> None:
        if session := self.any("resolved"):
            change = {"status": "active", "ended_at": None, "reopened_at": self.now, "analysis_status": None}
            AISession.objects.filter(pk=session.pk).update(**change)
            self.tell(session, "reopen")

    def tell(self, session: AISession, verb: str) -> None:
        SessionEvent.objects.create(
            account=self.cast.account, session=session, verb=verb, created_at=self.now
        )

    def know(self) -> None:
        """What was known is looked up; what the analysis said of a resolution is no part of the figures."""
        look_up(self.cast.account, self.now + timedelta(days=2))
        if session := self.any("resolved"):
            key = {"account": self.cast.account, "session": session, "resolution_no": session.resolution_no}
            SessionAnalysis.objects.update_or_create(**key, defaults={"outcome": "supports_pending"})

    def push(self) -> None:
        """Something is written into a ticket, comes to be there, twice perhaps, or goes with its system."""
        push = self.random.choice([None, *PsaPush.objects.order_by("pk")])
        change = self.random.choice(
            [
                {"state": "dead"},
                {"state": "delivered", "delivered_at": self.now, "copies": 2},
                {"state": "delivered", "delivered_at": self.now, "attempts": 1},
                {"attempts": 2},
                {"put_aside_at": self.now, "state": "dead"},
                {},
            ]
        )
        if push is None:
            make_push(self.cast, state="pending")
        elif change:
            PsaPush.objects.filter(pk=push.pk).update(**change)
        else:
            push.delete()

    def score(self) -> None:
        if session := self.any("active"):
            actions.score(session, confidence=self.random.choice([0.0, 0.35, 0.4, 0.8, 0.81, 1.0]))

    def rate(self) -> None:
        if session := self.any():
            AISession.objects.filter(pk=session.pk).update(session_rating=self.random.randrange(1, 6))

    def move(self) -> None:
        """To another team, another client or another day, or away."""
        if session := self.any():
            rows = AISession.objects.filter(pk=session.pk)
            change = self.random.choice([{"team": self.cast.other_team}, {"client": None}, {}])
            if change:
                rows.update(**change)
            elif self.random.random() < 0.5:
                rows.update(created_at=self.now - timedelta(days=3))
            else:
                rows.delete()

    def leave(self) -> None:
        """The flow that it is on, or come back to it."""
        if session := self.any("active", "resolved"):
            left = None if session.left_flow_at else self.now
            AISession.objects.filter(pk=session.pk, flow_version__isnull=False).update(left_flow_at=left)

    def forget(self) -> None:
        """A proposal loses its evidence: it was a duplicate's, or is split off."""
        proposals = list(FlowProposal.objects.order_by("pk"))
        if proposals:
            self.random.choice(proposals).evidence.all().delete()

    def learn(self) -> None:
        """A proposal gets evidence, or is decided."""
        session, proposal = self.any("resolved"), FlowProposal.objects.filter(status="pending").first()
        if proposal and self.random.random() < 0.5:
            proposal_actions.approve(proposal, draft=proposal.current_draft_id, by=self.cast.account_admin)
        elif session and session.team_id:
            made = proposal or make_proposal(self.cast)
            key = {"account": self.cast.account, "proposal": made, "session": session}
            ProposalEvidence.objects.get_or_create(**key, resolution_no=session.resolution_no)


@pytest.mark.django_db
@pytest.mark.parametrize(("seed", "zone"), [(1, "Pacific/Auckland"), (2, "America/Los_Angeles")])
def test_counting_as_one_goes_equals_counting_from_nothing(seed: int, zone: str) -> None:
    cast = make_cast("random")
    Account.objects.filter(pk=cast.account.pk).update(time_zone=zone)
    cast.account.refresh_from_db()
    with account_scope(cast.account.pk):
        history = History(cast, seed)
        for _session in range(6):
            history.open()
        for _step in range(36):
            history.happen()
            if history.random.random() < 0.3:
                rollups.catch_up(cast.account, now=history.now)
        make_push(cast, state="pending")
        history.know()
        rollups.catch_up(cast.account, now=history.now)
        found = cells(cast.account)

        assert found == from_nothing(cast.account, history.now)
        assert KnownBefore.objects.exists()
        assert sum(row["pushed"] for row in found["TierDay"]) > 0
        assert total(cast.account) == AISession.objects.count()
        assert TouchedDay.objects.count() == 0


@pytest.mark.django_db
def test_what_is_known_about_an_ended_session_is_looked_up_and_is_one_of_four_things(counted: Cast) -> None:
    told = "Payroll refuses the pension column"
    about = {"problem_summary": told, "intake_content": {"text": "Every line of the export is refused."}}
    make_resolved(counted, problem_summary="Scanner shows 0x8021", intake_content={"text": "It stops."})
    index_history()
    make_resolved(counted, problem_summary="Scanner shows 0x8021", intake_content={"text": "It stops."})
    version = make_version(counted, title=told, summary="Every line of the export is refused.")
    make_resolved(counted, flow_version=version)
    make_resolved(counted, **about)
    make_session(counted)
    AISession.objects.filter(status="resolved").update(analysis_status="completed")
    rollups.catch_up(counted.account)
    names = ["sessions", "ended", "known_used", "known_unused", "known_gap", "known_new"]
    assert [total(counted.account, name) for name in names] == [5, 4, 1, 0, 0, 0]

    assert look_up(counted.account, timezone.now()) == 3
    rollups.catch_up(counted.account)
    assert [total(counted.account, name) for name in names] == [5, 4, 1, 1, 1, 1]
    assert look_up(counted.account, timezone.now()) == 0
    assert KnownBefore.objects.get(fitting_flow__isnull=False).fitting_flow == version.flow_id


@pytest.mark.django_db
def test_a_session_that_left_a_flow_that_fitted_did_not_use_what_was_known(counted: Cast) -> None:
    version = make_version(counted)
    for probability in (0.9, 0.5):
        session = make_session(counted)
        following.follow(session, version=version, probability=probability, by=session.user)
        following.leave(session, reason="It asks about another printer.", by=session.user)
        actions.resolve(session, summary="It had stopped.", action="Start it.", by=session.user)
    rollups.catch_up(counted.account)

    assert [total(counted.account, name) for name in ("ended", "known_used", "known_unused")] == [2, 0, 1]


@pytest.mark.django_db
def test_a_session_is_counted_by_its_first_score_whatever_came_after(counted: Cast) -> None:
    session = make_session(counted)
    following.follow(session, version=make_version(counted), probability=0.9, by=session.user)
    following.leave(session, reason="It asks about another printer.", by=session.user)
    session.refresh_from_db()
    assert (session.first_score, session.confidence_tier) == (0.9, "exploring")
    rollups.catch_up(counted.account)
    assert list(TierDay.objects.values_list("tier", "sessions")) == [("guided", 1)]
    assert list(ScoreDay.objects.values_list("decile", flat=True)) == [9]

    AISession.objects.update(first_score=None, match_probability=0.7)
    assert TouchedDay.objects.count() == 1
    rollups.catch_up(counted.account)
    assert list(TierDay.objects.values_list("tier", flat=True)) == ["exploring"]


@pytest.mark.django_db
def test_a_session_that_left_its_flow_is_neither_along_it_nor_linked_until_it_is_back(counted: Cast) -> None:
    session = make_session(counted, flow_version=make_version(counted))
    following.leave(session, reason="It asks about another printer.", by=session.user)
    for came_back, found in ((False, [1, 0, 0, 0]), (True, [1, 1, 1, 1])):
        if came_back:
            actions.reopen(session, reason="It is back.", by=session.user)
            following.come_back(session, by=session.user)
        actions.resolve(session, summary="It had stopped.", action="Start it.", by=session.user)
        rollups.catch_up(counted.account)
        names = ["resolved", "followed", "linked", "known_used"]
        assert [total(counted.account, name) for name in names] == found

    AISession.objects.update(left_flow_at=timezone.now())
    assert TouchedDay.objects.count() == 1, "nothing else has changed"


@pytest.mark.django_db
def test_a_session_is_no_longer_linked_when_a_published_proposal_loses_it(counted: Cast) -> None:
    proposal = make_proposal(counted)
    proposal_actions.approve(proposal, draft=proposal.current_draft_id, by=counted.account_admin)
    rollups.catch_up(counted.account)
    assert total(counted.account, "linked") == 1

    proposal.evidence.all().delete()
    rollups.catch_up(counted.account)
    assert total(counted.account, "linked") == 0


@pytest.mark.django_db
def test_a_session_counts_on_the_day_it_began_in_the_accounts_time_zone(counted: Cast) -> None:
    session = make_session(counted)
    begun(session, datetime(2026, 1, 31, 23, 30, tzinfo=timezone.get_default_timezone()))
    for zone, day in (("UTC", date(2026, 1, 31)), ("Europe/Berlin", date(2026, 2, 1))):
        counted.account.time_zone = zone
        rollups.catch_up(counted.account)
        assert list(TeamDay.objects.values_list("day", "sessions")) == [(day, 1)]


@pytest.mark.django_db
def test_a_resolution_lasts_only_after_seven_days_and_not_when_it_was_brought_back(counted: Cast) -> None:
    now = timezone.now()
    held, young, back = (make_resolved(counted) for _ in range(3))
    for session, days in ((held, 7), (young, 6), (back, 30)):
        AISession.objects.filter(pk=session.pk).update(resolved_at=now - timedelta(days=days))
    AISession.objects.filter(pk=back.pk).update(reopened_at=now - timedelta(days=29))
    rollups.catch_up(counted.account, now=now)
    assert [total(counted.account, name) for name in ("resolved", "old_enough", "lasting")] == [3, 2, 1]

    rollups.catch_up(counted.account, now=now + timedelta(days=1))
    assert [total(counted.account, name) for name in ("resolved", "old_enough", "lasting")] == [3, 3, 2]


@pytest.mark.django_db
def test_a_resolution_that_was_brought_back_after_seven_days_had_lasted(counted: Cast) -> None:
    now = timezone.now()
    first, again = now - timedelta(days=40), now - timedelta(days=20)
    ways = {"late": (10, again), "soon": (5, again), "late and open": (10, None), "unknown": (10, again)}
    found = {}
    for way, (days, resolved_at) in ways.items():
        session = found[way] = make_session(counted)
        reopened_at = first + timedelta(days=days)
        verbs = {"resolve": first, "reopen": reopened_at}
        SessionEvent.objects.bulk_create(
            SessionEvent(account=counted.account, session=session, verb=verb, created_at=moment)
            for verb, moment in verbs.items()
            if way != "unknown" or verb == "reopen"
        )
        AISession.objects.filter(pk=session.pk).update(
            status="resolved" if resolved_at else "active",
            resolution_no=2 if resolved_at else 1,
            resolution_summary="It had stopped.",
            resolution_action="Start it.",
            resolved_at=resolved_at or first,
            ended_at=resolved_at,
            reopened_at=reopened_at,
        )
    rollups.catch_up(counted.account, now=now)

    assert [total(counted.account, name) for name in ("resolved", "old_enough", "lasting")] == [3, 4, 2]
    assert set(AISession.objects.filter(sets.lasting(now))) == {found["late"], found["late and open"]}


@pytest.mark.django_db
def test_a_change_without_meaning_for_the_figures_marks_no_day(counted: Cast) -> None:
    session = make_session(counted)
    rollups.catch_up(counted.account)

    actions.pause(session, by=session.user)
    assert TouchedDay.objects.count() == 1, "its state is counted"
    rollups.catch_up(counted.account)
    AISession.objects.update(problem_summary="Something else", step_count=3)
    assert TouchedDay.objects.count() == 0


@pytest.mark.django_db
def test_counting_that_stops_early_goes_on_where_it_stopped(counted: Cast) -> None:
    for days in range(0, 90, 3):
        begun(make_session(counted), NOW - timedelta(days=days))

    assert rollups.catch_up(counted.account, deadline=0) == 0
    assert total(counted.account) == 0
    assert rollups.waiting(counted.account.pk) == 31, "30 days, and the one on which they were made"
    assert count_days() == "counted 31"
    assert total(counted.account) == 30


@pytest.mark.django_db
def test_the_days_of_every_account_are_counted(cast: Cast, outsiders: Cast) -> None:
    make_session(cast)
    make_session(outsiders)

    assert count_days() == "counted 2"
    assert [total(cast.account), total(outsiders.account)] == [1, 1]


@pytest.mark.django_db
def test_a_second_counter_is_refused(cast: Cast) -> None:
    with single_instance(rollups.LOCK):
        assert count_days() == "somebody else is counting"
        with pytest.raises(CommandError, match="being counted already"):
            call_command("rebuild_analytics")


@pytest.mark.django_db
def test_rebuilding_counts_everything_anew(counted: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    make_session(counted)
    rollups.catch_up(counted.account)
    before = cells(counted.account)
    TeamDay.objects.update(sessions=1000)
    stray = TeamDay(account=counted.account, day=date(2020, 1, 1), tier="guided", sessions=5)
    stray.save()

    call_command("rebuild_analytics", account=counted.account.slug)

    assert cells(counted.account) == before
    assert capsys.readouterr().out == "Acme: 2 days counted.\n"
    with pytest.raises(CommandError, match="no account “nobody”"):
        call_command("rebuild_analytics", account="nobody")


@pytest.mark.django_db
def test_an_account_can_be_deleted_with_its_sessions_and_figures(cast: Cast) -> None:
    make_proposal(cast)
    count_days()

    with account_scope(cast.account.pk), transaction.atomic():
        Account.objects.get(pk=cast.account.pk).delete()

    assert [model.objects.count() for model in (TouchedDay, RollupState, TeamDay)] == [0, 0, 0]
