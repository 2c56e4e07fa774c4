"""`{% proof_of turn %}`: with it, the page that shows the turn opens its stream the short way."""

from django import template
from django.template import Context

from sessions.models import Turn
from sessions.thread.proofs import prove

register = template.Library()


@register.simple_tag(takes_context=True)
def proof_of(context: Context, turn: Turn) -> str:
    """For the reader's sign-in; letters, figures and signs that an address takes as they are."""
    request = context["request"]
    return prove(turn, request.user, request.session.session_key or "")
