"""Doors that belong to no room: the way in, health, and the pages of last resort."""

from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, any_user, public, role_of
from flowpilot.core.db.waiting import migrations_waiting
from flowpilot.core.edge.refusals import API, Refused, answer


@require_GET
@any_user
def home(request: Request) -> HttpResponse:
    """To where a person's work is: the queue for admins, the console for engineers."""
    role = role_of(request.user)
    if role is None:
        return redirect("admin:index")
    return redirect("console:home" if role == Role.ENGINEER else "proposals:queue")


@public
@never_cache
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@public
@never_cache
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can work: the database answers and has every migration."""
    try:
        waiting = migrations_waiting()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    if waiting:
        return JsonResponse({"status": "unavailable", "migrations_waiting": waiting}, status=503)
    return JsonResponse({"status": "ok"})


@public
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(staticfiles_storage.url("favicon.svg"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also what a role decorator answers; the message says what is missing."""
    return render(request, "403.html", {"message": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(API):
        return answer(request, Refused(500, _("Something went wrong on the server; it is in its log.")))
    return render(request, "500.html", status=500)
