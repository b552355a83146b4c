"""How long resolutions took: of the requests resolved or created in the period, by the wall clock or an SLA's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from resolvers.columns import SLA
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Nameless, Needs
from resolvers.figures.dimensions import COLUMNS, breakdown, keyed, nameless_rows, with_value
from resolvers.figures.measures import checked_top, cycles_of, stopped_before, summary
from resolvers.figures.periods import HOUR
from resolvers.figures.served import warn_of_channels
from resolvers.site import Metric
from schema.errors import bad_input
from schema.report import Basis, Dimension, DimensionValue, Rest
from schema.reports.resolution_time import (
    ResolutionBand,
    ResolutionCohort,
    ResolutionTimeOptions,
    ResolutionTimeReport,
    ResolutionTimeRequest,
    ResolutionTimeRow,
    ResolutionValue,
)
from schema.reports.sla import SlaMetric

BANDS: tuple[tuple[int, int | None], ...] = ((0, 1), (1, 4), (4, 8), (8, 24), (24, 72), (72, 168), (168, None))
"""Bands of hours, half-open."""

Asking = Asked[ResolutionTimeOptions]


def _metric(asked: Asking) -> Metric | None:
    """The SLA metric of the clock; None for the wall clock. Raises ApiError where it is not clear which."""
    metrics = asked.fields.metrics_chosen(asked.options.metric)
    if asked.options.value is ResolutionValue.WALL:
        return None
    if len(metrics) != 1:
        names = ", ".join(repr(metric.name) for metric in metrics[:20]) or "none, since this site has no SLA metric"
        raise bad_input(
            "options.metric",
            "`value: SLA` needs one metric, and the site has not just one"
            if asked.options.metric is None
            else "this is no one metric",
            f"a name or id of {names}",
        )
    return metrics[0]


def _rows_matter(asked: Asking) -> bool:
    return asked.selection.has("rows", "rest")


def needs(asked: Asking) -> Needs:
    """ACTIVE for the requests resolved in the period, COHORT for those created in it."""
    checked_top(asked.options.top)
    metric = _metric(asked)
    columns = {SLA + field for field in metric.fields} if metric else set()
    if asked.options.by and _rows_matter(asked):
        columns.add(COLUMNS[asked.options.by])
    basis = Basis.COHORT if asked.options.cohort is ResolutionCohort.CREATED else Basis.ACTIVE
    return Needs(frozenset({basis}), frozenset(columns))


@dataclass(frozen=True, slots=True)
class _Parts:
    """The requests looked at, and each where it belongs. All but the unresolved have `duration` (ms)."""

    total: pl.DataFrame
    unresolved: pl.DataFrame
    unmeasured: pl.DataFrame
    invalid: pl.DataFrame
    measured: pl.DataFrame


def _timed(done: pl.DataFrame, metric: Metric | None, as_of: int) -> pl.DataFrame:
    """The requests with `duration` (ms), null where there is none."""
    if metric is None:
        return done.with_columns(duration=pl.col("resolved_at") - pl.col("created"))
    completed = cycles_of(done, metric.fields).filter(stopped_before(as_of))
    used = completed.group_by("id").agg(duration=pl.col("elapsed").sum())
    return done.join(used, on="id", how="left", maintain_order="left")


def _parts(material: Material[ResolutionTimeOptions]) -> _Parts:
    subject, asked = material.subject, material.asked
    total = subject.cohort if asked.options.cohort is ResolutionCohort.CREATED else subject.resolved
    timed = _timed(total.filter(~pl.col("open")), _metric(asked), subject.as_of)
    return _Parts(
        total=total,
        unresolved=total.filter("open"),
        unmeasured=timed.filter(pl.col("duration").is_null()),
        invalid=timed.filter(pl.col("duration") < 0),
        measured=timed.filter(pl.col("duration") >= 0),
    )


def _in_band(low: int, high: int | None) -> pl.Expr:
    inside = pl.col("duration") >= low * HOUR
    return inside if high is None else inside & (pl.col("duration") < high * HOUR)


def _rows(measured: pl.DataFrame, material: Material[ResolutionTimeOptions]) -> tuple[list[ResolutionTimeRow], Rest]:
    options = material.asked.options
    if options.by is None or not _rows_matter(material.asked):
        return [], Rest(count=0, distinct_requests=0)
    if options.by is Dimension.CHANNEL:
        warn_of_channels(material)
    pairs = keyed(measured, options.by, material.subject.scope)
    groups, rest = breakdown(pairs, checked_top(options.top), "count", count=pl.len(), durations=pl.col("duration"))
    rows = [
        ResolutionTimeRow(
            value=DimensionValue(key=group["key"], name=group["name"]),
            count=group["count"],
            duration=summary(pl.Series(group["durations"], dtype=pl.Int64)),
            drill_down=material.drill_down("value", group["key"]),
        )
        for group in groups
    ]
    return rows, rest


def compute(material: Material[ResolutionTimeOptions]) -> ResolutionTimeReport:
    """Requests without a duration, or with one that measures nothing, are counted and in no other figure."""
    options = material.asked.options
    metric = _metric(material.asked)
    parts = _parts(material)
    rows, rest = _rows(parts.measured, material)
    return ResolutionTimeReport(
        read=material.read,
        cohort=options.cohort,
        value=options.value,
        metric=None if metric is None else SlaMetric(name=metric.name, ids=list(metric.fields)),
        total=parts.total.height,
        measured=parts.measured.height,
        invalid=parts.invalid.height,
        unmeasured=parts.unmeasured.height,
        unresolved=parts.unresolved.height if options.cohort is ResolutionCohort.CREATED else None,
        duration=summary(parts.measured["duration"]),
        histogram=[
            ResolutionBand(
                from_hours=low,
                to_hours=high,
                count=parts.measured.filter(_in_band(low, high)).height,
                drill_down=material.drill_down("band", place),
            )
            for place, (low, high) in enumerate(BANDS)
        ],
        rows=rows,
        rest=rest,
        drill_down=material.drill_down(),
    )


def cells(material: Material[ResolutionTimeOptions], key: Key) -> Measures:
    """`[]` for the report, `["band", place]`, or `["value", key]`."""
    parts, subject = _parts(material), material.subject
    created = material.asked.options.cohort is ResolutionCohort.CREATED
    match key:
        case []:
            period = subject.in_period("created" if created else "resolved")
            measures: dict[str, Callable[[], Cell]] = {
                "total": lambda: Cell(parts.total["id"], period),
                "measured": lambda: Cell(parts.measured["id"]),
                "invalid": lambda: Cell(parts.invalid["id"]),
                "unmeasured": lambda: Cell(parts.unmeasured["id"]),
            }
            return measures | ({"unresolved": lambda: Cell(parts.unresolved["id"])} if created else {})
        case ["band", int(place)] if 0 <= place < len(BANDS):
            return {"count": lambda: Cell(parts.measured.filter(_in_band(*BANDS[place]))["id"])}
        case ["value", str() | None as value] if by := material.asked.options.by:
            return {"count": lambda: Cell(with_value(parts.measured, by, value)["id"])}
    return {}


def people(result: ResolutionTimeReport, asked: Asking) -> Iterable[Nameless]:
    """The assignees of a breakdown by assignee."""
    if asked.options.by is Dimension.ASSIGNEE and asked.selection.has("rows.value.name"):
        yield from nameless_rows(result.rows)


REPORT = Definition(ResolutionTimeRequest, needs, compute, people, cells=cells)
