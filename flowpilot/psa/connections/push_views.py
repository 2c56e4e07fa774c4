"""The doors of what is to be written into tickets: all of it, and what only a person can decide."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

import django_filters as filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.narrowing import Narrowing
from flowpilot.core.web import list_page, see_other
from flowpilot.psa import outbox
from flowpilot.psa.connections import actions, reading
from flowpilot.psa.models import PsaConnection, PsaPush
from flowpilot.psa.models.push import for_people
from flowpilot.psa.ports import LONGEST_ENTRY
from flowpilot.psa.replaying import ReplayForm


def _connections(request: Request) -> QuerySet[PsaConnection]:
    return reading.connections(request.user)


class PushFilter(Narrowing):
    state = filters.ChoiceFilter(
        method="in_state",
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("All"),
        choices=[("decide", gettext_lazy("To be decided")), *PsaPush.State.choices],
    )
    connection = filters.ModelChoiceFilter(
        queryset=_connections, label=gettext_lazy("Connection"), empty_label=gettext_lazy("All")
    )

    class Meta:
        model = PsaPush
        fields: tuple[str, ...] = ("state", "connection")

    def in_state(self, rows: QuerySet[PsaPush], name: str, value: str) -> QuerySet[PsaPush]:
        return rows.filter(for_people() if value == "decide" else Q(state=value))


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def pushes(request: Request) -> HttpResponse:
    """What was to be written, the newest first."""
    return list_page(
        request,
        PushFilter,
        reading.pushes(request.user),
        page="psa/connections/pushes.html",
        fragment="psa/connections/_push_rows.html",
    )


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def push(request: Request, pk: UUID) -> HttpResponse:
    """One of them with every try at it, in the vendor's words."""
    return _page(request, pk)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def retry(request: Request, pk: UUID) -> HttpResponse:
    """Send it again, perhaps with another text or other minutes; 422 when they do not fit."""
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, refusal=form.refusal, typed=form, status=422)
    again = partial(outbox.retry, **form.given)
    return _decide(request, pk, again, _("It is on its way again."), typed=form)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def arrived(request: Request, pk: UUID) -> HttpResponse:
    """Somebody has seen it in the ticket."""
    return _decide(request, pk, outbox.arrived, _("It counts as written."))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def put_aside(request: Request, pk: UUID) -> HttpResponse:
    """Somebody leaves it as it is."""
    return _decide(request, pk, outbox.put_aside, _("It is left as it is."))


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def count_again(request: Request, pk: UUID) -> HttpResponse:
    """Look anew how often it is in the ticket."""
    return _decide(request, pk, outbox.count_again, _("It is counted in the ticket again."))


def _decide(
    request: Request, pk: UUID, verb: Callable[..., None], said: str, *, typed: ReplayForm | None = None
) -> HttpResponse:
    found = reading.push(request.user, pk)
    actions.refuse_unless_admin(request.user)
    try:
        verb(found, by=request.user)
    except outbox.NotForPeople as refusal:
        return _page(request, pk, refusal=str(refusal), typed=typed, status=409)
    messages.success(request, said)
    return see_other(reverse("connections:push", args=[pk]))


def _page(
    request: Request, pk: UUID, *, refusal: str = "", typed: ReplayForm | None = None, status: int = 200
) -> HttpResponse:
    found = reading.push(request.user, pk)
    shown = typed.shown_in(found) if typed else found
    context = {
        "push": shown,
        "waits": reading.waits_for_notes(found),
        "tries": found.tries.all(),
        "refusal": refusal,
        "most": LONGEST_ENTRY,
    }
    return render(request, "psa/connections/push.html", context, status=status)
