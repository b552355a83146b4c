"""What can be done with widgets and dashboards alike, in one transaction and on behalf of one actor."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, select, tuple_, update

from resolvers.storage.errors import Missing, NotOwner, Stale, UnknownWidgets
from resolvers.storage.models import audit, dashboard_items
from resolvers.storage.objects import StoredDashboard, StoredItem, StoredWidget, UnreadableRow
from resolvers.storage.rows import DASHBOARDS, WIDGETS, Kind, Rows, is_id
from schema.connection import no_cursor

S = TypeVar("S", StoredWidget, StoredDashboard)
_LARGEST = 2**63 - 1


class Operations:
    """The steps that the functions of `Work` are made of."""

    def __init__(self, rows: Rows, at: int) -> None:
        """`at`: now, in milliseconds since 1970."""
        self._rows = rows
        self._connection = rows.connection
        self._site = rows.actor.site
        self._at = at
        self.name = rows.actor.name

    async def owned(self, kind: Kind[S]) -> int:
        """How many are the actor's own."""
        return await self._count(kind.table, self._own(kind.table))

    async def own(self, kind: Kind[S]) -> list[S | UnreadableRow]:
        """The actor's own, ascending by (created_at, id)."""
        table = kind.table
        query = select(table).where(self._own(table)).order_by(table.c.created_at, table.c.id)
        return await self._rows.opened(kind, (await self._connection.execute(query)).all())

    def _own(self, table: Table) -> ColumnElement[bool]:
        return and_(table.c.site_id == self._site, table.c.owner == self.name)

    async def several(self, kind: Kind[S], ids: Sequence[str]) -> dict[str, S | UnreadableRow]:
        """The visible ones of these, by id."""
        opened = await self._rows.opened(kind, await self._rows.by_ids(kind, ids))
        return {each.id: each for each in opened}

    async def one(self, kind: Kind[S], row_id: str) -> S | None:
        """One that is visible. Raises ApiError if it does not open."""
        found = (await self.several(kind, [row_id])).get(row_id)
        if isinstance(found, UnreadableRow):
            raise found.error()
        return found

    async def page(
        self, kind: Kind[S], first: int, after: tuple[int, str] | None
    ) -> tuple[list[S | UnreadableRow], int]:
        """Up to `first` + 1 visible ones after a position, and the count of all."""
        table = kind.table
        seen = await self._rows.visible(table, kind.people)
        query = select(table).where(seen).order_by(table.c.created_at, table.c.id).limit(first + 1)
        if after is not None:
            query = query.where(tuple_(table.c.created_at, table.c.id) > tuple_(*_position(after)))
        rows = (await self._connection.execute(query)).all()
        return await self._rows.opened(kind, rows), await self._count(table, seen)

    async def mine(self, kind: Kind[S], row_id: str, version: int | None) -> S:
        """The one that the actor is about to change. Raises Missing, NotOwner, Stale."""
        present = await self.one(kind, row_id)
        if present is None:
            raise Missing
        if present.owner != self.name:
            raise NotOwner
        if version is not None and present.version != version:
            raise Stale(present)
        return present

    async def mine_to_remove(self, kind: Kind[S], row_id: str, version: int | None) -> S | UnreadableRow:
        """The one that the actor is about to remove, also if it does not open: else nobody could ever be rid of it.

        Raises Missing, NotOwner, Stale, and ApiError for one that does not open and has another version.
        """
        present = (await self.several(kind, [row_id])).get(row_id)
        if not isinstance(present, UnreadableRow) or present.owner != self.name:
            return await self.mine(kind, row_id, version)
        if version is not None and present.version != version:
            raise present.error()
        return present

    async def add(self, kind: Kind[S], *new: S) -> None:
        """Inserts objects, without their items."""
        await self._rows.insert(kind, *new)
        await self._tell("create", kind, *(one.id for one in new))

    async def change(self, kind: Kind[S], present: S, changed: S) -> S:
        """Writes `changed` over `present`, as its next version. Raises Missing, Stale where another was quicker."""
        changed = replace(changed, version=present.version + 1, updated_at=self._at)
        query = update(kind.table).where(self._this(kind, present)).values(**self._rows.columns(kind, changed))
        if (await self._connection.execute(query)).rowcount == 0:
            await self._too_late(kind, present.id)
        if changed.people != present.people:
            await self._rows.replace_people(kind, changed)
        if isinstance(changed, StoredDashboard) and isinstance(present, StoredDashboard):
            await self._replace_items(present, changed)
        await self._tell("update", kind, changed.id)
        return changed

    async def remove(self, kind: Kind[S], present: S | UnreadableRow, *, whatever_version: bool = False) -> None:
        """Deletes this version of an object, or any. Raises Missing, Stale where another was quicker."""
        this = self._any(kind, present) if whatever_version else self._this(kind, present)
        if (await self._connection.execute(delete(kind.table).where(this))).rowcount == 0:
            await self._too_late(kind, present.id)
        await self._tell("delete", kind, present.id)

    async def lock_widgets(self, ids: Sequence[str], *, exclusively: bool) -> None:
        """Holds widgets as they are (or for a change) to the end of the transaction; on SQLite a writer is alone anyway."""
        wanted = sorted({row_id for row_id in ids if is_id(row_id)})
        table = WIDGETS.table
        query = select(table.c.id).where(table.c.site_id == self._site, table.c.id.in_(wanted)).order_by(table.c.id)
        if wanted:
            await self._connection.execute(query.with_for_update(read=not exclusively, key_share=not exclusively))

    async def dashboards_with(self, widget: str) -> list[StoredDashboard | UnreadableRow]:
        """Everybody's dashboards with this widget, held for a change."""
        table = DASHBOARDS.table
        on = select(dashboard_items.c.dashboard_id).where(
            dashboard_items.c.site_id == self._site, dashboard_items.c.widget_id == widget
        )
        query = select(table).where(table.c.site_id == self._site, table.c.id.in_(on)).order_by(table.c.id)
        rows = (await self._connection.execute(query.with_for_update())).all()
        return await self._rows.opened(DASHBOARDS, rows)

    async def take_off(self, widget: str) -> None:
        """Deletes a widget's places on dashboards, and no others: writing those again would wait for whoever deletes their widgets."""
        here = (dashboard_items.c.site_id == self._site, dashboard_items.c.widget_id == widget)
        await self._connection.execute(delete(dashboard_items).where(*here))

    async def check_items(self, items: Sequence[StoredItem], present: Sequence[StoredItem]) -> None:
        """Raises UnknownWidgets unless each widget is visible, or on the dashboard already."""
        known = {item.widget_id for item in present}
        wanted = [item.widget_id for item in items if item.widget_id not in known]
        known |= {row.id for row in await self._rows.by_ids(WIDGETS, wanted)}
        unknown = [item.widget_id for item in items if item.widget_id not in known]
        if unknown:
            raise UnknownWidgets(unknown)

    async def _replace_items(self, present: StoredDashboard, changed: StoredDashboard) -> None:
        if changed.items == present.items:
            return
        here = (dashboard_items.c.site_id == self._site, dashboard_items.c.dashboard_id == changed.id)
        await self._connection.execute(delete(dashboard_items).where(*here))
        await self._rows.insert_items(changed.id, changed.items)

    def _any(self, kind: Kind[S], present: S | UnreadableRow) -> ColumnElement[bool]:
        return and_(kind.table.c.site_id == self._site, kind.table.c.id == present.id)

    def _this(self, kind: Kind[S], present: S | UnreadableRow) -> ColumnElement[bool]:
        return and_(self._any(kind, present), kind.table.c.version == present.version)

    async def _too_late(self, kind: Kind[S], row_id: str) -> NoReturn:
        present = await self.one(kind, row_id)
        if present is None:
            raise Missing
        raise Stale(present)

    async def _count(self, table: Table, where: ColumnElement[bool]) -> int:
        return int((await self._connection.execute(select(func.count()).select_from(table).where(where))).scalar_one())

    async def _tell(self, action: str, kind: Kind[S], *row_ids: str) -> None:
        here = {"site_id": self._site, "region": self._rows.region, "at": self._at}
        what = {"actor": self.name, "action": action, "object_type": kind.name}
        told = [{**here, **what, "id": uuid4().hex, "object_id": row_id} for row_id in row_ids]
        await self._connection.execute(insert(audit), told)


def _position(after: tuple[int, str]) -> tuple[int, str]:
    created_at, row_id = after
    if not 0 <= created_at <= _LARGEST or not is_id(row_id):
        raise no_cursor()
    return after
