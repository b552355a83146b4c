"""Whether promised times are kept: cycles completed in the period, ongoing ones now, metric by metric.

`breached` is trusted as Jira says it and never recomputed from elapsed time and goal: goals change, and a cycle whose
elapsed time equals its goal is met. Different metrics are never added up.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import polars as pl

from resolvers.columns import SLA
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Nameless, Needs
from resolvers.figures.dimensions import COLUMNS, breakdown, keyed, nameless_rows
from resolvers.figures.measures import (
    AT_RISK,
    ONGOING,
    RUNNING,
    RUNNING_BREACHED,
    checked_top,
    cycles_of,
    ratio,
    summary,
)
from resolvers.site import Metric
from resolvers.subject import Subject
from schema.report import Basis, Dimension, DimensionValue, Ratio, Rest
from schema.reports.sla import (
    SlaBand,
    SlaDimension,
    SlaMetric,
    SlaMetricFigures,
    SlaOptions,
    SlaReport,
    SlaRequest,
    SlaRow,
    SlaRule,
    SlaUnit,
)

BANDS: tuple[tuple[int, int | None], ...] = ((0, 50), (50, 75), (75, 85), (85, 95), (95, 100), (100, None))
"""Bands of the used share of the goal, in percent, half-open."""
STATES = {
    "running": RUNNING,
    "running_breached": RUNNING_BREACHED,
    "paused": ONGOING & pl.col("paused") & ~pl.col("breached"),
    "paused_breached": ONGOING & pl.col("paused") & pl.col("breached"),
    "at_risk": AT_RISK,
    "due_within_60_minutes": RUNNING & (pl.col("remaining") <= 60 * 60_000),
    "due_within_30_minutes": RUNNING & (pl.col("remaining") <= 30 * 60_000),
}
"""Counts of ongoing cycles, by their name in the answer."""
DIMENSIONS = {
    SlaDimension.PRIORITY: Dimension.PRIORITY,
    SlaDimension.ASSIGNEE: Dimension.ASSIGNEE,
    SlaDimension.REQUEST_TYPE: Dimension.REQUEST_TYPE,
    SlaDimension.ORGANIZATION: Dimension.ORGANIZATION,
}

Asking = Asked[SlaOptions]


def needs(asked: Asking) -> Needs:
    """ACTIVE for completed cycles and the scope, OPEN for ongoing ones; only the fields of the chosen metrics."""
    checked_top(asked.options.top)
    columns = {SLA + field for metric in asked.fields.metrics_chosen(asked.options.metric) for field in metric.fields}
    if dimension := DIMENSIONS.get(asked.options.by) if asked.options.by else None:
        columns.add(COLUMNS[dimension])
    return Needs(frozenset({Basis.ACTIVE, Basis.OPEN}), frozenset(columns))


@dataclass(frozen=True, slots=True)
class _Cycles:
    """The cycles of one metric that count: those completed in the period, and the ongoing ones."""

    all: pl.DataFrame
    completed: pl.DataFrame


def _cycles(subject: Subject, metric: Metric) -> _Cycles:
    cycles = cycles_of(subject.frame, metric.fields, "created")
    inside = pl.col("stop").is_between(subject.start, subject.until, closed="left")
    completed = cycles.filter(inside & (pl.col("created") < subject.end))
    return _Cycles(cycles, completed.with_row_index("place"))


def _scope(subject: Subject, cycles: list[_Cycles]) -> pl.DataFrame:
    """Created before the end, and unresolved at the start or later, or with a cycle completed in the period."""
    completed = pl.concat([pl.Series("id", [], pl.Int64), *(c.completed["id"] for c in cycles)]).unique()
    alive = pl.col("open") | (pl.col("resolved_at") >= subject.start).fill_null(False)
    touched = pl.col("id").is_in(completed.implode())
    return subject.existing.filter(alive | touched)


def _judged(completed: pl.DataFrame, options: SlaOptions) -> pl.DataFrame:
    """What is judged, one row each, by `breached`: the cycles, or the requests by the rule."""
    if options.unit is SlaUnit.CYCLE:
        return completed
    ordered = completed.sort("stop", "place").group_by("id", maintain_order=True)
    if options.rule is SlaRule.FIRST:
        return ordered.first()
    if options.rule is SlaRule.EVER:
        return ordered.agg(pl.col("breached").any(), pl.col("goal").last())
    return ordered.last()


def _in_band(low: int, high: int | None) -> pl.Expr:
    """Whether the used share of the goal lies in a band of percents; whole numbers, so that an edge is exact."""
    used, goal = pl.col("elapsed") * 100, pl.col("goal")
    inside = (used >= goal * low) if low else pl.lit(True)
    return inside if high is None else inside & (used < goal * high)


def _bands(ongoing: pl.DataFrame, material: Material[SlaOptions], metric: Metric) -> list[SlaBand]:
    return [
        SlaBand(
            from_share=low / 100,
            to_share=None if high is None else high / 100,
            cycles=ongoing.filter(_in_band(low, high)).height,
            drill_down=material.drill_down(metric.name, "band", place),
        )
        for place, (low, high) in enumerate(BANDS)
    ]


def _valued(judged: pl.DataFrame, subject: Subject, by: SlaDimension) -> pl.DataFrame:
    """`id`, `breached`, `key` and `name`: one row per judged thing and value of the dimension."""
    if by is SlaDimension.GOAL:
        hours = (pl.col("goal") / 3_600_000).round(2)
        return judged.select("id", "breached", key=pl.col("goal").cast(pl.String), name=pl.format("{} h", hours))
    dimension = DIMENSIONS[by]
    column = subject.frame.select("id", COLUMNS[dimension])
    values = keyed(column, dimension, subject.scope).select("id", "key", "name")
    return judged.select("id", "breached").join(values, on="id")


def _rows(judged: pl.DataFrame, material: Material[SlaOptions], metric: Metric) -> tuple[list[SlaRow], Rest]:
    options = material.asked.options
    if options.by is None:
        return [], Rest(count=0, distinct_requests=0)
    values = _valued(judged, material.subject, options.by)
    groups, rest = breakdown(values, checked_top(options.top), "all", all=pl.len(), missed=pl.col("breached").sum())
    rows = [
        SlaRow(
            value=DimensionValue(key=group["key"], name=group["name"]),
            met=group["all"] - group["missed"],
            missed=group["missed"],
            compliance=ratio(group["all"] - group["missed"], group["all"]),
            drill_down=material.drill_down(metric.name, "value", group["key"]),
        )
        for group in groups
    ]
    return rows, rest


def _overdue(met: int, missed: int, breached: int, subject: Subject, options: SlaOptions) -> Ratio | None:
    """Ongoing cycles are of now, so they only belong to a period that reaches to now."""
    if options.unit is not SlaUnit.CYCLE or subject.end < subject.as_of:
        return None
    return ratio(met, met + missed + breached)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The requests and cycles behind the figures of one metric."""

    not_applicable: pl.DataFrame
    not_started: pl.DataFrame
    with_cycles: pl.DataFrame
    completed: pl.DataFrame
    judged: pl.DataFrame
    ongoing: pl.DataFrame


