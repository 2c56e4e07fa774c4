from uuid import UUID

from flowpilot.ai.contracts import EscalateRequest, EscalateResult, ScriptRequest
from flowpilot.ai.offline.engine import OfflineEngine
from tests.ai.offline.sessions import session, similar, taken

ASKED = taken(
    1,
    "Who cannot print or scan, and to which device?",
    kind="question",
    source="offline",
    node_id="p:printing:n1",
    options=("One person, others print", "Nobody prints on this device"),
    chosen="Nobody prints on this device",
    outcome=None,
)
DONE = taken(2, "Restart the print spooler", response="came back for a minute")
SKIPPED = taken(3, "Clean the rollers", outcome="skipped")
NOTE = taken(4, "User is on holiday", kind="note", outcome=None, response="until Monday")


def package(*steps: object, similar: tuple[object, ...] = (), **fields: object) -> EscalateResult:
    told = session(steps=steps, **fields)
    return OfflineEngine().escalate(EscalateRequest(session=told, reason="No rights there", similar=similar))


def test_steps_come_from_the_log_in_their_order_with_their_outcomes() -> None:
    tried = package(ASKED, DONE, NOTE, tried=("new cable",)).steps_tried
    assert [(each.step, each.outcome) for each in tried] == [
        ("new cable", "Tried before the session"),
        ("Who cannot print or scan, and to which device?", "Nobody prints on this device"),
        ("Restart the print spooler", "Did not work – came back for a minute"),
    ]


def test_an_answer_rules_out_the_others_and_a_failed_step_itself() -> None:
    assert package(ASKED, DONE, SKIPPED, NOTE).ruled_out == (
        "Not “One person, others print”: “Nobody prints on this device” was the answer to “Who cannot"
        " print or scan, and to which device?”.",
        "It is not put right by “Restart the print spooler”.",
    )


def test_hypotheses_are_the_branches_that_are_still_open() -> None:
    found = package(ASKED).hypotheses
    by = "(to be found out by “Read the device's display and print its own report”)"
    assert [each.text for each in found] == [
        f"Report prints, address is known {by}",
        f"Hardware error or no report {by}",
    ]
    assert all(0 < each.confidence < 0.5 for each in found)
    excluded = "One person, others print"
    assert not any(excluded in each.text for each in found)


def test_without_playbook_or_open_question_nothing_is_supposed() -> None:
    result = package(DONE, title="Help", domain=None)
    assert result.hypotheses == ()
    assert result.basis == ("rule:session-log",)


def test_checks_of_similar_sessions_are_counted_alike_ones_as_one() -> None:
    olds = (
        similar(5, "Replace the fuser", steps=("Print the status report", "Restart the spooler")),
        similar(6, "Replaced the fuser", steps=("Print the status report",)),
        similar(7, "Update the firmware", steps=("Check the toner",)),
    )
    found = package(DONE, similar=olds).missing_checks
    assert [(each.text, each.done_in_similar) for each in found] == [
        ("Print the status report", 2),
        ("Replace the fuser", 2),
        ("Check the toner", 1),
        ("Update the firmware", 1),
    ]


def test_what_resolved_similar_sessions_is_suggested_unless_it_was_done() -> None:
    olds = (similar(5, "Restart the print spooler"), similar(6, "Replace the fuser", similarity=0.9))
    suggestions = package(ASKED, DONE, similar=olds).suggestions
    assert suggestions == (
        "As in “Earlier session 6”: Replace the fuser",
        "Read the device's display and print its own report",
    )


def test_the_evidence_is_the_answered_steps_and_the_similar_sessions() -> None:
    assert package(ASKED, DONE, similar=(similar(5, "x"),)).evidence == (
        UUID(int=101),
        UUID(int=102),
        UUID(int=5),
    )


def test_the_summary_says_what_is_the_matter_why_and_where_it_stands() -> None:
    assert package(ASKED, DONE).summary == (
        "Printer prints nothing. Handed over because: No rights there. 2 steps were taken; the last was"
        " “Restart the print spooler” (Did not work – came back for a minute)."
    )
    assert package().summary.endswith("No step was taken in the session yet.")


def test_the_package_does_not_depend_on_the_order_of_similar_sessions() -> None:
    olds = (similar(5, "Replace the fuser", steps=("Check the toner",)), similar(6, "Replaced the fuser"))
    one, other = package(DONE, similar=olds), package(DONE, similar=olds[::-1])
    assert (one.missing_checks, one.suggestions, one.hypotheses) == (
        other.missing_checks,
        other.suggestions,
        other.hypotheses,
    )


def test_a_script_that_the_library_does_not_have_is_refused_with_the_reason() -> None:
    result = OfflineEngine().script(ScriptRequest(purpose="Paint the office green", shell="powershell"))
    assert (result.body, result.engine, result.shell) == ("", "offline", "powershell")
    assert result.refused is not None
    assert "No script in the library fits" in result.refused
