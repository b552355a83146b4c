"""Databases that are read-only, full, locked, gone, slow, newer or not databases: said clearly, and nothing half done."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from resolvers.storage.database import open_database
from resolvers.storage.driver_errors import DatabaseFault
from resolvers.storage.errors import StorageProblem
from resolvers.storage.work import Actor
from schema.errors import ApiError, Code
from tests.storage.stores import Stores, database_url, open_stores, postgres_socket, run_sql

SQLITE, POSTGRESQL = [pytest.mark.parametrize("kind", [name], indirect=True) for name in ("sqlite", "postgresql")]


def path_of(stores: Stores) -> str:
    return stores.database.engine.url.database or ""


async def add(stores: Stores, actor: Actor, content: bytes = b"hidden words") -> str:
    async with stores.storage.writing(actor) as work:
        return (await work.add_widget(content, "PRIVATE", ())).id


async def refused(stores: Stores, actor: Actor) -> str:
    """What a writer is told; and nothing was written."""
    with pytest.raises(ApiError) as caught:
        await add(stores, actor)
    assert caught.value.code is Code.STORAGE_UNAVAILABLE
    assert caught.value.__cause__ is None
    assert "hidden" not in str(caught.value)
    return caught.value.message


async def count(stores: Stores, actor: Actor) -> int:
    async with stores.storage.reading(actor) as work:
        return (await work.counts())[0]


@asynccontextmanager
async def on_each_connection(stores: Stores, pragma: str) -> AsyncIterator[None]:
    """The one connection of the pool is told something for a while."""
    async with stores.database.reading() as connection:
        before = (await connection.execute(text(f"PRAGMA {pragma.partition('=')[0]}"))).scalar_one()
        await connection.execute(text(f"PRAGMA {pragma}"))
    yield
    async with stores.database.reading() as connection:
        await connection.execute(text(f"PRAGMA {pragma.partition('=')[0]}={before}"))


@SQLITE
async def test_a_read_only_file_refuses_writers_and_serves_readers(stores: Stores) -> None:
    anna = await stores.actor()
    await add(stores, anna)
    async with on_each_connection(stores, "query_only=1"):
        message = await refused(stores, anna)
        assert message == "The database cannot be used: it is read-only; nothing was changed."
        assert await count(stores, anna) == 1
        assert await stores.database.ready()
    await add(stores, anna)
    assert await count(stores, anna) == 2


@SQLITE
async def test_a_full_disk_refuses_writers_and_keeps_what_was_there(stores: Stores) -> None:
    anna = await stores.actor()
    kept = await add(stores, anna)
    async with on_each_connection(stores, "max_page_count=1"):
        for _ in range(3):
            with pytest.raises(ApiError, match="its disk is full; nothing was changed"):
                await add(stores, anna, b"x" * 100_000)
        async with stores.storage.reading(anna) as work:
            assert await work.widget(kept) is not None
            assert await work.counts() == (1, 0)
    await add(stores, anna, b"x" * 100_000)
    assert await count(stores, anna) == 2


@SQLITE
async def test_a_file_that_another_program_writes_to_is_waited_for_and_then_said_to_be_locked(url: str) -> None:
    async with open_stores(url, patience_seconds=0.3) as stores:
        anna = await stores.actor()
        await add(stores, anna)
        other = sqlite3.connect(path_of(stores), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert await refused(stores, anna) == (
            "The database cannot be used: it is locked by another program; nothing was changed."
        )
        assert await count(stores, anna) == 1
        other.execute("ROLLBACK")
        other.close()
        await add(stores, anna)


@SQLITE
async def test_a_unit_that_writes_has_the_file_from_its_beginning(stores: Stores) -> None:
    anna = await stores.actor()
    await add(stores, anna)
    other = sqlite3.connect(path_of(stores), isolation_level=None, timeout=0)
    async with stores.storage.writing(anna):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    async with stores.storage.reading(anna):
        other.execute("BEGIN IMMEDIATE")
    other.close()


@SQLITE
async def test_a_writer_whose_turn_does_not_come_is_told_that_the_database_is_busy(url: str) -> None:
    async with open_stores(url, patience_seconds=0.2) as stores:
        anna = await stores.actor()
        await add(stores, anna)
        async with stores.storage.writing(anna):
            assert "it is busy; nothing was changed" in await refused(stores, anna)


@SQLITE
async def test_a_second_server_on_the_same_file_is_refused_until_the_first_ends(stores: Stores) -> None:
    with pytest.raises(StorageProblem, match="in use by another process"):
        await open_database(stores.url)
    # A backup beside the server is not.
    await (await open_database(stores.url, serving=False)).aclose()
    await stores.database.aclose()
    await (await open_database(stores.url)).aclose()


@SQLITE
async def test_a_second_server_is_refused_by_another_name_of_the_file_too(stores: Stores, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    await asyncio.to_thread(link.symlink_to, path_of(stores))
    with pytest.raises(StorageProblem, match="in use by another process"):
        await open_database(f"sqlite:///{link}")


@SQLITE
async def test_a_server_that_was_killed_does_not_keep_the_file(url: str) -> None:
    code = "import asyncio,sys,os,signal;from resolvers.storage.database import open_database\n"
    code += "asyncio.run(open_database(sys.argv[1]));os.kill(os.getpid(), signal.SIGKILL)"
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, url], check=False, capture_output=True)
    await (await open_database(url)).aclose()


@SQLITE
async def test_its_files_are_for_their_owner_only(stores: Stores) -> None:
    await add(stores, await stores.actor())
    folder = Path(path_of(stores)).parent
    modes = await asyncio.to_thread(lambda: {each.name[-3:]: each.stat().st_mode & 0o777 for each in folder.iterdir()})
    assert modes == {".db": 0o600, "wal": 0o600, "shm": 0o600, "ock": 0o600}


# Root may write to everything, so that a process of root's tries as another user; all is imported by then.
_OPEN_READ_ONLY = """
import asyncio, os, sys
from resolvers.storage.database import open_database
from resolvers.storage.errors import StorageProblem

