from typing import Any

import pytest

from flowpilot.flows.changes import apply, diff, parse_changes
from flowpilot.flows.document import parse
from flowpilot.flows.telling import WORDS_COMPARED, compared, told
from tests.factories import small_tree

BASE = small_tree()


def change(op: str, number: int = 1, why: str = "", **fields: Any) -> dict[str, Any]:
    return {"id": f"c{number}", "op": op, "why": why, "needs": [], **fields}


def sentences(*changes: dict[str, Any]) -> list[tuple[str, str]]:
    reasons = told(parse_changes(list(changes)), BASE, BASE)
    return [(item.mark, item.text) for reason in reasons for item in reason.changes]


@pytest.mark.parametrize(
    ("given", "mark", "text"),
    [
        (change("remove_node", node="n2"), "removed", "Removes the step “Restart the print spooler”"),
        (
            change("update_node", node="n2", set={"title": "Restart the server"}),
            "changed",
            "Rewrites the step “Restart the print spooler”",
        ),
        (
            change(
                "add_option", **{"in": "n1", "option": {"id": "o9", "label": "Both", "next": "n2"}, "at": 2}
            ),
            "added",
            "Adds the answer “Both” to “Does the printer show an error?”, "
            "which leads to “Restart the print spooler”",
        ),
        (
            change("update_option", **{"in": "n1", "option": "o1", "set": {"next": "n4"}}),
            "changed",
            "The answer “Yes” to “Does the printer show an error?” leads to “Hand over with the error text”, "
            "no longer to “Restart the print spooler”",
        ),
        (
            change("update_option", **{"in": "n1", "option": "o1", "set": {"label": "Yes, one"}}),
            "changed",
            "Rewords the answer “Yes” to “Does the printer show an error?”",
        ),
        (
            change("remove_option", **{"in": "n1", "option": "o2"}),
            "removed",
            "Removes the answer “No” to “Does the printer show an error?”",
        ),
        (
            change("move_option", **{"in": "n1", "option": "o2", "to": 0}),
            "changed",
            "Moves the answer “No” to “Does the printer show an error?” to place 1",
        ),
        (
            change("set_root", node="n2"),
            "changed",
            "Begins with “Restart the print spooler”, no longer with “Does the printer show an error?”",
        ),
        (
            change("set_meta", set={"title": "Printing", "domain": None}),
            "changed",
            "Sets of the flow: Title: Printing; Domain: –",
        ),
    ],
)
def test_each_kind_of_change_has_its_sentence(given: dict[str, Any], mark: str, text: str) -> None:
    assert sentences(given) == [(mark, text)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("question", "Asks “New”"),
        ("action", "Adds the step “New”"),
        ("resolution", "Ends with “New”"),
        ("escalation", "Hands over with “New”"),
    ],
)
def test_an_added_step_is_told_by_its_kind(kind: str, text: str) -> None:
    ways = [{"id": "o1", "label": "Yes", "next": "n3"}, {"id": "o2", "label": "No", "next": "n4"}]
    options = ways if kind in ("question", "action") else []
    node = {"id": "n9", "kind": kind, "title": "New", "body": "", "script": None, "options": options}

    assert sentences(change("add_node", node=node)) == [("added", text)]


def test_what_is_not_there_is_told_by_its_id() -> None:
    assert sentences(change("remove_option", **{"in": "n77", "option": "o7"})) == [
        ("removed", "Removes the answer “o7” to “n77”")
    ]


def test_changes_with_one_reason_stand_together_in_their_order() -> None:
    changes = [
        change("remove_node", 1, "Nobody used it.", node="n2"),
        change("remove_node", 2, "It is dangerous.", node="n3"),
        change("remove_node", 3, "Nobody used it.", node="n4"),
    ]

    reasons = told(parse_changes(changes), BASE, BASE)

    assert [(reason.why, len(reason.changes)) for reason in reasons] == [
        ("Nobody used it.", 2),
        ("It is dangerous.", 1),
    ]


def test_rewritten_texts_are_compared_word_by_word() -> None:
    data = BASE.to_json()
    data["nodes"][1]["title"] = "Restart the whole print server"  # type: ignore[index]
    data["nodes"][1]["body"] = "Once."  # type: ignore[index]
    new = parse(data)
    changes = diff(BASE, new)

    (reason,) = told(changes, BASE, apply(changes, BASE))

    assert [(each.field, each.runs) for each in reason.changes[0].differences] == [
        (
            "Title",
            (
                ("same", "Restart the "),
                ("added", "whole "),
                ("same", "print "),
                ("removed", "spooler"),
                ("added", "server"),
            ),
        ),
        ("Guidance", (("added", "Once."),)),
    ]


def test_texts_without_end_are_not_compared_word_by_word() -> None:
    old, new = "word " * WORDS_COMPARED, "other " * WORDS_COMPARED

    assert compared(old, new) == (("removed", old), ("added", new))


def test_both_texts_can_be_put_together_from_the_runs() -> None:
    old, new = "Stop the spooler,\nthen clear the queue.", "Stop the spooler and clear the whole queue."

    runs = compared(old, new)

    assert "".join(words for kind, words in runs if kind != "added") == old
    assert "".join(words for kind, words in runs if kind != "removed") == new
