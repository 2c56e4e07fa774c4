"""What every answer tells the browser beside the content security policy and Django's own headers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.cache import has_vary_header

from flowpilot.core.edge.refusals import API

View = TypeVar("View", bound=Callable[..., Any])

ABILITIES = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
"""What pages of ours never ask a browser for. Clipboard and security keys, which they do, stay their own."""

HEADERS = {
    "Permissions-Policy": ", ".join(f"{ability}=()" for ability in ABILITIES),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Permitted-Cross-Domain-Policies": "none",
}


class BrowserHeaders:
    """Outermost, so that redirects to https, static files and refusals carry them, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if has_vary_header(response, "Cookie"):
            response.headers.setdefault("Cache-Control", _keeping(request, response))
        return response


def _keeping(request: HttpRequest, response: HttpResponse) -> str:
    """Answers to somebody in particular are nobody else's. Pages stay for the way back, with what was typed
    into them; files that are taken away and what programs read stay nowhere."""
    taken = "Content-Disposition" in response.headers or request.path_info.startswith(API)
    return "private, no-store" if taken else "private, no-cache"


def forgets_pages(view: View) -> View:
    """Say that the browser drops the pages that it keeps when this is posted: whoever sits down at it next
    goes back to none of them."""

    @wraps(view)
    def forgetting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        if request.method == "POST":
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return forgetting  # type: ignore[return-value]
