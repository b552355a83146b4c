"""Backups: of one state while writers go on, whole or not at all, and restored whole or not at all."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import create_async_engine

from resolvers.encryption import Keyring, new_key
from resolvers.storage.backup import check_backup, restore_backup, write_backup
from resolvers.storage.backup_file import BackupReader, BackupWriter, Counts, WidgetRecord
from resolvers.storage.database import open_database
from resolvers.storage.driver_errors import DatabaseFault
from resolvers.storage.errors import BackupProblem
from resolvers.storage.migrating import STARTING_LOCK
from resolvers.storage.models import metadata, widgets
from resolvers.storage.vault import Vault
from resolvers.storage.work import StoredDashboard, StoredItem, StoredWidget, UnreadableRow
from schema.errors import ApiError
from tests.storage.stores import HOST, KEY, Stores, database_url, open_stores, utc_now

KEYRING = Keyring([KEY])
Everything = dict[str, list[StoredWidget | StoredDashboard | UnreadableRow]]


async def fill(stores: Stores, number: int = 5) -> None:
    """Widgets and dashboards of two people on two sites, changed here and there, and a key of the cache."""
    for host in (HOST, "other.atlassian.net"):
        for name in ("anna", "bob"):
            actor = await stores.actor(name, host)
            async with stores.storage.writing(actor) as work:
                made = [await work.add_widget(f"größer {n}".encode(), "PEOPLE", ("anna", "bob")) for n in range(number)]
                items = [StoredItem(each.id, n, own_scope=n % 2 == 0) for n, each in enumerate(reversed(made))]
                await work.add_dashboard(b"board", "SITE", (), items)
                await work.change_widget(made[0].id, 1, content=b"changed")
        await stores.vault.cache_sealer(actor.site).seal(b"x", ())


async def everything(stores: Stores) -> Everything:
    """What each person sees on each site."""
    found: Everything = {}
    for host in (HOST, "other.atlassian.net"):
        for name in ("anna", "bob"):
            async with stores.storage.reading(await stores.actor(name, host)) as work:
                found[f"{host} {name}"] = [
                    *(await work.widget_page(999, None))[0],
                    *(await work.dashboard_page(99, None))[0],
                ]
    return found


async def rows_of(stores: Stores) -> dict[str, int]:
    async with stores.database.reading() as connection:
        tables = metadata.sorted_tables
        return {table.name: len((await connection.execute(select(table))).all()) for table in tables}


async def backup(stores: Stores, file: Path) -> Counts:
    return await write_backup(stores.database, stores.vault, KEYRING, file, now=utc_now)


async def restore(url: str, file: Path, keyring: Keyring = KEYRING, *, replace: bool = False) -> Counts:
    database = await open_database(url)
    try:
        vault = Vault(database, keyring, now=utc_now)
        return await restore_backup(database, vault, keyring, file, replace=replace)
    finally:
        await database.aclose()


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_what_is_restored_into_either_database_is_what_was_there(
    stores: Stores, target: str, tmp_path: Path
) -> None:
    await fill(stores)
    file = tmp_path / "x.backup"
    counts = await backup(stores, file)
    before = await everything(stores)
    assert counts == {"site": 2, "widget": 20, "dashboard": 4, "audit": 28}
    async with database_url(target, tmp_path) as url:
        assert await restore(url, file) == counts
        async with open_stores(url) as restored:
            assert await everything(restored) == before
            old, new = await rows_of(stores), await rows_of(restored)
            # Keys are made anew, and those of the cache were not in the backup.
            assert (old.pop("data_keys"), new.pop("data_keys")) == (6, 4)
            assert old == new
            async with restored.storage.writing(await restored.actor()) as work:
                await work.add_widget(b"goes on", "PRIVATE", ())


async def test_a_backup_holds_nothing_in_clear_and_is_for_its_owner_only(stores: Stores, tmp_path: Path) -> None:
    await fill(stores)
    file = tmp_path / "x.backup"
    await backup(stores, file)
    content = await asyncio.to_thread(file.read_bytes)
    assert not [word for word in ("größer", "anna", HOST, "changed") if word.encode() in content]
    assert stat.S_IMODE((await asyncio.to_thread(file.stat)).st_mode) == 0o600
    assert await asyncio.to_thread(lambda: [each.name for each in tmp_path.iterdir() if "backup" in each.name]) == [
        file.name
    ]


async def test_a_backup_is_of_one_state_while_writers_go_on(stores: Stores, tmp_path: Path) -> None:
    anna = await stores.actor()
    done = asyncio.Event()

    async def pairs() -> None:
        while not done.is_set():
            async with stores.storage.writing(anna) as work:
                widget = await work.add_widget(b"w" * 2_000, "PRIVATE", ())
                await work.add_dashboard(b"d", "PRIVATE", (), [StoredItem(widget.id, 1, own_scope=False)])

    async def backups() -> list[Counts]:
        try:
            await asyncio.sleep(0.3)
            return [await backup(stores, tmp_path / f"{number}.backup") for number in range(6)]
        finally:
            done.set()

    counts = (await asyncio.gather(backups(), pairs(), pairs()))[0]
    for each in counts:
        assert each["widget"] == each["dashboard"] == each["audit"] / 2
    assert len({each["widget"] for each in counts}) > 1
    async with database_url("sqlite", tmp_path) as url:
        assert await restore(url, tmp_path / "3.backup") == counts[3]


async def test_a_backup_is_never_written_over_another_file(stores: Stores, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    await asyncio.to_thread(file.write_text, "keep me")
    with pytest.raises(BackupProblem, match="left as it is"):
        await backup(stores, file)
    with pytest.raises(BackupProblem, match="left as it is"):
        await backup(stores, Path("/"))
    with pytest.raises(BackupProblem, match="cannot be written: No such file"):
        await backup(stores, tmp_path / "nowhere" / "x.backup")
    with pytest.raises(BackupProblem, match="cannot be written: File name too long"):
        await backup(stores, tmp_path / ("x" * 300))
    assert await asyncio.to_thread(file.read_text) == "keep me"


async def test_a_row_that_cannot_be_opened_is_named_and_no_backup_is_left(stores: Stores, tmp_path: Path) -> None:
    await fill(stores)
    async with stores.database.writing() as connection:
        row = (await connection.execute(select(widgets.c.id).limit(1))).scalar_one()
        await connection.execute(update(widgets).where(widgets.c.id == row).values(content=b"garbage"))
    with pytest.raises(BackupProblem, match=f"the row {row} of widgets cannot be opened"):
        await backup(stores, tmp_path / "x.backup")
    assert await asyncio.to_thread(lambda: [each for each in tmp_path.iterdir() if "backup" in each.name]) == []


async def test_a_database_that_is_not_empty_is_replaced_only_when_asked(url: str, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    async with open_stores(url) as stores:
        await fill(stores)
        before = await everything(stores)
        await backup(stores, file)
        async with stores.storage.writing(await stores.actor()) as work:
            await work.add_widget(b"later", "PRIVATE", ())
        later = await everything(stores)
    with pytest.raises(BackupProblem, match="not empty"):
        await restore(url, file)
    async with open_stores(url) as stores:
        assert await everything(stores) == later != before
    await restore(url, file, replace=True)
    async with open_stores(url) as stores:
        assert await everything(stores) == before


async def test_a_database_that_a_server_uses_is_left_alone(stores: Stores, tmp_path: Path) -> None:
    await fill(stores)
    file = tmp_path / "x.backup"
    await backup(stores, file)
    with pytest.raises(Exception, match=r"in use by another process|stop it first"):
        await restore(stores.url, file, replace=True)
    assert len((await everything(stores))[f"{HOST} anna"]) == 12


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_restore_and_a_server_that_starts_wait_for_each_other(stores: Stores, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    await fill(stores)
    await backup(stores, file)
    async with database_url("postgresql", tmp_path) as url:
        database = await open_database(url, patience_seconds=0.2)
        try:
            async with open_starting(url):
                vault = Vault(database, KEYRING, now=utc_now)
                with pytest.raises(ApiError, match="locked by another program"):
                    await restore_backup(database, vault, KEYRING, file)
        finally:
            await database.aclose()


@asynccontextmanager
async def open_starting(url: str) -> AsyncIterator[None]:
    """What a server holds while it looks after the tables."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": STARTING_LOCK})
        yield
    await engine.dispose()


