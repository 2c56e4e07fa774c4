from django.db import migrations

from flowpilot.core.search import search_function

WORDS = "to_tsvector('english'::regconfig, COALESCE(title, '') || ' ' || COALESCE(summary, ''))"


class Migration(migrations.Migration):
    dependencies = [("flows", "0004_row_security")]

    operations = [search_function("flows_found", table="flows_flow", words=WORDS)]
