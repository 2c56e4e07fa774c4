"""The doors of the account's own pages."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts import audit
from flowpilot.accounts.filters import AuditFilter
from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core import export
from flowpilot.core.web import list_page


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def audit_log(request: Request) -> HttpResponse:
    """Everything that was noted in the account, newest first; under HTMX the rows."""
    rows = audit.events(request.user)
    return list_page(
        request,
        AuditFilter,
        rows,
        page="accounts/audit.html",
        fragment="accounts/_audit_rows.html",
        beside=["accounts/_audit_filtered.html"],
    )


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def export_audit(request: Request) -> HttpResponse:
    """The filtered list as a file; the export is itself an entry. 422 when it has too many rows."""
    asked = QueryDict(request.POST.get("query", ""))
    narrowed = AuditFilter(asked, queryset=audit.events(request.user), request=request)
    if not narrowed.is_valid():
        return _refusal(request, _("A filter cannot be read. Correct it in the list, then export again."))
    try:
        table = audit.table(narrowed.qs)
    except export.TooManyRows as error:
        said = _("More than %(count)s entries: narrow the list by date, then export again.")
        return _refusal(request, said % {"count": error})
    audit.record(
        audit.Verb.EXPORTED,
        account_id=request.user.account.pk,  # type: ignore[union-attr]
        subject=request.user.account,
        note=ngettext("Audit, %(count)s entry", "Audit, %(count)s entries", len(table))
        % {"count": len(table)},
        by=request.user,
    )
    if request.POST.get("format") == "json":
        return export.json_file("audit", [dict(zip(audit.COLUMNS, row, strict=True)) for row in table])
    return export.csv_file("audit", audit.COLUMNS, table)


def _refusal(request: Request, said: str) -> HttpResponse:
    return render(request, "accounts/export_refused.html", {"said": said}, status=422)
