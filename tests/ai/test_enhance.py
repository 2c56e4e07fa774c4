"""What sessions that had a flow pinned say about it."""

import random
from uuid import UUID

import pytest

from flowpilot.ai.contracts import (
    CandidateFlow,
    Enhancement,
    FlowRef,
    Nothing,
    Reinforced,
    SessionFacts,
    StepFacts,
)
from flowpilot.ai.offline.leaving.enhance import enhance
from flowpilot.ai.offline.leaving.paths import Leaving, walk
from flowpilot.ai.offline.leaving.titles import title_with_fix
from flowpilot.flows.changes import apply, parse_changes
from flowpilot.flows.document import Tree, parse

FLOW = UUID(int=1)
VERSION = UUID(int=2)


def node(name: str, kind: str, title: str, *options: tuple[str, str]) -> dict[str, object]:
    return {
        "id": name,
        "kind": kind,
        "title": title,
        "body": "",
        "script": None,
        "options": [
            {"id": f"o{place}", "label": label, "next": after}
            for place, (label, after) in enumerate(options, 1)
        ],
    }


PRINTING: dict[str, object] = {
    "schema": 1,
    "root": "n1",
    "nodes": [
        node("n1", "question", "Does the job stay in the queue?", ("Yes", "n2"), ("No", "n5")),
        node("n2", "action", "Restart the print spooler", ("Solved", "n3"), ("Not solved", "n4")),
        node("n3", "resolution", "Jobs leave the queue"),
        node("n4", "escalation", "The queue is stuck for an unknown reason"),
        node("n5", "question", "What does the printer show?", ("Paper jam", "n6"), ("Offline", "n4")),
        node("n6", "action", "Clear the paper path", ("Solved", "n3"), ("Not solved", "n4")),
    ],
}


def flow() -> CandidateFlow:
    return CandidateFlow(
        flow_id=FLOW, version_id=VERSION, number=3, title="Printer prints nothing", tree=PRINTING
    )


class Session:
    """Writes a session step by step."""

    def __init__(self, number: int, *, pinned: bool = True) -> None:
        self._number, self._steps, self._pinned = number, list[StepFacts](), pinned

    def on(self, node_id: str, option: str | None, *, said: str = "") -> "Session":
        title = next(str(each["title"]) for each in PRINTING["nodes"] if each["id"] == node_id)  # type: ignore[attr-defined]
        return self._step(
            "question", title, source="flow", node_id=node_id, chosen_option_id=option, response=said
        )

    def own(self, title: str, *, worked: bool = True) -> "Session":
        return self._step("action", title, source="engineer", outcome="worked" if worked else "did_not_work")

    def asked(self, title: str, answer: str) -> "Session":
        return self._step("question", title, source="engineer", chosen=answer, options=("Yes", "No"))

    def _step(self, kind: str, title: str, **values: object) -> "Session":
        order = len(self._steps)
        step = {
            "id": UUID(int=self._number * 100 + order),
            "order": order,
            "kind": kind,
            "title": title,
            **values,
        }
        self._steps.append(StepFacts.model_validate(step))
        return self

    def ended(self, outcome: str = "resolved", action: str = "") -> SessionFacts:
        return SessionFacts.model_validate(
            {
                "id": UUID(int=self._number),
                "title": "Printer prints nothing",
                "text": "Jobs stay in the queue.",
                "steps": tuple(self._steps),
                "outcome": outcome,
                "resolution_action": action,
                "flow": FlowRef(flow_id=FLOW, version_id=VERSION, number=3) if self._pinned else None,
            }
        )


def changed(found: object) -> Tree:
    assert isinstance(found, Enhancement)
    return apply(parse_changes(list(found.changes)), parse(PRINTING))


def titles(tree: Tree, start: str, *labels: str) -> list[str]:
    """Titles of the nodes that these option labels lead to, one after the other."""
    node, found = tree.node(start), []
    for label in labels:
        node = tree.node(next(option.next for option in node.options if option.label == label))
        found.append(node.title)
    return found


def test_session_that_the_flow_resolved_followed_it() -> None:
    walked = walk(Session(1).on("n1", "o1").on("n2", "o1").ended(), parse(PRINTING))
    assert (walked.followed, walked.end, walked.left_at) == (True, "n3", None)
    assert walked.path == (("n1", "o1"), ("n2", "o1"))


