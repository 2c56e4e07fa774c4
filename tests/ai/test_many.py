"""One flow from several sessions of a problem: what is merged, asked, tried, left out and refused."""

import random
from collections.abc import Sequence
from itertools import permutations
from uuid import UUID

import pytest

from flowpilot.ai.contracts import NewFlow, Nothing, SessionFacts, StepFacts
from flowpilot.ai.offline.many.mining import mine_many
from flowpilot.flows.document import Node, Tree, parse, paths, problems

Step = tuple[str, str, str]
"""Kind, title, and answer or outcome."""


def session(
    number: int,
    *steps: Step,
    outcome: str = "resolved",
    action: str = "",
    title: str = "VPN does not connect",
) -> SessionFacts:
    facts = [
        StepFacts.model_validate(
            {
                "id": UUID(int=number * 100 + order),
                "order": order,
                "kind": kind,
                "source": "engineer",
                "title": text,
                ("chosen" if kind in ("question", "check") else "outcome"): said,
            }
        )
        for order, (kind, text, said) in enumerate(steps)
    ]
    return SessionFacts.model_validate(
        {
            "id": UUID(int=number),
            "title": title,
            "text": 'The client shows "Error 809: no connection".',
            "steps": tuple(facts),
            "outcome": outcome,
            "resolution_action": action,
        }
    )


def flow(sessions: Sequence[SessionFacts]) -> tuple[NewFlow, Tree]:
    found = mine_many(sessions)
    assert isinstance(found, NewFlow)
    return found, parse(found.tree)


def after(tree: Tree, *labels: str) -> Node:
    """The node that these answers lead to, from the root on."""
    node = tree.node(tree.root)
    for label in labels:
        node = tree.node(next(option.next for option in node.options if option.label == label))
    return node


def tried(tree: Tree, *labels: str) -> list[str]:
    """Titles of what is tried from there on until it is handed over."""
    node, found = after(tree, *labels), []
    while node.kind == "action":
        found.append(node.title)
        node = tree.node(node.options[-1].next)
    return [*found, node.kind]


HOME, PORTS = "Is the user on a home network?", "Are UDP ports 500 and 4500 reachable?"
OPEN_PORTS = "Open UDP 500 and 4500 on the router"
BY_PLACE = [
    session(1, ("question", HOME, "Yes"), ("action", OPEN_PORTS, "worked")),
    session(
        2, ("question", "User on home network?", "yes"), ("action", "Open UDP 500/4500 on router", "worked")
    ),
    session(3, ("question", HOME, "No"), ("action", "Restart the IKEEXT service", "worked")),
    session(4, ("question", HOME, "No"), ("action", "Bounce the IKEEXT daemon", "worked")),
]


def test_steps_in_other_words_are_one_node() -> None:
    _, tree = flow(BY_PLACE)
    acts = {node.title for node in tree.nodes if node.kind == "action"}
    assert acts == {OPEN_PORTS, "Restart the IKEEXT service"}
    assert after(tree, "Yes").title == HOME


def test_other_wordings_are_kept_as_sources() -> None:
    found, tree = flow(BY_PLACE)
    sources = found.grounding[after(tree, "Yes", "Yes").id]
    assert {span.session for span in sources} == {UUID(int=1), UUID(int=2)}


def test_question_comes_before_the_fixes_that_it_tells_apart() -> None:
    _, tree = flow(BY_PLACE)
    assert tried(tree, "Yes", "Yes") == [OPEN_PORTS, "escalation"]
    assert tried(tree, "Yes", "No") == ["Restart the IKEEXT service", "escalation"]
    assert tried(tree, "Yes", "Can't tell") == [OPEN_PORTS, "Restart the IKEEXT service", "escalation"]


def test_first_node_asks_for_the_error_word_for_word() -> None:
    _, tree = flow(BY_PLACE)
    assert after(tree).title == "Does the user see “Error 809: no connection”?"
    assert after(tree, "No, something else").kind == "escalation"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_order_of_sessions_does_not_matter(order: tuple[int, ...]) -> None:
    assert mine_many([BY_PLACE[place] for place in order]) == mine_many(BY_PLACE)


def test_opposites_negations_and_other_numbers_are_not_the_same() -> None:
    titles = [
        "Enable the IKEEXT service",
        "Disable the IKEEXT service",
        "Open UDP port 500",
        "Open UDP port 1701",
    ]
    _, tree = flow([session(place, ("action", title, "worked")) for place, title in enumerate(titles, 1)])
    assert sorted(tried(tree, "Yes")[:-1]) == sorted(titles)


