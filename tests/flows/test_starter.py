"""The starter library: every file is a valid flow at the depth of a good one, and its scripts can be read."""

import json
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest
import tree_sitter_bash
import tree_sitter_batch
import tree_sitter_powershell
from tree_sitter import Language, Parser

from flowpilot.ai.rubric import score_tree
from flowpilot.ai.scripts.checking import check
from flowpilot.flows.document import Node, canonical, content_hash, paths
from flowpilot.flows.domains import DOMAINS
from flowpilot.flows.starter.catalogue import DATA, Starter, starters

_GRAMMARS = {
    "bash": tree_sitter_bash.language,
    "cmd": tree_sitter_batch.language,
    "powershell": tree_sitter_powershell.language,
}
_NEEDS_SESSIONS = {"verbatim", "grounding"}
"""Rules of the rubric that compare a draft with the sessions it was made from."""
_RETIRED = re.compile(
    r"\b\w+-Msol|\b\w+-AzureAD(?!Password)|\bGet-MessageTrace\b|\bwmic\b|\bGet-WmiObject\b|\bSend-MailMessage\b",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"Invoke-Expression|\biex\b|DownloadString|Format-Volume|Clear-Disk|rm -rf /"
    r"|DisableRealtimeMonitoring|-AsPlainText",
    re.IGNORECASE,
)
_GRANTS = re.compile(
    r"TemporaryAccessPass|Add-MailboxPermission|Add-RecipientPermission|Add-ADGroupMember|Add-LocalGroupMember"
    r"|msFVE-RecoveryPassword|Restore-MgDirectoryDeletedItem|Restore-ADObject|Set-MgUserLicense"
)
_ASKS = re.compile(r"\b(?:agreed?|consent|confirm(?:ed)?|entitled|may this user)\b", re.IGNORECASE)
_KEYS = sorted(path.stem for path in DATA.glob("*.json"))


@pytest.fixture(params=_KEYS)
def starter(request: pytest.FixtureRequest) -> Starter:
    return starters()[request.param]


def test_there_are_at_least_forty_flows_in_ten_domains() -> None:
    assert len(starters()) >= 40
    assert len({each.domain for each in starters().values()}) >= 10
    assert {each.domain for each in starters().values()} <= {domain.key for domain in DOMAINS}


def test_keys_titles_summaries_and_trees_are_unique() -> None:
    every = starters().values()
    for told in (
        [each.key for each in every],
        [each.title.casefold() for each in every],
        [each.summary for each in every],
        [content_hash(each.tree) for each in every],
    ):
        assert max(Counter(told).values()) == 1


def test_a_file_holds_what_it_says_and_nothing_else(starter: Starter) -> None:
    data = json.loads((DATA / f"{starter.key}.json").read_text("utf-8"))
    assert set(data) == {"key", "version", "title", "summary", "domain", "sources", "tree"}
    assert (data["key"], data["version"]) == (starter.key, 1)
    assert data["tree"] == canonical(starter.tree).to_json()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", starter.key)
    assert starter.summary.endswith(".")


def test_it_has_eight_to_twenty_five_steps_of_their_own_title(starter: Starter) -> None:
    assert 8 <= len(starter.tree.nodes) <= 25
    assert max(Counter(node.title.casefold() for node in starter.tree.nodes).values()) == 1
    assert [node.id for node in starter.tree.nodes if not node.body] == []


def test_it_keeps_every_rule_of_the_rubric_that_needs_no_sessions(starter: Starter) -> None:
    issues = score_tree(starter.title, starter.tree.to_json(), {}, [])
    assert [issue for issue in issues if issue.rule not in _NEEDS_SESSIONS] == []


def test_it_ends_solved_or_with_what_to_hand_over(starter: Starter) -> None:
    ends = [node for node in starter.tree.nodes if not node.options]
    assert {node.kind for node in ends} == {"resolution", "escalation"}
    for node in ends:
        assert len(node.body) >= 60, node.title
        assert node.kind == "resolution" or "Hand over" in node.body, node.title


def _changes(node: Node) -> bool:
    return node.script is not None and node.script.risk != "read"


def test_nothing_is_changed_before_something_was_read_or_asked(starter: Starter) -> None:
    assert not _changes(starter.tree.node(starter.tree.root))
    for path in paths(starter.tree):
        first = next((place for place, (node, _option) in enumerate(path) if _changes(node)), None)
        assert first is None or first >= 1


def test_a_script_that_changes_something_says_how_to_take_it_back(starter: Starter) -> None:
    for node in starter.tree.nodes:
        if node.script is not None:
            assert bool(node.script.undo) == _changes(node), node.title


def test_every_change_is_followed_by_a_check_of_its_outcome(starter: Starter) -> None:
    for node in starter.tree.nodes:
        if _changes(node):
            assert len(node.options) >= 2 or node.options[0].label.startswith("Done"), node.title


def test_who_asks_is_confirmed_or_the_owner_asked_before_anything_is_granted(starter: Starter) -> None:
    for path in paths(starter.tree):
        for place, (node, _option) in enumerate(path):
            if node.script is not None and _GRANTS.search(node.script.body):
                taken = [f"{before.title} {option.label}" for before, option in path[:place] if option]
                assert any(map(_ASKS.search, taken)), node.title


def test_commands_are_current_and_never_reckless(starter: Starter) -> None:
    for node in starter.tree.nodes:
        text = f"{node.body}\n{node.script.body if node.script else ''}"
        assert not _RETIRED.search(text), node.title
        assert not _NEVER.search(text), node.title


def test_scripts_are_read_by_the_grammar_of_their_shell(starter: Starter) -> None:
    for node in starter.tree.nodes:
        if node.script is not None:
            parser = Parser(Language(_GRAMMARS[node.script.shell]()))
            assert not parser.parse(f"{node.script.body}\n".encode()).root_node.has_error, node.title


def test_the_check_of_scripts_refuses_none_and_what_it_calls_destructive_is_declared(
    starter: Starter,
) -> None:
    for node in starter.tree.nodes:
        if node.script is not None:
            checked = check(node.script.body, node.script.shell)
            assert not checked.refused, node.title
            assert checked.risk != "destructive" or node.script.risk == "destructive", node.title


def test_a_warning_stands_where_a_script_destroys(starter: Starter) -> None:
    for node in starter.tree.nodes:
        if node.script is not None and node.script.risk == "destructive":
            assert re.match(r"> \*\*(?:Warning|Important):\*\* ", node.body), node.title


def test_it_names_at_least_two_vendor_pages(starter: Starter) -> None:
    assert len({source.url for source in starter.sources}) == len(starter.sources) >= 2
    for source in starter.sources:
        parts = urlsplit(source.url)
        assert (parts.scheme, bool(parts.netloc), len(parts.path) > 1) == ("https", True, True)
        assert re.match(r"[\w.' &-]+: \S", source.title), source.title
