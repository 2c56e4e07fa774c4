"""Orders to the model in everything that it is shown, and a model that obeys each of them, in all five jobs.

Whatever it says, rows come about only where an answer is kept for people to look at; no session moves,
nothing is published, sent, queued or written into a ticket; no page has anything active; and nothing of
another account is in what was asked. `make soak` obeys every string of the set.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core import mail
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import Account
from proposals import jobs
from proposals.models import FlowProposal
from sessions.models import AISession
from sessions.thread.producing import produce
from sessions.triage_jobs import triage_again
from tests.ai.wire.test_injection import ATTACKS
from tests.factories import Cast, make_practice_ticket, make_resolved, make_session, make_turn
from tests.hostile.obeying import HOST, SENDS, Obedient
from tests.hostile.test_every_field import active
from tests.hostile.values import packed, texts
from tests.screens import signed_in, text

OWN = [ATTACKS[2], ATTACKS[6], ATTACKS[17]]
RIVAL = "Rival canary 8130"
ROOM = 800
"""Characters that the shortest text of an answer has room for."""
LEDGER = {"AICall", "AIUse", "TouchedDay"}
KEPT = {
    "triage": LEDGER | {"AISession"},
    "guide": LEDGER | {"AISession", "AISessionStep", "SessionEvent", "Turn"},
    "script": LEDGER | {"GeneratedScript"},
    "escalate": LEDGER,
    "analyse": LEDGER
    | {"AISession", "AnalysisRun", "FlowProposal", "ProposalDraft", "ProposalEvidence", "SessionAnalysis"},
}
"""Tables that the answer to each job may change: the answer itself, its price, and how far the work is."""
STATE = ("status", "user_id", "escalated_to_id", "asked_team_id", "resolution_summary", "flow_version_id")
"""Of a session: what only people's verbs change."""


def rows() -> dict[type[Model], list[tuple[Any, ...]]]:
    """Everything that there is."""
    return {model: list(model._default_manager.order_by("pk").values_list()) for model in apps.get_models()}


def changed_by(work: Callable[[], object]) -> set[str]:
    before, states = rows(), list(AISession.objects.order_by("pk").values_list(*STATE))
    work()
    assert list(AISession.objects.order_by("pk").values_list(*STATE))[: len(states)] == states
    assert mail.outbox == []
    return {model.__name__ for model, found in rows().items() if found != before[model]}


class Told:
    """An account whose texts all hold one order."""

    def __init__(self, cast: Cast, order: str) -> None:
        ticket = make_practice_ticket(cast, body=order)
        given = {
            "intake_content": {"text": order, "log_content": order},
            "ticket_data": {"id": str(ticket.number), "title": "Printer", "body": order},
            "psa_connection": ticket.connection,
        }
        self.open: AISession = make_session(cast, **given)
        self.ended: AISession = make_resolved(cast, intake_content={"text": order})
        self.order, self.account = order, cast.account
        self.client: Client = signed_in(cast.engineer)

    def jobs(self) -> Iterator[tuple[str, Callable[[], object]]]:
        at = [self.open.pk]
        asked = {"purpose": f"Spooler. {self.order}"[:2_000], "shell": "powershell"}
        turn = make_turn(self.open)
        package, script = reverse("sessions:package", args=at), reverse("sessions:script", args=at)
        yield "triage", lambda: triage_again(str(self.account.pk), str(self.open.pk))
        yield "guide", lambda: async_to_sync(produce)(turn)
        yield "script", lambda: self.client.post(script, asked)
        yield "escalate", lambda: self.client.get(package, {"reason": self.order[:900]})
        yield "analyse", lambda: jobs.run(self.account.pk)

    def shown(self) -> Iterator[Any]:
        at = [self.open.pk]
        for name in ("sessions:detail", "sessions:script", "sessions:package"):
            yield self.client.get(reverse(name, args=at))
        for proposal in FlowProposal.objects.all():
            yield self.client.get(reverse("proposals:detail", args=[proposal.pk]))


def obeyed(cast: Cast, obedient: Obedient, order: str) -> None:
    obedient.order, obedient.asked, obedient.jobs = order.replace("\x00", ""), [], []
    told = Told(cast, obedient.order)

    for job, work in told.jobs():
        assert changed_by(work) <= KEPT[job], job

    assert {*obedient.jobs} == {*KEPT}
    assert {asked["tool_choice"]["type"] for asked in obedient.asked} == {"none"}
    assert RIVAL not in json.dumps(obedient.asked)
    assert {*FlowProposal.objects.values_list("status", flat=True)} <= {"pending"}
    for answer in told.shown():
        assert active(answer) == []
        assert [
            place for place in (f'href="https://{HOST}', f"<img src=//{HOST}") if place in text(answer)
        ] == []
        assert SENDS not in text(answer)


@pytest.fixture
def asking(cast: Cast, outsiders: Cast) -> Cast:
    Account.objects.filter(pk=cast.account.pk).update(ai_mode=Account.AiMode.ANTHROPIC)
    make_resolved(
        outsiders, problem_summary=RIVAL, intake_content={"text": f"The printer {RIVAL} is silent."}
    )
    return cast


@pytest.mark.parametrize("order", OWN, ids=["end of the tool", "a link", "a harmful script"])
def test_a_model_that_obeys_in_every_job_changes_nothing_without_a_person(
    asking: Cast, obedient: Obedient, order: str
) -> None:
    obeyed(asking, obedient, order)


@pytest.mark.soak
def test_every_string_of_the_set_is_obeyed_in_vain(asking: Cast, obedient: Obedient) -> None:
    for order in packed(texts(), ROOM):
        with transaction.atomic():
            obeyed(asking, obedient, order)
            transaction.set_rollback(True)
