import json
import re
from collections import Counter
from importlib import resources

import pytest

from flowpilot.flows.document import Node, depth, parse, paths, problems
from flowpilot.flows.domains import DOMAINS
from flowpilot.flows.playbooks import Playbook, playbooks

_DOMAINS = [domain.key for domain in DOMAINS]
_FILES = resources.files("flowpilot.flows.playbooks").joinpath("data")
_DANGEROUS = re.compile(
    r"Invoke-Expression|\biex\b|DownloadString|-enc\b|Format-Volume|Clear-Disk|Remove-Mailbox\b|rm -rf /"
    r"|DisableRealtimeMonitoring|ConvertTo-SecureString",
    re.IGNORECASE,
)


@pytest.fixture(params=_DOMAINS)
def playbook(request: pytest.FixtureRequest) -> Playbook:
    return playbooks()[request.param]


def branching(node: Node) -> bool:
    return len(node.options) > 1


def test_every_domain_has_a_playbook_in_a_file_of_its_name() -> None:
    assert set(playbooks()) == set(_DOMAINS)
    assert {file.name for file in _FILES.iterdir()} == {f"{key}.json" for key in _DOMAINS}


def test_every_file_is_a_valid_flow_document_for_its_domain() -> None:
    for key in _DOMAINS:
        data = json.loads(_FILES.joinpath(f"{key}.json").read_text("utf-8"))
        assert problems(data["tree_structure"]) == []
        assert data["domain"] == key
        assert set(data) == {"title", "summary", "domain", "sources", "tree_structure"}
        assert parse(data["tree_structure"]).to_json() == data["tree_structure"]


def test_the_longest_way_through_takes_six_to_ten_steps(playbook: Playbook) -> None:
    assert 6 <= depth(playbook.tree) <= 10
    assert sum(map(branching, playbook.tree.nodes)) >= 10


def test_it_begins_with_a_question_that_splits_the_causes(playbook: Playbook) -> None:
    root = playbook.tree.node(playbook.tree.root)
    assert root.kind == "question"
    assert len({option.next for option in root.options}) >= 3


def test_titles_are_unique(playbook: Playbook) -> None:
    assert max(Counter(node.title.lower() for node in playbook.tree.nodes).values()) == 1


def test_nothing_stands_twice_among_all_titles_and_summaries() -> None:
    told = [text for playbook in playbooks().values() for text in (playbook.title, playbook.summary)]
    assert len(set(told)) == len(told)


def test_it_ends_in_a_resolution_and_in_hand_overs_that_say_what_to_hand_over(playbook: Playbook) -> None:
    ends = {taken[-1][0].id: taken[-1][0] for taken in paths(playbook.tree)}
    assert {node.kind for node in ends.values()} == {"resolution", "escalation"}
    for node in ends.values():
        assert len(node.body) > 60
        if node.kind == "escalation":
            assert re.search(r"hand over|order|tell|open a|write it|inform", node.body, re.IGNORECASE), (
                node.title
            )


def test_every_step_says_how_and_reading_comes_before_changing(playbook: Playbook) -> None:
    for node in playbook.tree.nodes:
        assert node.body, node.title
    for taken in paths(playbook.tree):
        risks = [node.script.risk if node.script else "read" for node, _option in taken]
        assert "destructive" not in risks
    root = playbook.tree.node(playbook.tree.root)
    assert root.script is None or root.script.risk == "read"


def test_a_script_that_changes_something_says_how_to_take_it_back(playbook: Playbook) -> None:
    for node in playbook.tree.nodes:
        if node.script is not None:
            assert bool(node.script.undo) == (node.script.risk != "read"), node.title
            assert not _DANGEROUS.search(node.script.body), node.title


def test_it_names_the_pages_that_it_rests_on(playbook: Playbook) -> None:
    assert len(playbook.sources) >= 3
    assert all(re.match(r"[A-Z][\w &]+: \S", source) for source in playbook.sources)
    assert len(set(playbook.sources)) == len(playbook.sources)
