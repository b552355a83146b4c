"""What lies in the database is sealed for its place, and what does not open is named without its content."""

import asyncio
import itertools
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select, text, update

from resolvers.encryption import KeyMissing, Keyring, Unopenable, key_id_of, new_key
from resolvers.figures.periods import millis
from resolvers.storage.errors import StorageProblem
from resolvers.storage.models import dashboards, data_keys, widgets
from resolvers.storage.vault import CACHE, Vault
from resolvers.storage.work import Actor, StoredWidget, UnreadableRow
from schema.errors import ApiError, Code
from tests.storage.stores import KEY, Stores, open_stores

CANARIES = (
    "Umsatz der Königin",
    "project = KANARI AND reporter = currentUser()",
    "Wilhelmine Vogelsang",
    "kolibri-key",
)


async def add(stores: Stores, actor: Actor, content: bytes = b"w", people: tuple[str, ...] = ()) -> StoredWidget:
    async with stores.storage.writing(actor) as work:
        return await work.add_widget(content, "PEOPLE", people)


async def write_canaries(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna, "\n".join(CANARIES[:2]).encode(), CANARIES[2:])
    async with stores.storage.writing(anna) as work:
        await work.change_widget(widget.id, 1, content="\n".join(CANARIES[:2]).encode() * 2)
        await work.add_dashboard(CANARIES[0].encode(), "PEOPLE", CANARIES[2:], ())


async def everything(stores: Stores) -> bytes:
    """All bytes in which the database keeps rows: files with their log, or every column of every table as the server has it."""
    if stores.database.is_sqlite:
        files = await asyncio.to_thread(
            lambda: [each for each in Path(stores.database.engine.url.database or "").parent.iterdir()]
        )
        return b"".join([await asyncio.to_thread(each.read_bytes) for each in files])
    async with stores.database.reading() as connection:
        tables = [table.name for table in widgets.metadata.sorted_tables]
        found = [(await connection.execute(text(f"SELECT * FROM {name}"))).all() for name in tables]
    cells = [cell for rows in found for row in rows for cell in row]
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


@pytest.mark.parametrize("encrypted", [True, False], ids=["sealed", "in clear"])
async def test_nothing_that_people_wrote_is_found_in_the_database_unless_sealing_is_left_out(
    url: str, encrypted: bool
) -> None:
    async with open_stores(url, encrypted=encrypted) as stores:
        await write_canaries(stores)
        kept = await everything(stores)
    found = [canary for canary in CANARIES if canary.encode() in kept]
    assert found == ([] if encrypted else list(CANARIES))


async def cells(stores: Stores) -> list[tuple[Table, str, str, str]]:
    """Every sealed cell of widgets and dashboards: table, site, id, column."""
    found = []
    async with stores.database.reading() as connection:
        for table in (widgets, dashboards):
            for row in (await connection.execute(select(table).order_by(table.c.id))).all():
                found += [(table, row.site_id, row.id, column) for column in ("content", "people")]
    return found


async def swap(stores: Stores, one: tuple[Table, str, str, str], other: tuple[Table, str, str, str]) -> None:
    async with stores.database.writing() as connection:
        read: list[tuple[Any, Any]] = []
        for table, site, row, column in (one, other):
            query = select(table.c[column], table.c.data_key_id).where(table.c.site_id == site, table.c.id == row)
            found = (await connection.execute(query)).one()
            read.append((found[0], found[1]))
        for (table, site, row, column), (blob, _key) in zip((one, other), reversed(read), strict=True):
            this = (table.c.site_id == site, table.c.id == row)
            await connection.execute(update(table).where(*this).values({column: blob}))


async def told(stores: Stores, actors: dict[str, Actor], cell: tuple[Table, str, str, str]) -> ApiError:
    table, site, row, _column = cell
    with pytest.raises(ApiError) as caught:
        async with stores.storage.reading(actors[site]) as work:
            await (work.widget(row) if table is widgets else work.dashboard(row))
    return caught.value


