"""Requests created in the period by the objects of Assets that they are about now."""

import polars as pl

from connectors.errors import QueryRefused, Unavailable
from connectors.http import Meter
from resolvers.assets.reader import labels
from resolvers.columns import ASSETS_TYPE
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Needs
from resolvers.figures.dimensions import breakdown
from resolvers.figures.measures import checked_top, ratio
from resolvers.site import SiteReader
from schema.errors import ApiError, Code
from schema.report import Basis
from schema.reports.assets_of_requests import (
    AssetObject,
    AssetsOfRequestsOptions,
    AssetsOfRequestsReport,
    AssetsOfRequestsRequest,
    AssetsOfRequestsRow,
)

LABELS = ("rows.object.label", "rows.object.key")

Asking = Asked[AssetsOfRequestsOptions]


def needs(asked: Asking) -> Needs:
    """COHORT with its assets. Raises ApiError where no field holds any."""
    checked_top(asked.options.top)
    if not asked.fields.of_type(ASSETS_TYPE):
        message = "The reading account sees no field of requests that holds objects of Assets: the site has no Assets, or no such field."
        raise ApiError(Code.UPSTREAM_UNAUTHORIZED, message)
    return Needs(frozenset({Basis.COHORT}), frozenset({"assets"}))


def _pairs(cohort: pl.DataFrame) -> pl.DataFrame:
    """One row per request and object; a request without one has a row with `key` null."""
    frame = cohort.select("id", key=pl.col("assets").fill_null([]).list.unique())
    return frame.explode("key", empty_as_null=True).with_columns(name=pl.lit(None, pl.String))


def compute(material: Material[AssetsOfRequestsOptions]) -> AssetsOfRequestsReport:
    """Each request counts once in each of its objects; the total is of distinct requests."""
    cohort = material.subject.cohort
    pairs = _pairs(cohort)
    groups, rest = breakdown(pairs, checked_top(material.asked.options.top), "requests", requests=pl.len())
    rows = [
        AssetsOfRequestsRow(
            object=None if group["key"] is None else AssetObject(id=group["key"]),
            requests=group["requests"],
            share=ratio(group["requests"], cohort.height),
            drill_down=material.drill_down(group["key"]),
        )
        for group in groups
    ]
    return AssetsOfRequestsReport(
        read=material.read,
        total=cohort.height,
        with_asset=pairs.filter(pl.col("key").is_not_null())["id"].n_unique(),
        rows=rows,
        rest=rest,
    )


async def finish(result: AssetsOfRequestsReport, asked: Asking, site: SiteReader, meter: Meter) -> None:
    """Labels and keys of the rows shown, by one query; of an object that cannot be seen they stay null."""
    shown = [row.object for row in result.rows if row.object]
    if not shown or not asked.selection.has(*LABELS):
        return
    try:
        known = await labels(site, (one.id for one in shown), meter)
    except QueryRefused:  # a query of ours, not the caller's
        raise Unavailable("Assets refused to look up the labels of objects.") from None
    for one in shown:
        if one.id in known:
            one.label, one.key = known[one.id].label, known[one.id].key


def cells(material: Material[AssetsOfRequestsOptions], key: Key) -> Measures:
    """`[object]`; null for requests without one."""
    if len(key) != 1:
        return {}
    mine = _pairs(material.subject.cohort).filter(pl.col("key").eq_missing(pl.lit(key[0], pl.String)))
    fields = material.asked.fields.of_type(ASSETS_TYPE)
    clause = None
    if key[0] is None and all(one.searchable for one in fields):
        empty = " AND ".join(f"cf[{one.id.removeprefix('customfield_')}] is EMPTY" for one in fields)
        clause = f"{empty} AND {material.subject.in_period('created')}"
    return {"requests": lambda: Cell(mine["id"], clause)}


REPORT = Definition(AssetsOfRequestsRequest, needs, compute, finish=finish, cells=cells)