async def main(first, second):
    await (await open_database(first)).aclose()
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        await open_database(second)
    except StorageProblem as problem:
        print(problem)

asyncio.run(main(*sys.argv[1:]))
"""


def _below_temp(path: Path) -> list[Path]:
    """The folder and those above it that pytest made, which are closed to other users."""
    temporary = Path(tempfile.gettempdir()).resolve()
    return [each for each in (path, *path.parents) if each != temporary and each.is_relative_to(temporary)]


@SQLITE
async def test_a_read_only_file_at_the_start_is_one_line_for_the_operator(url: str, tmp_path: Path) -> None:
    await (await open_database(url)).aclose()

    def start() -> str:
        for each in tmp_path.iterdir():
            each.chmod(0o444 if each.suffix == ".db" else 0o666)
        for folder in _below_temp(tmp_path) if os.geteuid() == 0 else ():
            folder.chmod(0o755)
        command = [sys.executable, "-c", _OPEN_READ_ONLY, f"sqlite:///{tmp_path / 'other.db'}", url]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert await asyncio.to_thread(start) == "The database cannot be opened: it is read-only.\n"


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    await asyncio.to_thread(file.write_text, "this is a letter " * 100)
    with pytest.raises(StorageProblem, match="its file is no database"):
        await open_database(f"sqlite:///{file}")
    assert await asyncio.to_thread(file.read_text) == "this is a letter " * 100


async def test_a_newer_database_is_refused_and_left_as_it_is(url: str) -> None:
    async with open_stores(url) as stores:
        await add(stores, await stores.actor())
        async with stores.database.writing() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for serving in (True, False):
        with pytest.raises(StorageProblem, match="newer version of ITSM Reports"):
            await open_database(url, serving=serving)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "give sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("mysql://localhost/x", "neither of SQLite nor of PostgreSQL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////proc/nowhere/x.db", "cannot be made or opened"),
        ("postgresql://anna:hidden@127.0.0.1:1/x", "it cannot be reached"),
        ("postgresql://anna:hidden@localhost/x?ssl=prefer", "ssl is verify-full"),
        ("postgresql://anna:hidden@db.example/x?sslrootcert=/nowhere", "sslrootcert names cannot be read"),
    ],
)
async def test_what_cannot_be_opened_is_said_in_one_line_without_its_secrets(url: str, said: str) -> None:
    with pytest.raises(StorageProblem) as caught:
        await open_database(url)
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


@POSTGRESQL
async def test_a_server_that_is_set_to_read_only_refuses_writers(url: str) -> None:
    async with open_stores(url) as stores:
        anna = await stores.actor()
        await add(stores, anna)
        name = stores.database.engine.url.database
        await run_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await stores.database.engine.dispose()
        assert "it is read-only; nothing was changed" in await refused(stores, anna)
        assert await count(stores, anna) == 1
    with pytest.raises(StorageProblem, match="it is read-only"):
        await open_database(url)


@POSTGRESQL
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "its disk is full"),
        ("53300", "no room for more connections"),
        ("57014", "it took too long"),
        ("40P01", "others changed the same"),
        ("58030", "its disk fails"),
        ("42501", "its user lacks a right"),
    ],
)
async def test_each_state_of_a_server_has_its_words(stores: Stores, state: str, said: str) -> None:
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'hidden words' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(ApiError, match=said) as caught:
        async with stores.database.writing() as connection:
            await connection.execute(text(raising))
    assert "hidden" not in str(caught.value)


@POSTGRESQL
async def test_a_row_that_another_program_holds_is_waited_for_and_then_said_to_be_locked(url: str) -> None:
    async with open_stores(url, patience_seconds=0.3) as stores, open_stores(url) as other:
        anna = await stores.actor()
        widget = await add(stores, anna)
        async with other.storage.writing(anna) as holding:
            await holding.change_widget(widget, 1, content=b"first")
            with pytest.raises(ApiError, match="it is locked by another program; nothing was changed"):
                async with stores.storage.writing(anna) as work:
                    await work.change_widget(widget, 1, content=b"second")


@POSTGRESQL
async def test_a_statement_that_takes_too_long_is_ended(stores: Stores) -> None:
    with pytest.raises(ApiError, match="it took too long"):
        async with stores.database.reading() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 50"))
            await connection.execute(text("SELECT pg_sleep(5)"))


async def hang_up(stores: Stores) -> None:
    name = stores.database.engine.url.database
    await run_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


@POSTGRESQL
async def test_a_connection_that_is_lost_half_way_changes_nothing_and_the_next_one_is_new(stores: Stores) -> None:
    anna = await stores.actor()
    await add(stores, anna)
    with pytest.raises(ApiError, match="lost; nothing was changed"):
        async with stores.storage.writing(anna) as work:
            await work.add_widget(b"x", "PRIVATE", ())
            await hang_up(stores)
            await work.add_widget(b"y", "PRIVATE", ())
    await add(stores, anna)
    await hang_up(stores)
    await add(stores, anna)
    assert await count(stores, anna) == 3


@POSTGRESQL
async def test_a_connection_that_is_lost_at_the_very_end_leaves_the_outcome_open_and_says_so(stores: Stores) -> None:
    anna = await stores.actor()
    with pytest.raises(ApiError, match="whether the change was made is not known"):
        async with stores.storage.writing(anna) as work:
            await work.add_widget(b"x", "PRIVATE", ())
            await hang_up(stores)
    assert await count(stores, anna) == 0


async def test_a_database_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    async with database_url("postgresql", tmp_path) as url, open_stores(url) as stores:
        assert await stores.database.ready()
        await run_sql(f"DROP DATABASE {stores.database.engine.url.database} WITH (FORCE)")
        assert not await stores.database.ready()
        with pytest.raises(ApiError, match="it does not exist"):
            await stores.storage.site("a.atlassian.net")
        await run_sql(f"CREATE DATABASE {stores.database.engine.url.database}")


@POSTGRESQL
async def test_a_role_that_does_not_exist_is_said(url: str) -> None:
    name = make_url(url).database
    with pytest.raises(StorageProblem, match="does not accept the user"):
        await open_database(f"postgresql://nobody_here@/{name}?host={postgres_socket()}")


async def test_a_statement_of_ours_that_is_wrong_says_nothing_of_its_values(stores: Stores) -> None:
    with pytest.raises(DatabaseFault) as caught:
        async with stores.database.writing() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "hidden words"})
    assert "hidden" not in repr(caught.value)
    assert caught.value.__cause__ is None


@SQLITE
async def test_a_file_that_was_removed_or_replaced_takes_no_writes_that_would_be_lost(url: str) -> None:
    async with open_stores(url) as stores:
        anna = await stores.actor()
        await add(stores, anna)
        file = Path(path_of(stores))
        away = file.with_suffix(".away")
        for replaced in (False, True):
            await asyncio.to_thread(file.rename, away)
            if replaced:
                await asyncio.to_thread(file.touch)
            assert "its file was removed or replaced while the server ran" in await refused(stores, anna)
            assert not await stores.database.ready()
            assert await asyncio.to_thread(file.exists) is replaced
            await asyncio.to_thread(away.rename, file)
        await add(stores, anna)
        assert await count(stores, anna) == 2
