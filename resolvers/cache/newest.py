"""The newest of several reads of one thing: each read is kept by its id and never changes, and a small pointer names the newest.

So the pointer alone is asked for again and again where the cache is shared; what it points at mostly lies in the process.
"""

from dataclasses import dataclass
from typing import TypeVar

from resolvers.cache.kinds import Kind, packed
from resolvers.cache.protocol import Cache, cache_key

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Names a read."""

    read_id: str
    read_at: int
    """Instant (ms)."""


POINTER: Kind[Pointer] = packed("newest", Pointer)
_POINTER_BYTES = 256


def place_of(reader: str, read_id: str) -> str:
    """The key of a read."""
    return cache_key("read", reader, read_id)


async def newest(cache: Cache, kind: Kind[T], reader: str, key: str) -> T | None:
    """The newest read of that key which is still there."""
    # A shared pointer may lead to what did not fit, or has been dropped, while the process still has a read of its own.
    pointers = sorted(await cache.copies(POINTER, key), key=lambda one: one.read_at, reverse=True)
    for pointer in dict.fromkeys(pointers):
        value = await cache.get(kind, place_of(reader, pointer.read_id))
        if value is not None:
            return value
    return None


async def keep_newest(
    cache: Cache, kind: Kind[T], reader: str, key: str, value: T, *, read_id: str, read_at: int, size: int
) -> None:
    """Keeps a read, and points at it unless a newer one is there already."""
    await cache.set(kind, place_of(reader, read_id), value, read_at=read_at, size=size)
    if all(pointer.read_at <= read_at for pointer in await cache.copies(POINTER, key)):
        await cache.set(POINTER, key, Pointer(read_id, read_at), read_at=read_at, size=_POINTER_BYTES)