async def test_a_key_that_is_not_at_hand_is_named(stores: Stores, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    await backup(stores, file)
    async with database_url("sqlite", tmp_path) as url:
        with pytest.raises(BackupProblem, match=f"lacks the key {KEYRING.newest}"):
            await restore(url, file, Keyring([new_key()]))
        assert await restore(url, file, Keyring([new_key(), KEY])) == {}


def swap_halves(content: bytes) -> bytes:
    return content[: len(content) // 2] + content[len(content) // 2 :][::-1]


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda content: b"", "no backup of this server"),
        (lambda content: b"PK" + content, "no backup of this server"),
        (lambda content: content[:8] + b"\x00\x02" + content[10:], "format 2, this version knows 1"),
        (lambda content: content[:10] + b"\xff\xff\xff\xff" + content[14:], "damaged"),
        (lambda content: content[:-1], "damaged"),
        (lambda content: content + b"\x00", "damaged"),
        (swap_halves, "damaged"),
    ],
    ids=["empty", "foreign", "newer", "endless header", "cut off", "longer", "turned"],
)
async def test_a_file_that_is_not_whole_changes_nothing(
    stores: Stores, tmp_path: Path, alter: Callable[[bytes], bytes], said: str
) -> None:
    await fill(stores)
    file = tmp_path / "x.backup"
    await backup(stores, file)
    content = await asyncio.to_thread(file.read_bytes)
    await asyncio.to_thread(file.write_bytes, alter(content))
    async with database_url("sqlite", tmp_path) as url:
        with pytest.raises(BackupProblem, match=said):
            await restore(url, file, replace=True)
        async with open_stores(url) as empty:
            assert set((await rows_of(empty)).values()) == {0}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_backup_cut_off_or_altered_at_any_byte_is_refused(stores: Stores, tmp_path: Path) -> None:
    await fill(stores, number=1)
    file, damaged = tmp_path / "x.backup", tmp_path / "y.backup"
    await backup(stores, file)
    content = await asyncio.to_thread(file.read_bytes)

    def try_all() -> None:
        for index in range(len(content)):
            for altered in (content[:index], content[:index] + bytes((content[index] ^ 1,)) + content[index + 1 :]):
                damaged.write_bytes(altered)
                with pytest.raises(BackupProblem):
                    check_backup(damaged, KEYRING)

    await asyncio.to_thread(try_all)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_frames_of_a_large_backup_can_be_neither_left_out_nor_doubled(stores: Stores, tmp_path: Path) -> None:
    anna = await stores.actor()
    file = tmp_path / "x.backup"
    async with stores.storage.writing(anna) as work:
        for _ in range(10):
            await work.add_widget(bytes(range(256)) * 4_000, "PRIVATE", ())
    await backup(stores, file)
    content = await asyncio.to_thread(file.read_bytes)
    start = 14 + int.from_bytes(content[10:14], "big")
    frames, at = [], start
    while at < len(content):
        end = at + 5 + int.from_bytes(content[at : at + 4], "big")
        frames.append(content[at:end])
        at = end
    assert len(frames) > 3
    wrong = [
        frames[1:],
        frames[:-1],
        [frames[0], *frames],
        [frames[1], frames[0], *frames[2:]],
        [frames[-1]],
        [*frames, frames[-1]],
    ]
    for order in wrong:
        await asyncio.to_thread(file.write_bytes, content[:start] + b"".join(order))
        with pytest.raises(BackupProblem, match="damaged"):
            check_backup(file, KEYRING)


async def test_a_restore_that_fails_in_the_midst_leaves_what_was_there(url: str, tmp_path: Path) -> None:
    file = tmp_path / "x.backup"
    async with open_stores(url) as stores:
        await fill(stores)
        await backup(stores, file)
        before = await everything(stores)
    # Soundly sealed, and yet its dashboards have places for widgets that it has not.
    other = tmp_path / "y.backup"
    await asyncio.to_thread(_without_widgets, file, other)
    with pytest.raises(DatabaseFault):
        await restore(url, other, replace=True)
    async with open_stores(url) as stores:
        assert await everything(stores) == before


def _without_widgets(file: Path, target: Path) -> None:
    with file.open("rb") as source, target.open("wb") as to:
        writer = BackupWriter(to, KEYRING, 0)
        for record in BackupReader(source, KEYRING).records():
            if not isinstance(record, WidgetRecord):
                writer.add(record)
        writer.finish()
