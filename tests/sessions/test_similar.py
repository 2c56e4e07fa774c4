"""Seen before: resolved sessions that resemble a problem."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from flowpilot.core.retrieval.encoder import DIMENSIONS, MODEL
from flowpilot.core.retrieval.indexing import Text
from flowpilot.core.retrieval.upkeep import catch_up
from sessions import actions
from sessions.jobs import index_history
from sessions.models import AISession, SessionDocument
from sessions.similar import PAST, similar
from tests.factories import Cast, make_resolved


def _summaries(cast: Cast, text: str, **options: object) -> list[str | None]:
    return [each.session.problem_summary for each in similar(text, cast.engineer, **options)]


def test_resolved_sessions_are_found_after_the_next_run(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    make_resolved(cast, problem_summary="The plotter refuses paper with error 0x0000011b")
    assert _summaries(cast, "Outlook wants the password") == []
    assert index_history() == "indexed 2"
    found = similar("Outlook wants the password", cast.engineer)
    assert [each.session for each in found] == [session]
    assert found[0].shared.of_title == ("password", "Outlook")
    assert _summaries(cast, "plotter says 0x11b") == ["The plotter refuses paper with error 0x0000011b"]
    assert _summaries(cast, "Outlook wants the password", without=[session.pk]) == []


def test_what_every_ticket_says_makes_no_two_problems_alike(cast: Cast) -> None:
    make_resolved(cast, problem_summary="The plotter refuses paper since Tuesday morning, please help")
    index_history()
    assert _summaries(cast, "Nobody can log in since Tuesday morning, please help") == []


def test_one_text_that_cannot_be_indexed_holds_up_no_other(cast: Cast) -> None:
    bad, good = (make_resolved(cast, problem_summary=f"Outlook {word}") for word in ("stalls", "crashes"))

    def texts(rows: QuerySet[AISession]) -> Sequence[Text]:
        if rows.filter(pk=bad.pk).exists():
            raise ValueError
        return PAST.texts(rows)

    assert catch_up(replace(PAST, texts=texts), cast.account.pk) == 1
    assert [each.session for each in similar("Outlook crashes", cast.engineer)] == [good]


def test_what_was_indexed_before_there_were_digests_keeps_its_vector_until_it_is_encoded_anew(
    cast: Cast,
) -> None:
    for summary in ("Outlook stalls", "Scanner jams"):
        make_resolved(cast, problem_summary=summary)
    index_history()
    SessionDocument.objects.update(
        digest="", vector=[1.0] + [0.0] * (DIMENSIONS - 1), encoded_by=MODEL, indexed_at=timezone.now()
    )
    changed = AISession.objects.get(problem_summary="Scanner jams")
    changed.save(update_fields=["updated_at"])
    with connection.cursor() as cursor:
        cursor.execute(import_module("sessions.migrations.0019_digests_of_indexed_texts").IN_STEP)
    assert index_history() == "indexed 2"
    kept = SessionDocument.objects.exclude(vector=None).values_list("session__problem_summary", "encoded_by")
    assert list(kept) == [("Outlook stalls", "")]
    assert index_history() == "indexed 0"


def test_reopened_sessions_are_not_found(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    index_history()
    actions.reopen(session, reason="came back", by=session.user)
    assert _summaries(cast, "Outlook wants the password") == []


def test_sessions_that_are_not_ones_own_to_see_are_not_found(cast: Cast, outsiders: Cast) -> None:
    make_resolved(outsiders, problem_summary="Outlook asks for the password again and again")
    make_resolved(cast, problem_summary="Outlook wants a new password", team=cast.other_team)
    index_history()
    assert _summaries(cast, "Outlook password") == []


def test_sessions_are_found_by_what_their_ticket_says(cast: Cast) -> None:
    ticket = {"title": "Scanner jams", "body": "The duplex tray of the plotter whistles."}
    session = make_resolved(cast, intake_content={}, ticket_data=ticket, problem_summary="It stopped")
    index_history()
    for text in ("scanner", "duplex tray"):
        assert [each.session for each in similar(text, cast.engineer)] == [session]


def test_better_hits_that_one_may_not_see_take_nobodys_place(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.similar._LOOKED_AT", 1)
    own = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    make_resolved(cast, problem_summary="Outlook password", team=cast.other_team)
    left_out = make_resolved(cast, problem_summary="Outlook password")
    actions.reopen(make_resolved(cast, problem_summary="Outlook password"), reason="back", by=cast.engineer)
    index_history()
    assert [each.session for each in similar("Outlook password", cast.engineer, without=[left_out.pk])] == [
        own
    ]
