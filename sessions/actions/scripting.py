"""Verbs of a session's scripts: have one made, say what came of it. Running it is the engineer's."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import OpenSession, ScriptParameter, ScriptRequest, ScriptResult, Shell
from flowpilot.ai.router import engine_for
from flowpilot.core.redaction import SecretMasker
from sessions import actions
from sessions.actions import following
from sessions.actions.writing import lock
from sessions.models import AISession, AISessionStep, GeneratedScript
from sessions.rules import Incomplete, StaleStep, refuse_unless, refuse_unless_holder, require

PURPOSE_LIMIT: Final = 2_000
_SOURCES: Final = {"anthropic": AISessionStep.Source.AI, "offline": AISessionStep.Source.OFFLINE}


def generate(
    session: AISession,
    *,
    told: OpenSession,
    purpose: str,
    shell: Shell,
    values: Sequence[ScriptParameter] = (),
    by: User,
) -> GeneratedScript:
    """Ask the account's engine for a script, and keep what it answers, a refusal too.

    The engine may take its time, so no transaction is open meanwhile. Raises `IllegalTransition`,
    `NotAllowed` or `Incomplete` before it is asked, the first two also where the session has gone on since.
    """
    _refuse_unless_at_work(session, by)
    require("purpose", purpose, _("Say what the script is for."))
    masker = SecretMasker()
    purpose = masker.mask(purpose.strip()[:PURPOSE_LIMIT]).text
    given = tuple(each.model_copy(update={"value": masker.mask(each.value).text}) for each in values)
    request = ScriptRequest(purpose=purpose, shell=shell, session=told, parameters=given)
    return _kept(session, purpose, engine_for(session.account).script(request), by)


def _refuse_unless_at_work(session: AISession, by: User) -> None:
    refuse_unless(session, "script", {AISession.Status.ACTIVE})
    refuse_unless_holder(session, by)


@transaction.atomic
def _kept(session: AISession, purpose: str, result: ScriptResult, by: User) -> GeneratedScript:
    _refuse_unless_at_work(lock(session), by)
    said = SecretMasker().within(result.model_dump(mode="json"))
    return GeneratedScript.objects.create(
        account_id=session.account_id,
        session=session,
        asked_by=by,
        shell=result.shell,
        purpose=purpose,
        title=(said["title"] or purpose)[:200],
        body=said["body"],
        parameters=said["parameters"],
        risk=result.risk,
        explanation=said["explanation"],
        dry_run=said["dry_run"],
        undo=said["undo"],
        refused="" if result.body else said["refused"] or _("The engine gave no reason."),
        engine=result.engine,
        basis=list(result.basis),
        prompt_version=result.prompt_version,
        fallback=result.fallback,
        suspected_injection=result.suspected_injection,
        shortened=result.shortened,
    )


@transaction.atomic
def mark_run(script: GeneratedScript, *, outcome: str, result: str, by: User) -> AISessionStep:
    """Say that the engineer ran it, and what came of it: that is a step of the session, and moves the
    confidence. Once."""
    session = script.session
    locked = lock(session)
    _refuse_unless_at_work(locked, by)
    if not script.body:
        raise Incomplete("outcome", _("There is no script that could have been run."))
    if outcome not in AISessionStep.Outcome.values:
        raise Incomplete("outcome", _("Say what came of it."))
    if not GeneratedScript.objects.select_for_update().filter(pk=script.pk, run_at__isnull=True).exists():
        raise StaleStep
    step = actions.add_step(
        session,
        kind=AISessionStep.Kind.SCRIPT,
        source=_SOURCES[script.engine],
        title=script.title,
        body=_as_markdown(script),
        by=by,
    )
    step.outcome = outcome
    sure = following.sure_with(locked, step)
    actions.answer(step, response=result.strip(), outcome=outcome, confidence_after=sure.score, by=by)
    following.rate(lock(session), session, sure, by=by)
    script.step, script.run_at, script.run_outcome = step, timezone.now(), outcome
    script.save(update_fields=["step", "run_at", "run_outcome"])
    return step


def _as_markdown(script: GeneratedScript) -> str:
    """The script as a block of code whose fence is longer than any within."""
    fence = "```"
    while fence in script.body:
        fence += "`"
    return f"{script.purpose}\n\n{fence}{script.shell}\n{script.body.rstrip()}\n{fence}"


def values_of(script: GeneratedScript, given: Mapping[str, str]) -> list[ScriptParameter]:
    """The parameters of a script with what an engineer has filled in instead."""
    parameters = [ScriptParameter.model_validate(each) for each in script.parameters]
    return [each.model_copy(update={"value": given.get(each.name, each.value)}) for each in parameters]
