"""Data keys: one per site and purpose for a stretch of time, kept in the database, wrapped by the operator's keys.

Keys of configurations seal for a year and are kept as long as rows need them. Keys of the shared cache seal for an hour and are
deleted an hour later, when nothing that they sealed can still live. The index key never changes: it hashes the names of people
with whom something is shared, so that they are found without being kept in clear.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.encryption import KEY_BYTES, Key, KeyMissing, Keyring, Sealer, Unopenable, key_id_of
from resolvers.figures.periods import millis
from resolvers.storage.database import Database
from resolvers.storage.driver_errors import DatabaseFault
from resolvers.storage.errors import StorageProblem
from resolvers.storage.inserting import insert_once
from resolvers.storage.models import data_keys, sites
from resolvers.storage.objects import unreadable
from schema.errors import ApiError

CONFIGURATION, INDEX, CACHE = "configuration", "index", "cache"
_HOUR_MS = 3_600_000
_SLOT_MS = {CONFIGURATION: 365 * 24 * _HOUR_MS, CACHE: _HOUR_MS, INDEX: 1 << 62}
"""How long a key of each purpose seals."""
_CACHED_MS = _HOUR_MS
"""How long what the cache holds lives at most: its `LONGEST_SECONDS`."""
_CLEAN_SECONDS = 300.0

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key that was unwrapped."""

    id: str
    purpose: str
    slot: int
    expires_at: int | None
    cipher: Key
    _raw: bytes | None

    def __repr__(self) -> str:
        return f"DataKey({self.id})"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("keys are not pickled or copied")

    def hashed(self, name: str) -> str:
        """A keyed hash of a name; only of the index key."""
        assert self._raw is not None
        return hmac.new(self._raw, name.encode(), hashlib.sha256).hexdigest()


