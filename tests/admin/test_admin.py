from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import CompositePrimaryKey, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics.jobs import count_days
from analytics.models import KnownBefore
from flowpilot.accounts.models import Account, Team, TeamMembership, User
from flowpilot.accounts.models import Client as Customer
from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from flowpilot.core.models import Heartbeat
from flowpilot.core.scope import account_scope
from flowpilot.flows import favourites
from flowpilot.flows.models import Flow, FlowDraft, FlowOrigin, FlowStat, FlowVersion, MatchingCalibration
from flowpilot.psa.models import PracticeNote, PsaCall, PsaConnection, PsaPushAttempt, PsaWebhook
from proposals import actions
from proposals.models import AnalysisRun, SessionAnalysis
from sessions import actions as session_actions
from sessions.jobs import index_history
from tests.factories import (
    Cast,
    make_attachment,
    make_gap,
    make_intake_file,
    make_invitation,
    make_notification,
    make_practice_ticket,
    make_proposal,
    make_push,
    make_resolved,
    make_script,
    make_session,
    make_turn,
    make_user,
    make_version,
    make_view,
    small_tree,
)

ROOMS = ("flowpilot.", "sessions", "proposals", "analytics")
EDITABLE = {Account, Team, User, TeamMembership, Customer, PsaConnection, Flow}
"""What a superuser looks after by hand; everything else changes through verbs only."""


def ours() -> Iterator[type[Model]]:
    """Without those keyed by more than one column, such as postings: Django's admin cannot show them."""
    for model in apps.get_models():
        name = apps.get_app_config(model._meta.app_label).name
        if name.startswith(ROOMS) and not isinstance(model._meta.pk, CompositePrimaryKey):
            yield model


MODELS = list(ours())
READ_ONLY = [model for model in MODELS if model not in EDITABLE]


def label(model: type[Model]) -> str:
    return model._meta.label


