"""The script panel: who has scripts made, what is kept and shown of them, and how one becomes a step."""

import json

import pytest
from django.urls import reverse

from flowpilot.accounts.models import Account
from flowpilot.accounts.roles import NotAllowed
from flowpilot.ai.contracts import ScriptParameter
from sessions import actions
from sessions.actions import scripting
from sessions.actions.following import follow
from sessions.actions.replying import Reply, redo, reply
from sessions.briefing import open_session
from sessions.models import AISession, GeneratedScript
from sessions.rules import IllegalTransition, Incomplete, StaleStep
from tests.factories import Cast, make_script, make_session, make_user, make_version
from tests.screens import HTMX, signed_in, words


def at(name: str, session: AISession, *script: GeneratedScript) -> str:
    return reverse(f"sessions:{name}", args=[session.pk, *(each.pk for each in script)])


def made(session: AISession, purpose: str, cast: Cast, **more: object) -> GeneratedScript:
    return scripting.generate(
        session, told=open_session(session), purpose=purpose, shell="powershell", by=cast.engineer, **more
    )


# --- the verbs -------------------------------------------------------------------------------------


def test_a_script_of_the_library_is_kept_with_its_values_and_its_risk(cast: Cast) -> None:
    session = make_session(cast, intake_content={"text": "The account of jane.doe@contoso.com is locked."})
    script = made(session, "Unlock the account", cast)
    script.refresh_from_db()
    assert (script.title, script.risk, script.engine) == ("Unlock an account", "change", "offline")
    assert script.basis == ["script:ad-unlock-account"]
    assert [(each["name"], each["value"]) for each in script.parameters] == [("User", "jane.doe")]
    assert "Unlock-ADAccount -Identity $User" in script.body
    assert "-WhatIf" in script.dry_run
    assert (script.asked_by, script.refused) == (cast.engineer, "")


def test_a_refusal_is_kept_with_its_reason(cast: Cast) -> None:
    script = made(make_session(cast), "Delete every mailbox of the tenant", cast)
    assert script.body == ""
    assert script.refused.startswith("No script in the library fits this purpose")


def test_secrets_in_purpose_and_values_are_masked_before_anything_reads_them(cast: Cast) -> None:
    token = "ghp_" + "R7kQ2mZx9LtV4bNc8HwJ3pYs6GdF1aEu5oTi"
    value = ScriptParameter(name="User", type="user", value=token, help="")
    script = made(make_session(cast), "Unlock account, the password is kQ9!vv2#Lm", cast, values=[value])
    assert "kQ9!vv2#Lm" not in script.purpose
    assert token not in json.dumps([script.body, script.parameters, script.refused])


def test_only_the_holder_has_scripts_made_and_only_while_it_is_active(cast: Cast) -> None:
    session = make_session(cast)
    with pytest.raises(NotAllowed):
        scripting.generate(session, told=open_session(session), purpose="x", shell="bash", by=cast.team_admin)
    actions.pause(session, by=cast.engineer)
    with pytest.raises(IllegalTransition):
        made(session, "Show the disks", cast)
    assert not session.scripts.exists()


def test_a_purpose_is_needed(cast: Cast) -> None:
    with pytest.raises(Incomplete):
        made(make_session(cast), "  ", cast)


def test_a_script_that_was_run_becomes_a_step_with_its_result(cast: Cast) -> None:
    session = make_session(cast)
    script = make_script(session)
    step = scripting.mark_run(
        script, outcome="worked", result="C: 3 GB free, pwd=Summer2026!x", by=cast.engineer
    )
    step.refresh_from_db()
    script.refresh_from_db()
    assert (step.kind, step.source, step.title, step.outcome) == (
        "script",
        "offline",
        "Show the disks",
        "worked",
    )
    assert "```powershell\nGet-Volume\n```" in step.body
    assert "Summer2026!x" not in step.response
    assert step.response.startswith("C: 3 GB free")
    assert (script.step, script.run_outcome) == (step, "worked")
    assert script.run_at is not None


@pytest.mark.parametrize(
    ("outcome", "score", "after_the_next"), [("worked", 0.973, 0.978), ("did_not_work", 0.878, 0.9)]
)
def test_what_came_of_a_script_moves_the_confidence_of_the_flow_and_stays_counted(
    cast: Cast, outcome: str, score: float, after_the_next: float
) -> None:
    session = make_session(cast)
    follow(session, version=make_version(cast), probability=0.9, by=cast.engineer)

    step = scripting.mark_run(make_script(session), outcome=outcome, result="", by=cast.engineer)

    assert (session.confidence_score, step.confidence_after) == (score, score)
    assert session.confidence_reason == (
        "The flow fits with a probability of 90 %; 0 answers fitted it. What came of 1 script counts, too."
    )
    reply(session, Reply(option="o1"), expected_step=1, by=cast.engineer)
    assert session.confidence_score == after_the_next


