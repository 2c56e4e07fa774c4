"""What is different in a ticket since it was last read, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions.snapshots import TICKET_FACTS, maps_in, text_in, texts_in

TOLD: Final = ("title", "status", "priority", "board", "client", "contact", "assignee")
VALUE_LENGTH: Final = 100


def changes_between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Of two snapshots; empty when they say the same."""
    return [*_facts(before, now), *_texts(before, now), *_notes(before, now)]


def _facts(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in TOLD:
        was, is_ = text_in(before, key), text_in(now, key)
        if was != is_:
            told = {"what": TICKET_FACTS[key], "was": _shown(was), "now": _shown(is_)}
            yield _("%(what)s: %(was)s → %(now)s") % told


def _texts(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if text_in(before, "body") != text_in(now, "body"):
        yield _("Another description")
    if texts_in(before, "assets") != texts_in(now, "assets"):
        yield _("Other devices")


def _notes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    known = [_said(note) for note in maps_in(before, "notes")]
    new = [note for note in maps_in(now, "notes") if _said(note) not in known]
    if new:
        who = ", ".join(dict.fromkeys(text_in(note, "by") or _("somebody") for note in new))
        said = ngettext("%(n)d new note by %(who)s", "%(n)d new notes by %(who)s", len(new))
        yield said % {"n": len(new), "who": _shown(who)}


def _said(note: Mapping[str, Any]) -> tuple[str, str, str]:
    return text_in(note, "at"), text_in(note, "by"), text_in(note, "text")


def _shown(text: str) -> str:
    return text[:VALUE_LENGTH] or "–"
