"""Requests created in the period by the organizations that they are shared with now, and how those are served."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from connectors.errors import AccessRefused
from connectors.http import Meter
from resolvers.columns import SLA
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Needs
from resolvers.figures.dimensions import breakdown, keyed
from resolvers.figures.measures import checked_top, cycles_of, ratio, stopped_before
from resolvers.figures.periods import buckets, in_buckets
from resolvers.figures.ratings import warn_of_ratings
from resolvers.figures.served import OPINIONS, aggregates, picks, served, served_cells, warn_of_refusal, with_absent
from resolvers.site import Metric, SiteReader
from resolvers.subject import Subject
from schema.people import Organization
from schema.report import Basis, BucketUnit, Dimension, DimensionValue, Ratio, ReportWarning, WarningCode
from schema.reports.requests_by_organization import (
    OrganizationPart,
    OrganizationReport,
    OrganizationRow,
    OrganizationSplit,
    RequestsByOrganizationOptions,
    RequestsByOrganizationRequest,
)

SPLIT_COLUMNS = {OrganizationSplit.STATUS_CATEGORY: "status", OrganizationSplit.REQUEST_TYPE: "request_type"}
SPLIT_UNITS = {
    OrganizationSplit.DAY: BucketUnit.DAY,
    OrganizationSplit.WEEK: BucketUnit.WEEK,
    OrganizationSplit.MONTH: BucketUnit.MONTH,
    OrganizationSplit.QUARTER: BucketUnit.QUARTER,
    OrganizationSplit.YEAR: BucketUnit.YEAR,
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
    if asked.selection.has(*OPINIONS):
        columns.add("rating")
    return Needs(frozenset({Basis.COHORT}), frozenset(columns))


@dataclass(frozen=True, slots=True)
class _Listed:
    """Names of the present organizations by id. `refusal`: why there are none."""

    names: Mapping[str, str]
    refusal: str | None = None


async def refer(asked: Asking, site: SiteReader, meter: Meter) -> _Listed | None:
    """The list of organizations, if it is needed. Without empty ones a refusal costs only what tells deleted ones."""
    if not asked.options.include_empty and not asked.selection.has("rows.organization.deleted"):
        return None
    try:
        return _Listed({one.id: one.name for one in await site.organizations(meter)})
    except AccessRefused as refused:
        if asked.options.include_empty:
            raise
        return _Listed({}, refused.message)


def _listed(material: Material[RequestsByOrganizationOptions]) -> Mapping[str, str] | None:
    """The list, where it could be read."""
    listed = material.reference
    return listed.names if isinstance(listed, _Listed) and listed.refusal is None else None


def _memberships(material: Material[RequestsByOrganizationOptions]) -> pl.DataFrame:
    """One row per request and organization; a request without one has a row with `key` null. `weight` is 1/k."""
    count = pl.col("organizations").fill_null([]).list.len()
    weighted = material.subject.cohort.with_columns(weight=1 / pl.max_horizontal(count, 1))
    co_values = material.asked.options.show_co_values
    return keyed(weighted, Dimension.ORGANIZATION, material.subject.scope, co_values=co_values)


def _compliance(pairs: pl.DataFrame, subject: Subject, metric: Metric) -> dict[str | None, Ratio]:
    """Completed cycles that met their goal of all completed, by organization."""
    completed = cycles_of(subject.cohort, metric.fields).filter(stopped_before(subject.as_of))
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
    assert split is not None
    cuts = buckets(subject.start, subject.until, SPLIT_UNITS[split], subject.zone, subject.scope.week_start)
    part = in_buckets(pairs["created"], cuts).replace_strict(
        list(range(len(cuts))), [cut.label for cut in cuts], default=None, return_dtype=pl.String
    )
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
        drill_down = material.drill_down(row["key"], row["part"])
        parts.setdefault(row["key"], []).append(OrganizationPart(value=value, requests=row["n"], drill_down=drill_down))
    return parts


def _empty(material: Material[RequestsByOrganizationOptions], held: pl.Series) -> dict[str, str | None] | None:
    """Names of the organizations without requests, by id, as far as the filter of the scope lets them in."""
    names = _listed(material)
    if names is None or not material.asked.options.include_empty:
        return None
    taken = set(held.drop_nulls())
    asked = material.subject.scope.table_filters.get("organizations")
    return {id_: name for id_, name in names.items() if id_ not in taken and picks(asked, id_)}


def _organization(group: Mapping[str, Any], names: Mapping[str, str] | None) -> Organization | None:
    key = group["key"]
    if key is None:
        return None
    return Organization(
        id=key,
        name=group["name"] if names is None else names.get(key),
        deleted=None if names is None else key not in names,
    )


def _row(
    group: dict[str, Any],
    material: Material[RequestsByOrganizationOptions],
    compliance: dict[str | None, Ratio] | None,
    parts: dict[str | None, list[OrganizationPart]],
) -> OrganizationRow:
    key, names = group["key"], _listed(material)
    return OrganizationRow(
        organization=_organization(group, names),
        split_requests=group.get("weight", 0.0),
        sla_compliance=None if compliance is None else compliance.get(key, ratio(0, 0)),
        parts=parts.get(key, []),
        drill_down=material.drill_down(key),
        **served(group, material.subject.cohort.height),
    )


def _metric_warning(material: Material[RequestsByOrganizationOptions]) -> None:
    names = ", ".join(metric.name for metric in material.asked.fields.metrics[:20])
    message = f"slaCompliance is null: choose one of the SLA metrics by options.metric: {names or 'the site has none'}."
    material.warn(ReportWarning(code=WarningCode.METRIC_NOT_CHOSEN, message=message))


def compute(material: Material[RequestsByOrganizationOptions]) -> OrganizationReport:
    """Each request counts once in each of its organizations; the total is of distinct requests."""
    subject, asked = material.subject, material.asked
    pairs = _memberships(material)
    top = checked_top(asked.options.top)
    groups, rest = breakdown(pairs, top, "requests", weight=pl.col("weight").sum(), **aggregates(pairs))
    empty = _empty(material, pairs["key"].unique())
    if empty:
        groups, rest = with_absent(groups, rest, empty, top)
    if isinstance(material.reference, _Listed):
        warn_of_refusal(material, "organizations", material.reference.refusal)
    if asked.selection.has(*OPINIONS):
        warn_of_ratings(material, subject.cohort)
    compliance = None
    if asked.selection.has("rows.slaCompliance"):
        if metric := _metric(asked):
            compliance = _compliance(pairs, subject, metric)
        else:
            _metric_warning(material)
    parts = _parts(pairs, material)
    return OrganizationReport(
        read=material.read,
        total=subject.cohort.height,
        with_organization=pairs.filter(pl.col("key").is_not_null())["id"].n_unique(),
        empty=None if empty is None else len(empty),
        rows=[_row(group, material, compliance, parts) for group in groups],
        rest=rest,
    )


def cells(material: Material[RequestsByOrganizationOptions], key: Key) -> Measures:
    """`[organization]`, or `[organization, value]` for a part."""
    pairs = _memberships(material).filter(pl.col("key").eq_missing(pl.lit(key[0] if key else None, pl.String)))
    if len(key) == 2 and material.asked.options.split_by is None:
        return {}
    if len(key) == 2:
        part = pl.col("part").eq_missing(pl.lit(key[1], pl.String))
        return {"requests": lambda: Cell(_with_part(pairs, material).filter(part)["id"])}
    return served_cells(pairs)


REPORT = Definition(RequestsByOrganizationRequest, needs, compute, refer=refer, reference=_Listed | None, cells=cells)