def test_steps_that_stand_side_by_side_are_not_the_same() -> None:
    steps = [
        ("action", "Renew the user certificate", "did_not_work"),
        ("action", "Renew the machine certificate", "worked"),
    ]
    _, tree = flow([session(1, *steps), session(2, *steps)])
    assert tried(tree, "Yes") == ["Renew the machine certificate", "escalation"]


def test_fixes_that_nothing_tells_apart_are_tried_in_order_of_success() -> None:
    fixes = ["Renew the certificate", "Import the profile", "Import the profile"]
    _, tree = flow(
        [
            session(place, ("question", HOME, "Yes"), ("action", fix, "worked"))
            for place, fix in enumerate(fixes, 1)
        ]
    )
    assert tried(tree, "Yes") == ["Import the profile", "Renew the certificate", "escalation"]


def test_fixes_that_lose_data_and_costly_ones_are_tried_after_the_others() -> None:
    fixes = ["Wipe the laptop"] * 4 + ["Reinstall the VPN client"] * 2 + ["Import the profile"]
    _, tree = flow([session(place, ("action", fix, "worked")) for place, fix in enumerate(fixes, 1)])
    assert tried(tree, "Yes")[:-1] == ["Import the profile", "Reinstall the VPN client", "Wipe the laptop"]


def test_what_never_helped_and_told_nothing_apart_is_left_out_and_named() -> None:
    vain: list[Step] = [
        ("question", "Is the asset tag recorded?", "Yes"),
        ("action", "Restart the laptop", "did_not_work"),
    ]
    found, tree = flow(
        [session(place, *vain, ("action", "Import the profile", "worked")) for place in (1, 2)]
    )
    assert tried(tree, "Yes") == ["Import the profile", "escalation"]
    assert "“Is the asset tag recorded?”" in found.why
    assert "“Restart the laptop”" in found.why


def test_act_that_always_went_before_the_fix_is_kept_before_it() -> None:
    steps: list[Step] = [
        ("action", "Look up the recovery key", "worked"),
        ("action", "Suspend BitLocker", "worked"),
    ]
    _, tree = flow([session(place, *steps) for place in (1, 2, 3)])
    assert [after(tree, "Yes").title, after(tree, "Yes", "Done").title] == [
        "Look up the recovery key",
        "Suspend BitLocker",
    ]


def test_first_node_names_every_code_that_the_sessions_report() -> None:
    codes = ["0x0000011b", "0x00000709"]
    sessions = [
        each.model_copy(update={"text": f"It ends with {codes[place % 2]}."})
        for place, each in enumerate(BY_PLACE)
    ]
    _, tree = flow(sessions)
    assert after(tree).title == "Does the user see “0x0000011b” / “0x00000709”?"


def test_answer_after_which_nothing_helped_leads_to_escalation() -> None:
    escalated = [
        session(place, ("question", HOME, "No"), ("action", OPEN_PORTS, "did_not_work"), outcome="escalated")
        for place in (5, 6, 7)
    ]
    _, tree = flow([*BY_PLACE[:2], *escalated])
    assert tried(tree, "Yes", "No") == ["escalation"]


def test_answers_that_start_alike_stay_apart_where_both_are_offered() -> None:
    offered = ("Yes, away from the office", "Yes, in the office")
    sessions = [
        each.model_copy(
            update={"steps": (each.steps[0].model_copy(update={"options": offered}), each.steps[1])}
        )
        for each in (
            session(place, ("question", "Does it fail?", offered[place % 2]), ("action", fix, "worked"))
            for place, fix in enumerate(["Renew the certificate", "Import the profile"] * 2, 1)
        )
    ]
    _, tree = flow(sessions)
    assert tried(tree, "Yes", offered[1]) == ["Renew the certificate", "escalation"]
    assert tried(tree, "Yes", offered[0]) == ["Import the profile", "escalation"]


