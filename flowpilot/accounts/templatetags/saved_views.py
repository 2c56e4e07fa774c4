"""`{% saved_views "sessions" as saved %}`: what the menu of saved views of a list shows."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse

from flowpilot.accounts.models import SavedView
from flowpilot.accounts.reading import views_of

register = template.Library()


@dataclass(frozen=True)
class Saved:
    """views: those that the reader sees; current: the one that the address names. vals: what HTMX sends along
    with `save_url`, which has the same in it for those without."""

    views: list[SavedView]
    current: SavedView | None
    save_url: str
    vals: str


@register.simple_tag(takes_context=True)
def saved_views(context: Context, screen: str) -> Saved:
    request = context["request"]
    query = request.GET.copy()
    query.pop("after", None)
    vals = {"screen": screen, "query": query.urlencode()}
    read = getattr(request, "saved_views", None)
    return Saved(
        views=views_of(request.user, screen) if read is None else read,
        current=getattr(request, "saved_view", None),
        save_url=f"{reverse('views:save')}?{urlencode(vals)}",
        vals=json.dumps(vals),
    )
