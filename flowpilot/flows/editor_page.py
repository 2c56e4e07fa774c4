"""What the doors of every editor of a tree do the same way: that of drafts in review and that of flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget

from flowpilot.core.templatetags.ui import NODE_KINDS, RISKS, SHELLS
from flowpilot.core.web import fragments
from flowpilot.flows.editor import Editor


@dataclass(frozen=True)
class Panel:
    """Why the form cannot go on as it is: what happened, where to look, and what can be pressed."""

    headline: str
    text: str
    links: tuple[tuple[str, str], ...] = ()
    op: str = ""
    button: str = ""


def editor_context(editor: Editor, form: forms.Form, edit_url: str) -> dict[str, Any]:
    """What templates/flows/_edit_body.html and _edit_side.html need of every editor."""
    return {
        "editor": editor,
        "form": form,
        "edit_url": edit_url,
        "problem_count": len(editor.problems) + sum(len(errors) for errors in form.errors.values()),
        "kinds": {kind: look.word for kind, look in NODE_KINDS.items()},
        "shells": SHELLS,
        "risks": {risk: look.word for risk, look in RISKS.items()},
    }


def unreadable_toast(request: HttpRequest, said: str) -> HttpResponse:
    """Not a form of ours, or an old one: say what is wrong with it and leave what is on the screen."""
    toast = {"level": "error", "message": _("The form cannot be read."), "detail": said}
    response = fragments(request, ["components/_toast.html"], {"toast": toast}, status=422)
    return reswap(response, "none")


def as_whole(response: HttpResponse) -> HttpResponse:
    """An answer that replaces all of the editor, also where only its side was asked for."""
    return retarget(reswap(response, "innerHTML"), "#editor")


def fields_of(request: HttpRequest) -> Mapping[str, Sequence[str]]:
    return {name: [str(value) for value in values] for name, values in request.POST.lists()}
