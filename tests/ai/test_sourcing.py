"""What a draft names and no source does: invented commands, paths and codes are found, all others pass."""

from dataclasses import replace

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.sourcing import sources_in, still_in, unsourced
from flowpilot.flows.document import Node, Script, Tree, parse
from tests.ai.test_planted_truth import mined
from tests.ai.tickets import LONG, SCANNER, SCANNER_TEXT, VERSIONS, ticket
from tests.factories import small_tree

INVENTED = {
    "cmdlet": "Invoke-FrobnicateCache -Force",
    "path": "C:\\Vendor\\made\\up.cfg",
    "key": "HKLM\\SOFTWARE\\Zorbl\\Keys",
    "hex": "0x8BADF00D",
    "error": "error 98123",
    "event": "Event ID 59871",
    "switch": "netsh zorbl /reset",
    "host": "srv-zorbl01.contoso.local",
    "short host": "ZORBL-DC01",
    "version": "16.0.98765.4321",
    "build": "build 98765",
    "address": "https://zorbl.example/reset",
}
NEAR = {
    "part of a path": ("C:\\Temp\\setup", "Look into C:\\Temp\\setup.log and C:\\Temp\\setupact"),
    "part of a key": ("HKLM\\SOFTWARE\\Zor", "It is set in HKLM\\SOFTWARE\\Zorbl"),
    "part of a cmdlet": ("Get-Mailbox", "Get-MailboxStatistics and Get-Mailbox-All were run"),
    "part of a name": ("dc01", "It is srv-dc01 that fails"),
    "shorter path of a command": ("del C:\\Windows", "Ran del C:\\Windows\\Temp\\x.log"),
    "part of a version": ("1.2.3", "Client 11.2.3, server 1.2.34, add-in 1.2.3.4"),
    "part of a host": ("dc01.contoso.local", "Cannot reach srvdc01.contoso.local"),
    "part of a number": ("error 1603", "error 16031, error 21603"),
    "command with a known code": ("Invoke-Frobnicate -Code 0x11b", "It fails with 0x0000011B"),
    "path with a known code": ("C:\\Made\\KB5034441.msu", "KB5034441 was installed, C:\\Made is empty"),
}
"""What was made up, and a source that says something close to it."""


def changed(tree: Tree, **fields: object) -> Tree:
    first, *rest = tree.nodes
    return replace(tree, nodes=(replace(first, **fields), *rest))


@pytest.mark.parametrize("literal", INVENTED.values(), ids=INVENTED)
@pytest.mark.parametrize("where", ["title", "prose", "span", "block", "script", "label"])
def test_what_was_made_up_is_named(literal: str, where: str) -> None:
    node: Node = small_tree().nodes[0]
    said = {
        "title": {"title": f"Look at {literal}"},
        "prose": {"body": f"1. Look at {literal} and note it."},
        "span": {"body": f"1. Type `{literal}`."},
        "block": {"body": f"Run:\n\n```\n{literal}\n```"},
        "script": {"script": Script("powershell", literal, "read", "")},
        "label": {"options": (replace(node.options[0], label=f"It says {literal}"), *node.options[1:])},
    }[where]

    found = unsourced(changed(small_tree(), **said), sources_in([]))

    assert list(found) == [node.id]


@pytest.mark.parametrize(("literal", "source"), NEAR.values(), ids=NEAR)
@pytest.mark.parametrize("where", ["span", "block"])
def test_what_is_only_close_to_a_source_is_named(literal: str, source: str, where: str) -> None:
    told = mined(0).sessions[0].model_copy(update={"resolution": source})
    body = f"Type `{literal}`." if where == "span" else f"Run:\n\n```\n{literal}\n```"

    found = unsourced(changed(small_tree(), body=body), sources_in([told]))

    assert list(found.values()) == [[literal]]


