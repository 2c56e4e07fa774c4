"""`{% session_verbs session as offers %}` and what a hand-over's package is shown with."""

from django import template
from django.template import Context

from sessions.endings.offering import Offer, offers
from sessions.endings.packaging import as_text
from sessions.models import AISession
from sessions.snapshots import Package
from sessions.snapshots import package_of as typed

register = template.Library()


@register.simple_tag(takes_context=True)
def session_verbs(context: Context, session: AISession) -> list[Offer]:
    """The verbs that a session's page offers the reader."""
    return offers(session, context["user"])


@register.simple_tag
def package_of(session: AISession) -> Package | None:
    return typed(session.escalation_package)


@register.simple_tag
def package_text(session: AISession, package: Package) -> str:
    """The package as plain text, to be copied into a ticket or a mail."""
    return as_text(session, package)