async def test_every_pair_of_cells_that_is_swapped_opens_no_more_and_names_its_row(stores: Stores) -> None:
    anna, other = await stores.actor("anna"), await stores.actor("anna", "other.atlassian.net")
    actors = {actor.site: actor for actor in (anna, other)}
    for actor in (anna, anna, other):
        await add(stores, actor, b"secret words", ("secret name",))
        async with stores.storage.writing(actor) as work:
            await work.add_dashboard(b"secret words", "PEOPLE", ("secret name",), ())
    pairs = list(itertools.combinations(await cells(stores), 2))
    assert len(pairs) == 66
    for one, two in pairs:
        await swap(stores, one, two)
        for cell in (one, two):
            error = await told(stores, actors, cell)
            assert error.code is Code.STORAGE_UNAVAILABLE
            assert (cell[0].name in error.message, cell[2] in error.message) == (True, True)
            assert "secret" not in error.message
        await swap(stores, one, two)
    async with stores.storage.reading(anna) as work:
        assert all(isinstance(each, StoredWidget) for each in (await work.widget_page(9, None))[0])


async def test_an_older_copy_of_the_same_row_does_not_open(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna)
    async with stores.database.reading() as connection:
        old = (await connection.execute(select(widgets.c.content))).scalar_one()
    async with stores.storage.writing(anna) as work:
        await work.change_widget(widget.id, 1, content=b"new")
    async with stores.database.writing() as connection:
        await connection.execute(update(widgets).values(content=old))
    await told(stores, {anna.site: anna}, (widgets, anna.site, widget.id, "content"))


async def test_one_row_that_does_not_open_leaves_the_others_of_a_list_readable(stores: Stores) -> None:
    anna = await stores.actor()
    some = [await add(stores, anna) for _ in range(3)]
    async with stores.database.writing() as connection:
        await connection.execute(update(widgets).where(widgets.c.id == some[1].id).values(content=b"\x01garbage"))
    async with stores.storage.reading(anna) as work:
        page, total = await work.widget_page(10, None)
        by_ids = await work.widgets([each.id for each in some])
    damaged = UnreadableRow("widgets", some[1].id, some[1].owner, some[1].version, some[1].created_at)
    assert {each.id: each for each in page} == by_ids
    assert by_ids == {some[0].id: some[0], some[1].id: damaged, some[2].id: some[2]}
    assert total == 3
    assert damaged.error().extensions == {"code": "STORAGE_UNAVAILABLE", "table": "widgets", "id": some[1].id}


async def test_a_key_that_the_settings_lack_is_named_at_the_start(url: str) -> None:
    async with open_stores(url) as stores:
        await add(stores, await stores.actor())
        named = stores.vault._keyring.newest
    with pytest.raises(StorageProblem) as caught:
        async with open_stores(url, keys=(new_key(),)):
            pass
    assert named in str(caught.value)
    assert KEY not in str(caught.value)


async def test_data_keys_open_in_their_own_row_only(url: str) -> None:
    async with open_stores(url) as stores:
        await add(stores, await stores.actor())
        async with stores.database.writing() as connection:
            rows = (await connection.execute(select(data_keys))).all()
            for row, other in zip(rows, reversed(rows), strict=True):
                await connection.execute(
                    update(data_keys).where(data_keys.c.id == row.id).values(wrapped=other.wrapped)
                )
    with pytest.raises(StorageProblem, match=f"({'|'.join(row.id for row in rows)}) of data_keys"):
        async with open_stores(url):
            pass


async def test_keys_are_wrapped_again_by_the_newest_and_the_old_one_can_go(url: str) -> None:
    new = new_key()
    async with open_stores(url) as stores:
        widget = await add(stores, await stores.actor())
    async with open_stores(url, keys=(new, KEY)) as stores:
        assert await stores.vault.rewrap() == 2
        assert await stores.vault.rewrap() == 0
    async with open_stores(url, keys=(new,)) as stores, stores.storage.reading(await stores.actor()) as work:
        assert await work.widget(widget.id) == widget


class Clock:
    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant


async def key_ids(stores: Stores, purpose: str) -> Sequence[str]:
    async with stores.database.reading() as connection:
        query = select(data_keys.c.id).where(data_keys.c.purpose == purpose).order_by(data_keys.c.slot)
        return (await connection.execute(query)).scalars().all()


