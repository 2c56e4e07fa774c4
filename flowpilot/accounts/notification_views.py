"""The doors of what one was told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts import notifications
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import Notification
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import find, page_or_fragment, see_other, visible


@require_GET
@requires(Role.ENGINEER)
def listed(request: Request) -> HttpResponse:
    """The newest first; what was read stays."""
    cursor = request.GET.get("after", "")
    context = {"page": page_of(visible(Notification, request.user), cursor), "following_page": cursor}
    return page_or_fragment(request, "accounts/notifications.html", "accounts/_notifications.html", context)


@require_POST
@requires(Role.ENGINEER)
def opened(request: Request, pk: UUID) -> HttpResponse:
    """It is read now; go where it leads."""
    notification = find(Notification, request.user, pk)
    notifications.mark_read(notification)
    return see_other(notification.url or reverse("notifications:list"))


@require_POST
@requires(Role.ENGINEER)
def all_read(request: Request) -> HttpResponse:
    if notifications.mark_all_read(request.user):
        messages.success(request, _("All marked as read."))
    return see_other(reverse("notifications:list"))
