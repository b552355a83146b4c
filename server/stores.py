"""Opens what the server keeps: the database of widgets and dashboards, and the cache; both as the settings say."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from resolvers.cache import Cache, open_cache
from resolvers.encryption import InClear, Keyring
from resolvers.storage.database import open_database
from resolvers.storage.errors import StorageProblem
from resolvers.storage.vault import Vault
from resolvers.storage.work import Storage
from schema.errors import ApiError
from server.metrics import Metrics
from server.settings import Settings, database_url

log = structlog.get_logger("server.stores")


@dataclass(frozen=True, slots=True)
class Stores:
    """What is open, and the id under which the site of the settings is stored."""

    storage: Storage
    site: str
    cache: Cache


@asynccontextmanager
async def opened_stores(
    settings: Settings, *, now: Callable[[], datetime], metrics: Metrics, in_clear: bool = False
) -> AsyncIterator[Stores]:
    """The stores of the settings, closed on the way out. Raises StorageProblem, a line for the operator.

    `in_clear` leaves encryption and compression out: for tests that look into the stores, no setting does it.
    """
    keys = Keyring([key.get_secret_value() for key in settings.encryption_keys])
    async with AsyncExitStack() as stack:
        database = await open_database(database_url(settings))
        stack.push_async_callback(database.aclose)
        vault = Vault(database, keys, now=now, encrypted=not in_clear)
        if await vault.check():
            log.info("data_keys_rewrapped", rows=await vault.rewrap())
        storage = Storage(database, vault, now=now)
        try:
            site = await storage.site(urlsplit(settings.site_url).hostname or "")
        except ApiError as error:
            raise StorageProblem(error.message) from None
        await stack.enter_async_context(_running(vault.keep_deleting()))
        cache = open_cache(
            settings.cache_url.get_secret_value(),
            settings.cache_bytes,
            InClear() if in_clear else vault.cache_sealer(site),
            now,
            metrics.cache_event,
            ttl_seconds=settings.cache_ttl_seconds,
            compressed=not in_clear,
        )
        stack.push_async_callback(cache.aclose)
        metrics.watch_database(database.ready)
        yield Stores(storage, site, cache)


@asynccontextmanager
async def _running(work: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Something that goes on beside the server."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
