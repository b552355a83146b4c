"""How the requests of a group (of a channel, a type, an organization) were served: the figures that such rows share."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from resolvers.definition import Cell, Material, Measures
from resolvers.figures.measures import percentile, ratio, seconds
from resolvers.figures.ratings import NO_RESPONSES, RESPONSES, csat, mean
from resolvers.subject import Subject
from schema.report import ReportWarning, Rest, WarningCode
from schema.scope import ValueFilter

OPINIONS = ("rows.csat", "rows.mean")
"""Selected fields that need the column `rating`."""
_DURATION = pl.col("resolved_at") - pl.col("created")
_COUNTS: Mapping[str, pl.Expr] = {
    "requests": pl.len(),
    "open": pl.col("open").sum(),
    # A negative duration comes from imports and measures nothing.
    "durations": _DURATION.filter(_DURATION >= 0).sort(),
}
NOTHING: Mapping[str, Any] = {"requests": 0, "open": 0, "durations": [], **NO_RESPONSES}
"""The aggregates of a group without requests."""


def aggregates(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """What to aggregate in each group for `served`; ratings where they were read."""
    return dict(_COUNTS) | (dict(RESPONSES) if "rating" in frame.columns else {})


def served(group: Mapping[str, Any], total: int) -> dict[str, Any]:
    """The shared figures of a row; `total` is the number of distinct requests of the report."""
    group = NO_RESPONSES | dict(group)
    return {
        "requests": group["requests"],
        "share": ratio(group["requests"], total),
        "open": group["open"],
        "resolved": group["requests"] - group["open"],
        "median_resolution_seconds": seconds(percentile(group["durations"], 50)),
        "csat": csat(group),
        "mean": mean(group),
    }


def served_cells(mine: pl.DataFrame, clause: str | None = None, subject: Subject | None = None) -> Measures:
    """The counts of such a row; `clause` is JQL for the requests of it beside the period."""
    jql = None if clause is None or subject is None else f"{clause} AND {subject.in_period('created')}"
    return {
        "requests": lambda: Cell(mine["id"], jql),
        "open": lambda: Cell(mine.filter("open")["id"]),
        "resolved": lambda: Cell(mine.filter(~pl.col("open"))["id"]),
    }


def with_absent(
    rows: list[dict[str, Any]], rest: Rest, absent: Mapping[str, str | None], top: int
) -> tuple[list[dict[str, Any]], Rest]:
    """The rows of a breakdown with those of values that no request has, by key and name, behind the others."""
    valued = [row for row in rows if row["key"] is not None]
    room = max(0, top - len(valued))
    zero = [{**NOTHING, "key": key, "name": absent[key]} for key in sorted(absent)]
    more = Rest(count=rest.count + len(zero[room:]), distinct_requests=rest.distinct_requests)
    return [*valued, *zero[:room], *(row for row in rows if row["key"] is None)], more


def picks(asked: ValueFilter | None, key: str) -> bool:
    """Whether a filter of the scope lets a value have a row although no request has it."""
    if asked is None:
        return True
    if asked.not_in is not None and key in asked.not_in:
        return False
    if asked.in_ is not None:
        return key in asked.in_
    return asked.not_in is not None or not asked.is_empty


def warn_of_channels(material: Material[Any]) -> None:
    """Says in the answer how the channels were found, where that limits them."""
    if "channel" in material.by_keys:
        message = (
            "Jira did not give the channel with the requests, so the requests of each known channel were asked for; "
            "one that is not known here counts as none."
        )
        material.warn(ReportWarning(code=WarningCode.CHANNELS_BY_QUERY, message=message))


def warn_of_refusal(material: Material[Any], what: str, refusal: str | None) -> None:
    """Says in the answer that a list of JSM could not be read."""
    if refusal is not None:
        message = f"The list of {what} may not be read, so what rests on it is null: {refusal}"
        material.warn(ReportWarning(code=WarningCode.LIST_REFUSED, message=message))
