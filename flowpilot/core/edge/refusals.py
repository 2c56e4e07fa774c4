"""What is refused before a view sees it, and how it is told: as a page, a toast or a problem of the API."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import reswap

from flowpilot.core.trace import current_trace

API = "/api/"

TITLES: dict[int, str | Promise] = {
    400: gettext_lazy("The request was not understood"),
    413: gettext_lazy("Too much at once"),
    414: gettext_lazy("The address is too long"),
    415: gettext_lazy("Not in a form that is taken here"),
    431: gettext_lazy("Too much is said about the request"),
    500: gettext_lazy("The server failed"),
}


@dataclass(frozen=True)
class Refused(Exception):
    """`detail` says what is wrong and where."""

    status: int
    detail: str

    @property
    def title(self) -> str:
        return str(TITLES[self.status])


def malformed(where: str, why: str) -> Refused:
    return Refused(400, f"{where}: {why}")


def too_much(limit: int) -> Refused:
    """More bytes than this address takes."""
    size = _("%(megabytes)d MB") % {"megabytes": limit // 2**20} if limit >= 2**20 else f"{limit} B"
    return Refused(413, _("This address takes at most %(size)s. Nothing was changed.") % {"size": size})


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    """In the form that whoever asked can read."""
    if request.path_info.startswith(API):
        problem = {"type": "about:blank", "title": refused.title, "status": refused.status}
        return JsonResponse(
            {
                **problem,
                "detail": refused.detail,
                "errors": None,
                "request_id": current_trace().request_id,
            },
            status=refused.status,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
    context = {"refused": refused}
    if request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers:
        detail = f"{refused.detail} {_('Request %s') % current_trace().request_id}"
        toast = {"level": "error", "message": refused.title, "detail": detail}
        response = render(request, "components/_toast.html", {"toast": toast}, status=refused.status)
        return reswap(response, "none")
    return render(request, "refused.html", context, status=refused.status)
