"""Finding texts by words and by meaning, inside PostgreSQL. Knows no room: tables are handed in."""
