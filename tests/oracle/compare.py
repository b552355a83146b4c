"""Compares an answer with what was worked out, and says where they differ.

Only what was selected is compared. Of rows the definitions fix the figures, the order by size and what `top` and `rest` mean, but
not the order of equals: so any right choice of equals is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isclose
from typing import Any


class Anything:
    """Stands for a value that no definition fixes."""


ANYTHING = Anything()
UNBOUNDED = 10**9


@dataclass
class Row:
    """One row that may be shown: its figures, what ranks it, and the requests in it."""

    figures: Mapping[str, Any]
    rank: int | tuple[int, ...]
    requests: frozenset[int] = frozenset()


@dataclass
class Rows:
    """All rows by key, of which the answer shows the `top` largest; the row without a key comes on top of them, last."""

    all: Mapping[str | None, Row]
    key_of: Callable[[Any], str | None]
    top: int = UNBOUNDED
    by_key: bool = False
    """Whether rows are in the order of their keys (as periods are) rather than of their size."""
    shown: list[str | None] = field(default_factory=list)

    def differences(self, got: Sequence[Any], where: str) -> Iterator[str]:
        """What is wrong with the rows shown."""
        self.shown = [self.key_of(row) for row in got]
        named = [key for key in self.shown if key is not None]
        if len(set(self.shown)) < len(self.shown) or not set(self.shown) <= set(self.all):
            yield f"{where}: rows {self.shown}, expected of {list(self.all)}"
            return
        if len(named) != min(self.top, len(self.all) - (None in self.all)):
            yield f"{where}: {len(named)} rows with a key, expected {self.top} of {list(self.all)}"
        if (None in self.shown) != (None in self.all) or None in self.shown[:-1]:
            yield f"{where}: the row without a key is not the last one: {self.shown}"
        yield from self._order(named, where)
        for key, row in zip(self.shown, got, strict=True):
            yield from differences(self.all[key].figures, row, f"{where}[{key}]")

    def _order(self, named: list[str], where: str) -> Iterator[str]:
        if self.by_key:
            if named != sorted(named):
                yield f"{where}: not in order: {named}"
            return
        ranks: list[Any] = [self.all[key].rank for key in named]
        hidden: list[Any] = [self.all[key].rank for key in self.all if key is not None and key not in named]
        if ranks != sorted(ranks, reverse=True):
            yield f"{where}: not the largest first: {list(zip(named, ranks, strict=True))}"
        if ranks and hidden and min(ranks) < max(hidden):
            yield f"{where}: {named} are shown, but others are larger: {[(k, r.rank) for k, r in self.all.items()]}"

    def rest(self) -> dict[str, int]:
        """What `rest` must say, given the rows that were shown."""
        hidden = [row.requests for key, row in self.all.items() if key not in self.shown]
        return {"count": len(hidden), "distinctRequests": len(frozenset().union(*hidden))}


def differences(expected: Any, got: Any, where: str = "") -> Iterator[str]:
    """Where an answer differs from what is expected, as readable lines."""
    if isinstance(expected, Anything):
        return
    if isinstance(expected, Rows) and isinstance(got, list):
        yield from expected.differences(got, where)
    elif isinstance(expected, Mapping) and isinstance(got, Mapping):
        rows = expected.get("rows")
        # Which of equal rows are in the rest can only be told from the rows shown.
        for name in sorted(got, key=lambda name: name == "rest"):
            wanted = rows.rest() if name == "rest" and isinstance(rows, Rows) else expected[name]
            yield from differences(wanted, got[name], f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from differences(one, other, f"{where}[{index}]")
    elif not _same(expected, got):
        yield f"{where}: got {got}, expected {expected}"


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, float | Fraction) and isinstance(got, int | float) and not isinstance(got, bool):
        return isclose(float(expected), got, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, int) and isinstance(got, float):
        return got == expected
    return type(expected) is type(got) and expected == got


def assert_same(expected: Any, got: Any) -> None:
    """Fails with a list of all differences."""
    found = list(differences(expected, got))
    assert not found, "\n".join(found)
