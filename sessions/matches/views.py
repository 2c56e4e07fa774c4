"""The doors to the flows that may answer a session."""

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, page_or_fragment, see_other
from flowpilot.flows.models import FlowVersion
from sessions.actions import following, replying
from sessions.matches import reading
from sessions.models import AISession
from sessions.rules import IllegalTransition, Incomplete, StaleStep


class StartForm(forms.Form):
    """With which version a session goes on; `expected_step`: the step that was seen to wait, 0 for none."""

    version = forms.UUIDField()
    expected_step = forms.IntegerField(required=False, min_value=0)


@require_GET
@requires(Role.ENGINEER)
def matches(request: Request, pk: UUID) -> HttpResponse:
    """The flows that may answer a session; its page loads this part from here."""
    return _shown(request, pk)


@require_POST
@requires(Role.ENGINEER)
def start(request: Request, pk: UUID) -> HttpResponse:
    """Follow one of the flows that were offered, in the version that was."""
    session, form = find(AISession, request.user, pk), StartForm(request.POST)
    if not form.is_valid():
        return _shown(request, pk, said=_("Choose one of the flows."), status=422)
    match = reading.match_with(session, request.user, form.cleaned_data["version"])
    if match is None:
        said = _("That version is no longer in force, or no longer offered. This is how it stands now.")
        return _shown(request, pk, said=said, status=409)
    version = find(FlowVersion, request.user, match.version_id)

    def follow() -> None:
        following.follow(
            session, version=version, score=match.score, probability=match.probability, by=request.user
        )

    try:
        replying.as_seen(session, form.cleaned_data["expected_step"], follow)
    except StaleStep:
        said = _("This session has gone on meanwhile. Nothing was started; this is how it stands now.")
        return _shown(request, pk, said=said, status=409)
    except (IllegalTransition, Incomplete) as refusal:
        return _shown(request, pk, said=str(refusal), status=409)
    address = reverse("sessions:detail", args=[pk])
    return HttpResponseClientRedirect(address) if request.htmx else see_other(address)


def _shown(request: Request, pk: UUID, *, said: str = "", status: int = 200) -> HttpResponse:
    context = {"matches": reading.matches(request.user, pk), "said": said}
    pages = "sessions/matches/page.html", "sessions/matches/_matches.html"
    return page_or_fragment(request, *pages, context, status=status)
