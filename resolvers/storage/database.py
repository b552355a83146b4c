"""A database opened: where it is, its transactions, and that it has this version's tables.

Units of work are one transaction each. On SQLite a writing one begins with BEGIN IMMEDIATE, so that it meets a lock before it has done
anything, and one process serves a file: a lock beside it is held as long as it is open. Several servers need PostgreSQL.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from resolvers.storage.address import Address, make_file
from resolvers.storage.driver_errors import (
    UNKNOWN,
    UNREACHABLE,
    DatabaseFault,
    reason_of,
    telling,
    telling_of_connecting,
    unavailable,
)
from resolvers.storage.errors import StorageProblem
from resolvers.storage.file_lock import FileLock
from resolvers.storage.migrating import ensure_current, ensure_known
from schema.errors import ApiError

_READY_SECONDS = 2.0
PATIENCE_SECONDS = 5.0
"""How long a unit of work waits for a lock, or for its turn to write."""
_WRITES = "itsm_writes"


class Database:
    """The transactions of one database. Made by `open_database`."""

    def __init__(
        self, engine: AsyncEngine, lock: FileLock | None = None, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # A snapshot of its own for each unit, so that a page and its count agree. SQLite gives that as it is.
        reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = engine.execution_options(**reading)
        self._writing = engine.execution_options(**{_WRITES: True})
        self._lock = lock
        self._patience_seconds = patience_seconds
        # SQLite has one writer: in line here it is fair, where SQLite's own waiting is a matter of luck.
        self._writers = asyncio.Lock() if self.is_sqlite else None
        self._file = _identity(engine)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the database. Raises ApiError STORAGE_UNAVAILABLE."""
        async with AsyncExitStack() as stack:
            connection = await self._begun(stack, self._reading)
            with telling():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed on a clean exit, else rolled back. Raises ApiError STORAGE_UNAVAILABLE."""
        async with AsyncExitStack() as stack:
            await self._in_line(stack)
            connection = await self._begun(stack, self._writing)
            with telling():
                yield connection
            # A file's commit fails as a whole; of a server that went away nobody knows what it still did.
            with telling() if self.is_sqlite else telling(UNKNOWN):
                await connection.commit()

    async def ready(self) -> bool:
        """Whether the database answers, within two seconds."""
        try:
            async with asyncio.timeout(_READY_SECONDS), self.reading() as connection:
                await connection.execute(text("SELECT 1 FROM alembic_version"))
        except (ApiError, DatabaseFault, TimeoutError):
            return False
        return True

    async def aclose(self) -> None:
        """Closes all connections and lets another process have the file."""
        await self.engine.dispose()
        if self._lock is not None:
            self._lock.release()

    async def _begun(self, stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
        # An open file that was deleted can still be written to: what is said to be saved would be lost.
        if _identity(engine) != self._file:
            raise unavailable("its file was removed or replaced while the server ran")
        with telling_of_connecting():
            connection = await stack.enter_async_context(engine.connect())
            await connection.begin()
        return connection

    async def _in_line(self, stack: AsyncExitStack) -> None:
        if self._writers is None:
            return
        try:
            async with asyncio.timeout(self._patience_seconds):
                await stack.enter_async_context(self._writers)
        except TimeoutError:
            raise unavailable("it is busy") from None


async def open_database(url: str, *, serving: bool = True, patience_seconds: float = PATIENCE_SECONDS) -> Database:
    """The database at an SQLAlchemy URL (sqlite or postgresql), made if it is a file that is not there, with this version's tables.

    Without `serving` (a backup beside a server) it takes no lock and changes no table. Raises StorageProblem, a line for the
    operator: unreachable, read-only, of a newer version, in use by another server.
    """
    address = Address(url)
    lock = _file_ready(address.file, serving) if address.file is not None else None
    database = Database(_engine(address, int(patience_seconds * 1000)), lock, patience_seconds)
    try:
        await _prepare(database, serving)
    except BaseException:
        await database.aclose()
        raise
    return database


def _file_ready(file: Path, serving: bool) -> FileLock | None:
    if serving:
        make_file(file)
        return FileLock.of(file.resolve())  # a link to the file leads to the same lock
    if not file.is_file():
        raise StorageProblem("The database cannot be opened: there is no such file.")
    return None


async def _prepare(database: Database, serving: bool) -> None:
    try:
        if not serving:
            async with database.engine.connect() as connection:
                await connection.run_sync(ensure_known)
            return
        async with database.engine.execution_options(**{_WRITES: True}).begin() as connection:
            await connection.run_sync(ensure_current)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        reason = reason_of(error) or (UNREACHABLE if isinstance(error, OSError) else "it refuses this version's tables")
        raise StorageProblem(f"The database cannot be opened: {reason}.") from None


def _identity(engine: AsyncEngine) -> tuple[int, int] | None:
    """Which file an SQLite database is, whatever its name leads to by now; None where there is none."""
    if engine.dialect.name != "sqlite":
        return None
    try:
        found = os.stat(engine.url.database or "")
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _engine(address: Address, patience_ms: int) -> AsyncEngine:
    if address.file is not None:
        engine = create_async_engine(address.url, hide_parameters=True, pool_size=5, max_overflow=10, pool_timeout=10)
        event.listen(engine.sync_engine, "connect", partial(_set_up_sqlite, patience_ms))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    return create_async_engine(
        address.url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args=address.connect_args(patience_ms),
    )


def _set_up_sqlite(patience_ms: int, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Each connection: our own BEGIN, no answer before it is on the disk, foreign keys, nothing left of deleted rows."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={patience_ms}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