def _parts(subject: Subject, scope: pl.DataFrame, metric: Metric, cycles: _Cycles, options: SlaOptions) -> _Parts:
    present = pl.any_horizontal([pl.col(SLA + field).is_not_null() for field in metric.fields])
    started = pl.col("id").is_in(cycles.all["id"].unique().implode())
    held = pl.concat([scope["id"], subject.open["id"]]).unique()
    return _Parts(
        not_applicable=scope.filter(~present),
        not_started=scope.filter(present & ~started),
        with_cycles=scope.filter(started),
        completed=cycles.completed,
        judged=_judged(cycles.completed, options),
        ongoing=cycles.all.filter(ONGOING & pl.col("id").is_in(held.implode())),
    )


def _figures(material: Material[SlaOptions], metric: Metric, parts: _Parts) -> SlaMetricFigures:
    subject, options = material.subject, material.asked.options
    judged, ongoing, completed = parts.judged, parts.ongoing, parts.completed
    missed = int(judged["breached"].sum())
    met = judged.height - missed
    requests = completed["id"].n_unique()
    rows, rest = _rows(judged, material, metric)
    return SlaMetricFigures(
        metric=SlaMetric(name=metric.name, ids=list(metric.fields)),
        not_applicable=parts.not_applicable.height,
        not_started=parts.not_started.height,
        with_cycles=parts.with_cycles.height,
        met=met,
        missed=missed,
        compliance=ratio(met, met + missed),
        compliance_incl_overdue=_overdue(met, missed, ongoing.filter("breached").height, subject, options),
        cycles=completed.height + ongoing.height,
        ongoing=ongoing.height,
        **{name: ongoing.filter(state).height for name, state in STATES.items()},
        bands=_bands(ongoing, material, metric),
        elapsed=summary(completed["elapsed"]),
        overrun=summary(-completed.filter("breached")["remaining"]),
        cycles_per_request=completed.height / requests if requests else None,
        rows=rows,
        rest=rest,
        drill_down=material.drill_down(metric.name),
    )