def test_a_script_whose_step_counts_no_more_can_be_marked_anew(cast: Cast) -> None:
    session, script = make_session(cast), None
    follow(session, version=make_version(cast), by=cast.engineer)
    reply(session, Reply(option="o1"), expected_step=1, by=cast.engineer)
    script = make_script(session)
    step = scripting.mark_run(script, outcome="worked", result="", by=cast.engineer)

    actions.answer(actions.change_answer(step, by=cast.engineer), outcome="did_not_work", by=cast.engineer)
    script.refresh_from_db()
    assert (script.run_outcome, script.step and script.step.outcome) == ("did_not_work", "did_not_work")

    redo(session.steps.get(step_order=1), by=cast.engineer)
    script.refresh_from_db()
    assert (script.run_at, script.run_outcome, script.step) == (None, "", None)


def test_a_script_of_a_session_that_went_on_meanwhile_is_not_kept(cast: Cast) -> None:
    session = make_session(cast)
    actions.pause(AISession.objects.get(pk=session.pk), by=cast.engineer)
    with pytest.raises(IllegalTransition):
        made(session, "Show the disks", cast)
    assert not session.scripts.exists()


def test_without_a_flow_it_moves_what_is_known_from_even_odds_on(cast: Cast) -> None:
    session = make_session(cast)
    scripting.mark_run(make_script(session), outcome="worked", result="", by=cast.engineer)
    session.refresh_from_db()
    assert (session.confidence_score, session.confidence_tier) == (0.8, "exploring")
    assert session.confidence_reason == "After the last step: worked."


def test_a_script_is_marked_once(cast: Cast) -> None:
    session = make_session(cast)
    script = make_script(session)
    scripting.mark_run(script, outcome="worked", result="", by=cast.engineer)
    with pytest.raises(StaleStep):
        scripting.mark_run(script, outcome="unclear", result="", by=cast.engineer)
    assert session.steps.count() == 1


def test_what_was_refused_cannot_be_marked_nor_by_others_nor_without_an_outcome(cast: Cast) -> None:
    session = make_session(cast)
    refused = make_script(session, body="", refused="There is none.")
    with pytest.raises(Incomplete):
        scripting.mark_run(refused, outcome="worked", result="", by=cast.engineer)
    script = make_script(session)
    with pytest.raises(Incomplete):
        scripting.mark_run(script, outcome="perhaps", result="", by=cast.engineer)
    with pytest.raises(NotAllowed):
        scripting.mark_run(script, outcome="worked", result="", by=cast.team_admin)
    assert not session.steps.exists()


def test_a_fence_within_a_script_does_not_end_its_block(cast: Cast) -> None:
    script = make_script(make_session(cast), body="echo '```'\n", shell="bash")
    step = scripting.mark_run(script, outcome="worked", result="", by=cast.engineer)
    assert "````bash\necho '```'\n````" in step.body


# --- the panel -------------------------------------------------------------------------------------


def test_the_panel_suggests_the_step_that_waits(cast: Cast) -> None:
    session = make_session(cast)
    actions.add_step(
        session, kind="check", source="offline", title="Look at the free space", by=cast.engineer
    )
    page = signed_in(cast.engineer).get(at("script", session), headers=HTMX)
    assert page.status_code == 200
    assert page.content.startswith(b"\n<section") or b'id="script-panel"' in page.content
    assert "Look at the free space" in words(page)
    assert b"<html" not in page.content


def test_a_script_is_made_shown_and_highlighted(cast: Cast) -> None:
    session = make_session(cast)
    page = signed_in(cast.engineer).post(
        at("script", session), {"purpose": "Check disk space", "shell": "bash"}, headers=HTMX
    )
    said = words(page)
    assert "Show full file systems and large folders" in said
    assert "It only looks. Nothing is changed." in said
    assert "From the library, by the rules" in said
    assert b'<span class="nv">FOLDER</span>' in page.content
    assert session.scripts.get().shell == "bash"


def test_values_are_filled_in_and_come_back_quoted(cast: Cast) -> None:
    session = make_session(cast)
    browser = signed_in(cast.engineer)
    browser.post(at("script", session), {"purpose": "Check disk space", "shell": "bash"}, headers=HTMX)
    first = session.scripts.get()
    given = {"of": str(first.pk), "value-FOLDER": "/srv/it's"}
    made = words(browser.post(at("script", session), given, headers=HTMX))
    assert f"What is it for? {session.title} " in made  # what the next one would be for
    again = session.scripts.first()
    assert (again.purpose, again.shell) == ("Check disk space", "bash")
    assert """FOLDER='/srv/it'"'"'s'\n""" in again.body
    refused = browser.post(at("script", session), {**given, "value-FOLDER": "-rf"}, headers=HTMX)
    assert "FOLDER: It has to be a path" in words(refused)


