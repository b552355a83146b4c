"""Breaking figures down by a fact of requests: which column it is, its values, and the top rows with their rest."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol

import polars as pl

from resolvers.definition import Nameless
from resolvers.scopes import Scope
from schema.report import Dimension, DimensionValue, Rest

COLUMNS = {
    Dimension.ASSIGNEE: "assignee",
    Dimension.PRIORITY: "priority",
    Dimension.STATUS: "status",
    Dimension.STATUS_CATEGORY: "status",
    Dimension.ISSUE_TYPE: "issuetype",
    Dimension.REQUEST_TYPE: "request_type",
    Dimension.ORGANIZATION: "organizations",
    Dimension.CHANNEL: "channel",
}
"""The column of the table that each dimension needs."""


def keyed(frame: pl.DataFrame, dimension: Dimension, scope: Scope, *, co_values: bool = False) -> pl.DataFrame:
    """The frame with `key` and `name` of the dimension added: one row per request and value.

    A request without a value keeps one row, with `key` null. Where the scope picks requests by some values of the
    dimension, only those values are kept, unless `co_values`: the others are no answer to the question.
    """
    pairs = _keyed(frame, dimension)
    picked = scope.table_filters.get(COLUMNS[dimension])
    if picked is None or picked.in_ is None or co_values:
        return pairs
    return pairs.filter(pl.col("key").is_in(picked.in_) | pl.col("key").is_null())


def _keyed(frame: pl.DataFrame, dimension: Dimension) -> pl.DataFrame:
    column = COLUMNS[dimension]
    if dimension is Dimension.ORGANIZATION:
        frame = frame.with_columns(pl.col(column).fill_null([])).explode(column, empty_as_null=True)
    if dimension is Dimension.ASSIGNEE:
        return frame.with_columns(key=pl.col(column), name=pl.lit(None, pl.String))
    if dimension is Dimension.CHANNEL:
        return frame.with_columns(key=pl.col(column), name=pl.col(column))
    value = pl.col(column).struct
    if dimension is Dimension.STATUS_CATEGORY:
        return frame.with_columns(key=value.field("category"), name=value.field("category"))
    return frame.with_columns(key=value.field("id"), name=value.field("name"))


def with_value(frame: pl.DataFrame, dimension: Dimension, key: str | None) -> pl.DataFrame:
    """The requests with this value of the dimension; null for those without one."""
    pairs = _keyed(frame, dimension)
    mine = pairs.filter(pl.col("key").eq_missing(pl.lit(key, pl.String)))["id"].unique()
    return frame.filter(pl.col("id").is_in(mine.implode()))


def breakdown(pairs: pl.DataFrame, top: int, order: str, **aggregates: pl.Expr) -> tuple[list[dict[str, Any]], Rest]:
    """Groups of `pairs` (with `id`, `key`, `name`) as dicts with `key`, `name` and the aggregates, and what lies beyond the top.

    Most of `order` first, equal ones by key; the group without a value comes last, on top of the top.
    """
    groups = (
        pairs.group_by("key")
        .agg(pl.col("name").drop_nulls().last(), **aggregates)
        .sort(pl.col("key").is_null(), order, "key", descending=[False, True, False])
    )
    valued = groups.filter(pl.col("key").is_not_null())
    hidden = valued["key"][top:]
    shown = pl.concat([valued.head(top), groups.filter(pl.col("key").is_null())])
    outside = pairs.filter(pl.col("key").is_in(hidden.implode()))["id"].n_unique()
    return shown.to_dicts(), Rest(count=hidden.len(), distinct_requests=outside)


class Row(Protocol):
    """A row of a breakdown."""

    value: DimensionValue


def nameless_rows(rows: Iterable[Row]) -> Iterable[Nameless]:
    """The people in the rows of a breakdown by assignee."""
    for row in rows:
        if row.value.key is not None:
            yield Nameless(row.value.key, partial(_name, row.value))


def _name(value: DimensionValue, display_name: str | None, active: bool) -> None:
    value.name = display_name
