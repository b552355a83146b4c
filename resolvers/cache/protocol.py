"""What a cache is to those who use it, and what it tells of itself."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, Protocol, TypeVar

from resolvers.cache.kinds import Kind

T = TypeVar("T")

LONGEST_SECONDS: Final = 3600
"""Nothing read from Jira is kept longer than that after it was read."""

State = Literal["ok", "degraded"]

CacheObserver = Callable[[str], None]
"""Is told what happens at a shared cache: it has a value (`hit`) or none (`miss`), fails (`error`), holds what is no value in its
place (`unreadable`, and then `miss`), is given up for now (`lost`), or is used again (`back`)."""


class Cache(Protocol):
    """Where data read from Jira are kept, for a while. No method raises for what goes wrong with a shared cache."""

    async def get(self, kind: Kind[T], key: str) -> T | None:
        """The value, or None if there is none any more. Any copy of it will do: the process's own comes first."""
        ...

    async def get_many(self, kind: Kind[T], keys: Sequence[str]) -> dict[str, T]:
        """The values that there are, by key."""
        ...

    async def copies(self, kind: Kind[T], key: str) -> list[T]:
        """The shared copy and the process's own, as far as there are any: for what changes, and where the newer one counts."""
        ...

    async def set(self, kind: Kind[T], key: str, value: T, *, read_at: int, size: int) -> None:
        """Keeps a value of about `size` bytes, counting its life from the instant (ms) of its read.

        A value that does not fit, or is too old, is not kept. The value must not be changed any more.
        """
        ...

    async def set_many(self, kind: Kind[T], values: Mapping[str, T], *, read_at: int, size: int) -> None:
        """The same for several; `size` is that of each."""
        ...

    async def state(self) -> State:
        """`degraded` while a shared cache is lost: answers go on from the process's own memory."""
        ...

    async def aclose(self) -> None:
        """Lets go of all connections."""
        ...


def cache_key(*parts: str) -> str:
    """A key from its parts, such that no two different lists of parts share one. Nothing of them can be read in it."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
