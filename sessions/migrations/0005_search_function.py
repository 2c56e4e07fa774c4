from django.db import migrations

from flowpilot.core.search import search_function

WORDS = "to_tsvector('english'::regconfig, COALESCE(problem_summary, '') || ' ' || COALESCE(psa_ticket_id, ''))"


class Migration(migrations.Migration):
    dependencies = [("ai_sessions", "0004_row_security")]

    operations = [search_function("sessions_found", table="ai_sessions", words=WORDS)]
