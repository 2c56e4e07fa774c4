"""The door of the export of the list of sessions."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from flowpilot.accounts import audit
from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core import export
from sessions import exporting, reading
from sessions.filters import SessionFilter


@require_POST
@requires(Role.ENGINEER)
def export_sessions(request: Request) -> HttpResponse:
    """The filtered list as CSV or JSON, noted in the audit. 422 when it has too many rows."""
    asked = QueryDict(request.POST.get("query", ""))
    narrowed = SessionFilter(asked, queryset=reading.sessions(request.user), request=request)
    if not narrowed.is_valid():
        return _refusal(request, _("A filter cannot be read. Correct it in the list, then export again."))
    try:
        table = exporting.table(narrowed.qs)
    except export.TooManyRows as error:
        said = _("More than %(count)s sessions: narrow the list, then export again.")
        return _refusal(request, said % {"count": error})
    audit.record(
        audit.Verb.EXPORTED,
        account_id=request.user.account.pk,  # type: ignore[union-attr]
        subject=request.user.account,
        note=ngettext("%(count)s session", "%(count)s sessions", len(table)) % {"count": len(table)},
        by=request.user,
    )
    if request.POST.get("format") == "json":
        return export.json_file("sessions", [dict(zip(exporting.COLUMNS, row, strict=True)) for row in table])
    return export.csv_file("sessions", exporting.COLUMNS, table)


def _refusal(request: Request, said: str) -> HttpResponse:
    return render(request, "sessions/export_refused.html", {"said": said}, status=422)
