from django.db import migrations

# What `createcachetable` would make. Unlogged: losing it in a crash of the database costs nothing.
TABLE = """
CREATE UNLOGGED TABLE core_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX core_cache_expires ON core_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_heartbeat")]

    operations = [migrations.RunSQL(TABLE, "DROP TABLE core_cache")]
