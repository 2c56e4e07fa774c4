"""What sessions have used of models, summed from the ledger below, which knows nothing of sessions."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

SUM: Final = """
UPDATE ai_sessions AS session
SET total_input_tokens = used.input, total_output_tokens = used.output
FROM (
  SELECT session_id, sum(input_tokens + cache_read_tokens + cache_write_tokens)::int AS input,
         sum(output_tokens)::int AS output
  FROM ai_aicall
  WHERE account_id = %(account)s AND session_id IN (
    SELECT session_id FROM ai_aicall
    WHERE account_id = %(account)s AND session_id IS NOT NULL AND settled_at >= %(since)s
  )
  GROUP BY session_id
) AS used
WHERE session.account_id = %(account)s AND session.id = used.session_id
  AND (session.total_input_tokens, session.total_output_tokens) IS DISTINCT FROM (used.input, used.output)
"""
"""`updated_at` stays: what was counted is nothing that happened to the incident."""


def sum_tokens(account_id: UUID, *, since: datetime) -> int:
    """Set the sums of sessions with calls settled since then; how many changed. What was cached is input."""
    with connection.cursor() as cursor:
        cursor.execute(SUM, {"account": account_id, "since": since})
        return int(cursor.rowcount)
