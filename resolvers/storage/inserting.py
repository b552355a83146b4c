"""Inserting a row unless it is there: said alike to both databases."""

from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert_once(connection: AsyncConnection, table: Table, values: dict[str, Any]) -> Insert:
    """An INSERT that does nothing where a unique key is taken, also by a transaction that runs beside this one."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).values(**values).on_conflict_do_nothing()
    return postgresql.insert(table).values(**values).on_conflict_do_nothing()
