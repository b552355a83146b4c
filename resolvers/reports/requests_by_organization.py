"""Requests created in the period by the organizations that they are shared with now, and how those are served."""

from collections.abc import Iterable

import polars as pl

from resolvers.columns import SLA
from resolvers.definition import Asked, Definition, Material, Needs
from resolvers.measures import checked_top, cycles_of, percentile, ratio, seconds
from resolvers.periods import buckets
from resolvers.site import Metric
from resolvers.subject import Subject
from schema.report import Basis, DimensionValue, Ratio, ReportWarning, Rest, WarningCode
from schema.reports.requests_by_organization import (
    Organization,
    OrganizationPart,
    OrganizationReport,
    OrganizationRow,
    OrganizationSplit,
    RequestsByOrganizationOptions,
    RequestsByOrganizationRequest,
)
from schema.scope import CalendarUnit

SPLIT_COLUMNS = {OrganizationSplit.STATUS_CATEGORY: "status", OrganizationSplit.REQUEST_TYPE: "request_type"}
SPLIT_UNITS = {
    OrganizationSplit.DAY: CalendarUnit.DAY,
    OrganizationSplit.WEEK: CalendarUnit.WEEK,
    OrganizationSplit.MONTH: CalendarUnit.MONTH,
    OrganizationSplit.QUARTER: CalendarUnit.QUARTER,
    OrganizationSplit.YEAR: CalendarUnit.YEAR,
}

Asking = Asked[RequestsByOrganizationOptions]


def _metric(asked: Asking) -> Metric | None:
    """The SLA metric of the answer: the one chosen, or the only one there is."""
    metrics = asked.fields.metrics_chosen(asked.options.metric)
    return metrics[0] if len(metrics) == 1 else None


def needs(asked: Asking) -> Needs:
    """COHORT, with what the selected fields need."""
    checked_top(asked.options.top)
    metric = _metric(asked)
    columns = {"organizations"}
    if metric and asked.selection.has("rows.slaCompliance"):
        columns |= {SLA + field for field in metric.fields}
    if asked.options.split_by in SPLIT_COLUMNS and asked.selection.has("rows.parts"):
        columns.add(SPLIT_COLUMNS[asked.options.split_by])
    return Needs(frozenset({Basis.COHORT}), frozenset(columns))


def _memberships(cohort: pl.DataFrame) -> pl.DataFrame:
    """One row per request and organization; a request without one has a row with `key` null. `weight` is 1/k."""
    listed = cohort.with_columns(pl.col("organizations").fill_null([]))
    weighted = listed.with_columns(weight=1 / pl.max_horizontal(pl.col("organizations").list.len(), 1))
    pairs = weighted.explode("organizations", empty_as_null=True)
    organization = pl.col("organizations").struct
    return pairs.with_columns(key=organization.field("id"), name=organization.field("name")).drop("organizations")


def _picked(pairs: pl.DataFrame, material: Material[RequestsByOrganizationOptions]) -> pl.DataFrame:
    """With a filter on organizations, only the rows of those that it names, unless the others are asked for too."""
    asked = material.subject.scope.table_filters.get("organizations")
    if asked is None or asked.in_ is None or material.asked.options.show_co_values:
        return pairs
    return pairs.filter(pl.col("key").is_in(asked.in_) | pl.col("key").is_null())


def _compliance(pairs: pl.DataFrame, subject: Subject, metric: Metric) -> dict[str | None, Ratio]:
    """Completed cycles that met their goal of all completed, by organization."""
    completed = cycles_of(subject.cohort, metric.fields).filter(pl.col("stop") < subject.as_of)
    judged = pairs.select("id", "key").join(completed.select("id", "breached"), on="id")
    counts = judged.group_by("key").agg(all=pl.len(), missed=pl.col("breached").sum())
    return {row["key"]: ratio(row["all"] - row["missed"], row["all"]) for row in counts.iter_rows(named=True)}


def _with_part(pairs: pl.DataFrame, material: Material[RequestsByOrganizationOptions]) -> pl.DataFrame:
    """`part` and `part_name`: the value by which the rows are split."""
    split, subject = material.asked.options.split_by, material.subject
    if split is OrganizationSplit.STATUS_CATEGORY:
        category = pl.col("status").struct.field("category")
        return pairs.with_columns(part=category, part_name=category)
    if split is OrganizationSplit.REQUEST_TYPE:
        kind = pl.col("request_type").struct
        return pairs.with_columns(part=kind.field("id"), part_name=kind.field("name"))
    cuts = list(buckets(subject.start, subject.end, SPLIT_UNITS[split], subject.zone, subject.scope.week_start))  # type: ignore[index]
    starts = pl.Series([begin for _, begin in cuts], dtype=pl.Int64)
    names = pl.Series([day.isoformat() for day, _ in cuts])
    part = names.gather(starts.search_sorted(pairs["created"], side="right") - 1) if pairs.height else names.clear()
    return pairs.with_columns(part=part, part_name=part)


