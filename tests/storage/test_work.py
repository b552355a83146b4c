"""What an actor can do with widgets and dashboards, and what is refused; alike on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from resolvers.storage.errors import InUse, Missing, NotOwner, Stale, UnknownWidgets
from resolvers.storage.models import audit
from resolvers.storage.work import Actor, StoredDashboard, StoredItem, StoredWidget
from schema.errors import ApiError
from tests.storage.stores import Stores, open_stores


async def widget(
    stores: Stores, actor: Actor, visibility: str = "PRIVATE", people: tuple[str, ...] = (), content: bytes = b"w"
) -> StoredWidget:
    async with stores.storage.writing(actor) as work:
        return await work.add_widget(content, visibility, people)


async def dashboard(
    stores: Stores, actor: Actor, *widgets: StoredWidget, visibility: str = "PRIVATE"
) -> StoredDashboard:
    items = [StoredItem(each.id, 1, own_scope=False) for each in widgets]
    async with stores.storage.writing(actor) as work:
        return await work.add_dashboard(b"d", visibility, (), items)


async def present(stores: Stores, actor: Actor, row_id: str) -> StoredWidget | None:
    async with stores.storage.reading(actor) as work:
        return await work.widget(row_id)


async def test_a_widget_is_read_as_it_was_written(stores: Stores) -> None:
    anna = await stores.actor("anna")
    new = await widget(stores, anna, "PEOPLE", ("bob", "cleo"), "größer 📈".encode())
    assert await present(stores, anna, new.id) == new
    assert (new.owner, new.version, new.content) == ("anna", 1, "größer 📈".encode())


async def test_others_see_what_is_shared_with_them_and_change_nothing(stores: Stores) -> None:
    anna, bob, cleo = [await stores.actor(name) for name in ("anna", "bob", "cleo")]
    private, named = await widget(stores, anna), await widget(stores, anna, "PEOPLE", ("bob",))
    shared = await widget(stores, anna, "SITE")
    # People who are named have no right to what was made private again.
    withdrawn = await widget(stores, anna, "PRIVATE", ("bob",))
    seen = {"anna": {private.id, named.id, shared.id, withdrawn.id}, "bob": {named.id, shared.id}, "cleo": {shared.id}}
    for actor in (anna, bob, cleo):
        async with stores.storage.reading(actor) as work:
            page, total = await work.widget_page(10, None)
            by_ids = await work.widgets([private.id, named.id, shared.id, withdrawn.id])
        assert {each.id for each in page} == set(by_ids) == seen[actor.name]
        assert total == len(page)
    for row, error in ((named, NotOwner), (shared, NotOwner), (private, Missing)):
        with pytest.raises(error):
            async with stores.storage.writing(bob) as work:
                await work.change_widget(row.id, 1, content=b"mine now")
        with pytest.raises(error):
            async with stores.storage.writing(bob) as work:
                await work.remove_widget(row.id, 1, from_dashboards=True)
        assert await present(stores, anna, row.id) == row


async def test_sharing_is_withdrawn_with_the_list_of_people(stores: Stores) -> None:
    anna, bob = await stores.actor("anna"), await stores.actor("bob")
    new = await widget(stores, anna, "PEOPLE", ("bob",))
    async with stores.storage.writing(anna) as work:
        await work.change_widget(new.id, 1, people=("cleo",))
    assert await present(stores, bob, new.id) is None
    assert await present(stores, await stores.actor("cleo"), new.id) is not None


async def test_another_site_is_another_world(stores: Stores) -> None:
    here, there = await stores.actor("anna"), await stores.actor("anna", "other.atlassian.net")
    new = await widget(stores, here, "SITE")
    assert await present(stores, there, new.id) is None
    with pytest.raises(Missing):
        async with stores.storage.writing(there) as work:
            await work.change_widget(new.id, 1, content=b"x")
    with pytest.raises(UnknownWidgets):
        await dashboard(stores, there, new)
    async with stores.storage.reading(there) as work:
        assert await work.widget_page(10, None) == ([], 0)
        assert await work.counts() == (0, 0)


async def test_a_site_keeps_its_id(stores: Stores) -> None:
    assert await stores.storage.site("a.atlassian.net") == await stores.storage.site("a.atlassian.net")
    assert await stores.storage.site("a.atlassian.net") != await stores.storage.site("b.atlassian.net")


async def test_a_change_changes_what_it_names_and_makes_the_next_version(stores: Stores) -> None:
    anna = await stores.actor()
    new = await widget(stores, anna, "PEOPLE", ("bob",))
    async with stores.storage.writing(anna) as work:
        changed = await work.change_widget(new.id, 1, content=b"other")
    assert (changed.content, changed.version, changed.visibility, changed.people) == (b"other", 2, "PEOPLE", ("bob",))
    assert await present(stores, anna, new.id) == changed


async def test_a_stale_version_gets_the_present_one(stores: Stores) -> None:
    anna = await stores.actor()
    new = await widget(stores, anna)
    async with stores.storage.writing(anna) as work:
        changed = await work.change_widget(new.id, 1, content=b"first")
    with pytest.raises(Stale) as on_change:
        async with stores.storage.writing(anna) as work:
            await work.change_widget(new.id, 1, content=b"second")
    with pytest.raises(Stale) as on_removal:
        async with stores.storage.writing(anna) as work:
            await work.remove_widget(new.id, 1, from_dashboards=False)
    assert on_change.value.present == on_removal.value.present == changed


async def test_a_widget_in_use_is_removed_only_with_its_places(stores: Stores) -> None:
    anna, bob = await stores.actor("anna"), await stores.actor("bob")
    new, stays = await widget(stores, anna, "SITE"), await widget(stores, anna, "SITE")
    mine, theirs = await dashboard(stores, anna, new, stays), await dashboard(stores, bob, stays, new)
    with pytest.raises(InUse) as caught:
        async with stores.storage.writing(anna) as work:
            await work.remove_widget(new.id, None, from_dashboards=False)
    assert caught.value.dashboards == 2
    async with stores.storage.writing(anna) as work:
        await work.remove_widget(new.id, None, from_dashboards=True)
    for actor, board in ((anna, mine), (bob, theirs)):
        async with stores.storage.reading(actor) as work:
            left = await work.dashboard(board.id)
        assert left is not None
        assert [item.widget_id for item in left.items] == [stays.id]
        assert left.version == 2


async def test_a_dashboard_keeps_the_order_of_its_items(stores: Stores) -> None:
    anna = await stores.actor()
    some = [await widget(stores, anna) for _ in range(4)]
    board = await dashboard(stores, anna, *some)
    backwards = [StoredItem(each.id, width, own_scope=True) for width, each in enumerate(reversed(some), start=1)]
    async with stores.storage.writing(anna) as work:
        changed = await work.change_dashboard(board.id, 1, items=backwards)
    async with stores.storage.reading(anna) as work:
        assert await work.dashboard(board.id) == changed
        assert (await work.dashboards([board.id]))[board.id] == changed
        assert await work.dashboard_page(10, None) == ([changed], 1)
    assert changed.items == tuple(backwards)


async def test_a_dashboard_takes_only_widgets_that_its_owner_sees_or_that_are_on_it(stores: Stores) -> None:
    anna, bob = await stores.actor("anna"), await stores.actor("bob")
    hidden, shared = await widget(stores, anna), await widget(stores, anna, "SITE")
    for ids in ([hidden.id], ["0" * 32, shared.id], ["no id"], ["\x00" * 32]):
        with pytest.raises(UnknownWidgets) as caught:
            async with stores.storage.writing(bob) as work:
                await work.add_dashboard(b"d", "PRIVATE", (), [StoredItem(each, 1, own_scope=False) for each in ids])
        assert caught.value.ids == (ids[0],)
    board = await dashboard(stores, bob, shared)
    async with stores.storage.writing(anna) as work:
        await work.change_widget(shared.id, 1, visibility="PRIVATE")
    async with stores.storage.writing(bob) as work:
        kept = await work.change_dashboard(board.id, 1, items=[StoredItem(shared.id, 2, own_scope=False)])
    assert kept.items[0].width == 2


async def pages(stores: Stores, actor: Actor) -> list[str]:
    """The ids of all widgets, read by fours."""
    found: list[str] = []
    after = None
    while True:
        async with stores.storage.reading(actor) as work:
            page, total = await work.widget_page(4, after)
        found += [each.id for each in page[:4]]
        if len(page) <= 4:
            assert len(found) == total
            return found
        after = (page[3].created_at, page[3].id)


async def test_pages_go_through_all_in_the_order_of_their_making(stores: Stores) -> None:
    anna = await stores.actor()
    async with stores.storage.writing(anna) as work:
        made = [(await work.add_widget(str(number).encode(), "PRIVATE", ())).id for number in range(25)]
    assert await pages(stores, anna) == made


async def test_pages_leave_out_none_of_those_that_were_made_at_one_instant(url: str) -> None:
    async with open_stores(url, now=lambda: datetime(2026, 11, 23, tzinfo=UTC)) as stores:
        anna = await stores.actor()
        made = [(await widget(stores, anna)).id for _ in range(10)]
        assert await pages(stores, anna) == sorted(made)


@pytest.mark.parametrize("after", [(-1, "0" * 32), (2**63, "0" * 32), (0, "x"), (0, "\x00" * 32)])
async def test_a_forged_position_is_refused_before_the_database_sees_it(stores: Stores, after: tuple[int, str]) -> None:
    anna = await stores.actor()
    with pytest.raises(ApiError, match="no cursor"):
        async with stores.storage.reading(anna) as work:
            await work.widget_page(1, after)


@pytest.mark.parametrize("row_id", ["", "x", "\x00" * 32, "é" * 32, "0" * 33, "' OR 1=1 --"])
async def test_what_cannot_be_an_id_leads_nowhere(stores: Stores, row_id: str) -> None:
    anna = await stores.actor()
    async with stores.storage.writing(anna) as work:
        assert await work.widget(row_id) is None
        assert await work.dashboards([row_id]) == {}
        with pytest.raises(Missing):
            await work.remove_widget(row_id, None, from_dashboards=True)


async def test_what_fails_half_way_leaves_nothing_behind(stores: Stores) -> None:
    anna = await stores.actor()
    first = await widget(stores, anna)

    async def half(nowhere: StoredItem) -> None:
        async with stores.storage.writing(anna) as work:
            await work.add_widget(b"second", "SITE", ("bob",))
            await work.change_widget(first.id, 1, content=b"changed")
            await work.add_dashboard(b"d", "PRIVATE", (), [nowhere])

    with pytest.raises(UnknownWidgets):
        await half(StoredItem("0" * 32, 1, own_scope=False))
    async with stores.storage.reading(anna) as work:
        assert await work.widget_page(10, None) == ([first], 1)
        assert await work.counts() == (1, 0)


async def test_more_objects_than_one_statement_may_name_are_read(stores: Stores) -> None:
    anna = await stores.actor()
    async with stores.storage.writing(anna) as work:
        made = [(await work.add_widget(b"x", "PRIVATE", ())).id for _ in range(1_100)]
    async with stores.storage.reading(anna) as work:
        assert set(await work.widgets(made)) == set(made)


async def test_the_audit_tells_every_change_and_no_content(stores: Stores) -> None:
    anna = await stores.actor()
    new = await widget(stores, anna, content=b"hidden words")
    board = await dashboard(stores, anna, new)
    async with stores.storage.writing(anna) as work:
        await work.change_widget(new.id, 1, content=b"more hidden words")
        await work.remove_widget(new.id, 2, from_dashboards=True)
        await work.remove_dashboard(board.id, 2)
    async with stores.database.reading() as connection:
        rows = (await connection.execute(select(audit))).all()
    told = sorted((row.object_type, row.action) for row in rows)
    assert told == [
        ("dashboard", "create"),
        ("dashboard", "delete"),
        ("dashboard", "update"),
        ("widget", "create"),
        ("widget", "delete"),
        ("widget", "update"),
    ]
    assert {row.actor for row in rows} == {"anna"}
    assert "hidden" not in str(rows)
