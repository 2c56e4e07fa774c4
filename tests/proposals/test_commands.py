import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from proposals.models import AnalysisRun, FlowProposal, ProposalDraft
from tests.factories import Cast, make_proposal, make_resolved, make_version


def said(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_analysing_by_hand_prints_what_it_did(cast: Cast) -> None:
    make_resolved(cast)

    result = json.loads(said("analyse_sessions", "--account", "acme", "--json"))

    assert set(result) == {"claimed", "completed", "failed", "outcomes", "seconds"}
    assert (result["claimed"], result["completed"], result["failed"]) == (1, 1, 0)
    assert AnalysisRun.objects.get().trigger == "command"


def test_analysing_one_account_leaves_the_others(cast: Cast, outsiders: Cast) -> None:
    make_resolved(outsiders)

    assert json.loads(said("analyse_sessions", "--account", "acme", "--json"))["claimed"] == 0
    assert said("analyse_sessions", "--limit", "5").startswith("claimed 1, completed 1, failed 0")


@pytest.mark.parametrize(
    ("arguments", "named"), [(["--account", "nobody"], "“nobody”"), (["--limit", "0"], "--limit")]
)
def test_wrong_arguments_of_the_analysis_are_named(cast: Cast, arguments: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        call_command("analyse_sessions", *arguments)


def test_checking_flows_finds_an_invalid_tree_wherever_it_stands(cast: Cast) -> None:
    make_version(cast)
    good = make_proposal(cast)
    broken = ProposalDraft.objects.create(
        pk=uuid4(),
        account=cast.account,
        proposal=FlowProposal.objects.get(pk=good.pk),
        number=2,
        title="Broken",
        tree={"schema": 1, "root": "n9", "nodes": []},
        engine="offline",
    )

    result = json.loads(said("check_flows", "--json"))

    assert result["checked"] == 3
    (invalid,) = result["invalid"]
    assert (invalid["kind"], invalid["id"], invalid["title"]) == ("draft", str(broken.pk), "Broken")
    assert "3 trees checked, 1 invalid." in said("check_flows")