def test_a_change_shows_dry_run_way_back_and_what_it_does(cast: Cast) -> None:
    session = make_session(cast)
    make_script(session, body="Remove-ADUser x\n", risk="destructive", dry_run="Remove-ADUser x -WhatIf\n")
    said = words(signed_in(cast.engineer).get(at("script", session), headers=HTMX))
    assert "Line 1: it removes something that has to be made anew." in said
    assert "Dry run: shows what would happen" in said
    assert "There is no known way back." in said


def test_nothing_is_asked_without_a_purpose_or_with_an_unknown_shell(cast: Cast) -> None:
    session = make_session(cast)
    browser = signed_in(cast.engineer)
    empty = browser.post(at("script", session), {"purpose": "", "shell": "bash"}, headers=HTMX)
    assert (empty.status_code, "Say what the script is for." in words(empty)) == (422, True)
    strange = browser.post(at("script", session), {"purpose": "x", "shell": "fish"}, headers=HTMX)
    assert strange.status_code == 422
    assert not session.scripts.exists()


def test_others_read_but_have_none_made(cast: Cast) -> None:
    session = make_session(cast)
    script = make_script(session)
    browser = signed_in(cast.team_admin)
    page = browser.get(at("script", session), headers=HTMX)
    assert "Get-Volume" in words(page)
    assert b"<form" not in page.content
    made_by_other = browser.post(at("script", session), {"purpose": "x", "shell": "bash"}, headers=HTMX)
    assert made_by_other.status_code == 403
    assert (
        browser.post(at("script-run", session, script), {"outcome": "worked"}, headers=HTMX).status_code
        == 403
    )


def test_what_came_of_it_is_kept_and_the_thread_hears_of_it(cast: Cast) -> None:
    session = make_session(cast)
    script = make_script(session)
    browser = signed_in(cast.engineer)
    missing = browser.post(at("script-run", session, script), {"result": "done"}, headers=HTMX)
    assert (missing.status_code, "Say what came of it." in words(missing)) == (422, True)
    page = browser.post(
        at("script-run", session, script), {"outcome": "worked", "result": "ok"}, headers=HTMX
    )
    assert page.headers["HX-Trigger"] == "thread-changed"
    assert "Marked as run" in words(page)
    again = browser.post(at("script-run", session, script), {"outcome": "worked"}, headers=HTMX)
    assert (again.status_code, session.steps.count()) == (409, 1)


def test_without_scripts_it_is_a_page_of_its_own(cast: Cast) -> None:
    session = make_session(cast)
    page = signed_in(cast.engineer).get(at("script", session))
    assert b"<html" in page.content
    assert at("script", session).encode() in signed_in(cast.engineer).get(at("detail", session)).content


@pytest.mark.parametrize(
    ("shell", "name", "content"),
    [
        ("powershell", "show-the-disks.ps1", b"\xef\xbb\xbfa\r\nb\r\n"),
        ("bash", "show-the-disks.sh", b"a\nb\n"),
        ("cmd", "show-the-disks.cmd", b"a\r\nb\r\n"),
    ],
)
def test_a_download_is_as_its_shell_wants_it(cast: Cast, shell: str, name: str, content: bytes) -> None:
    session = make_session(cast)
    script = make_script(session, shell=shell, body="a\nb\n")
    answer = signed_in(cast.engineer).get(at("script-download", session, script))
    assert answer.content == content
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_script_of_another_session_is_not_found(cast: Cast) -> None:
    script, other = make_script(make_session(cast)), make_session(cast)
    browser = signed_in(cast.engineer)
    assert browser.get(at("script-download", other, script)).status_code == 404
    assert browser.post(at("script-run", other, script), {"outcome": "worked"}).status_code == 404


def test_an_account_that_may_not_ask_claude_is_told_why(cast: Cast) -> None:
    cast.account.ai_mode = Account.AiMode.ANTHROPIC
    cast.account.save()
    script = made(make_session(cast), "Check disk space", cast)
    assert (script.engine, script.fallback) == ("offline", "This installation has no key for Claude.")


def test_an_outsider_finds_no_panel(cast: Cast) -> None:
    stranger = make_user(cast.account, "Stranger")
    answer = signed_in(stranger).get(at("script", make_session(cast)))
    assert answer.status_code == 404
