"""The doors to the scripts of a session."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.ai.contracts import ScriptParameter, Shell
from flowpilot.core.web import page_or_fragment
from sessions.actions import scripting
from sessions.briefing import open_session
from sessions.models import GeneratedScript
from sessions.rules import IllegalTransition, Incomplete, StaleStep
from sessions.scripting import reading
from sessions.scripting.forms import RunForm, ScriptForm, ValuesForm

REFUSALS = (IllegalTransition, Incomplete, StaleStep)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def script(request: Request, pk: UUID) -> HttpResponse:
    """The panel; by POST it has a script made, which may take as long as the engine thinks."""
    panel = reading.panel(request.user, pk, request.POST.get("of", "") or request.GET.get("script", ""))
    if request.method == "GET":
        return _shown(request, panel)
    again = panel.script if request.POST.get("of") else None
    return _with_other_values(request, panel, again) if again else _made(request, panel)


def _made(request: Request, panel: reading.Panel) -> HttpResponse:
    form = ScriptForm(request.POST)
    if not form.is_valid():
        return _shown(request, panel, form=form, status=422)
    return _generated(request, panel, form.cleaned_data["purpose"], form.cleaned_data["shell"], form=form)


def _with_other_values(request: Request, panel: reading.Panel, again: GeneratedScript) -> HttpResponse:
    form = ValuesForm(request.POST, of=again)
    if not form.is_valid():
        return _shown(request, panel, values_form=form, status=422)
    values = scripting.values_of(again, form.values)
    shell: Shell = again.shell  # type: ignore[assignment]  # one of its choices
    return _generated(request, panel, again.purpose, shell, values, values_form=form)


def _generated(
    request: Request,
    panel: reading.Panel,
    purpose: str,
    shell: Shell,
    values: Sequence[ScriptParameter] = (),
    **forms: Any,
) -> HttpResponse:
    try:
        made = scripting.generate(
            panel.session,
            told=open_session(panel.session),
            purpose=purpose,
            shell=shell,
            values=values,
            by=request.user,
        )
    except REFUSALS as refusal:
        return _shown(request, panel, said=str(refusal), status=409, **forms)
    return _shown(request, reading.panel(request.user, panel.session.pk, str(made.pk)))


@require_POST
@requires(Role.ENGINEER)
def mark_run(request: Request, pk: UUID, script: UUID) -> HttpResponse:
    """Keep what came of a script as a step of the session."""
    found = reading.script_of(request.user, pk, script)
    form = RunForm(request.POST)
    said, status = "", 422
    if form.is_valid():
        try:
            scripting.mark_run(found, by=request.user, **form.cleaned_data)
        except REFUSALS as refusal:
            said, status = str(refusal) or _("That was noted already."), 409
        else:
            panel = reading.panel(request.user, pk, str(script))
            return _shown(request, panel, changed=True)
    panel = reading.panel(request.user, pk, str(script))
    return _shown(request, panel, said=said, run_form=form, status=status)


@require_GET
@requires(Role.ENGINEER)
def download(request: Request, pk: UUID, script: UUID) -> HttpResponse:
    """The script as a file, to be saved."""
    found = reading.script_of(request.user, pk, script)
    # Windows PowerShell reads UTF-8 only behind its mark; cmd wants its own line ends.
    text = found.body if found.shell == "bash" else found.body.replace("\n", "\r\n")
    content = text.encode("utf-8-sig" if found.shell == "powershell" else "utf-8")
    answer = HttpResponse(content, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{reading.file_name(found)}"'
    return answer


def _shown(
    request: Request,
    panel: reading.Panel,
    *,
    form: ScriptForm | None = None,
    values_form: ValuesForm | None = None,
    run_form: RunForm | None = None,
    said: str = "",
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The panel. Another part of the page hears of a new step by the event `thread-changed`."""
    script = panel.script
    suggested = {
        "purpose": reading.suggested_purpose(panel.session),
        "shell": script.shell if script else "powershell",
    }
    context = {
        "panel": panel,
        "said": said,
        "form": form or ScriptForm(initial=suggested),
        "values_form": values_form or (ValuesForm(of=script) if script else None),
        "run_form": run_form or RunForm(),
    }
    pages = "sessions/scripts/page.html", "sessions/scripts/_panel.html"
    answer = page_or_fragment(request, *pages, context, status=status)
    if changed:
        answer["HX-Trigger"] = "thread-changed"
    return answer
