"""The starter flows are found: three ticket texts for each, written before any of the flows was."""

import json
from pathlib import Path

import pytest

from flowpilot.flows.matching.library import tree_texts
from flowpilot.flows.matching.trial import Entry, Question, measure
from flowpilot.flows.starter.catalogue import Starter, starters

_TICKETS = json.loads((Path(__file__).parent / "starter_tickets.json").read_text("utf-8"))
_FIRST_AT_LEAST = 0.78
_AMONG_FIVE_AT_LEAST = 0.94
"""By words alone, which is fast: 0.81 and 0.96 when they were first asked. With vectors, as the product asks,
it was 0.93 (128 of 138) and 1.0: `manage.py evaluate_matching` tells it again."""


def _entry(starter: Starter) -> Entry:
    texts = (starter.summary, *tree_texts(starter.tree.to_json()))
    return Entry(starter.key, starter.title, "\n".join(text for text in texts if text))


def test_every_starter_flow_has_three_tickets() -> None:
    assert {row["flow"]: (row["title"], len(row["tickets"])) for row in _TICKETS} == {
        key: (starter.title, 3) for key, starter in starters().items()
    }


@pytest.mark.django_db(transaction=True)
def test_tickets_of_users_find_their_flow_by_words_alone() -> None:
    questions = [Question(text, row["flow"]) for row in _TICKETS for text in row["tickets"]]
    library = [_entry(starter) for starter in starters().values()]
    places = [answer.place for answer in measure(library, questions, engine="bm25").answers]
    assert len(places) == 3 * len(library)
    assert places.count(0) / len(places) >= _FIRST_AT_LEAST
    assert sum(place is not None and place < 5 for place in places) / len(places) >= _AMONG_FIVE_AT_LEAST
