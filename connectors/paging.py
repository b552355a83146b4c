"""Following a list from page to page by offsets, and seeing when the pages lead nowhere."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from connectors.errors import Unavailable

T = TypeVar("T")


class Pages(Generic[T]):
    """The pages of one list so far. `what` names the list in messages, `key` gives the id of an item.

    Lists change while they are paged: an item that moved to a later page is given once.
    """

    def __init__(self, what: str, key: Callable[[T], str]) -> None:
        self._what = what
        self._key = key
        self._seen: set[str] = set()
        self._firsts: set[str] = set()
        self._start = -1

    def fresh(self, items: Sequence[T], *, start: int | None, last: bool) -> list[T]:
        """The items not given before. `start` is the offset that the page says it has, if it says one.

        Raises Unavailable for a page that begins as an earlier one did, whose offset does not advance, or that
        holds nothing new though more is promised: no number of such pages would ever be the list.
        """
        if start is not None and start <= self._start:
            raise Unavailable(f"Atlassian's pages of {self._what} do not advance.")
        self._start = self._start if start is None else start
        keys = [self._key(item) for item in items]
        if keys and keys[0] in self._firsts:
            raise Unavailable(f"Atlassian repeats a page of {self._what}.")
        found = {key: item for key, item in zip(keys, items, strict=True) if key not in self._seen}
        if not found and not last:
            raise Unavailable(f"Atlassian promises more {self._what} and gives none.")
        self._firsts.update(keys[:1])
        self._seen.update(found)
        return list(found.values())