async def test_rows_get_a_new_key_each_year_and_older_ones_stay_readable(url: str) -> None:
    clock = Clock()
    async with open_stores(url, now=clock) as stores:
        anna = await stores.actor()
        old = await add(stores, anna)
        clock.instant += timedelta(days=366)
        new = await add(stores, anna)
        assert len(await key_ids(stores, "configuration")) == 2
    async with open_stores(url, now=clock) as stores, stores.storage.reading(anna) as work:
        assert await work.widgets([old.id, new.id]) == {old.id: old, new.id: new}


async def test_the_cache_has_a_key_for_each_hour_that_goes_an_hour_later(url: str) -> None:
    clock = Clock()
    async with open_stores(url, now=clock) as stores:
        sealer = stores.vault.cache_sealer((await stores.actor()).site)
        blob = await sealer.seal(b"names", ("key",))
        assert await sealer.unseal(blob, ("key",)) == b"names"
        assert key_id_of(await sealer.seal(b"x", ())) == key_id_of(blob)
        clock.instant += timedelta(minutes=60)
        assert key_id_of(await sealer.seal(b"x", ())) != key_id_of(blob)
        clock.instant += timedelta(minutes=59)
        await stores.vault.delete_expired()
        assert await sealer.unseal(blob, ("key",)) == b"names"
        clock.instant += timedelta(minutes=1)
        with pytest.raises(KeyMissing):
            await sealer.unseal(blob, ("key",))
        await stores.vault.delete_expired()
        assert key_id_of(blob) not in await key_ids(stores, CACHE)


async def test_a_key_of_the_cache_that_a_server_with_a_wrong_clock_made_opens_but_does_not_seal(url: str) -> None:
    clock, ahead = Clock(), Clock()
    ahead.instant += timedelta(days=400)
    async with open_stores(url, now=clock) as stores:
        site = (await stores.actor()).site
        sealer = stores.vault.cache_sealer(site)
        of_the_future = Vault(stores.database, Keyring([KEY]), now=ahead).cache_sealer(site)
        blob = await of_the_future.seal(b"names", ("key",))
        assert await sealer.unseal(blob, ("key",)) == b"names"
        sealed_with = await stores.vault.find_cache_key(site, key_id_of(await sealer.seal(b"x", ())))
        assert sealed_with.expires_at is not None
        assert sealed_with.expires_at <= millis(clock.instant + timedelta(hours=2))


async def test_a_cached_value_opens_at_its_own_place_and_site_only(stores: Stores) -> None:
    sites = [(await stores.actor("anna", host)).site for host in ("a.atlassian.net", "b.atlassian.net")]
    here, there = [stores.vault.cache_sealer(site) for site in sites]
    blob = await here.seal(b"names", ("table", "reader"))
    for sealer, place in ((here, ("table", "other")), (there, ("table", "reader"))):
        with pytest.raises((Unopenable, KeyMissing)):
            await sealer.unseal(blob, place)
    with pytest.raises(Unopenable):
        await here.unseal(b"never sealed", ("table", "reader"))


async def test_a_value_of_the_cache_is_not_opened_by_a_key_of_rows(stores: Stores) -> None:
    anna = await stores.actor()
    await add(stores, anna)
    key = stores.vault.newest(anna.site, "configuration")
    assert key is not None
    with pytest.raises(Unopenable):
        await stores.vault.cache_sealer(anna.site).unseal(key.cipher.seal(b"x", ()), ())


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_deleted_rows_leave_no_bytes_in_the_file(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna, b"x" * 3_000)
    async with stores.database.reading() as connection:
        sealed: bytes = (await connection.execute(select(widgets.c.content))).scalar_one()
    async with stores.storage.writing(anna) as work:
        await work.remove_widget(widget.id, 1, from_dashboards=False)
    path = stores.database.engine.url.database or ""
    await stores.database.aclose()
    connection_ = sqlite3.connect(path)
    connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection_.close()
    assert sealed[-100:] not in await asyncio.to_thread(Path(path).read_bytes)