def _all_parts(material: Material[SlaOptions]) -> tuple[pl.DataFrame, dict[Metric, _Parts]]:
    """The requests of the scope, and what is behind each metric. The scope is one over all metrics."""
    subject, options = material.subject, material.asked.options
    metrics = material.asked.fields.metrics_chosen(options.metric)
    cycles = {metric: _cycles(subject, metric) for metric in metrics}
    scope = _scope(subject, list(cycles.values()))
    return scope, {m: _parts(subject, scope, m, mine, options) for m, mine in cycles.items()}


def compute(material: Material[SlaOptions]) -> SlaReport:
    """Each metric on its own, over one scope of requests."""
    options = material.asked.options
    scope, parts = _all_parts(material)
    return SlaReport(
        read=material.read,
        total=scope.height,
        unit=options.unit,
        rule=options.rule if options.unit is SlaUnit.REQUEST else None,
        metrics=[_figures(material, metric, mine) for metric, mine in parts.items()],
    )


def cells(material: Material[SlaOptions], key: Key) -> Measures:
    """`[metric]`, `[metric, "band", place]` or `[metric, "value", key]`; cycles are listed by their requests."""
    parts = next((mine for metric, mine in _all_parts(material)[1].items() if key and metric.name == key[0]), None)
    if parts is None:
        return {}
    if key[1:2] == ["band"] and isinstance(key[-1], int) and 0 <= key[-1] < len(BANDS):
        band = _in_band(*BANDS[key[-1]])
        return {"cycles": lambda: Cell(parts.ongoing.filter(band)["id"])}
    judged = parts.judged
    by = material.asked.options.by
    if key[1:2] == ["value"] and by is not None:
        values = _valued(judged, material.subject, by)
        judged = values.filter(pl.col("key").eq_missing(pl.lit(key[-1], pl.String)))
    elif len(key) > 1:
        return {}
    verdicts: dict[str, Callable[[], Cell]] = {
        "met": lambda: Cell(judged.filter(~pl.col("breached"))["id"]),
        "missed": lambda: Cell(judged.filter("breached")["id"]),
    }
    if len(key) > 1:
        return verdicts
    states: dict[str, Callable[[], Cell]] = {
        camel(name): partial(lambda state: Cell(parts.ongoing.filter(state)["id"]), state)
        for name, state in STATES.items()
    }
    return {
        **verdicts,
        "notApplicable": lambda: Cell(parts.not_applicable["id"]),
        "notStarted": lambda: Cell(parts.not_started["id"]),
        "withCycles": lambda: Cell(parts.with_cycles["id"]),
        "ongoing": lambda: Cell(parts.ongoing["id"]),
        "cycles": lambda: Cell(pl.concat([parts.completed["id"], parts.ongoing["id"]])),
        **states,
    }


def people(result: SlaReport, asked: Asking) -> Iterable[Nameless]:
    """The assignees of a breakdown by assignee."""
    if asked.options.by is not SlaDimension.ASSIGNEE or not asked.selection.has("metrics.rows.value.name"):
        return
    for figures in result.metrics:
        yield from nameless_rows(figures.rows)


def camel(name: str) -> str:
    """The name of a figure as clients write it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


REPORT = Definition(SlaRequest, needs, compute, people, cells=cells)
