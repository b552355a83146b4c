"""The only door to widgets and dashboards. Everything is bound to a site and a caller (`Actor`), and is one transaction.

    async with storage.writing(actor) as work:
        widget = await work.add_widget(content, "PRIVATE", ())

An actor sees their own objects, those of visibility SITE, and those of visibility PEOPLE that name them; they change their own ones.
Every change is told to the audit table, without content. The exceptions are in errors.py.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.figures.periods import millis
from resolvers.storage.database import Database
from resolvers.storage.errors import InUse
from resolvers.storage.inserting import insert_once
from resolvers.storage.models import sites
from resolvers.storage.objects import (
    Actor,
    StoredDashboard,
    StoredItem,
    StoredWidget,
    UnreadableRow,
)
from resolvers.storage.operations import Operations
from resolvers.storage.rows import DASHBOARDS, WIDGETS, Rows
from resolvers.storage.vault import Clock, Vault

__all__ = ["Actor", "Storage", "StoredDashboard", "StoredItem", "StoredWidget", "UnreadableRow", "Work"]

S = TypeVar("S", StoredWidget, StoredDashboard)
_AT_ONCE = 100


class Storage:
    """Widgets and dashboards of all sites of a database."""

    def __init__(self, database: Database, vault: Vault, *, now: Clock) -> None:
        self._database = database
        self._vault = vault
        self._now = now
        self._regions: dict[str, str] = {}

    async def ready(self) -> bool:
        """Whether the database answers."""
        return await self._database.ready()

    async def site(self, host: str, region: str = "local") -> str:
        """The id of the site with this host name; it is made when it is first seen. Raises ApiError."""
        values = {"id": uuid4().hex, "host": host, "region": region, "created_at": millis(self._now())}
        async with self._database.writing() as connection:
            await connection.execute(insert_once(connection, sites, values))
            row = (await connection.execute(select(sites).where(sites.c.host == host))).one()
        self._regions[row.id] = row.region
        return str(row.id)

    @asynccontextmanager
    async def reading(self, actor: Actor) -> "AsyncIterator[Work]":
        """One state of what the actor may see. Raises ApiError STORAGE_UNAVAILABLE."""
        async with self._database.reading() as connection:
            yield await self._work(connection, actor)

    @asynccontextmanager
    async def writing(self, actor: Actor) -> "AsyncIterator[Work]":
        """Changes that come into being together on a clean exit, and else not at all. Raises ApiError STORAGE_UNAVAILABLE."""
        await self._vault.prepare(actor.site)
        async with self._database.writing() as connection:
            yield await self._work(connection, actor)

    async def _work(self, connection: AsyncConnection, actor: Actor) -> "Work":
        if actor.site not in self._regions:
            region = await connection.execute(select(sites.c.region).where(sites.c.id == actor.site))
            self._regions[actor.site] = region.scalar_one()
        return Work(Rows(connection, self._vault, actor, self._regions[actor.site]), millis(self._now()))


class Work:
    """What can be done in one transaction. Made by `Storage`."""

    def __init__(self, rows: Rows, at: int) -> None:
        self._rows = rows
        self._do = Operations(rows, at)
        self._at = at

    async def widget(self, id: str) -> StoredWidget | None:
        """A widget, or None where there is none to be seen. Raises ApiError for a row that does not open."""
        return await self._do.one(WIDGETS, id)

    async def widgets(self, ids: Sequence[str]) -> dict[str, StoredWidget | UnreadableRow]:
        """Those of the widgets that are to be seen, by id."""
        return await self._do.several(WIDGETS, ids)

    async def widget_page(
        self, first: int, after: tuple[int, str] | None
    ) -> tuple[list[StoredWidget | UnreadableRow], int]:
        """Up to `first` + 1 widgets after (created_at, id), ascending, and how many there are in all."""
        return await self._do.page(WIDGETS, first, after)

    async def own_widgets(self) -> list[StoredWidget | UnreadableRow]:
        """All widgets of the actor's own, in the order in which they were made."""
        return await self._do.own(WIDGETS)

    async def own_dashboards(self) -> list[StoredDashboard | UnreadableRow]:
        """All dashboards of the actor's own, in the order in which they were made."""
        return await self._do.own(DASHBOARDS)

    async def my_widget(self, id: str, version: int) -> StoredWidget:
        """A widget that the actor is about to change. Raises Missing, NotOwner, Stale."""
        return await self._do.mine(WIDGETS, id, version)

    async def add_widget(self, content: bytes, visibility: str, people: Sequence[str]) -> StoredWidget:
        """A new widget of the actor's."""
        widget = self._new_widget(content, visibility, tuple(people))
        await self._do.add(WIDGETS, widget)
        return widget

    async def add_widgets(self, contents: Sequence[bytes], visibility: str) -> list[StoredWidget]:
        """New widgets of the actor's, shared with nobody by name."""
        new = [self._new_widget(content, visibility, ()) for content in contents]
        for start in range(0, len(new), _AT_ONCE):
            await self._do.add(WIDGETS, *new[start : start + _AT_ONCE])
        return new

    def _new_widget(self, content: bytes, visibility: str, people: tuple[str, ...]) -> StoredWidget:
        at = self._next_instant()
        return StoredWidget(uuid4().hex, self._do.name, visibility, people, 1, at, at, content)

    async def change_widget(
        self,
        id: str,
        version: int,
        *,
        content: bytes | None = None,
        visibility: str | None = None,
        people: Sequence[str] | None = None,
    ) -> StoredWidget:
        """The widget with what is not None changed. Raises Missing, NotOwner, Stale."""
        present = await self._do.mine(WIDGETS, id, version)
        return await self._do.change(WIDGETS, present, _changed(present, content, visibility, people))

    async def remove_widget(self, id: str, version: int | None, *, from_dashboards: bool) -> None:
        """Removes a widget, with `from_dashboards` from everybody's dashboards as well. Raises Missing, NotOwner, Stale, InUse."""
        await self._do.lock_widgets([id], exclusively=True)
        present = await self._do.mine_to_remove(WIDGETS, id, version)
        on = await self._do.dashboards_with(id)
        if on and not from_dashboards:
            raise InUse(len(on))
        await self._do.take_off(id)
        # One that does not open cannot be sealed as a new version; its places are rows of their own.
        for dashboard in (one for one in on if isinstance(one, StoredDashboard)):
            left = replace(dashboard, items=tuple(item for item in dashboard.items if item.widget_id != id))
            await self._do.change(DASHBOARDS, left, left)
        await self._do.remove(WIDGETS, present)

    async def dashboard(self, id: str) -> StoredDashboard | None:
        """A dashboard, or None where there is none to be seen. Raises ApiError for a row that does not open."""
        return await self._do.one(DASHBOARDS, id)

    async def dashboards(self, ids: Sequence[str]) -> dict[str, StoredDashboard | UnreadableRow]:
        """Those of the dashboards that are to be seen, by id."""
        return await self._do.several(DASHBOARDS, ids)

    async def dashboard_page(
        self, first: int, after: tuple[int, str] | None
    ) -> tuple[list[StoredDashboard | UnreadableRow], int]:
        """Up to `first` + 1 dashboards after (created_at, id), ascending, and how many there are in all."""
        return await self._do.page(DASHBOARDS, first, after)

    async def my_dashboard(self, id: str, version: int) -> StoredDashboard:
        """A dashboard that the actor is about to change. Raises Missing, NotOwner, Stale."""
        return await self._do.mine(DASHBOARDS, id, version)

    async def add_dashboard(
        self, content: bytes, visibility: str, people: Sequence[str], items: Sequence[StoredItem]
    ) -> StoredDashboard:
        """A new dashboard of the actor's. Raises UnknownWidgets."""
        await self._do.lock_widgets([item.widget_id for item in items], exclusively=False)
        await self._do.check_items(items, ())
        at = self._next_instant()
        new = StoredDashboard(uuid4().hex, self._do.name, visibility, tuple(people), 1, at, at, content, tuple(items))
        await self._do.add(DASHBOARDS, new)
        await self._rows.insert_items(new.id, items)
        return new

    async def change_dashboard(
        self,
        id: str,
        version: int,
        *,
        content: bytes | None = None,
        visibility: str | None = None,
        people: Sequence[str] | None = None,
        items: Sequence[StoredItem] | None = None,
    ) -> StoredDashboard:
        """The dashboard with what is not None changed. Raises Missing, NotOwner, Stale, UnknownWidgets.

        Widgets that stand on it already may stay, also where the actor does not see them any more.
        """
        # Widgets are locked before the dashboard, as when a widget is removed: two changes never wait for each other.
        await self._do.lock_widgets([item.widget_id for item in items or ()], exclusively=False)
        present = await self._do.mine(DASHBOARDS, id, version)
        changed = _changed(present, content, visibility, people)
        if items is not None:
            await self._do.check_items(items, present.items)
            changed = replace(changed, items=tuple(items))
        return await self._do.change(DASHBOARDS, present, changed)

    async def remove_dashboard(self, id: str, version: int | None) -> None:
        """Removes a dashboard; its widgets stay. Raises Missing, NotOwner, Stale."""
        present = await self._do.mine_to_remove(DASHBOARDS, id, version)
        await self._do.remove(DASHBOARDS, present, whatever_version=version is None)

    def _next_instant(self) -> int:
        """When a new object was made: those of one unit a millisecond apart, so that lists keep their order."""
        self._at += 1
        return self._at - 1

    async def counts(self) -> tuple[int, int]:
        """How many widgets and how many dashboards are the actor's own."""
        return await self._do.owned(WIDGETS), await self._do.owned(DASHBOARDS)


def _changed(present: S, content: bytes | None, visibility: str | None, people: Sequence[str] | None) -> S:
    return replace(
        present,
        content=present.content if content is None else content,
        visibility=present.visibility if visibility is None else visibility,
        people=present.people if people is None else tuple(people),
    )
