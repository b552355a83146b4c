"""How a value travels to a shared cache and back: encoded, compressed, sealed to its place; on the way back opened, then bounded.

Within the seal stand the instant of its read and its size, so that neither rests on what the backend says of it.
"""

import asyncio
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from resolvers.cache.kinds import Kind
from resolvers.compression import inflated
from resolvers.encryption import Sealer
from resolvers.threads import in_thread

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_HEAD = struct.Struct(">qQ")
KEY_SECONDS = 2.0
"""How long the keys may take, which may lie in a database: waiting for it must not cost more than doing without the cache."""
_LEVEL = 1
"""Of zlib: tables of requests come out hardly smaller with more effort."""


class Unreadable(Exception):
    """Bytes that are no value of this kind in this place, or larger than any may be."""


@dataclass(frozen=True, slots=True)
class Opened(Generic[T]):
    """A value that came back."""

    value: T
    read_at: int
    size: int


class Envelope:
    """Wraps values for a shared cache. None larger than `largest` bytes is made of what comes back.

    `compressed` is for tests that look for what they know in what is kept.
    """

    def __init__(self, sealer: Sealer, *, largest: int, compressed: bool = True) -> None:
        self._sealer = sealer
        self._largest = largest
        self._compressed = compressed

    async def close(self, kind: Kind[T], key: str, value: T, *, read_at: int, size: int) -> bytes:
        """The value for its place. Raises whatever stands against that."""
        plain = await self._run(kind, self._packed, kind, value, read_at, size)
        async with asyncio.timeout(KEY_SECONDS):
            return await self._sealer.seal(plain, ("cache", kind.name, key))

    async def open(self, kind: Kind[T], key: str, blob: bytes) -> Opened[T]:
        """What was closed in this place. Raises Unreadable for all else."""
        try:
            async with asyncio.timeout(KEY_SECONDS):
                plain = await self._sealer.unseal(blob, ("cache", kind.name, key))
            return await self._run(kind, self._unpacked, kind, plain)
        except Exception as error:  # whatever is wrong with it: it is not what we want
            raise Unreadable(type(error).__name__) from error

    def _packed(self, kind: Kind[T], value: T, read_at: int, size: int) -> bytes:
        encoded = kind.encode(value)
        if len(encoded) > self._largest:
            raise ValueError("it is too large to be shared")
        return _HEAD.pack(read_at, size) + (zlib.compress(encoded, _LEVEL) if self._compressed else encoded)

    def _unpacked(self, kind: Kind[T], plain: bytes) -> Opened[T]:
        read_at, size = _HEAD.unpack_from(plain)
        encoded = plain[_HEAD.size :]
        if self._compressed:
            encoded = inflated(encoded, self._largest)
        return Opened(kind.decode(encoded), read_at, max(size, len(encoded)))

    async def _run(self, kind: Kind[T], work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await in_thread(work, *args, **kwargs) if kind.large else work(*args, **kwargs)
