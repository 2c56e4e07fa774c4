"""Every kind of intake through to the ends that its engineer can give it, and one over other hands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from sessions.models import AISession
from tests.factories import Cast, make_practice_ticket, picture
from tests.screens import signed_in

PROBLEM = "Nobody on the second floor can print since the update of this morning."
LOG = "\n".join(["09:00:00 INFO heartbeat"] * 19 + ["09:21:00 ERROR spooler 0x0000011b"])
INTAKES: dict[str, Callable[[], dict[str, Any]]] = {
    "free_text": lambda: {"problem": PROBLEM},
    "psa_ticket": lambda: {"ticket": "4711"},
    "screenshot": lambda: {"uploads": SimpleUploadedFile("error.png", picture())},
    "log_paste": lambda: {"log": LOG},
    "combined": lambda: {"problem": PROBLEM, "log": LOG},
}
FIXED = {"summary": "The spooler hung.", "action": "Restart it."}
ASKED = {"code": "provider", "reason": "A fault"}
OUTSIDE = {**ASKED, "where": "outside", "destination": "Printer Inc."}
Verbs = tuple[tuple[str, str, dict[str, str]], ...]
"""Who, does what, and says what."""
ENDINGS: dict[str, tuple[Verbs, str]] = {
    "fixed": (
        (("engineer", "pause", {}), ("engineer", "resume", {}), ("engineer", "resolve", FIXED)),
        "resolved",
    ),
    "handed out": ((("engineer", "escalate", OUTSIDE),), "escalated"),
    "given up": ((("engineer", "abandon", {"reason": "Nobody answers"}),), "abandoned"),
}
TAKEN_OVER: Verbs = (
    ("engineer", "escalate", {**ASKED, "where": "anybody"}),
    ("colleague", "accept", {}),
    ("colleague", "resolve", FIXED),
    ("colleague", "reopen", {"reason": "It came back"}),
    ("colleague", "resolve", FIXED),
    ("colleague", "rate", {"rating": "4"}),
)


@pytest.mark.parametrize("kind", INTAKES)
def test_it_opens_is_worked_on_and_ends_in_each_way(
    cast: Cast, kind: str, settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOADS = tmp_path / "uploads"
    make_practice_ticket(cast, number=4711)
    browsers = {"engineer": signed_in(cast.engineer)}

    ended = [_through(browsers, INTAKES[kind](), verbs) for verbs, _status in ENDINGS.values()]

    assert [(session.intake_type, session.status) for session in ended] == [
        (kind, status) for _verbs, status in ENDINGS.values()
    ]
    assert [session.steps.get().title for session in ended] == ["Looked at the queue"] * 3
    assert browsers["engineer"].get(_at("detail", ended[0])).status_code == 200


def test_it_is_taken_over_and_ends_in_other_hands(cast: Cast) -> None:
    browsers = {name: signed_in(getattr(cast, name)) for name in ("engineer", "colleague")}

    session = _through(browsers, INTAKES["combined"](), TAKEN_OVER)

    assert (session.status, session.holder_id) == ("resolved", cast.colleague.pk)
    assert (session.steps.get().title, session.session_rating) == ("Looked at the queue", 4)
    assert browsers["engineer"].get(_at("detail", session)).status_code == 200


def _through(browsers: dict[str, Client], given: dict[str, Any], verbs: Verbs) -> AISession:
    browser = browsers["engineer"]
    assert browser.post(reverse("console:home"), given).status_code == 303
    session = AISession.objects.latest("created_at")
    note = {"kind": "note", "response": "Looked at the queue"}
    session.turns.create(account=session.account, asked_by=session.user, lease_until="2099-01-01T00:00:00Z")
    assert browser.post(_at("say", session), note).status_code == 303
    for who, verb, said in verbs:
        assert browsers[who].post(_at(verb, session), said).status_code == 303
    session.refresh_from_db()
    return session


def _at(name: str, session: AISession) -> str:
    return reverse(f"sessions:{name}", args=[session.pk])