def _parts(
    pairs: pl.DataFrame, material: Material[RequestsByOrganizationOptions]
) -> dict[str | None, list[OrganizationPart]]:
    options = material.asked.options
    if options.split_by is None or not material.asked.selection.has("rows.parts"):
        return {}
    counts = (
        _with_part(pairs, material).group_by("key", "part").agg(pl.col("part_name").drop_nulls().last(), n=pl.len())
    )
    counts = counts.sort(pl.col("part").is_null(), "n", "part", descending=[False, True, False])
    if options.split_by in SPLIT_UNITS:
        counts = counts.sort("part")
    parts: dict[str | None, list[OrganizationPart]] = {}
    for row in counts.iter_rows(named=True):
        value = DimensionValue(key=row["part"], name=row["part_name"])
        parts.setdefault(row["key"], []).append(OrganizationPart(value=value, requests=row["n"]))
    return parts


def _groups(pairs: pl.DataFrame) -> pl.DataFrame:
    return (
        pairs.with_columns(duration=pl.col("resolved_at") - pl.col("created"))
        .group_by("key")
        .agg(
            pl.col("name").drop_nulls().last(),
            requests=pl.len(),
            weight=pl.col("weight").sum(),
            open=pl.col("open").sum(),
            # A negative duration comes from imports and measures nothing.
            durations=pl.col("duration").filter(pl.col("duration") >= 0).sort(),
        )
        .sort("requests", "key", descending=[True, False])
    )


def _rows(
    groups: Iterable[dict[str, object]],
    total: int,
    compliance: dict[str | None, Ratio] | None,
    parts: dict[str | None, list[OrganizationPart]],
) -> Iterable[OrganizationRow]:
    for group in groups:
        key, requests, open_ = group["key"], group["requests"], group["open"]
        assert key is None or isinstance(key, str)
        assert isinstance(requests, int)
        assert isinstance(open_, int)
        durations, name = group["durations"], group["name"]
        assert isinstance(durations, list)
        yield OrganizationRow(
            organization=None if key is None else Organization(id=key, name=name),  # type: ignore[arg-type]
            requests=requests,
            share=ratio(requests, total),
            split_requests=float(group["weight"]),  # type: ignore[arg-type]
            open=open_,
            resolved=requests - open_,
            median_resolution_seconds=seconds(percentile(durations, 50)),
            sla_compliance=None if compliance is None else compliance.get(key, ratio(0, 0)),
            parts=parts.get(key, []),
        )


def _metric_warning(material: Material[RequestsByOrganizationOptions]) -> None:
    names = ", ".join(metric.name for metric in material.asked.fields.metrics[:20])
    message = f"slaCompliance is null: choose one of the SLA metrics by options.metric: {names or 'the site has none'}."
    material.warn(ReportWarning(code=WarningCode.METRIC_NOT_CHOSEN, message=message))


def compute(material: Material[RequestsByOrganizationOptions]) -> OrganizationReport:
    """Each request counts once in each of its organizations; the total is of distinct requests."""
    subject, asked = material.subject, material.asked
    pairs = _picked(_memberships(subject.cohort), material)
    groups = _groups(pairs)
    named, nobody = groups.filter(pl.col("key").is_not_null()), groups.filter(pl.col("key").is_null())
    top = checked_top(asked.options.top)
    compliance = None
    if asked.selection.has("rows.slaCompliance"):
        if metric := _metric(asked):
            compliance = _compliance(pairs, subject, metric)
        else:
            _metric_warning(material)
    hidden = named["key"][top:]
    shown = [*named.head(top).iter_rows(named=True), *nobody.iter_rows(named=True)]
    total = subject.cohort.height
    return OrganizationReport(
        read=material.read,
        total=total,
        with_organization=pairs.filter(pl.col("key").is_not_null())["id"].n_unique(),
        rows=list(_rows(shown, total, compliance, _parts(pairs, material))),
        rest=Rest(
            count=hidden.len(),
            distinct_requests=pairs.filter(pl.col("key").is_in(hidden.implode()))["id"].n_unique(),
        ),
    )


REPORT = Definition(RequestsByOrganizationRequest, needs, compute)
