"""The way to a Valkey or Redis, by aiocache's backend: short waits, and none at all while it is lost.

A backend that fails costs its first callers a second at most; from then on nobody asks it until a ping in the background
is answered again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from aiocache.backends.redis import RedisBackend
from aiocache.serializers import NullSerializer
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from resolvers.cache.protocol import CacheObserver, State

R = TypeVar("R")
log = structlog.get_logger("resolvers.cache")

CONNECT_SECONDS = 1.0
COMMAND_SECONDS = 1.0
LARGE_SECONDS = 5.0
RETRY_SECONDS = 3.0
_CONNECTIONS = 32
_ONCE_MORE = Retry(NoBackoff(), 1)
"""Over a new connection, where an old one turns out to be closed."""
_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}


def _secured(address: dict[str, Any]) -> dict[str, Any]:
    """What a connection with TLS checks: the certificate, and that it is that host's."""
    if address.get("connection_class") is not SSLConnection:
        return {}
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


class _Backend(RedisBackend):  # type: ignore[misc]  # aiocache has no types
    """aiocache's backend for bytes: with the address as one URL, and without what redis-py has deprecated."""

    def __init__(self, url: str) -> None:
        # Nothing but the host, the number of the database and the credentials counts: parameters could switch checks off.
        parts = urlsplit(url)
        plain = parts._replace(scheme=_SCHEMES.get(parts.scheme, parts.scheme), query="", fragment="").geturl()
        address: dict[str, Any] = dict(parse_url(plain))
        secured = _secured(address)
        super().__init__(
            endpoint=address.pop("host", "127.0.0.1"),
            port=address.pop("port", 6379),
            db=address.pop("db", 0),
            password=address.pop("password", None),
            serializer=NullSerializer(encoding=None),
            timeout=COMMAND_SECONDS,
            create_connection_timeout=CONNECT_SECONDS,
            pool_max_size=_CONNECTIONS,
            connection_pool_class=BlockingConnectionPool,
            connection_pool_kwargs=address | secured | {"timeout": COMMAND_SECONDS, "retry": _ONCE_MORE},
        )

    async def _set(
        self, key: str, value: bytes, ttl: float | None = None, _cas_token: object = None, _conn: object = None
    ) -> object:
        return await self.client.set(key, value, px=_milliseconds(ttl))

    async def _multi_set(
        self, pairs: Sequence[tuple[str, bytes]], ttl: float | None = None, _conn: object = None
    ) -> bool:
        async with self.client.pipeline(transaction=False) as pipeline:
            for key, value in pairs:
                pipeline.set(key, value, px=_milliseconds(ttl))
            await pipeline.execute()
        return True

    async def _close(self, *_args: object, _conn: object = None, **_kwargs: object) -> None:
        await self.client.aclose()


def _milliseconds(ttl: float | None) -> int:
    assert ttl is not None  # nothing is kept for ever
    return max(1, int(ttl * 1000))


class Valkey:
    """A Valkey or Redis at a URL (`valkey://`, `redis://`, with TLS `valkeys://`, `rediss://`). No method raises."""

    def __init__(self, url: str, observe: CacheObserver, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self._backend = _Backend(url)
        self._observe = observe
        self._retry_seconds = retry_seconds
        self._coming_back: asyncio.Task[None] | None = None
        self._refusing = False
        self._times_lost = 0

    @property
    def is_lost(self) -> bool:
        """Whether nothing is sent for now."""
        return self._coming_back is not None

    async def get_many(self, keys: Sequence[str], *, large: bool) -> list[bytes | None]:
        """The values of these keys, in their order; an empty list where no answer came."""
        found = await self._attempt(lambda: self._backend.multi_get(list(keys), timeout=_seconds(large)))
        return cast("list[bytes | None]", found or [])

    async def set_many(self, values: Mapping[str, bytes], *, ttl_seconds: float, large: bool) -> None:
        """Keeps these values for so long."""
        pairs, seconds = list(values.items()), _seconds(large)
        if await self._attempt(lambda: self._backend.multi_set(pairs, ttl=ttl_seconds, timeout=seconds)):
            self._refusing = False

    async def state(self) -> State:
        """Whether it answers, and takes what it is given."""
        if not self.is_lost:
            await self._attempt(self._ping)
        return "degraded" if self.is_lost or self._refusing else "ok"

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._coming_back:
            self._coming_back.cancel()
            await asyncio.wait({self._coming_back})
        with suppress(RedisError, OSError, TimeoutError):
            await self._backend.close()

    async def _ping(self) -> object:
        return await self._backend.raw("ping")

    async def _attempt(self, command: Callable[[], Awaitable[R]]) -> R | None:
        if self.is_lost:
            return None
        times_lost = self._times_lost
        try:
            return await command()
        except ResponseError as error:  # it is there and says no, e.g. since it is full
            self._observe("error")
            if not self._refusing:
                self._refusing = True
                log.warning("cache_refuses", error=type(error).__name__)
        except (RedisError, OSError, TimeoutError) as error:
            self._observe("error")
            # Commands that were under way when it was lost may fail long after; they tell nothing new.
            if not self.is_lost and times_lost == self._times_lost:
                self._lose(error)
        return None

    def _lose(self, error: Exception) -> None:
        self._times_lost += 1
        self._coming_back = asyncio.create_task(self._come_back())
        self._observe("lost")
        log.warning("cache_lost", error=type(error).__name__)

    async def _come_back(self) -> None:
        while True:
            await asyncio.sleep(self._retry_seconds)
            with suppress(RedisError, OSError, TimeoutError):
                await self._ping()
                break
        self._coming_back = None
        self._refusing = False
        self._observe("back")
        log.info("cache_back")


def _seconds(large: bool) -> float:
    return LARGE_SECONDS if large else COMMAND_SECONDS
