"""Entries of `extensions.reports`: what each answer rests on, and what that cost."""

import secrets
from datetime import datetime
from typing import TypeVar

from graphql.pyutils import Path

from connectors.http import Meter
from resolvers.figures.periods import instant
from resolvers.lists import Listed
from resolvers.tables import CacheResult, Served
from schema.report import Way
from schema.scalars import print_instant

T = TypeVar("T")


def _dotted(path: Path) -> str:
    return ".".join(map(str, path.as_list()))


def table_entry(path: Path, served: Served) -> dict[str, object]:
    """A report that rests on a table of requests."""
    table = served.table
    return {
        "path": _dotted(path),
        "readId": table.read_id,
        "way": Way.SCAN.name,
        "calls": table.calls,
        "points": table.points,
        "rows": table.frame.height,
        "cache": served.result.value,
        "readMs": table.read_ms,
        "asOf": print_instant(instant(table.read_at)),
    }


def list_entry(path: Path, listed: Listed[T], rows: int, *, hit: bool) -> dict[str, object]:
    """A report that rests on a list."""
    return {
        "path": _dotted(path),
        "readId": listed.read_id,
        "way": Way.REF.name,
        "calls": listed.calls,
        "points": listed.points,
        "rows": rows,
        "cache": (CacheResult.HIT if hit else CacheResult.MISS).value,
        "readMs": listed.read_ms,
        "asOf": print_instant(instant(listed.read_at)),
    }


def own_entry(path: Path, meter: Meter, seconds: float, now: datetime) -> dict[str, object]:
    """What was called for one report alone, such as names, as a read of its own."""
    return {
        "path": _dotted(path),
        "readId": secrets.token_hex(8),
        "way": Way.REF.name,
        "calls": meter.calls,
        "points": meter.points,
        "rows": 0,
        "cache": CacheResult.MISS.value,
        "readMs": round(seconds * 1000),
        "asOf": print_instant(now),
    }
