"""The command that fits probabilities to what an account's sessions say."""

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from flowpilot.core.retrieval.probability import Calibration
from flowpilot.flows.matching.calibration import ENOUGH, calibration_for, shipped
from flowpilot.flows.models import MatchingCalibration
from sessions.models import AISession
from sessions.outcomes import outcomes
from tests.factories import Cast, make_resolved, make_version

FITS = "Outlook asks for the password again and again"
FITS_LITTLE = "the password of the scanner for its address book is not known to anybody on the second floor"


def _run(slug: str, **options: object) -> str:
    out = StringIO()
    call_command("calibrate_matching", "--account", slug, stdout=out, **options)
    return out.getvalue()


def _matched(cast: Cast, *, followed: bool) -> None:
    version = make_version(cast, title="Outlook asks for the password")
    session = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    session.matched_flow = version.flow
    session.flow_version = version if followed else None
    session.save()


def _history(cast: Cast, helped_with: Sequence[str]) -> None:
    """As many ended sessions as the command needs, the newest first: each was matched with the same flow, and
    in every second the flow hardly fits. `helped_with` says by turns what the flow helped with."""
    version = make_version(cast, title="Outlook asks for the password")
    make_version(cast, title="Outlook shows no pictures")
    first, ended = make_resolved(cast), timezone.now()
    names = [field.attname for field in AISession._meta.concrete_fields if not field.generated]
    rows = []
    for place in range(ENOUGH):
        text = (FITS, FITS_LITTLE)[place // 5 % 2]
        row = AISession(**{name: getattr(first, name) for name in names if name != "id"})
        row.intake_content = {"text": text}
        row.matched_flow = version.flow
        row.flow_version = version if text == helped_with[place % len(helped_with)] else None
        row.ended_at = ended - timedelta(minutes=place)
        rows.append(row)
    AISession.objects.bulk_create(rows)


def _in_force() -> list[tuple[int, bool]]:
    return list(MatchingCalibration.objects.values_list("outcomes", "in_force"))


def test_better_coefficients_are_shown_and_then_in_force(cast: Cast, outsiders: Cast) -> None:
    """The flow helps with all but what it seems to be for, which the shipped coefficients cannot know."""
    _history(cast, [FITS_LITTLE])
    shown = _run(cast.account.slug, dry_run=True)
    assert [line.partition(":")[0] for line in shown.splitlines()] == ["before", "after", "Dry run"]
    assert (_in_force(), calibration_for(cast.account.pk, "bm25")) == ([], shipped("bm25"))
    said = _run(cast.account.slug)
    assert said.splitlines() == [*shown.splitlines()[:2], "The new coefficients are in force."]
    assert _in_force() == [(ENOUGH, True)]
    row = MatchingCalibration.objects.get()
    assert calibration_for(cast.account.pk, "bm25") == Calibration.from_json(row.coefficients)
    assert calibration_for(outsiders.account.pk, "bm25") == shipped("bm25")
    for line, quality in zip(said.splitlines(), (row.before, row.after), strict=False):
        assert f"guided right {quality['guided_right']} of {quality['guided']}, 40 outcomes" in line
        assert line.endswith(f"surprise {quality['log_loss']:.3f}")
    assert row.after["log_loss"] < row.before["log_loss"]


def test_coefficients_that_are_no_better_on_what_they_have_not_seen_change_nothing(cast: Cast) -> None:
    """The newest of each five, which the fit does not see, ends the other way."""
    _history(cast, [FITS, *[FITS_LITTLE] * 4])
    said = _run(cast.account.slug).splitlines()
    assert [line.partition(":")[0] for line in said[:2]] == ["before", "after"]
    assert said[2:] == ["The new coefficients are no better; the old ones stay."]
    assert (_in_force(), calibration_for(cast.account.pk, "bm25")) == ([], shipped("bm25"))


def test_a_session_that_followed_its_match_to_the_end_was_helped(cast: Cast) -> None:
    _matched(cast, followed=True)
    _matched(cast, followed=False)
    engine, found = outcomes(cast.account.pk)
    assert (engine, sorted(right for _figures, right in found)) == ("bm25", [False, True])


def test_too_few_outcomes_are_told(cast: Cast) -> None:
    _matched(cast, followed=True)
    assert _run(cast.account.slug) == ("Too few outcomes: 1 helped, 0 did not; 200 are needed, 40 of each.\n")


@pytest.mark.django_db
def test_an_unknown_account_is_named() -> None:
    with pytest.raises(CommandError, match="no account “nobody”"):
        _run("nobody")
