"""One site's rows in one transaction: who may see them, and their sealed columns put in and taken out."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import orjson
from sqlalchemy import ColumnElement, Row, Table, and_, delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.encryption import KeyMissing, Unopenable
from resolvers.storage.models import (
    dashboard_items,
    dashboard_people,
    dashboards,
    widget_people,
    widgets,
)
from resolvers.storage.objects import Actor, StoredDashboard, StoredItem, StoredWidget, UnreadableRow
from resolvers.storage.vault import CONFIGURATION, INDEX, DataKey, Vault

MAX_CONTENT = 1024 * 1024
"""Bytes of one object's content."""
_IDS_AT_ONCE = 500
_OPENED_AT_ONCE = 50

Stored = TypeVar("Stored", StoredWidget, StoredDashboard)
AnyRow = Row[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Stored]):
    """Widgets or dashboards: their tables, and how a row becomes a value."""

    name: str
    table: Table
    people: Table
    make: Callable[..., Stored]
    has_items: bool = False


WIDGETS = Kind("widget", widgets, widget_people, StoredWidget)
DASHBOARDS = Kind("dashboard", dashboards, dashboard_people, StoredDashboard, has_items=True)


class Rows:
    """The rows that an actor sees, and those that are to be written, of the actor's site."""

    def __init__(self, connection: AsyncConnection, vault: Vault, actor: Actor, region: str) -> None:
        self.connection = connection
        self.actor = actor
        self.region = region
        self._vault = vault

    async def visible(self, table: Table, people: Table) -> ColumnElement[bool]:
        """The actor's own objects, those for the whole site, and those shared with the actor."""
        here = and_(people.c.site_id == self.actor.site, people.c.object_id == table.c.id)
        shared = exists(select(people.c.person).where(here, people.c.person == await self._person()))
        seen = or_(
            table.c.owner == self.actor.name,
            table.c.visibility == "SITE",
            and_(table.c.visibility == "PEOPLE", shared),
        )
        return and_(table.c.site_id == self.actor.site, seen)

    async def by_ids(self, kind: Kind[Stored], ids: Iterable[str]) -> list[AnyRow]:
        """The visible ones of these."""
        wanted = sorted({row_id for row_id in ids if is_id(row_id)})
        seen = await self.visible(kind.table, kind.people)
        found: list[AnyRow] = []
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = kind.table.c.id.in_(wanted[start : start + _IDS_AT_ONCE])
            found += (await self.connection.execute(select(kind.table).where(seen, some))).all()
        return found

    async def opened(self, kind: Kind[Stored], rows: Sequence[AnyRow]) -> list[Stored | UnreadableRow]:
        """The rows as values, in the same order; one that does not open does not take the others with it."""
        await self._load_keys(rows)
        items = await self._items([row.id for row in rows]) if kind.has_items else {}
        opened = []
        for start in range(0, len(rows), _OPENED_AT_ONCE):
            await asyncio.sleep(0)  # thousands take long enough for others to wait
            some = rows[start : start + _OPENED_AT_ONCE]
            opened += [self._open(kind, row, items.get(row.id, [])) for row in some]
        return opened

    async def insert(self, kind: Kind[Stored], *new: Stored) -> None:
        """Adds objects, without their items."""
        here = {"site_id": self.actor.site, "region": self.region}
        rows = [{**here, "id": stored.id, **self.columns(kind, stored)} for stored in new]
        await self.connection.execute(insert(kind.table), rows)
        for stored in new:
            await self._insert_people(kind, stored)

    async def replace_people(self, kind: Kind[Stored], stored: Stored) -> None:
        """Makes the side table say what the row says."""
        here = (kind.people.c.site_id == self.actor.site, kind.people.c.object_id == stored.id)
        await self.connection.execute(delete(kind.people).where(*here))
        await self._insert_people(kind, stored)

    async def insert_items(self, dashboard: str, items: Sequence[StoredItem]) -> None:
        """Adds a dashboard's items, in their order."""
        here = {"site_id": self.actor.site, "dashboard_id": dashboard, "region": self.region}
        rows = [
            {
                **here,
                "position": position,
                "widget_id": item.widget_id,
                "width": item.width,
                "own_scope": item.own_scope,
            }
            for position, item in enumerate(items)
        ]
        if rows:
            await self.connection.execute(insert(dashboard_items), rows)

    def columns(self, kind: Kind[Stored], stored: Stored) -> dict[str, Any]:
        """The columns of an object, with what people wrote sealed for this version of this row."""
        if len(stored.content) > MAX_CONTENT:
            raise ValueError("the content of one object is at most 1 MiB")
        key = self._key(CONFIGURATION)
        people = orjson.dumps(stored.people)
        return {
            "owner": stored.owner,
            "visibility": stored.visibility,
            "version": stored.version,
            "created_at": stored.created_at,
            "updated_at": stored.updated_at,
            "data_key_id": key.id,
            "content": self._sealed(key, stored.content, self._place(kind, stored.id, "content", stored.version)),
            "people": self._sealed(key, people, self._place(kind, stored.id, "people", stored.version)),
        }

    def _open(self, kind: Kind[Stored], row: AnyRow, items: list[StoredItem]) -> Stored | UnreadableRow:
        try:
            content = self._unsealed(row, "content", self._place(kind, row.id, "content", row.version))
            people = self._unsealed(row, "people", self._place(kind, row.id, "people", row.version))
            names = tuple(cast(list[str], orjson.loads(people)))
        except (KeyMissing, Unopenable, orjson.JSONDecodeError):
            return UnreadableRow(kind.table.name, row.id, row.owner, row.version, row.created_at)
        more = {"items": tuple(items)} if kind.has_items else {}
        return kind.make(
            id=row.id,
            owner=row.owner,
            visibility=row.visibility,
            people=names,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            content=content,
            **more,
        )

    async def _items(self, dashboard_ids: Sequence[str]) -> dict[str, list[StoredItem]]:
        table = dashboard_items
        found: dict[str, list[StoredItem]] = {}
        for start in range(0, len(dashboard_ids), _IDS_AT_ONCE):
            some = table.c.dashboard_id.in_(dashboard_ids[start : start + _IDS_AT_ONCE])
            query = select(table).where(table.c.site_id == self.actor.site, some)
            for row in (await self.connection.execute(query.order_by(table.c.dashboard_id, table.c.position))).all():
                item = StoredItem(row.widget_id, row.width, bool(row.own_scope))
                found.setdefault(row.dashboard_id, []).append(item)
        return found

    async def _insert_people(self, kind: Kind[Stored], stored: Stored) -> None:
        index = self._key(INDEX)
        here = {"site_id": self.actor.site, "object_id": stored.id, "region": self.region}
        rows = [{**here, "person": index.hashed(name)} for name in sorted(set(stored.people))]
        if rows:
            await self.connection.execute(insert(kind.people), rows)

    async def _person(self) -> str:
        """The actor's keyed hash; an empty text, which is nobody's, on a site where nothing was ever written."""
        index = self._vault.newest(self.actor.site, INDEX)
        if index is None:
            await self._vault.load(self.connection, self.actor.site)
            index = self._vault.newest(self.actor.site, INDEX)
        return index.hashed(self.actor.name) if index else ""

    async def _load_keys(self, rows: Sequence[AnyRow]) -> None:
        for row in rows:
            try:
                self._vault.key(self.actor.site, row.data_key_id)
            except KeyMissing:
                await self._vault.load(self.connection, self.actor.site)
                return

    def _key(self, purpose: str) -> DataKey:
        key = self._vault.newest(self.actor.site, purpose)
        assert key is not None, "Vault.prepare comes before writing"
        return key

    def _sealed(self, key: DataKey, plain: bytes, place: Sequence[str]) -> bytes:
        return key.cipher.seal(plain, place) if self._vault.encrypted else plain

    def _unsealed(self, row: AnyRow, column: str, place: Sequence[str]) -> bytes:
        blob = cast(bytes, row._mapping[column])
        if not self._vault.encrypted:
            return blob
        return self._vault.key(self.actor.site, row.data_key_id).cipher.unseal(blob, place)

    def _place(self, kind: Kind[Stored], row_id: str, column: str, version: int) -> tuple[str, ...]:
        return (CONFIGURATION, self.region, self.actor.site, kind.table.name, row_id, column, str(version))


def is_id(text: str) -> bool:
    """Whether this could be the id of a row, so that nothing else is ever handed to a database."""
    return len(text) == 32 and text.isascii() and text.isalnum()
