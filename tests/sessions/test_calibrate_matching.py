"""The command that fits probabilities to what an account's sessions say."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sessions.outcomes import outcomes
from tests.factories import Cast, make_resolved, make_version


def _run(slug: str) -> str:
    out = StringIO()
    call_command("calibrate_matching", "--account", slug, stdout=out)
    return out.getvalue()


def _matched(cast: Cast, *, followed: bool) -> None:
    version = make_version(cast, title="Outlook asks for the password")
    session = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    session.matched_flow = version.flow
    session.flow_version = version if followed else None
    session.save()


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
