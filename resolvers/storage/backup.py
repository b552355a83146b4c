"""Backup and restore: the rows of a database as a sealed file, and back, also from SQLite into PostgreSQL and the other way round.

A backup holds what people made (sites, widgets, dashboards, audit), opened and sealed again under the file's own key; data keys are
never in it, those of the cache least of all, and a restore makes new ones.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, assert_never
from uuid import uuid4

from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.encryption import Keyring
from resolvers.figures.periods import millis
from resolvers.storage.address import APPLICATION
from resolvers.storage.backup_file import (
    AuditRecord,
    BackupReader,
    BackupWriter,
    Counts,
    DashboardRecord,
    ItemRecord,
    ObjectRecord,
    Record,
    SiteRecord,
    WidgetRecord,
)
from resolvers.storage.database import Database
from resolvers.storage.errors import BackupProblem
from resolvers.storage.migrating import STARTING_LOCK
from resolvers.storage.models import audit, dashboards, metadata, sites, widgets
from resolvers.storage.objects import Actor, StoredDashboard, StoredItem, StoredWidget, UnreadableRow
from resolvers.storage.rows import DASHBOARDS, WIDGETS, AnyRow, Rows
from resolvers.storage.vault import CONFIGURATION, INDEX, Clock, Vault

_EXISTS = "The backup cannot be made: there is a file of this name, which is left as it is."
_ROWS_AT_ONCE = 200


async def write_backup(database: Database, vault: Vault, keyring: Keyring, target: Path, *, now: Clock) -> Counts:
    """Writes a backup of one state of the database, while it is in use, and reads it through; what it holds.

    The file is there whole or not at all, and never in place of another. Raises BackupProblem, ApiError.
    """
    with _new_file(target) as (file, part):
        writer = BackupWriter(file, keyring, millis(now()))
        async with database.reading() as connection:
            async for record in _records(connection, vault):
                writer.add(record)
        counts = writer.finish()
        file.flush()
        os.fsync(file.fileno())
        if check_backup(part, keyring) != counts:
            raise BackupProblem("The backup cannot be made: what was written is not what can be read.")
    return counts


def check_backup(source: Path, keyring: Keyring, *, host: str | None = None) -> Counts:
    """Reads a backup through, every byte of it; what it holds. Raises BackupProblem, also if it lacks the site `host`."""
    with _opened(source) as file:
        reader = BackupReader(file, keyring)
        hosts = [record.host for record in reader.records() if isinstance(record, SiteRecord)]
    if host is not None and host not in hosts:
        held = ", ".join(hosts[:5]) or "no site"
        raise BackupProblem(f"The backup holds {held}, not the site of the settings, {host}; see `--other-site`.")
    return reader.counts


async def restore_backup(
    database: Database,
    vault: Vault,
    keyring: Keyring,
    source: Path,
    *,
    replace: bool = False,
    host: str | None = None,
) -> Counts:
    """Puts what a backup holds into an empty database, or with `replace` in place of what is there; what it holds.

    With `host`, the backup must hold that site: widgets of another would be there, and nobody would see them.
    The whole file is checked before the first row is written, and all rows are one transaction. `vault` must be a new
    one, and no server may use the database. Raises BackupProblem, ApiError.
    """
    checked = check_backup(source, keyring, host=host)
    async with database.writing() as connection:
        await _alone(connection)
        await _empty(connection, replace)
        restorer = _Restorer(connection, vault)
        with _opened(source) as file:
            reader = BackupReader(file, keyring)
            for record in reader.records():
                await restorer.put(record)
        if reader.counts != checked:
            raise BackupProblem("The backup was changed while it was read.")
    return checked


class _Restorer:
    """Puts records into the tables, sealed for their new places."""

    def __init__(self, connection: AsyncConnection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._sites: dict[str, Rows] = {}

    async def put(self, record: Record) -> None:
        match record:
            case SiteRecord():
                await self._site(record)
            case WidgetRecord():
                await self._rows(record.site_id).insert(WIDGETS, StoredWidget(**_common(record)))
            case DashboardRecord():
                items = tuple(StoredItem(item.widget_id, item.width, item.own_scope) for item in record.items)
                rows = self._rows(record.site_id)
                await rows.insert(DASHBOARDS, StoredDashboard(**_common(record), items=items))
                await rows.insert_items(record.id, items)
            case AuditRecord():
                region = self._rows(record.site_id).region
                values = {name: getattr(record, name) for name in record.__struct_fields__}
                await self._connection.execute(insert(audit).values(region=region, **values))
            case _:
                assert_never(record)

    async def _site(self, record: SiteRecord) -> None:
        values = {name: getattr(record, name) for name in record.__struct_fields__}
        await self._connection.execute(insert(sites).values(**values))
        for purpose in (CONFIGURATION, INDEX):
            await self._vault.make(self._connection, record.id, purpose)
        await self._vault.load(self._connection, record.id)
        self._sites[record.id] = Rows(self._connection, self._vault, Actor(record.id, ""), record.region)

    def _rows(self, site: str) -> Rows:
        if site not in self._sites:
            raise BackupProblem("The backup holds rows of a site that it does not hold.")
        return self._sites[site]


async def _records(connection: AsyncConnection, vault: Vault) -> AsyncIterator[Record]:
    for site in (await connection.execute(select(sites).order_by(sites.c.id))).all():
        yield SiteRecord(site.id, site.host, site.region, site.created_at)
        rows = Rows(connection, vault, Actor(site.id, ""), site.region)
        async for some in _pages(connection, widgets, site.id):
            for widget in await rows.opened(WIDGETS, some):
                yield WidgetRecord(site.id, *_values(widget))
        async for some in _pages(connection, dashboards, site.id):
            for board in await rows.opened(DASHBOARDS, some):
                values = _values(board)
                assert isinstance(board, StoredDashboard)
                items = tuple(ItemRecord(item.widget_id, item.width, item.own_scope) for item in board.items)
                yield DashboardRecord(site.id, *values, items)
        async for some in _pages(connection, audit, site.id):
            for row in some:
                what = (row.actor, row.action, row.object_type, row.object_id)
                yield AuditRecord(site.id, row.id, row.at, *what)


async def _pages(connection: AsyncConnection, table: Table, site: str) -> AsyncIterator[list[AnyRow]]:
    last = ""
    while True:
        query = select(table).where(table.c.site_id == site, table.c.id > last).order_by(table.c.id)
        rows = list((await connection.execute(query.limit(_ROWS_AT_ONCE))).all())
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _values(
    stored: StoredWidget | StoredDashboard | UnreadableRow,
) -> tuple[str, str, str, tuple[str, ...], int, int, int, bytes]:
    if isinstance(stored, UnreadableRow):
        raise BackupProblem(f"The backup cannot be made: the row {stored.id} of {stored.table} cannot be opened.")
    when = (stored.version, stored.created_at, stored.updated_at)
    return (stored.id, stored.owner, stored.visibility, stored.people, *when, stored.content)


def _common(record: ObjectRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in ObjectRecord.__struct_fields__ if name != "site_id"}


async def _alone(connection: AsyncConnection) -> None:
    """Raises BackupProblem while a server is connected; on SQLite, whoever opened the file to write has it alone."""
    if connection.dialect.name != "postgresql":
        return
    # A server that starts meanwhile waits, and finds what was restored.
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": STARTING_LOCK})
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    await connection.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE :ours"
        " AND application_name <> current_setting('application_name')"
    )
    if (await connection.execute(others, {"ours": f"{APPLICATION} %"})).scalar_one():
        raise BackupProblem("The backup cannot be restored while a server uses the database: stop it first.")


async def _empty(connection: AsyncConnection, replace: bool) -> None:
    """Raises BackupProblem for a database in which somebody has made something, unless that is to be replaced."""
    made = [
        table for table in (widgets, dashboards, audit) if (await connection.execute(select(table).limit(1))).first()
    ]
    if made and not replace:
        raise BackupProblem("The database is not empty; `--replace` puts the backup in place of what is there.")
    for table in reversed(metadata.sorted_tables):
        await connection.execute(delete(table))


@contextmanager
def _opened(source: Path) -> Iterator[BinaryIO]:
    try:
        with source.open("rb") as file:
            yield file
    except OSError as error:
        raise BackupProblem(f"The backup cannot be read: {error.strerror}.") from None


@contextmanager
def _new_file(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file beside the target, for its owner only, that takes the target's name on a clean exit and else is gone."""
    try:
        if target.exists():
            raise BackupProblem(_EXISTS)
        part = target.with_name(f".{target.name}.{uuid4().hex}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file, part
            _name(part, target)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise BackupProblem(_EXISTS) from None
    except OSError as error:
        raise BackupProblem(f"The backup cannot be written: {error.strerror}.") from None


def _name(part: Path, target: Path) -> None:
    """Gives a file its name, durably and never in place of another: unlike a renaming, a link fails where there is one."""
    os.link(part, target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
