"""The storage resolver: widgets and dashboards, kept in SQLite or PostgreSQL and sealed at rest."""
