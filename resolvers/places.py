"""Places that are handed out evenly: a bounded number of them, of which each holder has a share at most."""

import asyncio
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Holders = Sequence[Hashable]


@dataclass(eq=False, slots=True)
class _Waiting:
    holders: Holders
    turn: "asyncio.Future[None]"


class Places:
    """`places` at once for all together. A place has one holder or several (a caller, its operation, …).

    `shares` has for each of them, in their order, how many places it has at most. The next free place goes to whoever
    has the fewest, and among equals to who came first. Everything happens in one event loop.
    """

    def __init__(self, places: int, shares: Sequence[int]) -> None:
        self._places = self._free = places
        self._shares = tuple(shares)
        self._held: Counter[tuple[int, Hashable]] = Counter()
        self._waiting: list[_Waiting] = []

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    def waiting_of(self, first: Hashable) -> int:
        """How many wait whose first holder is this one."""
        return sum(one.holders[0] == first for one in self._waiting)

    def is_free(self, holders: Holders) -> bool:
        """Whether these would get a place at once."""
        return self._free > 0 and self._is_allowed(holders)

    async def take(self, holders: Holders) -> None:
        """Wait for a place; whoever got one must `leave` it. Who is cancelled while waiting has none."""
        one = _Waiting(holders, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        self._hand_out()
        try:
            await one.turn
        except asyncio.CancelledError:
            if one in self._waiting:
                self._waiting.remove(one)
            else:
                self.leave(holders)
            raise

    def leave(self, holders: Holders) -> None:
        """Give a place back."""
        self._free += 1
        for key in enumerate(holders):
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free > 0:
            allowed = [one for one in self._waiting if self._is_allowed(one.holders)]
            if not allowed:
                return
            one = min(allowed, key=lambda one: self._holdings(one.holders))
            self._waiting.remove(one)
            self._free -= 1
            self._held.update(enumerate(one.holders))
            if not one.turn.done():
                one.turn.set_result(None)

    def _is_allowed(self, holders: Holders) -> bool:
        return all(held < share for held, share in zip(self._holdings(holders), self._shares, strict=True))

    def _holdings(self, holders: Holders) -> list[int]:
        return [self._held[key] for key in enumerate(holders)]