def test_methods_of_imported_tickets_are_merged_by_meaning() -> None:
    def ticket(number: int, *methods: str) -> SessionFacts:
        bare = session(number, *(("action", method, "worked") for method in methods))
        listed = tuple(step.model_copy(update={"outcome": None}) for step in bare.steps)
        return bare.model_copy(update={"steps": listed})

    _, tree = flow(
        [
            ticket(1, "Method 1: Increase the upload size", "Method 2: Add executionTimeout to Web.config"),
            ticket(2, "Raise the maximum upload size", "Method 3 - Restart IIS"),
        ]
    )
    found = tried(tree, "Yes")
    assert found[0] in ("Increase the upload size", "Raise the maximum upload size")
    assert sorted(found[1:]) == ["Add executionTimeout to Web.config", "Restart IIS", "escalation"]


def test_title_is_clean_and_at_most_ninety_characters() -> None:
    titles = [
        "RE: [External] Ticket #4711: VPN does not connect",
        "Fixed: VPN does not connect",
        "VPN " + "x " * 60,
    ]
    sessions = [
        each.model_copy(update={"title": title}) for each, title in zip(BY_PLACE, titles, strict=False)
    ]
    found, _ = flow(sessions)
    assert found.title == "VPN does not connect"


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_sessions_hold_the_tree_is_valid(seed: int) -> None:
    rng = random.Random(seed)
    words = [
        "printer",
        "zork",
        "Restart",
        "the",
        "0x80070005",
        "?",
        "not",
        "`dir /s`",
        "n" * 250,
        "500",
        "",
        "ünïcode",
    ]
    answers = [f"{word} {number}" for word in ("Yes", "no", "Blocked", "") for number in range(5)]

    def step() -> Step:
        kind = rng.choice(["question", "check", "action", "action"])
        said = rng.choice(answers) if kind != "action" else rng.choice(["worked", "did_not_work", "unclear"])
        return kind, " ".join(rng.choices(words, k=rng.randint(1, 4))), said

    sessions = [
        session(
            number,
            *(step() for _ in range(rng.randint(0, 8))),
            outcome=rng.choice(["resolved", "resolved", "escalated", "abandoned"]),
            action=rng.choice(["", "Restart the printer", "zork"]),
        )
        for number in range(1, rng.randint(3, 40))
    ]
    found = mine_many(sessions)
    assert isinstance(found, Nothing) or problems(found.tree) == []
    assert mine_many(sessions[::-1]) == found


@pytest.mark.parametrize(
    "sessions",
    [
        [session(1, ("question", HOME, "Yes"), outcome="escalated"), session(2, outcome="escalated")],
        [session(1), session(2, ("question", HOME, "Yes"))],
        [session(1, ("action", OPEN_PORTS, "worked"), outcome="abandoned")] * 2,
        [],
    ],
)
def test_sessions_without_a_fix_give_nothing_and_say_what_is_missing(sessions: list[SessionFacts]) -> None:
    found = mine_many(sessions)
    assert isinstance(found, Nothing)
    assert len(found.questions) == 3


FULL, OWNER = "How full is the scope?", "Which kind of device holds the leases?"
SCOPE = [
    session(
        1,
        ("question", FULL, "Full"),
        ("question", OWNER, "Phones"),
        ("action", "Shorten the lease", "worked"),
    ),
    session(
        2,
        ("question", FULL, "Full"),
        ("question", OWNER, "Phones"),
        ("action", "Shorten the lease", "worked"),
    ),
    session(
        3,
        ("question", FULL, "Full"),
        ("question", OWNER, "Laptops"),
        ("action", "Extend the range", "worked"),
    ),
    session(
        4,
        ("question", FULL, "Full"),
        ("question", OWNER, "Laptops"),
        ("action", "Extend the range", "worked"),
    ),
    session(5, ("question", FULL, "Free"), ("action", "Authorise the server", "worked")),
]


def test_question_waits_for_the_one_that_it_was_only_asked_after() -> None:
    _, tree = flow(SCOPE)
    assert (after(tree, "Yes").title, after(tree, "Yes", "Full").title) == (FULL, OWNER)


def test_whoever_cannot_tell_comes_to_one_chain_of_all_fixes() -> None:
    _, tree = flow(SCOPE)
    way_out = "None of these, or can't tell"
    assert after(tree, "Yes", "Full", way_out).id == after(tree, "Yes", way_out).id
    fixes = ["Shorten the lease", "Extend the range", "Authorise the server"]
    assert sorted(tried(tree, "Yes", way_out)) == sorted([*fixes, "escalation"])


def test_no_path_asks_or_tries_the_same_twice() -> None:
    _, tree = flow(SCOPE)
    titles = [[node.title for node, _ in path] for path in paths(tree)]
    assert [path for path in titles if len(set(path)) < len(path)] == []
