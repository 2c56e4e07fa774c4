"""The demo's content fits together, and says so where it does not."""

import pytest

from flowpilot.demo.catalogue import InvalidContent, catalogue, check_ways, steps_of
from flowpilot.demo.material import Move, Problem, Step, moves
from flowpilot.flows.document import Tree, problems

CONTENT = catalogue()
TICKETS = [{"title": "t", "text": "x"}] * 4


def problem(**changes: object) -> Problem:
    base = {
        "slug": "printer",
        "summaries": ["Printer is offline"],
        "escalations": ["Hardware"],
        "tickets": TICKETS,
        "steps": {"power": {"kind": "action", "titles": ["Switch it on"], "minutes": 2}},
        "causes": [
            {
                "id": "off",
                "weight": 1,
                "path": ["power: worked"],
                "resolutions": ["It was off"],
                "actions": ["On"],
            }
        ],
    }
    return Problem.model_validate({**base, **changes})


def lockout_tree() -> Tree:
    return CONTENT.flows["ad_lockout"].tree


def test_demo_has_the_size_that_was_asked_for() -> None:
    with_flow = {slug for slug, problem in CONTENT.problems.items() if problem.flow}
    leaving = {slug for slug, problem in CONTENT.problems.items() if problem.leaves}
    assert len(CONTENT.problems) >= 12 + 1
    assert len(with_flow) >= 6
    assert len(leaving) >= 3
    assert [len(account.teams) for account in CONTENT.accounts] == [3, 2]


@pytest.mark.parametrize("name", sorted(CONTENT.flows))
def test_every_flow_is_a_valid_document(name: str) -> None:
    assert problems(CONTENT.flows[name].tree_structure) == []


@pytest.mark.parametrize("name", sorted(CONTENT.flows))
def test_every_script_that_changes_something_says_how_to_undo_it(name: str) -> None:
    scripts = [node.script for node in CONTENT.flows[name].tree.nodes if node.script]
    assert [script for script in scripts if script.risk != "read" and not script.undo] == []


@pytest.mark.parametrize("slug", sorted(CONTENT.problems))
def test_every_code_that_changes_something_says_how_to_undo_it(slug: str) -> None:
    codes = [step.code for step in CONTENT.problems[slug].steps.values() if step.code]
    assert [code for code in codes if code.risk != "read" and not code.undo] == []


@pytest.mark.parametrize("slug", sorted(set(CONTENT.problems) - {"thin"}))
def test_every_step_has_several_wordings(slug: str) -> None:
    steps = CONTENT.problems[slug].steps
    assert [name for name, step in steps.items() if len(step.titles) < 2] == []


def test_accounts_name_problems_teams_and_flows_that_exist() -> None:
    for account in CONTENT.accounts:
        assert set(account.sessions) <= set(account.teams)
        assert {slug for counts in account.sessions.values() for slug in counts} <= set(CONTENT.problems)
        assert set(account.flows) <= set(CONTENT.flows)
        assert {team for person in account.people for team in person.roles} == set(account.teams)


def test_move_is_read_with_its_answer() -> None:
    assert moves(["dns?: No, timeout: 5 s"]) == (Move("dns", "No, timeout: 5 s", optional=True),)
    with pytest.raises(ValueError, match="no move"):
        moves(["dns"])


def test_actions_without_options_work_or_do_not() -> None:
    assert Step(kind="action", titles=("Do it",), minutes=1).answers == ("worked", "did_not_work")


def test_path_to_an_unknown_step_is_refused() -> None:
    cause = {"id": "off", "weight": 1, "path": ["plug: worked"], "resolutions": ["r"], "actions": ["a"]}
    with pytest.raises(ValueError, match="there is no step “plug”"):
        problem(causes=[cause])


def test_answer_that_a_step_does_not_offer_is_refused() -> None:
    cause = {"id": "off", "weight": 1, "path": ["power: Yes"], "resolutions": ["r"], "actions": ["a"]}
    with pytest.raises(ValueError, match="step “power” does not offer “Yes”"):
        problem(causes=[cause])


def test_dead_end_has_to_be_able_to_fail() -> None:
    steps = {"lamp": {"kind": "question", "titles": ["Lamp?"], "options": ["On", "Off"], "minutes": 1}}
    cause = {
        "id": "off",
        "weight": 1,
        "path": ["lamp: Off"],
        "dead_ends": ["lamp"],
        "resolutions": ["r"],
        "actions": ["a"],
    }
    with pytest.raises(ValueError, match="dead end “lamp”"):
        problem(steps=steps, causes=[cause])


def test_unknown_placeholder_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown placeholders: \\['printer'\\]"):
        problem(summaries=["{{printer}} is offline"])


def test_path_has_to_follow_the_flow() -> None:
    assert [node.id for node, _ in steps_of(lockout_tree(), ["n1/o1", "n2/o1"])] == ["n1", "n2"]
    with pytest.raises(ValueError, match="“n3/o1” does not follow: the flow is at “n2”"):
        steps_of(lockout_tree(), ["n1/o1", "n3/o1"])
    with pytest.raises(ValueError, match="node “n1” has no option “o9”"):
        steps_of(lockout_tree(), ["n1/o9"])


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ({"path": ["n1/o1"], "resolutions": ["r"], "actions": ["a"]}, "path ends in action"),
        ({"path": ["n1/o3"], "resolutions": ["r"], "actions": ["a"]}, "path ends in escalation"),
        ({"path": ["n1/o3"], "reasons": ["r"], "says": {"n2": ["x"]}}, "not on the path"),
    ],
)
def test_route_has_to_end_where_it_says(way: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidContent, match=message):
        check_ways(problem(flow="ad_lockout", routes=[{"id": "w", "weight": 1, **way}]), CONTENT.flows)


def test_way_out_without_an_option_has_to_say_why() -> None:
    way = {
        "id": "w",
        "weight": 1,
        "path": ["n1/o1", "n2"],
        "moves": ["power: worked"],
        "resolutions": ["r"],
        "actions": ["a"],
    }
    with pytest.raises(InvalidContent, match="nothing is said where no option of “n2” fits"):
        check_ways(problem(flow="ad_lockout", leaves=[way]), CONTENT.flows)


def test_problem_with_an_unknown_flow_is_refused() -> None:
    with pytest.raises(InvalidContent, match="printer.toml: there is no flow “moon”"):
        check_ways(problem(flow="moon"), CONTENT.flows)


def test_ticket_that_fits_nothing_known_is_refused() -> None:
    with pytest.raises(ValueError, match="tickets fit unknown ways: \\['moon'\\]"):
        problem(tickets=[*TICKETS, {"title": "t", "text": "x", "fits": ["moon"]}])


def test_cause_without_a_fitting_ticket_is_refused() -> None:
    other = {"id": "jam", "weight": 1, "path": ["power: worked"], "resolutions": ["r"], "actions": ["a"]}
    tickets = [{"title": "t", "text": "x", "fits": ["jam"]}] * 4
    with pytest.raises(ValueError, match="no ticket fits \\['off'\\]"):
        problem(tickets=tickets, causes=[*problem().model_dump()["causes"], other])