def at(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def dismissed(cast: Cast, version: FlowVersion | None = None) -> None:
    proposal = make_proposal(cast, version=version)
    actions.dismiss(proposal, draft=proposal.current_draft_id, by=cast.team_admin)


def fill(cast: Cast) -> None:
    """At least one row of every model that belongs to an account."""
    version = make_version(cast)
    account = cast.account
    FlowDraft.objects.create(account=account, flow=version.flow, tree=small_tree().to_json())
    FlowStat.objects.create(account=account, version=version, node="n1", shown=3)
    variant = make_version(cast).flow
    FlowOrigin.objects.create(
        account=account, flow=variant, kind="fork", version=1, tree=small_tree().to_json()
    )
    followed = make_session(cast, flow_version=version)
    session_actions.abandon(followed, reason="Solved by itself", by=followed.user)
    MatchingCalibration.objects.create(
        account=account, engine="fused", coefficients={}, outcomes=200, before={}, after={}
    )
    connected = PsaConnection.objects.create(account=account, name="Our PSA", provider="connectwise")
    PsaCall.objects.create(account=account, connection=connected, endpoint="tickets")
    PsaWebhook.objects.create(account=account, connection=connected, digest="0" * 64, ticket_id="4711")
    dismissed(cast)
    SessionAnalysis.objects.create(account=account, session=make_resolved(cast), resolution_no=1)
    AnalysisRun.objects.create(account=account, trigger="schedule", started_at=timezone.now())
    batch = AIBatch.objects.create(account=account, expires_at=timezone.now())
    call = AICall.objects.create(account=account, batch=batch, job="analyse", day=timezone.now().date())
    AIQuestion.objects.create(account=account, call=call, body={}, key="k")
    AIUse.objects.create(account=account, job="analyse", day=timezone.now().date())
    index_history()
    session_actions.score(make_session(cast, flow_version=version), confidence=0.9)
    count_days()
    make_gap(cast)
    KnownBefore.objects.create(account=account, session=followed)
    make_invitation(cast)
    make_view(cast)
    make_notification(cast.engineer)
    with account_scope(account.pk):
        actions.replay_draft(make_proposal(cast))
    make_attachment(make_session(cast))
    make_intake_file(cast.engineer)
    ticket = make_practice_ticket(cast)
    PracticeNote.objects.create(account=account, ticket=ticket, written_by="Dispatch", text="Called back.")
    favourites.star(version.flow, by=cast.engineer)
    PsaPushAttempt.objects.create(account=account, push=make_push(cast), number=1, started_at=timezone.now())
    make_script(make_session(cast))
    make_turn(make_session(cast))


@pytest.fixture
def world(cast: Cast) -> Cast:
    """At least one row of every model."""
    fill(cast)
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    return cast


@pytest.fixture
def root(cast: Cast) -> Client:
    """A superuser who has entered the account that the test is about."""
    client = Client()
    client.force_login(make_user(None, "root", is_superuser=True, is_staff=True))
    client.post(reverse("admin:enter"), {"account": cast.account.pk, "reason": "Ticket 4711"})
    return client


def a_row(model: type[Model]) -> Model:
    row = model._default_manager.first()
    assert row is not None, f"Make a row of {label(model)} in the fixture `world`."
    return row


def test_every_model_of_ours_is_registered() -> None:
    missing = [label(model) for model in MODELS if not admin.site.is_registered(model)]

    assert missing == []


def test_a_superuser_lists_and_searches_every_model(
    world: Cast, root: Client, subtests: pytest.Subtests
) -> None:
    for model in MODELS:
        with subtests.test(label(model)):
            row = a_row(model)

            listed = root.get(at(model, "changelist"))
            searched = root.get(at(model, "changelist"), {"q": "no such thing"})

            assert row in listed.context["cl"].result_list
            assert list(searched.context["cl"].result_list) == []


def test_a_superuser_opens_a_row_of_every_model(world: Cast, root: Client, subtests: pytest.Subtests) -> None:
    for model in MODELS:
        with subtests.test(label(model)):
            row = a_row(model)

            page = root.get(at(model, "change", row.pk))

            assert (page.status_code, page.context["original"]) == (200, row)


def test_rows_that_verbs_write_cannot_be_added_changed_or_deleted(
    world: Cast, root: Client, subtests: pytest.Subtests
) -> None:
    for model in READ_ONLY:
        with subtests.test(label(model)):
            row = a_row(model)
            addresses = [at(model, "add"), at(model, "change", row.pk), at(model, "delete", row.pk)]

            assert [root.post(address, {"post": "yes"}).status_code for address in addresses] == [
                403,
                403,
                403,
            ]
            assert [root.get(addresses[0]).status_code, root.get(addresses[2]).status_code] == [403, 403]
            page = root.get(addresses[1]).content.decode()
            assert [
                word for word in ('name="_save"', "deletelink", f'href="{addresses[0]}"') if word in page
            ] == []
            assert model._default_manager.filter(pk=row.pk).exists()


def test_lists_of_rows_that_verbs_write_offer_no_bulk_deletion(
    world: Cast, root: Client, subtests: pytest.Subtests
) -> None:
    for model in READ_ONLY:
        with subtests.test(label(model)):
            row = a_row(model)

            root.post(
                at(model, "changelist"),
                {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
            )

            assert model._default_manager.filter(pk=row.pk).exists()


FILLED: dict[type[Model], Callable[[Cast], dict[str, Any]]] = {
    Account: lambda cast: {
        "name": "Brightwater",
        "slug": "brightwater",
        "time_zone": "UTC",
        "ai_mode": "auto",
        "idle_abandon_days": 14,
        "reopen_days": 7,
        "proposal_expiry_days": 90,
    },
    Team: lambda cast: {"name": "Night shift", "account": cast.account.pk},
    Customer: lambda cast: {"name": "Tidewater", "account": cast.account.pk, "external_refs": "{}"},
    User: lambda cast: {
        "email": "new@acme.example",
        "name": "New",
        "account": cast.account.pk,
        "password1": "a long enough pass phrase",
        "password2": "a long enough pass phrase",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    },
    TeamMembership: lambda cast: {
        "user": cast.engineer.pk,
        "team": cast.other_team.pk,
        "role": "engineer",
        "account": cast.account.pk,
    },
    PsaConnection: lambda cast: {
        "account": cast.account.pk,
        "name": "Second PSA",
        "provider": "autotask",
        "state": "ok",
        "mapping": "{}",
    },
    Flow: lambda cast: {
        "account": cast.account.pk,
        "title": "Mail is late",
        "slug": "mail-is-late",
        "versions-TOTAL_FORMS": 0,
        "versions-INITIAL_FORMS": 0,
    },
}


def test_a_superuser_adds_what_is_looked_after_by_hand(
    world: Cast, root: Client, subtests: pytest.Subtests
) -> None:
    for model in sorted(EDITABLE, key=label):
        with subtests.test(label(model)):
            before = set(model._default_manager.values_list("pk", flat=True))

            page = root.post(at(model, "add"), FILLED[model](world))

            assert page.status_code == 302, page.context["adminform"].form.errors
            added = model._default_manager.exclude(pk__in=before)
            assert added.count() == 1


def test_autocompletes_find_what_they_are_asked_for(
    world: Cast, root: Client, subtests: pytest.Subtests
) -> None:
    for model in sorted(EDITABLE, key=label):
        with subtests.test(label(model)):
            for field in admin.site.get_model_admin(model).autocomplete_fields:
                found = root.get(
                    reverse("admin:autocomplete"),
                    {
                        "app_label": model._meta.app_label,
                        "model_name": model._meta.model_name,
                        "field_name": field,
                        "term": "",
                    },
                )
                assert found.status_code == 200
                assert set(found.json()) == {"results", "pagination"}


@pytest.mark.parametrize("person", ["engineer", "team_admin", "account_admin"])
def test_the_people_of_an_account_do_not_get_into_the_admin(cast: Cast, person: str) -> None:
    client = Client()
    client.force_login(getattr(cast, person))
    addresses = [reverse("admin:index"), *(at(model, "changelist") for model in MODELS)]

    pages = [client.get(address) for address in addresses]

    assert {(page.status_code, page.headers["Location"].split("?")[0]) for page in pages} == {
        (302, reverse("admin:login"))
    }


def test_lists_cost_the_same_queries_for_more_rows(
    world: Cast, root: Client, subtests: pytest.Subtests
) -> None:
    def asked(model: type[Model]) -> int:
        with CaptureQueriesContext(connection) as queries:
            root.get(at(model, "changelist"))
        return len(queries)

    for model in MODELS:
        root.get(at(model, "changelist"))
    few = {model: asked(model) for model in MODELS}
    for _number in range(3):
        version = make_version(world)
        FlowDraft.objects.create(account=world.account, flow=version.flow, tree={}, base_version=version)
        FlowStat.objects.create(account=world.account, version=version, node="n1")
        dismissed(world, version)

    for model in MODELS:
        with subtests.test(label(model)):
            assert asked(model) == few[model]