@pytest.mark.parametrize("field", ["title", "body", "options"])
def test_what_a_model_suggested_is_a_source_once_it_helped(field: str) -> None:
    session = mined(0).sessions[0]
    said = ("Is it 0x8BADF00D?",) if field == "options" else "Is it 0x8BADF00D?"
    suggested = session.steps[0].model_copy(
        update={"source": "ai", "outcome": None, "chosen": None, field: said}
    )
    tree = changed(small_tree(), title="Is it 0x8BADF00D?")

    def named(**answer: str) -> list[list[str]]:
        step = suggested.model_copy(update=answer)
        return list(unsourced(tree, sources_in([session.model_copy(update={"steps": (step,)})])).values())

    assert [named(), named(outcome="did_not_work")] == [[["0x8BADF00D"]]] * 2
    assert [named(outcome="worked"), named(response="0x8badf00d it is"), named(chosen="0x8BADF00D")] == [
        []
    ] * 3


def test_a_title_is_a_source_unless_a_model_wrote_it() -> None:
    session = mined(0).sessions[0].model_copy(update={"title": "It says 0x8BADF00D"})
    tree = changed(small_tree(), title="Is it 0x8BADF00D?")

    by_model = session.model_copy(update={"title_from_model": True})

    assert list(unsourced(tree, sources_in([session])).values()) == []
    assert list(unsourced(tree, sources_in([by_model])).values()) == [["0x8BADF00D"]]


def test_what_the_sources_say_is_not_named_however_it_is_written() -> None:
    sessions = mined(0).sessions
    told = sessions[0].model_copy(
        update={"resolution": "Ran\n> Get-Service  -Name Spooler\nin c:\\temp\\x.log, error 0x0000011B"}
    )
    body = "Run `get-service -name spooler`, look into C:\\Temp\\x.log for 0x11b."

    assert unsourced(changed(small_tree(), body=body), sources_in([told])) == {}


def test_a_stressed_word_is_the_placeholder_that_a_draft_shows() -> None:
    source = "Run `Get-Site` for https://*site*.example as <*user name*>; *Drive*:\\Logs is read."
    told = mined(0).sessions[0].model_copy(update={"resolution": source})
    body = "Run `Get-Site` for `https://<site>.example` as `<user name>`; read `<Drive>:\\Logs`."

    assert unsourced(changed(small_tree(), body=body), sources_in([told])) == {}
    made_up = unsourced(changed(small_tree(), body="Open `https://<host>.example`."), sources_in([told]))
    assert [*made_up.values()] == [["https://<host>.example"]]


def test_a_versions_number_and_the_words_of_a_dump_are_found_in_their_source() -> None:
    source = "Install one of the builds 2.4.10817.\nArguments fffffa80`1a5f9980 00000000`0000ab10"
    told = mined(0).sessions[0].model_copy(update={"resolution": source})
    body = "Install build 2.4.10817.\n\n> Arguments fffffa80`1a5f9980 00000000`0000ab10"

    assert unsourced(changed(small_tree(), body=body), sources_in([told])) == {}


def test_the_answers_that_a_session_was_offered_are_a_source() -> None:
    session = mined(0).sessions[0]
    step = session.steps[0].model_copy(update={"options": ("It says 0x8BADF00D", "No")})
    told = session.model_copy(update={"steps": (step,)})

    assert unsourced(changed(small_tree(), title="Is it 0x8BADF00D?"), sources_in([told])) == {}


def test_what_a_published_tree_says_is_a_source() -> None:
    tree = changed(small_tree(), body="Run `gpupdate /force`.")

    assert unsourced(tree, sources_in([], [tree])) == {}


def test_clean_drafts_have_nothing_to_name() -> None:
    endings = (SCANNER, VERSIONS, LONG)
    tickets = [ticket("Scan to the network folder fails", SCANNER_TEXT, each) for each in endings]
    found = [(flow, [told]) for told in tickets if isinstance(flow := mine_one(told), NewFlow)]
    found += [(whole.flow, whole.sessions) for whole in (mined(seed) for seed in range(5))]

    assert len(found) > 5
    named = [unsourced(parse(flow.tree), sources_in(sessions)) for flow, sessions in found]
    assert named == [{}] * len(found)


def test_what_was_taken_out_is_not_asked_about_any_more() -> None:
    tree = changed(small_tree(), body="Run `Invoke-FrobnicateCache`.")

    assert still_in(tree, ["Invoke-FrobnicateCache", "0x8BADF00D"]) == ["Invoke-FrobnicateCache"]
