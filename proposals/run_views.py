"""The doors of the analysis: how it stands, what failed; run it now, try again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, requires
from flowpilot.core.moments import moment_of
from flowpilot.core.paging import page_of
from flowpilot.core.retrieval import encoder
from flowpilot.core.web import find, fragments, page_or_fragment, see_other, wants_fragment
from proposals import actions, runs
from sessions.models import AISession

NOW = "proposals/_run_now.html"
LAST = "proposals/_run_last.html"
FAILURES = "proposals/_run_failures.html"
ROWS = "proposals/_run_failure_rows.html"
ROW = "proposals/_run_failure.html"
BESIDE = "proposals/_run_beside.html"
"""Draws the templates in `beside`, by their place on the page, to be swapped out-of-band."""
TOAST = "components/_toast.html"


@require_GET
@requires(Role.TEAM_ADMIN)
def overview(request: Request) -> HttpResponse:
    """The page; under HTMX the failures that follow."""
    if wants_fragment(request):
        return fragments(request, [ROWS], failures_of(request))
    return page(request)


@require_GET
@requires(Role.TEAM_ADMIN)
def now(request: Request) -> HttpResponse:
    """How it stands this moment; the page asks again while something goes on. When that has ended, the
    runs and the failures come along with what came of it."""
    if not wants_fragment(request):
        return page(request)
    shown = now_of(request)
    begun = request.GET.get("since", "")
    if shown["now"].since or not begun:
        return fragments(request, [NOW], shown)
    context = {
        **shown,
        **around(request),
        "beside": {"run-last": LAST, "run-failures": FAILURES},
        "toast": came_of_it(request, shown["now"], begun),
    }
    return fragments(request, [NOW, BESIDE, TOAST], context)


@require_POST
@requires(Role.TEAM_ADMIN)
def run(request: Request) -> HttpResponse:
    """Queue a run over the account; a worker does it."""
    try:
        actions.request_run(account_of(request), by=request.user)
    except actions.AlreadyAtWork as refusal:
        return told(request, "warning", str(refusal), [NOW], now_of(request))
    context = now_of(request)
    if not context["now"].service.works:
        said = _("The analysis is queued, but no worker is at work: it begins when one is started.")
        return told(request, "warning", said, [NOW], context)
    return told(request, "success", _("The analysis is queued and begins in a moment."), [NOW], context)


@require_POST
@requires(Role.TEAM_ADMIN)
def retry(request: Request, pk: UUID) -> HttpResponse:
    """Put one failed session back in the line; its row says so."""
    session = find(AISession, request.user, pk)
    try:
        actions.retry(session, by=request.user)
    except NotAllowed as refusal:
        return refused(request, str(refusal), status=403)
    except actions.NothingToRetry:
        return refused(request, _("There is no failed analysis to retry."))
    context = {**now_of(request), "session": session, "beside": {"run-now": NOW}}
    return told(request, "success", _("The analysis will try this session again."), [ROW, BESIDE], context)


@require_POST
@requires(Role.TEAM_ADMIN)
def retry_all(request: Request) -> HttpResponse:
    done = actions.retry_all(account_of(request), by=request.user)
    if not done:
        return refused(request, _("There is no failed analysis that you may retry."))
    context = {**now_of(request), **around(request), "beside": {"run-now": NOW}}
    said = ngettext("%(n)d session is in the line again.", "%(n)d sessions are in the line again.", done)
    said %= {"n": done}
    if left := context["now"].failed.number:
        more = ngettext("%(n)d failed one stays.", "%(n)d failed ones stay.", left) % {"n": left}
        return told(request, "warning", f"{said} {more}", [FAILURES, BESIDE], context)
    return told(request, "success", said, [FAILURES, BESIDE], context)


def account_of(request: Request) -> UUID:
    account_id = request.user.account_id
    assert account_id is not None, "`requires` lets nobody in without an account"
    return account_id


def page(request: Request) -> HttpResponse:
    context = {**now_of(request), **around(request), "encoder": encoder.status()}
    return page_or_fragment(request, "proposals/runs.html", NOW, context)


def now_of(request: Request) -> dict[str, Any]:
    failing = runs.failing_for(request.user)
    return {"now": runs.now_of(account_of(request), failing)}


def around(request: Request) -> dict[str, Any]:
    return {"runs": runs.last_runs(account_of(request)), **failures_of(request)}


def failures_of(request: Request) -> dict[str, Any]:
    cursor = request.GET.get("after", "")
    found = page_of(runs.with_failure(runs.failing_for(request.user)), cursor)
    failures = runs.failures(found.rows, request.user)
    return {
        "failures": failures,
        "next_cursor": found.next_cursor,
        "following_page": cursor,
    }


def came_of_it(request: Request, now: runs.Now, begun: str) -> dict[str, Any]:
    """What is said when that has ended which began then."""
    try:
        ended = runs.run_since(account_of(request), moment_of(begun))
    except ValueError:
        ended = None
    if ended is None and now.waiting.ready.number:
        return {"level": "warning", "message": _("The run took nothing; what waits is for the next one.")}
    if ended is None:
        return {"level": "info", "message": _("The analysis has ended: it found nothing to do.")}
    done = ngettext("%(n)d session done", "%(n)d sessions done", ended.completed) % {"n": ended.completed}
    failed = ngettext("%(n)d failed", "%(n)d failed", ended.failed) % {"n": ended.failed}
    detail = f"{done}, {failed}" if ended.failed else done
    level = "warning" if ended.failed else "success"
    return {"level": level, "message": _("The analysis has ended."), "detail": detail}


def told(request: Request, level: str, said: str, parts: list[str], context: dict[str, Any]) -> HttpResponse:
    """What was done, in the page's parts and a toast; without HTMX a message on the page."""
    if not wants_fragment(request):
        messages.add_message(request, messages.WARNING if level == "warning" else messages.SUCCESS, said)
        return see_other(reverse("analysis:overview"))
    return fragments(request, [*parts, TOAST], {**context, "toast": {"level": level, "message": said}})


def refused(request: Request, said: str, *, status: int = 422) -> HttpResponse:
    """The rules say no: a warning, and everything stays as it was."""
    response = told(request, "warning", said, [], {})
    if wants_fragment(request):
        response.status_code = status
        return reswap(response, "none")
    return response
