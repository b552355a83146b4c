"""Many at once: one of two writers wins, nothing waits for ever, and a caller who goes away takes nobody along."""

import asyncio
import random

import pytest

from resolvers.storage.errors import InUse, Missing, Stale, UnknownWidgets
from resolvers.storage.work import Actor, StoredItem
from tests.storage.stores import Stores, open_stores


async def add(stores: Stores, actor: Actor, content: bytes = b"w") -> str:
    async with stores.storage.writing(actor) as work:
        return (await work.add_widget(content, "SITE", ())).id


async def change(stores: Stores, actor: Actor, widget: str, version: int, content: bytes) -> bool:
    """Whether this writer won; the other is told the version that is there."""
    try:
        async with stores.storage.writing(actor) as work:
            await work.change_widget(widget, version, content=content)
    except Stale as stale:
        return stale.present.version <= version
    return True


async def test_of_two_writers_on_one_widget_one_wins_and_the_other_is_stale(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna)
    for version in range(1, 21):
        contents = [f"{version} {writer}".encode() for writer in range(2)]
        won = await asyncio.gather(*(change(stores, anna, widget, version, content) for content in contents))
        assert sorted(won) == [False, True]
        async with stores.storage.reading(anna) as work:
            present = await work.widget(widget)
        assert present is not None
        assert (present.version, present.content) == (version + 1, contents[won.index(True)])


async def test_counting_up_by_32_callers_loses_no_step(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna, b"0")

    async def count_up() -> None:
        while True:
            async with stores.storage.reading(anna) as work:
                present = await work.widget(widget)
            assert present is not None
            if await change(stores, anna, widget, present.version, str(int(present.content) + 1).encode()):
                return

    await asyncio.gather(*(count_up() for _ in range(32)))
    async with stores.storage.reading(anna) as work:
        present = await work.widget(widget)
    assert present is not None
    assert (present.content, present.version) == (b"32", 33)


async def test_a_page_and_its_count_are_of_one_state(stores: Stores) -> None:
    anna = await stores.actor()
    done = asyncio.Event()

    async def write() -> None:
        for _ in range(100):
            await add(stores, anna)
        done.set()

    async def read() -> None:
        while not done.is_set():
            async with stores.storage.reading(anna) as work:
                page, total = await work.widget_page(1_000, None)
            assert len(page) == total

    await asyncio.gather(write(), *(read() for _ in range(4)))


async def test_removing_widgets_while_dashboards_take_them_leaves_no_place_without_its_widget(stores: Stores) -> None:
    anna = await stores.actor()
    chance = random.Random(1)
    widgets = [await add(stores, anna) for _ in range(40)]
    async with stores.storage.writing(anna) as work:
        board = (await work.add_dashboard(b"d", "SITE", (), ())).id

    async def take(widget: str) -> None:
        async with stores.storage.reading(anna) as work:
            present = await work.dashboard(board)
        assert present is not None
        items = [*present.items, StoredItem(widget, 1, own_scope=False)]
        try:
            async with stores.storage.writing(anna) as work:
                await work.change_dashboard(board, present.version, items=items)
        except (Stale, UnknownWidgets):
            return

    async def remove(widget: str) -> None:
        try:
            async with stores.storage.writing(anna) as work:
                await work.remove_widget(widget, None, from_dashboards=chance.random() < 0.5)
        except (InUse, Missing, Stale):
            return

    async def disturb(widget: str) -> None:
        await asyncio.gather(take(widget), remove(widget))

    for start in range(0, 40, 8):
        await asyncio.gather(*(disturb(widget) for widget in widgets[start : start + 8]))
    async with stores.storage.reading(anna) as work:
        present = await work.dashboard(board)
        assert present is not None
        on_it = [item.widget_id for item in present.items]
        assert set(await work.widgets(on_it)) == set(on_it)


async def test_a_dashboard_that_takes_a_widget_waits_for_its_removal(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna)

    async def take() -> None:
        async with stores.storage.writing(anna) as work:
            await work.add_dashboard(b"d", "SITE", (), [StoredItem(widget, 1, own_scope=False)])

    async with stores.storage.writing(anna) as work:
        await work.remove_widget(widget, None, from_dashboards=False)
        taking = asyncio.create_task(take())
        await asyncio.sleep(0.2)
        assert not taking.done()
    with pytest.raises(UnknownWidgets):
        await taking


async def test_the_removal_of_a_widget_waits_for_a_dashboard_that_takes_it(stores: Stores) -> None:
    anna = await stores.actor()
    widget = await add(stores, anna)

    async def remove() -> None:
        async with stores.storage.writing(anna) as work:
            await work.remove_widget(widget, None, from_dashboards=False)

    async with stores.storage.writing(anna) as work:
        await work.add_dashboard(b"d", "SITE", (), [StoredItem(widget, 1, own_scope=False)])
        removing = asyncio.create_task(remove())
        await asyncio.sleep(0.2)
        assert not removing.done()
    with pytest.raises(InUse):
        await removing


async def test_callers_who_go_away_half_way_hold_up_nobody(stores: Stores) -> None:
    anna = await stores.actor()
    await add(stores, anna)
    for turns in range(60):
        caller = asyncio.create_task(add(stores, anna))
        for _ in range(turns % 20):
            await asyncio.sleep(0)
        await asyncio.sleep(turns % 7 / 2_000)
        caller.cancel()
        await asyncio.wait({caller})
    async with asyncio.timeout(3):
        await add(stores, anna)
    async with stores.storage.reading(anna) as work:
        page, total = await work.widget_page(1_000, None)
    assert 2 <= len(page) == total <= 62


async def test_first_writers_of_a_site_share_its_keys(stores: Stores) -> None:
    names = [f"site{number}.atlassian.net" for number in range(3)]
    for name in names:
        actor = await stores.actor("anna", name)
        made = await asyncio.gather(*(add(stores, actor) for _ in range(8)))
        async with stores.storage.reading(actor) as work:
            assert set(await work.widgets(made)) == set(made)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_two_servers_on_postgresql_find_each_others_rows_and_keys(stores: Stores) -> None:
    anna = await stores.actor()
    async with open_stores(stores.url) as other:
        actors = [(each, anna) for each in (stores, other)] * 8
        made = await asyncio.gather(*(add(each, actor) for each, actor in actors))
        for each in (stores, other):
            async with each.storage.reading(anna) as work:
                assert set(await work.widgets(made)) == set(made)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_servers_that_start_at_once_migrate_once(url: str) -> None:
    async def start() -> str:
        async with open_stores(url) as stores:
            return await stores.storage.site("a.atlassian.net")

    assert len(set(await asyncio.gather(*(start() for _ in range(6))))) == 1
