"""A model looks at an intake after the rules have: what it says better is kept, what a person wrote stays."""

import pytest
from django_q.models import OrmQ
from pytest_django import Settings

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from sessions.models import AISession
from sessions.triage_jobs import TASK, queue_triage, triage_again
from tests.ai.wire.vendor import TRIAGE, Vendor
from tests.factories import Cast, make_attachment, make_session

pytestmark = pytest.mark.django_db

BETTER = TRIAGE["summary"]


def an_intake(cast: Cast) -> AISession:
    return make_session(
        cast, problem_summary=None, intake_content={"text": "Outlook wants the password all the time."}
    )


def asked_again(session: AISession) -> str:
    said = triage_again(str(session.account_id), str(session.pk))
    session.refresh_from_db()
    return said


@pytest.fixture
def claude(cast: Cast, vendor: Vendor) -> Vendor:
    cast.account.ai_mode = Account.AiMode.ANTHROPIC
    cast.account.save()
    return vendor


def test_a_better_summary_and_domain_replace_those_of_the_rules(cast: Cast, claude: Vendor) -> None:
    claude.says(TRIAGE)
    session = an_intake(cast)

    assert asked_again(session) == "described"

    assert (session.problem_summary, session.problem_domain) == (BETTER, "email")
    told = session.described_by or {}
    assert (told["engine"], told["basis"]) == ("anthropic", ["model:claude-haiku-5-5"])


def test_what_a_person_wrote_meanwhile_stays(cast: Cast, claude: Vendor) -> None:
    claude.says({**TRIAGE, "domain": "m365"})
    session = an_intake(cast)
    AISession.objects.filter(pk=session.pk).update(problem_summary="Mine", problem_domain="security")

    assert asked_again(session) == "left as it is"

    assert (session.problem_summary, session.problem_domain) == ("Mine", "security")


def test_the_pictures_go_along_where_the_account_sends_them(cast: Cast, claude: Vendor) -> None:
    claude.says(TRIAGE)
    Account.objects.filter(pk=cast.account.pk).update(ai_send_screenshots=True)
    session = an_intake(cast)
    make_attachment(session)
    make_attachment(session, "system.log", b"09:00 ERROR spooler")

    asked_again(session)

    kinds = [block["type"] for block in claude.asked[0]["messages"][-1]["content"]]
    assert kinds.count("image") == 1


def test_a_session_that_has_ended_is_left_alone(cast: Cast, claude: Vendor) -> None:
    session = an_intake(cast)
    AISession.objects.filter(pk=session.pk).delete()
    assert triage_again(str(cast.account.pk), str(session.pk)) == "gone"
    assert claude.asked == []


def test_the_rules_alone_change_nothing(cast: Cast) -> None:
    session = an_intake(cast)
    before = session.problem_summary
    assert asked_again(session) == "the rules spoke again"
    assert session.problem_summary == before


def test_only_accounts_that_have_a_model_queue_it(cast: Cast, settings: Settings) -> None:
    session = an_intake(cast)
    with account_scope(cast.account.pk):
        queue_triage(session)
        assert not OrmQ.objects.exists()
        settings.ANTHROPIC_API_KEY = "a-key"
        queue_triage(session)
    assert [(row.task["func"], row.task["args"]) for row in OrmQ.objects.all()] == [
        (TASK, (str(cast.account.pk), str(session.pk)))
    ]
