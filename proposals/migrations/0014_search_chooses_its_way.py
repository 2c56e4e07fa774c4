from django.db import migrations

from flowpilot.core.search import search_keys

WORDS = "to_tsvector('english'::regconfig, COALESCE(title, '') || ' ' || COALESCE(summary, ''))"


class Migration(migrations.Migration):
    dependencies = [("proposals", "0013_filtered_queues")]

    operations = [
        search_keys(
            "proposals_keys",
            found="proposals_found",
            table="proposals_flowproposal",
            words=WORDS,
            index="proposal_search",
            among="status = 'pending'",
        )
    ]
