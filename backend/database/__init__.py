"""The database room: SQLite or PostgreSQL, the tables, migrations and ids."""
