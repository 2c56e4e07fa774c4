"""What every answer tells the browser beside the content security policy and Django's own headers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

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
        return response
