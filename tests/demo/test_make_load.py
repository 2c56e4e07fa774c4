"""Made-up sessions in any number look like what the verbs leave."""

import json
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q

from flowpilot.accounts.models import Account, Team
from flowpilot.demo.load.problems import invent
from flowpilot.flows.document import problems
from flowpilot.flows.models import Flow, FlowVersion
from proposals import jobs
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft, ProposalEvidence, SessionAnalysis
from proposals.scoring import scored_trees
from sessions.models import AISession, AISessionStep, SessionEvent, tier_for
from tests.factories import make_cast, make_resolved

pytestmark = pytest.mark.django_db


def make_load(*options: str, account: str = "load") -> dict[str, Any]:
    out = StringIO()
    call_command("make_load", "--account", account, "--json", *options, stdout=out)
    made: dict[str, Any] = json.loads(out.getvalue())
    return made


def load(sessions: int = 300, *options: str) -> dict[str, Any]:
    return make_load("--sessions", str(sessions), *options)


def test_as_many_as_asked_for_in_an_account_that_is_made() -> None:
    made = load(300, "--flows", "6", "--proposals", "20", "--pending", "50")

    assert (made["sessions"], made["flows"], made["proposals"]) == (300, 6, 20)
    assert AISession.objects.count() == 300
    assert AISession.objects.awaiting_analysis().count() == 50
    assert Flow.objects.published().count() == FlowVersion.objects.count() == 6
    assert FlowProposal.objects.filter(status="approved").count() == 6
    assert FlowProposal.objects.count() == ProposalDraft.objects.count() == 20
    assert (Team.objects.count(), Account.objects.get().users.filter(account_admin=True).count()) == (3, 1)


def test_the_same_seed_makes_the_same() -> None:
    def told() -> list[tuple[object, ...]]:
        """Sorted, because keys that are made within one millisecond have no order."""
        rows = AISession.objects.all()
        return sorted((row.title, row.status, row.intake_content["text"], row.step_count) for row in rows)

    load(60)
    first = told()
    Account.objects.get().delete()
    load(60)
    again = told()
    Account.objects.get().delete()
    load(60, "--seed", "8")

    assert first == again
    assert told() != first


def test_steps_and_events_tell_the_same_story_as_the_row() -> None:
    load(300, "--flows", "6", "--pending", "20")

    assert not AISession.objects.annotate(told=Count("steps")).exclude(told=F("step_count")).exists()
    assert not AISession.objects.filter(ended_at__lt=F("created_at")).exists()
    late = Q(created_at__lt=F("session__created_at")) | Q(created_at__gt=F("session__updated_at"))
    assert not AISessionStep.objects.filter(late).exists()
    for session in AISession.objects.prefetch_related("events", "steps"):
        assert session.confidence_tier == tier_for(session.confidence_score)
        events = list(session.events.all())
        assert [event.from_status for event in events] == ["", *(event.to_status for event in events[:-1])]
        assert events[-1].to_status == session.status
        assert [step.step_order for step in session.steps.all()] == list(range(1, session.step_count + 1))


def test_who_follows_a_flow_takes_its_steps_in_its_order() -> None:
    load(400, "--flows", "3", "--problems", "3")

    followed = AISession.objects.filter(flow_version__isnull=False).prefetch_related("steps")
    assert followed.count() > 20
    for session in followed:
        tree = session.flow_version.tree
        at = tree.root
        for step in session.steps.all():
            node = tree.node(step.node_id)
            assert (step.node_id, step.title, step.kind) == (at, node.title, node.kind)
            at = next(option.next for option in node.options if option.id == step.chosen_option)
        assert (tree.node(at).kind == "resolution") is (session.status == "resolved")


def test_proposals_have_their_evidence_their_decision_and_a_draft_by_the_rules() -> None:
    load(300, "--flows", "4", "--proposals", "30")

    standings = set(FlowProposal.objects.values_list("status", flat=True))
    assert standings >= {"pending", "approved"}
    assert standings & {"dismissed", "rejected"}
    for proposal in FlowProposal.objects.select_related("current_draft"):
        assert proposal.evidence_count == proposal.evidence.counting().count() > 0
        speaking = proposal.evidence.counting().exclude(session__client=None)
        assert proposal.client_count == speaking.values("session__client").distinct().count()
        assert problems(proposal.current_draft.tree) == []
        decided = [verb for (verb,) in proposal.decisions.values_list("verb")]
        assert len(decided) == (proposal.status != "pending")
    account = Account.objects.get()
    broken = {issue.rule for scored in scored_trees(account.pk) for issue in scored.issues}
    assert broken.isdisjoint({"valid", "verbatim", "counts"})
    spoken = SessionAnalysis.objects.filter(proposal__isnull=False).values_list("session", "proposal")
    assert Counter(spoken) == Counter(ProposalEvidence.objects.values_list("session", "proposal"))
    assert ProposalDecision.objects.filter(verb="approve", published_version__isnull=True).count() == 0


def test_the_learning_job_takes_what_is_pending() -> None:
    load(120, "--proposals", "4", "--pending", "40", "--problems", "6")

    tally = jobs.run()

    assert (tally.completed, tally.failed, tally.errors) == (40, 0, [])
    assert not AISession.objects.awaiting_analysis().exists()


def test_an_account_with_sessions_is_added_to_only_when_told() -> None:
    cast = make_cast("load")
    make_resolved(cast)

    with pytest.raises(CommandError, match="--append adds"):
        load(10)
    made = load(10, "--append")
    load(10, "--append", "--flows", "2", "--proposals", "5")

    assert made["sessions"] == 10
    assert AISession.objects.count() == 21
    assert set(Team.objects.values_list("name", flat=True)) == {"Service desk", "Projects"}
    assert SessionEvent.objects.exclude(actor__account=cast.account).count() == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sessions", "5", "--pending", "6"], "--pending is more than --sessions"),
        (["--sessions", "5", "--proposals", "6"], "6 problems with a flow or proposal need as many"),
        (["--sessions", "-1"], "not a whole number"),
        (["--sessions", "5", "--account", "no good"], "--account no good"),
    ],
)
def test_what_cannot_be_is_refused_in_words(options: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        make_load(*options)

    assert Account.objects.count() == 0


def test_an_account_without_people_is_refused() -> None:
    account = Account.objects.create(slug="load", name="Load")
    make_cast("other")
    account.users.create(email="one@load.example", name="One")

    with pytest.raises(CommandError, match="needs an admin"):
        load(10)


def test_no_two_problems_share_their_code() -> None:
    codes = [invent(1, number).title.rpartition(" ")[2] for number in range(2000)]

    assert len(set(codes)) == 2000
