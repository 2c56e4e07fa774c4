"""Sessions sum what their calls have used."""

from decimal import Decimal

from flowpilot.ai import ledger
from flowpilot.ai.ledger import Asked, Outcome
from flowpilot.ai.prices import Tokens
from sessions.jobs import count_tokens
from sessions.models import AISession
from tests.factories import Cast, make_session


def call(cast: Cast, session: AISession, tokens: Tokens) -> None:
    asked = Asked("guide", "claude-sonnet-5-5", "abc", Decimal("0.01"), session.pk)
    ledger.settle(ledger.reserve(cast.account, asked), Outcome(tokens))


def test_a_sessions_tokens_are_those_of_its_calls_however_often_they_are_summed(
    cast: Cast, outsiders: Cast
) -> None:
    session, other = make_session(cast), make_session(cast)
    call(cast, session, Tokens(input=100, cache_read=1000, output=10))
    call(cast, session, Tokens(input=50, output=5))
    call(outsiders, session, Tokens(input=7, output=7))
    before = AISession.objects.get(pk=session.pk).updated_at

    assert count_tokens() == "summed 1"
    assert count_tokens() == "summed 0"

    session.refresh_from_db()
    other.refresh_from_db()
    assert (session.total_input_tokens, session.total_output_tokens) == (1150, 15)
    assert (other.total_input_tokens, session.updated_at) == (0, before)
