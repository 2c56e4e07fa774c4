"""`?view=slug`: a list's saved filters, for its screen and for the API alike.

A screen is a door with `@restores_view(SavedView.Screen.SESSIONS)` under `@requires`, and its page includes
`components/_views.html`. What the view keeps takes the place of `?view=` in `request.GET`, so that filters,
chips, tabs, exports and "more" links see plain filters; a parameter that stands beside `view` in the address
wins over the kept one. The API's viewsets inherit `RestoresView` and name their `screen`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import parse_qs

from django.contrib import messages
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as ApiRequest

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.reading import saved_view, views_of
from flowpilot.core.web import wants_fragment

View = TypeVar("View", bound=Callable[..., Any])


def restores_view(screen: str) -> Callable[[View], View]:
    """Have a door see the filters of the view that its address names. One that is not there is told of."""

    def decorate(door: View) -> View:
        @wraps(door)
        def restored(request: Request, *args: Any, **kwargs: Any) -> Any:
            slug = request.GET.get("view", "")
            if slug:
                found = _found(request, screen, slug)
                if found is None:
                    messages.warning(request, _missing(slug))
                request.saved_view = found
                _restore(request, found)
            return door(request, *args, **kwargs)

        return restored  # type: ignore[return-value]

    return decorate


class RestoresView:
    """For viewsets: `?view=slug` in their lists; 400 for one that is not there."""

    screen: str

    def initial(self, request: ApiRequest, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        slug = request.query_params.get("view", "")
        if not slug:
            return
        found = saved_view(request.user, self.screen, slug)  # type: ignore[arg-type]
        if found is None:
            raise ValidationError({"view": [_missing(slug)]})
        _restore(request._request, found)


def _found(request: Request, screen: str, slug: str) -> SavedView | None:
    """A page has all views in its menu: they are read at once."""
    if wants_fragment(request):
        return saved_view(request.user, screen, slug)
    request.saved_views = views_of(request.user, screen, slug)
    return next((view for view in request.saved_views if view.slug == slug), None)


def _missing(slug: str) -> str:
    return _("There is no view “%s” here, or it is not shared any more.") % slug[:80]


def _restore(request: Any, view: SavedView | None) -> None:
    """Put the filters that the view keeps under what else was asked for."""
    asked = request.GET.copy()
    del asked["view"]
    for name, values in parse_qs(view.query if view else "").items():
        if name not in asked:
            asked.setlist(name, values)
    request.GET = asked
