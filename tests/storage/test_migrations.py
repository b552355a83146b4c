"""Migrations lead to the tables that the models name, and back, on both databases and from an installed package."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, ForeignKeyConstraint, UniqueConstraint, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.storage import migrating
from resolvers.storage.migrating import VERSIONS, migrate, version_of
from resolvers.storage.models import metadata
from tests.storage.stores import Stores, open_stores


@asynccontextmanager
async def connected(stores: Stores) -> AsyncIterator[AsyncConnection]:
    async with stores.database.writing() as connection:
        yield connection


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_the_migrated_tables_are_those_of_the_models(stores: Stores) -> None:
    async with connected(stores) as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(version_of) == VERSIONS[-1]


async def test_every_version_leads_up_down_and_up_again(url: str) -> None:
    async with open_stores(url) as stores:
        for version in (*reversed(VERSIONS), "base", *VERSIONS):
            async with connected(stores) as connection:
                await connection.run_sync(migrate, version)
                tables = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
            assert (tables == {"alembic_version"}) == (version == "base")
        async with connected(stores) as connection:
            assert await connection.run_sync(differences) == []
    async with open_stores(url) as stores, stores.storage.writing(await stores.actor()) as work:
        await work.add_widget(b"w", "PRIVATE", ())


async def test_a_migration_that_fails_changes_nothing(url: str) -> None:
    async with open_stores(url) as stores:
        anna = await stores.actor()
        try:
            async with connected(stores) as connection:
                await connection.run_sync(migrate, "base")
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        async with connected(stores) as connection:
            assert await connection.run_sync(differences) == []
            assert await connection.run_sync(version_of) == VERSIONS[-1]
        assert (await stores.actor("anna")) == anna


def test_the_versions_that_are_known_are_those_of_the_migrations() -> None:
    folder = migrating.__file__.removesuffix("migrating.py") + "migrations"
    found = [script.revision for script in ScriptDirectory(folder).walk_revisions()]
    assert tuple(reversed(found)) == VERSIONS


def test_the_site_leads_every_key_so_that_no_row_can_point_into_another_site() -> None:
    for table in metadata.sorted_tables:
        if table.name == "sites":
            continue
        keys = [list(table.primary_key.columns)]
        keys += [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
        keys += [list(each.columns) for each in table.constraints if isinstance(each, ForeignKeyConstraint)]
        keys += [list(index.columns) for index in table.indexes]
        assert {columns[0].name for columns in keys} == {"site_id"}, table.name
        assert "region" in table.c


async def test_a_start_without_anything_to_migrate_does_without_alembic(url: str) -> None:
    async with open_stores(url):
        pass
    code = "import asyncio,sys;from resolvers.storage.database import open_database\n"
    code += "asyncio.run(open_database(sys.argv[1]));print('alembic' in sys.modules)"
    command = [sys.executable, "-c", code, url]
    result = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True)
    assert result.stdout == "False\n"
