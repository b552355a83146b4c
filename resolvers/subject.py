"""The requests that a report is about: the table cut to the scope, and its exact parts by basis.

A table may hold more than one report needs, since reports are read together; a report only looks through these cuts, so
that its figures do not depend on what else was asked.
"""

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from resolvers.jql import earlier, later
from resolvers.scan import UNRESOLVED
from resolvers.scopes import Scope
from schema.report import Basis, ResolvedWith
from schema.scope import ResolvedBy


@dataclass(frozen=True)
class Subject:
    """Requests created before `as_of`, with `open` (Boolean) and `resolved_at` (ms, null if open or undated) added."""

    scope: Scope
    frame: pl.DataFrame
    as_of: int
    start: int
    end: int
    """End of the period (ms), excluded; it may lie after `as_of`."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are cut."""
        return self.scope.zone

    @property
    def until(self) -> int:
        """The end of the period, or `as_of` if that comes first."""
        return min(self.end, self.as_of)

    def in_period(self, field: str) -> str:
        """JQL for "in the period", as near as its literals come: it finds a few hours more on both sides."""
        return f"{field} >= {earlier(self.start)} AND {field} < {later(self.until)}"

    @property
    def unresolved(self) -> str:
        """JQL for "unresolved", by the rule of the scope."""
        return UNRESOLVED[self.scope.resolved_by]

    @cached_property
    def cohort(self) -> pl.DataFrame:
        """Requests created in the period."""
        return self.frame.filter(pl.col("created").is_between(self.start, self.end, closed="left"))

    @cached_property
    def open(self) -> pl.DataFrame:
        """Requests unresolved at `as_of`."""
        return self.frame.filter("open")

    @cached_property
    def existing(self) -> pl.DataFrame:
        """Requests created before the end of the period: only these can have an event in it.

        An import may say that a request was resolved before it was created; such an event is in no earlier period.
        """
        return self.frame.filter(pl.col("created") < self.end)

    @cached_property
    def resolved(self) -> pl.DataFrame:
        """Requests resolved in the period."""
        return self.existing.filter(pl.col("resolved_at").is_between(self.start, self.until, closed="left"))

    def about(self, bases: frozenset[Basis]) -> pl.DataFrame:
        """The requests that a report of these bases can be about, whatever else was read."""
        alive = pl.col("resolved_at").is_null() | (pl.col("resolved_at") >= self.start)
        parts = {Basis.COHORT: self.cohort, Basis.ACTIVE: self.existing.filter(alive), Basis.OPEN: self.open}
        return pl.concat([parts[basis] for basis in Basis if basis in bases]).unique(subset="id")


def resolved_with(frame: pl.DataFrame) -> ResolvedWith:
    """How many of the requests count as resolved by which rule."""
    resolved = frame.filter(~pl.col("open"))
    by_date = int(resolved["by_resolution"].sum())
    return ResolvedWith(resolution=by_date, status_category=resolved.height - by_date)


def undated(frame: pl.DataFrame) -> int:
    """How many of the requests are done since nobody knows when."""
    return frame.filter(~pl.col("open") & pl.col("resolved_at").is_null()).height


def _resolution(rule: ResolvedBy) -> dict[str, pl.Expr]:
    """`open`, `resolved_at` and `by_resolution` by the rule."""
    dated = pl.col("resolutiondate").is_not_null() if rule is not ResolvedBy.STATUS_CATEGORY else pl.lit(False)
    if rule is ResolvedBy.RESOLUTION:
        return {"open": ~dated, "resolved_at": pl.col("resolutiondate"), "by_resolution": dated}
    done = pl.col("status").struct.field("category").eq_missing("done")
    since = pl.when(done).then("statuscategorychangedate")
    if rule is ResolvedBy.STATUS_CATEGORY:
        return {"open": ~done, "resolved_at": since, "by_resolution": dated}
    return {"open": ~(dated | done), "resolved_at": pl.coalesce("resolutiondate", since), "by_resolution": dated}


def subject(scope: Scope, frame: pl.DataFrame, read_at: int) -> Subject:
    """The subject of a report from a table read at `read_at`, which is the report's `as_of`."""
    derived = _resolution(scope.resolved_by)
    cut = scope.cut(frame.filter(pl.col("created") < read_at)).with_columns(**derived)
    end = scope.period.end
    return Subject(scope, cut, read_at, scope.period.start, read_at if end is None else end)
