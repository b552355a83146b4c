"""Whether promised times are kept: cycles completed in the period, ongoing ones now, metric by metric.

`breached` is trusted as Jira says it and never recomputed from elapsed time and goal: goals change, and a cycle whose
elapsed time equals its goal is met. Different metrics are never added up.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import polars as pl

from resolvers.columns import SLA
from resolvers.definition import Asked, Definition, Material, Nameless, Needs
from resolvers.measures import (
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
from schema.report import Basis, DimensionValue, Ratio, Rest
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

BAND_EDGES = (0, 50, 75, 85, 95, 100)
"""Lower edges of the bands, in percent of the goal; the last has no end."""
DIMENSIONS = {
    SlaDimension.GOAL: "goal",
    SlaDimension.PRIORITY: "priority",
    SlaDimension.ASSIGNEE: "assignee",
    SlaDimension.REQUEST_TYPE: "request_type",
    SlaDimension.ORGANIZATION: "organizations",
}

Asking = Asked[SlaOptions]


def needs(asked: Asking) -> Needs:
    """ACTIVE for completed cycles and the scope, OPEN for ongoing ones; only the fields of the chosen metrics."""
    checked_top(asked.options.top)
    columns = {SLA + field for metric in asked.fields.metrics_chosen(asked.options.metric) for field in metric.fields}
    if asked.options.by not in (None, SlaDimension.GOAL):
        columns.add(DIMENSIONS[asked.options.by])
    return Needs(frozenset({Basis.ACTIVE, Basis.OPEN}), frozenset(columns))


@dataclass(frozen=True, slots=True)
class _Cycles:
    """The cycles of one metric that count: those completed in the period, and the ongoing ones."""

    all: pl.DataFrame
    completed: pl.DataFrame


def _cycles(subject: Subject, metric: Metric) -> _Cycles:
    cycles = cycles_of(subject.frame, metric.fields)
    completed = cycles.filter(pl.col("stop").is_between(subject.start, subject.until, closed="left"))
    return _Cycles(cycles, completed.with_row_index("place"))


def _scope(subject: Subject, cycles: list[_Cycles]) -> pl.DataFrame:
    """Created before the end, and unresolved at the start or later, or with a cycle completed in the period."""
    completed = pl.concat([pl.Series("id", [], pl.Int64), *(c.completed["id"] for c in cycles)]).unique()
    alive = pl.col("open") | (pl.col("resolved_at") >= subject.start).fill_null(False)
    touched = pl.col("id").is_in(completed.implode())
    return subject.frame.filter((pl.col("created") < subject.end) & (alive | touched))


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


def _bands(ongoing: pl.DataFrame) -> list[SlaBand]:
    """Ongoing cycles by the share of the goal that is used; whole numbers, so that an edge is exact."""
    edges = [*BAND_EDGES, None]
    bands = []
    for low, high in itertools.pairwise(edges):
        assert low is not None
        used, goal = pl.col("elapsed") * 100, pl.col("goal")
        inside = (used >= goal * low) if low else pl.lit(True)
        if high is not None:
            inside &= used < goal * high
        cycles = ongoing.filter(inside).height
        bands.append(SlaBand(from_share=low / 100, to_share=None if high is None else high / 100, cycles=cycles))
    return bands


def _dimension(judged: pl.DataFrame, frame: pl.DataFrame, by: SlaDimension) -> pl.DataFrame:
    """`id`, `breached`, `key` and `name`, one row per judged thing and value of the dimension."""
    if by is SlaDimension.GOAL:
        hours = (pl.col("goal") / 3_600_000).round(2)
        return judged.select("id", "breached", key=pl.col("goal").cast(pl.String), name=pl.format("{} h", hours))
    column = DIMENSIONS[by]
    joined = judged.select("id", "breached").join(frame.select("id", column), on="id")
    if by is SlaDimension.ASSIGNEE:
        return joined.select("id", "breached", key=pl.col("assignee"), name=pl.lit(None, pl.String))
    if by is SlaDimension.ORGANIZATION:
        joined = joined.with_columns(pl.col(column).fill_null([])).explode(column, empty_as_null=True)
    value = pl.col(column).struct
    return joined.select("id", "breached", key=value.field("id"), name=value.field("name"))


def _breakdown(judged: pl.DataFrame, subject: Subject, asked: Asking) -> tuple[list[SlaRow], Rest]:
    if asked.options.by is None:
        return [], Rest(count=0, distinct_requests=0)
    values = _dimension(judged, subject.frame, asked.options.by)
    groups = (
        values.group_by("key")
        .agg(pl.col("name").drop_nulls().last(), all=pl.len(), missed=pl.col("breached").sum())
        .sort(pl.col("key").is_null(), "all", "key", descending=[False, True, False])
    )
    valued = groups.filter(pl.col("key").is_not_null())
    top = checked_top(asked.options.top)
    shown = pl.concat([valued.head(top), groups.filter(pl.col("key").is_null())])
    rows = [
        SlaRow(
            value=DimensionValue(key=row["key"], name=row["name"]),
            met=row["all"] - row["missed"],
            missed=row["missed"],
            compliance=ratio(row["all"] - row["missed"], row["all"]),
        )
        for row in shown.iter_rows(named=True)
    ]
    hidden = valued["key"][top:]
    outside = values.filter(pl.col("key").is_in(hidden.implode()))["id"].n_unique()
    return rows, Rest(count=hidden.len(), distinct_requests=outside)


def _overdue(met: int, missed: int, breached: int, subject: Subject, options: SlaOptions) -> Ratio | None:
    """Ongoing cycles are of now, so they only belong to a period that reaches to now."""
    if options.unit is not SlaUnit.CYCLE or subject.end < subject.as_of:
        return None
    return ratio(met, met + missed + breached)


def _figures(subject: Subject, scope: pl.DataFrame, metric: Metric, cycles: _Cycles, asked: Asking) -> SlaMetricFigures:
    present = pl.any_horizontal([pl.col(SLA + field).is_not_null() for field in metric.fields])
    started = scope.select("id").join(cycles.all.select("id").unique(), on="id").height
    applicable = scope.filter(present).height
    held = pl.concat([scope["id"], subject.open["id"]]).unique()
    ongoing = cycles.all.filter(ONGOING & pl.col("id").is_in(held.implode()))
    judged = _judged(cycles.completed, asked.options)
    missed = int(judged["breached"].sum())
    met = judged.height - missed
    breached = ongoing.filter("breached").height
    running_breached = ongoing.filter(RUNNING_BREACHED).height
    running = ongoing.filter(RUNNING).height
    requests = cycles.completed["id"].n_unique()
    rows, rest = _breakdown(judged, subject, asked)
    return SlaMetricFigures(
        metric=SlaMetric(name=metric.name, ids=list(metric.fields)),  # type: ignore[arg-type]
        not_applicable=scope.height - applicable,
        not_started=applicable - started,
        with_cycles=started,
        met=met,
        missed=missed,
        compliance=ratio(met, met + missed),
        compliance_incl_overdue=_overdue(met, missed, breached, subject, asked.options),
        cycles=cycles.completed.height + ongoing.height,
        ongoing=ongoing.height,
        running=running,
        running_breached=running_breached,
        paused=ongoing.height - breached - running,
        paused_breached=breached - running_breached,
        at_risk=ongoing.filter(AT_RISK).height,
        due_within_60_minutes=ongoing.filter(RUNNING & (pl.col("remaining") <= 60 * 60_000)).height,
        due_within_30_minutes=ongoing.filter(RUNNING & (pl.col("remaining") <= 30 * 60_000)).height,
        bands=_bands(ongoing),
        elapsed=summary(cycles.completed["elapsed"]),
        overrun=summary(-cycles.completed.filter("breached")["remaining"]),
        cycles_per_request=cycles.completed.height / requests if requests else None,
        rows=rows,
        rest=rest,
    )


def compute(material: Material[SlaOptions]) -> SlaReport:
    """Each metric on its own, over one scope of requests."""
    subject, asked = material.subject, material.asked
    metrics = asked.fields.metrics_chosen(asked.options.metric)
    cycles = [_cycles(subject, metric) for metric in metrics]
    scope = _scope(subject, cycles)
    return SlaReport(
        read=material.read,
        total=scope.height,
        unit=asked.options.unit,
        rule=asked.options.rule if asked.options.unit is SlaUnit.REQUEST else None,
        metrics=[_figures(subject, scope, metric, mine, asked) for metric, mine in zip(metrics, cycles, strict=True)],
    )


def people(result: SlaReport, asked: Asking) -> Iterable[Nameless]:
    """The assignees of a breakdown by assignee."""
    if asked.options.by is not SlaDimension.ASSIGNEE or not asked.selection.has("metrics.rows.value.name"):
        return
    for figures in result.metrics:
        for row in figures.rows:
            if row.value.key is not None:
                yield Nameless(row.value.key, partial(_name, row.value))


def _name(value: DimensionValue, display_name: str | None, active: bool) -> None:
    value.name = display_name


REPORT = Definition(SlaRequest, needs, compute, people)
