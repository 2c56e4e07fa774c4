"""The learning job dies by SIGKILL in the middle of its work and runs again."""

import json

import pytest

from proposals.models import FlowProposal, ProposalEvidence, SessionAnalysis
from sessions.models import AISession
from tests.factories import make_cast, make_resolved
from tests.journeys.second_process import start, wait_until

PROBLEMS = [
    ("Scanner sends nothing to the share", "The copier reports 0x8007052E when it scans to the folder."),
    ("Calendar of the meeting room is empty", "Nobody sees bookings of the room since the migration."),
    ("Backup of the file server fails", "The job ends with VSS_E_WRITERERROR_TIMEOUT every night."),
    ("Laptop does not wake from sleep", "The screen stays black after the lid is opened, fan runs."),
    ("VPN drops after ten minutes", "The tunnel closes with reason 828 whenever a call is made."),
    ("Shared mailbox refuses to send", "Sending as the mailbox returns 550 5.7.60 to the user."),
]
ENVIRONMENT = {"FLOWPILOT_ANALYSIS_BATCH": "6", "FLOWPILOT_ANALYSIS_LEASE_SECONDS": "1"}


@pytest.mark.django_db(transaction=True)
def test_every_session_is_analysed_once_and_no_proposal_is_doubled() -> None:
    cast = make_cast("acme")
    made = {
        make_resolved(cast, problem_summary=f"{title} {number}", intake_content={"text": text}).pk
        for number in range(5)
        for title, text in PROBLEMS
    }

    def completed() -> int:
        return SessionAnalysis.objects.filter(state="completed").count()

    for enough in (4, 15):
        job = start("analyse_sessions", "--json", **ENVIRONMENT)
        assert wait_until(lambda at_least=enough: completed() >= at_least, job)  # type: ignore[misc]
        job.kill()
        job.wait()
    left = start("analyse_sessions", "--json", **ENVIRONMENT)
    output, errors = left.communicate(timeout=120)
    assert left.returncode == 0, errors
    first = json.loads(output)
    if completed() < len(made):
        # The leases of the killed run were still fresh: the next run takes them over.
        again, errors = start("analyse_sessions", "--json", **ENVIRONMENT).communicate(timeout=120)
        first["completed"] += json.loads(again)["completed"]

    assert completed() == len(made)
    assert first["failed"] == 0
    assert set(SessionAnalysis.objects.values_list("session", "state")) == {(pk, "completed") for pk in made}
    assert set(AISession.objects.values_list("analysis_status", flat=True)) == {"completed"}
    evidence = list(ProposalEvidence.objects.values_list("session", flat=True))
    assert len(evidence) == len(set(evidence)), "a resolution speaks for one proposal only"
    assert sum(FlowProposal.objects.values_list("evidence_count", flat=True)) == len(evidence)
