"""The columns of the table of requests: each one's name, type, and the Jira field that it comes from.

A table has one row per request. `id` (Int64) and `created` (Int64, ms since 1970 UTC) are in every table; the others are
read only where a selected field needs them. Instants are Int64 milliseconds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec
import polars as pl

from connectors import fields as decode
from connectors.jira import Field, Issue

Raw = msgspec.Raw | None

NAMED = pl.Struct({"id": pl.String, "name": pl.String})
CYCLE = pl.Struct(
    {
        "start": pl.Int64,
        "stop": pl.Int64,
        "breach_at": pl.Int64,
        "breached": pl.Boolean,
        "paused": pl.Boolean,
        "goal": pl.Int64,
        "elapsed": pl.Int64,
        "remaining": pl.Int64,
    }
)
"""One SLA cycle, times in ms; `stop` null is the ongoing one."""

SLA_TYPE = "com.atlassian.servicedesk:sd-sla-field"
REQUEST_TYPE_TYPE = "com.atlassian.servicedesk:vp-origin"
ORGANIZATIONS_TYPE = "com.atlassian.servicedesk:sd-customer-organizations"

RATING_TYPE = "com.atlassian.servicedesk:sd-request-feedback"
RATING_DATE_TYPE = "com.atlassian.servicedesk:sd-request-feedback-date"
ASSETS_TYPE = "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"
CHANNEL_PROPERTY = "request.channel.type"

INVALID_RATING = -1
"""In the column `rating`: a rating of another shape, or outside 1 to 5."""

SLA = "sla:"
"""Prefix of the column of one SLA field; null = not applicable, empty = never started, else its cycles."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column: its Polars type, and how one raw value becomes a Python value for it."""

    dtype: pl.DataType
    decode: Callable[[Raw], object]
    field: str
    """Id of a system field, or `schema.custom` of the custom fields, of which there may be several."""
    is_property: bool = False
    """Whether `field` is the key of an issue property instead."""


def _rating(raw: Raw) -> int | None:
    try:
        return decode.rating(raw)
    except decode.MalformedField:
        return INVALID_RATING  # counted by the report: it is no missing rating


KINDS: Mapping[str, Kind] = {
    "created": Kind(pl.Int64(), decode.instant, "created"),
    "resolutiondate": Kind(pl.Int64(), decode.instant, "resolutiondate"),
    "statuscategorychangedate": Kind(pl.Int64(), decode.instant, "statuscategorychangedate"),
    "duedate": Kind(pl.Date(), decode.day, "duedate"),
    "timeestimate": Kind(pl.Int64(), decode.whole, "timeestimate"),
    "assignee": Kind(pl.String(), decode.account, "assignee"),
    "priority": Kind(NAMED, decode.named, "priority"),
    "status": Kind(pl.Struct({"id": pl.String, "name": pl.String, "category": pl.String}), decode.status, "status"),
    "request_type": Kind(
        pl.Struct({"id": pl.String, "name": pl.String, "service_desk": pl.String}),
        decode.request_type,
        REQUEST_TYPE_TYPE,
    ),
    "reporter": Kind(pl.String(), decode.account, "reporter"),
    "project": Kind(NAMED, decode.named, "project"),
    "issuetype": Kind(NAMED, decode.named, "issuetype"),
    "rating": Kind(pl.Int64(), _rating, RATING_TYPE),
    "rated_at": Kind(pl.Int64(), decode.instant, RATING_DATE_TYPE),
    "assets": Kind(pl.List(pl.String), decode.assets, ASSETS_TYPE),
    "channel": Kind(pl.String(), decode.channel, CHANNEL_PROPERTY, is_property=True),
    "organizations": Kind(pl.List(NAMED), decode.organizations, ORGANIZATIONS_TYPE),
    "sla": Kind(pl.List(CYCLE), decode.sla, SLA_TYPE),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table and the ids of the Jira fields that fill it."""

    name: str
    kind: Kind
    fields: tuple[str, ...]

    def value(self, issue: Issue) -> object:
        """The value of one request; raises `connectors.fields.MalformedField`."""
        raw = issue.properties if self.kind.is_property else issue.fields
        values = [self.kind.decode(raw.get(field)) for field in self.fields]
        if isinstance(self.kind.dtype, pl.List) and len(values) > 1:
            return _joined(values)
        return next((v for v in values if v is not None), None)


def _joined(lists: Iterable[object]) -> list[object]:
    """The distinct entries of several list values, in order."""
    joined: list[object] = []
    for entries in lists:
        if isinstance(entries, list):
            joined.extend(e for e in entries if e not in joined)
    return joined


def column(name: str, fields: Iterable[Field]) -> Column:
    """The column of that name on a site with these fields; one without its custom field is empty everywhere."""
    if name.startswith(SLA):
        return Column(name, KINDS["sla"], (name.removeprefix(SLA),))
    kind = KINDS[name]
    if ":" not in kind.field:  # system fields and properties
        return Column(name, kind, (kind.field,))
    return Column(name, kind, tuple(f.id for f in fields if f.custom == kind.field))