def test_session_left_where_its_own_fix_began() -> None:
    session = Session(1).on("n1", "o1").on("n2", "o2").own("Delete the spool folder").ended()
    walked = walk(session, parse(PRINTING))
    assert (walked.followed, walked.end, walked.left_at) == (False, "n4", Leaving("n2", "o2"))
    assert [step.title for step in walked.own] == ["Delete the spool folder"]


def test_own_note_of_what_the_flow_did_is_not_leaving_it() -> None:
    session = Session(1).on("n1", "o1").on("n2", "o1").ended(action="Restarted the print spooler")
    assert walk(session, parse(PRINTING)).followed


def test_answer_that_the_flow_does_not_offer_is_where_it_was_left() -> None:
    session = Session(1).on("n1", "o2").on("n5", None, said="Toner empty").own("Replace the toner").ended()
    assert walk(session, parse(PRINTING)).left_at == Leaving("n5", None, "Toner empty")


def test_fix_goes_before_the_escalation_that_it_would_have_spared() -> None:
    sessions = [
        Session(number).on("n1", "o1").on("n2", "o2").own(wording).ended()
        for number, wording in enumerate(
            ["Delete the spool folder", "Clear spool folder", "Delete the spool folder"], 1
        )
    ]
    found = enhance(sessions, flow())
    tree = changed(found)
    assert titles(tree, "n2", "Not solved", "Not solved") == [
        "Delete the spool folder",
        "The queue is stuck for an unknown reason",
    ]
    assert titles(tree, "n2", "Not solved", "Solved") == [
        "Delete the spool folder",
        "No longer occurs: Printer prints nothing",
    ]
    assert isinstance(found, Enhancement)
    assert all(change["why"] for change in found.changes)
    assert {span.session for span in found.grounding["n2/o2"]} == {session.id for session in sessions}
    assert len(found.grounding["n7"]) == 3


def test_different_fixes_at_one_node_are_offered_in_order_of_success() -> None:
    sessions = [
        Session(number).on("n1", "o1").on("n2", "o2").own(fix).ended()
        for number, fix in enumerate(["Reinstall the driver"] + ["Delete the spool folder"] * 3, 1)
    ]
    found = titles(changed(enhance(sessions, flow())), "n2", "Not solved", "Not solved", "Not solved")
    assert found == [
        "Delete the spool folder",
        "Reinstall the driver",
        "The queue is stuck for an unknown reason",
    ]


def test_question_that_tells_the_fixes_apart_is_asked_first() -> None:
    asked = "Is the driver of Type 3?"
    sessions = [
        Session(number).on("n1", "o1").on("n2", "o2").asked(asked, answer).own(fix).ended()
        for number, (answer, fix) in enumerate(
            [("Yes", "Install the Type 4 driver"), ("No", "Delete the spool folder")] * 2, 1
        )
    ]
    tree = changed(enhance(sessions, flow()))
    assert titles(tree, "n2", "Not solved", "Yes") == [asked, "Install the Type 4 driver"]
    assert titles(tree, "n2", "Not solved", "No") == [asked, "Delete the spool folder"]


def test_missing_answer_becomes_an_option() -> None:
    sessions = [
        Session(number).on("n1", "o2").on("n5", None, said=said).own("Replace the toner").ended()
        for number, said in enumerate(["Toner empty", "toner empty"], 1)
    ]
    assert titles(changed(enhance(sessions, flow())), "n5", "Toner empty") == ["Replace the toner"]


def test_same_fix_after_answers_in_different_words_is_one_option() -> None:
    sessions = [
        Session(number).on("n1", "o2").on("n5", None, said=said).own("Replace the toner").ended()
        for number, said in enumerate(["Neither: toner is empty", "The display asks for a new cartridge"], 1)
    ]
    tree = changed(enhance(sessions, flow()))
    labels = [option.label for option in tree.node("n5").options]
    assert labels == ["Paper jam", "Offline", "Toner is empty"]


def test_session_that_the_flow_sent_to_escalation_did_not_leave_it() -> None:
    walked = walk(Session(1).on("n1", "o1").on("n2", "o2").ended("escalated"), parse(PRINTING))
    assert (walked.followed, walked.end, walked.left_at) == (False, "n4", None)


def test_sessions_that_only_followed_reinforce() -> None:
    sessions = [Session(number).on("n1", "o1").on("n2", "o1").ended() for number in (1, 2)]
    found = enhance(sessions, flow())
    assert isinstance(found, Reinforced)
    assert (found.flow_id, found.version_id) == (FLOW, VERSION)


