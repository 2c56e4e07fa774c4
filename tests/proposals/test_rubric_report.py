import json
from io import StringIO

from django.core.management import call_command

from flowpilot.ai.offline.engine import OfflineEngine
from flowpilot.ai.rubric import score_tree
from flowpilot.flows.models import FlowOrigin
from proposals import actions, jobs
from proposals.models import FlowProposal
from sessions import actions as sessions
from tests.ai.tickets import SCANNER, SCANNER_TEXT
from tests.factories import Cast, make_session, make_version

TITLE = '"Destination full" error when you scan to a network folder'


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def mined(cast: Cast) -> FlowProposal:
    session = make_session(cast, problem_summary=TITLE, intake_content={"text": SCANNER_TEXT})
    sessions.resolve(session, summary=SCANNER, action="Raise the quota", by=session.user)
    claim = actions.claim(cast.account.pk, limit=10)
    jobs.Work(cast.account.pk, claim.token, OfflineEngine(), jobs.Tally()).analyse_claim(claim)
    return FlowProposal.objects.get()


def test_a_mined_draft_passes_every_rule(cast: Cast) -> None:
    mined(cast)
    assert json.loads(said("check_flows", "--rubric", "--json")) == {
        "scored": 1,
        "passed": 1,
        "rules": {},
        "failing": [],
    }
    assert said("check_flows", "--rubric") == "1 trees scored, 1 pass every rule.\n"


def test_a_draft_whose_counts_do_not_agree_with_its_sources_is_named(cast: Cast) -> None:
    proposal = mined(cast)
    draft = proposal.current_draft
    assert draft is not None
    wrong = {**draft.grounding["counts"], "n1": {"reached": 7, "resolved": 7, "escalated": 0}}
    grown = type(draft).objects.create(
        account=cast.account,
        proposal=proposal,
        number=draft.number + 1,
        title=draft.title,
        tree=draft.tree,
        grounding={**draft.grounding, "counts": wrong},
        engine="offline",
    )
    FlowProposal.objects.filter(pk=proposal.pk).update(current_draft=grown)

    report = json.loads(said("check_flows", "--rubric", "--json"))

    assert (report["scored"], report["passed"], report["rules"]) == (1, 0, {"counts": 1})
    assert report["failing"][0]["id"] == str(grown.pk)
    assert report["failing"][0]["issues"] == [
        {"rule": "counts", "node": "n1", "message": "The counts differ from the sources."}
    ]
    assert "counts, n1: The counts differ from the sources." in said("check_flows", "--rubric")


def test_an_installed_starter_is_scored_by_the_rules_that_need_no_sessions(cast: Cast) -> None:
    version = make_version(cast)
    FlowOrigin.objects.create(
        account=cast.account,
        flow=version.flow,
        kind=FlowOrigin.Kind.STARTER,
        key="printer",
        version=1,
        tree=version.tree_structure,
    )
    broken = {issue.rule for issue in score_tree(version.flow.title, version.tree_structure, {}, [])}

    report = json.loads(said("check_flows", "--rubric", "--json"))

    assert "grounding" in broken
    assert (report["scored"], set(report["rules"])) == (1, broken - {"grounding", "verbatim"})