class Vault:
    """The data keys of a database. What is unwrapped stays in memory as long as it is good."""

    def __init__(self, database: Database, keyring: Keyring, *, now: Clock, encrypted: bool = True) -> None:
        """`encrypted=False` leaves contents in clear: for tests that look for them, no setting does it."""
        self.encrypted = encrypted
        self._database = database
        self._keyring = keyring
        self._now = now
        self._keys: dict[tuple[str, str], DataKey] = {}
        self._making = asyncio.Lock()

    async def check(self) -> int:
        """How many of the keys of rows are wrapped with another key than the operator's newest.

        Raises StorageProblem unless the operator's keys open every one of them.
        """
        try:
            async with self._database.reading() as connection:
                rows = (await connection.execute(select(data_keys).where(data_keys.c.purpose != CACHE))).all()
        except ApiError as error:
            raise StorageProblem(error.message) from None
        for row in rows:
            try:
                self._unwrapped(row)
            except KeyMissing as error:
                lacks = f"ITSM_ENCRYPTION_KEYS lacks the key {error.key_id}, which seals this database's data keys."
                raise StorageProblem(lacks) from None
            except Unopenable:
                raise StorageProblem(f"The row {row.id} of data_keys cannot be opened: it was altered.") from None
        return sum(key_id_of(row.wrapped) != self._keyring.newest for row in rows)

    async def prepare(self, site: str) -> None:
        """Sees to the keys that writing needs, in a transaction of its own. Raises ApiError."""
        await self._sure(site, (CONFIGURATION, INDEX))

    def newest(self, site: str, purpose: str) -> DataKey | None:
        """The newest key of a purpose in memory: the one that seals, once `prepare` was called.

        One whose time has not come opens, but does not seal: a process with a wrong clock has made it, and it would live too long.
        """
        slot = self._slot(purpose)
        found = [key for (of, _), key in self._keys.items() if of == site and key.purpose == purpose]
        return max((key for key in found if key.slot <= slot), key=lambda key: key.slot, default=None)

    def key(self, site: str, key_id: str) -> DataKey:
        """A key in memory that is still good. Raises KeyMissing."""
        key = self._keys.get((site, key_id))
        if key is None or (key.expires_at is not None and key.expires_at <= millis(self._now())):
            raise KeyMissing(key_id)
        return key

    async def load(self, connection: AsyncConnection, site: str) -> None:
        """Brings into memory what opens rows of a site; keys that cannot be unwrapped are left out."""
        await self._load(connection, site, data_keys.c.purpose != CACHE)

    async def make(self, connection: AsyncConnection, site: str, purpose: str) -> DataKey:
        """The key that seals now, made if there is none, in the transaction of `connection`. Raises ApiError."""
        region = (await connection.execute(select(sites.c.region).where(sites.c.id == site))).scalar_one()
        slot, key_id, raw = self._slot(purpose), uuid4().hex, secrets.token_bytes(KEY_BYTES)
        values = {
            "site_id": site,
            "id": key_id,
            "region": region,
            "purpose": purpose,
            "slot": slot,
            "created_at": millis(self._now()),
            "expires_at": (slot + 1) * _SLOT_MS[CACHE] + _CACHED_MS if purpose == CACHE else None,
            "wrapped": self._keyring.wrap(raw, _place(region, site, purpose, key_id)),
        }
        await connection.execute(insert_once(connection, data_keys, values))
        wanted = (data_keys.c.site_id == site, data_keys.c.purpose == purpose, data_keys.c.slot == slot)
        row = (await connection.execute(select(data_keys).where(*wanted))).one()
        try:
            return self._unwrapped(row)
        except (KeyMissing, Unopenable):
            raise unreadable("data_keys", row.id) from None

    def cache_sealer(self, site: str) -> Sealer:
        """What seals the shared cache of a site, with a key for each hour."""
        return _CacheSealer(self, site)

    async def cache_key(self, site: str) -> DataKey:
        """The key of this hour. Raises KeyMissing where it cannot be had."""
        try:
            await self._sure(site, (CACHE,))
        except ApiError:
            raise KeyMissing(CACHE) from None
        key = self.newest(site, CACHE)
        if key is None:
            raise KeyMissing(CACHE)
        return key

    async def find_cache_key(self, site: str, key_id: str) -> DataKey:
        """The key that sealed a cached value. Raises KeyMissing."""
        if (site, key_id) not in self._keys:
            try:
                async with self._database.reading() as connection:
                    await self._load(connection, site, data_keys.c.id == key_id)
            except ApiError:
                raise KeyMissing(key_id) from None
        return self.key(site, key_id)

    async def delete_expired(self) -> None:
        """Deletes the cache's keys that have served, here and in the database. Raises ApiError."""
        at = millis(self._now())
        self._keys = {at_: key for at_, key in self._keys.items() if key.expires_at is None or key.expires_at > at}
        async with self._database.writing() as connection:
            await connection.execute(delete(data_keys).where(data_keys.c.expires_at <= at))

    async def keep_deleting(self, seconds: float = _CLEAN_SECONDS) -> None:
        """Deletes expired keys every so often, for ever: a task of the server. A database that fails is tried again."""
        while True:
            with suppress(
                ApiError, DatabaseFault
            ):  # said by whoever needs the database; here nothing can be done about it
                await self.delete_expired()
            await asyncio.sleep(seconds)

    async def rewrap(self) -> int:
        """Wraps the keys of rows with the newest of the operator's keys; how many had another. Raises KeyMissing, Unopenable.

        Keys of the cache stay as they are, since they end within hours.
        """
        lasting = select(data_keys).where(data_keys.c.purpose != CACHE)
        async with self._database.writing() as connection:
            rows = (await connection.execute(lasting)).all()
            old = [row for row in rows if key_id_of(row.wrapped) != self._keyring.newest]
            for row in old:
                place = _place(row.region, row.site_id, row.purpose, row.id)
                wrapped = self._keyring.wrap(self._keyring.unwrap(row.wrapped, place), place)
                this = (data_keys.c.site_id == row.site_id, data_keys.c.id == row.id)
                await connection.execute(update(data_keys).where(*this).values(wrapped=wrapped))
        return len(old)

    def _slot(self, purpose: str) -> int:
        return millis(self._now()) // _SLOT_MS[purpose]

    async def _sure(self, site: str, purposes: Sequence[str]) -> None:
        if not self._lacking(site, purposes):
            return
        async with self._making:
            missing = self._lacking(site, purposes)
            if not missing:
                return
            async with self._database.writing() as connection:
                made = [await self.make(connection, site, purpose) for purpose in missing]
            # Only now, since the transaction might have failed.
            self._keys |= {(site, key.id): key for key in made}

    def _lacking(self, site: str, purposes: Sequence[str]) -> list[str]:
        newest = {purpose: self.newest(site, purpose) for purpose in purposes}
        return [purpose for purpose, key in newest.items() if key is None or key.slot < self._slot(purpose)]

    async def _load(self, connection: AsyncConnection, site: str, where: ColumnElement[bool]) -> None:
        query = select(data_keys).where(data_keys.c.site_id == site, where)
        for row in (await connection.execute(query)).all():
            try:
                self._keys[site, row.id] = self._unwrapped(row)
            except (KeyMissing, Unopenable):
                continue  # the rows that need it say so

    def _unwrapped(self, row: Row[tuple[object, ...]]) -> DataKey:
        raw = self._keyring.unwrap(row.wrapped, _place(row.region, row.site_id, row.purpose, row.id))
        shown = raw if row.purpose == INDEX else None
        return DataKey(row.id, row.purpose, row.slot, row.expires_at, Key(raw, row.id), shown)


class _CacheSealer:
    """The Sealer of one site's shared cache."""

    def __init__(self, vault: Vault, site: str) -> None:
        self._vault = vault
        self._site = site

    async def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        """The sealed value. Raises KeyMissing where the database gives no key."""
        key = await self._vault.cache_key(self._site)
        return key.cipher.seal(plain, (CACHE, self._site, *place))

    async def unseal(self, blob: bytes, place: Sequence[str]) -> bytes:
        """The value in clear. Raises Unopenable and KeyMissing."""
        key = await self._vault.find_cache_key(self._site, key_id_of(blob))
        if key.purpose != CACHE:
            raise Unopenable("it is no value of the cache")
        return key.cipher.unseal(blob, (CACHE, self._site, *place))


def _place(region: str, site: str, purpose: str, key_id: str) -> tuple[str, ...]:
    return ("data-key", region, site, "data_keys", key_id, "wrapped", purpose)