@pytest.mark.parametrize("pinned", [True, False])
def test_escalated_or_unpinned_sessions_propose_nothing(pinned: bool) -> None:
    session = Session(1, pinned=pinned).on("n1", "o1").on("n2", "o2").ended("escalated")
    assert isinstance(enhance([session], flow()), Nothing)


def test_places_where_the_flow_was_left_are_one_change_set_in_parts() -> None:
    sessions = [
        Session(1).on("n1", "o1").on("n2", "o2").own("Delete the spool folder").ended(),
        Session(2).on("n1", "o2").on("n5", None, said="Toner empty").own("Replace the toner").ended(),
    ]
    tree = changed(enhance(sessions, flow()))
    assert titles(tree, "n2", "Not solved") == ["Delete the spool folder"]
    assert titles(tree, "n5", "Toner empty") == ["Replace the toner"]


def test_enhancement_does_not_depend_on_the_order_of_sessions() -> None:
    sessions = [
        Session(number).on("n1", "o1").on("n2", "o2").own(fix).ended()
        for number, fix in enumerate(
            ["Delete the spool folder", "Reinstall the driver", "Clear the spool folder"], 1
        )
    ]
    expected = enhance(sessions, flow())
    for seed in range(5):
        shuffled = list(sessions)
        random.Random(seed).shuffle(shuffled)
        assert enhance(shuffled, flow()) == expected


def test_fix_waits_until_a_way_that_others_followed_has_not_helped() -> None:
    left = Session(1).on("n1", "o1").own("Delete the spool folder").ended()
    followed = [Session(number).on("n1", "o1").on("n2", "o1").ended() for number in (2, 3)]
    tree = changed(enhance([left, *followed], flow()))
    assert titles(tree, "n1", "Yes", "Not solved") == ["Restart the print spooler", "Delete the spool folder"]


def test_fix_that_nobody_had_another_way_for_comes_at_once() -> None:
    tree = changed(enhance([Session(1).on("n1", "o1").own("Delete the spool folder").ended()], flow()))
    assert titles(tree, "n1", "Yes", "Not solved") == [
        "Delete the spool folder",
        "Restart the print spooler",
    ]


@pytest.mark.parametrize("fix", ["Reinstall the printer driver", "Wipe the laptop"])
def test_fix_that_costs_or_risks_more_comes_after_the_old_way(fix: str) -> None:
    tree = changed(enhance([Session(1).on("n1", "o1").own(fix).ended()], flow()))
    assert titles(tree, "n1", "Yes", "Not solved") == ["Restart the print spooler", fix]


def test_what_does_not_say_what_helped_is_named_as_left_out() -> None:
    sessions = [
        Session(1).on("n1", "o1").on("n2", "o2").own("Delete the spool folder").ended(),
        Session(2).on("n1", "o2").on("n5", "o1").ended(),
    ]
    found = enhance(sessions, flow())
    assert isinstance(found, Enhancement)
    assert "Left out: what 1 session did at “What does the printer show?”" in found.why


def test_enhancement_says_where_what_is_new_and_what_it_rests_on() -> None:
    found = enhance([Session(1).on("n1", "o1").on("n2", "o2").own("Delete the spool folder").ended()], flow())
    assert isinstance(found, Enhancement)
    assert found.title == "Printer prints nothing: delete the spool folder"
    assert found.summary == (
        "At “Restart the print spooler”, answer “Not solved”, the flow now tries “Delete the spool folder”. "
        "Based on 1 session that was resolved off the flow."
    )


@pytest.mark.parametrize(
    ("problem", "fixes", "title"),
    [
        (
            "Print spooler stops or crashes again and again",
            ["Set the queue's print processor from the vendor's to winprint"],
            "Print spooler stops or crashes…: set the queue's print processor to winprint",
        ),
        ("Drive is full", ["DISM: clean up", "Move logs"], "Drive is full: DISM – clean up and 1 more"),
        ("Mail loops", ["Set-Mailbox for the leaver."], "Mail loops: Set-Mailbox for the leaver"),
    ],
)
def test_title_of_a_change_names_the_problem_and_the_fix(problem: str, fixes: list[str], title: str) -> None:
    assert title_with_fix(problem, fixes) == title
    assert len(title_with_fix(problem * 9, [*fixes, "x" * 300, *fixes])) <= 90
    assert len(title_with_fix(problem, [fixes[0] * 9])) <= 90
