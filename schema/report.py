"""What all reports have in common: how they were read, ratios, what lies outside the top rows, and the request for one."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar, get_args

import strawberry

from schema.scalars import ID
from schema.scope import Question, ResolvedBy
from schema.selection import selection_of

O = TypeVar("O")  # noqa: E741
R = TypeVar("R")


@strawberry.enum(description="How the data of a report were got from Atlassian. Values may be added.")
class Way(Enum):
    SCAN = strawberry.enum_value("SCAN", description="Pages of search results with just the fields that were needed.")
    REF = strawberry.enum_value("REF", description="Lists beside the requests: of Assets, of JSM, or of people.")


@strawberry.enum(description="Which requests were read. Values may be added.")
class Basis(Enum):
    COHORT = strawberry.enum_value("COHORT", description="Requests created in the period.")
    ACTIVE = strawberry.enum_value(
        "ACTIVE",
        description="Requests created before the end of the period and unresolved, or touched since its start: all that "
        "something could have happened to in the period.",
    )
    OPEN = strawberry.enum_value("OPEN", description="Requests unresolved now, whatever the period.")


@strawberry.enum(description="What a warning is about. Values may be added.")
class WarningCode(Enum):
    ORDER_BY_DROPPED = strawberry.enum_value(
        "ORDER_BY_DROPPED", description="The JQL ended in an ORDER BY, which is not used."
    )
    RESOLVED_MIXED = strawberry.enum_value(
        "RESOLVED_MIXED", description="Some requests count as resolved by resolution, some by status category."
    )
    RESOLVED_UNDATED = strawberry.enum_value(
        "RESOLVED_UNDATED", description="Some requests are done, but nothing says since when; they are in no period."
    )
    MALFORMED_VALUES = strawberry.enum_value(
        "MALFORMED_VALUES", description="A field of some requests held a value of an unknown shape, taken as empty."
    )
    METRIC_NOT_CHOSEN = strawberry.enum_value(
        "METRIC_NOT_CHOSEN",
        description="The site has several SLA metrics and none was chosen, so these figures are null.",
    )
    RESOLUTIONS_PRESENT = strawberry.enum_value(
        "RESOLUTIONS_PRESENT",
        description="Resolutions are taken as they are now: past figures change when a request is reopened.",
    )
    INVALID_RATINGS = strawberry.enum_value(
        "INVALID_RATINGS", description="Some ratings are no whole number from 1 to 5; they are no response."
    )
    FIELD_MISSING = strawberry.enum_value(
        "FIELD_MISSING", description="The site has no such field, so that it counts as empty everywhere."
    )
    CHANNELS_BY_QUERY = strawberry.enum_value(
        "CHANNELS_BY_QUERY",
        description="Jira does not tell the channel with a request, so that each known channel was asked for: exact, but a "
        "channel that is not known here counts as none.",
    )
    LIST_REFUSED = strawberry.enum_value(
        "LIST_REFUSED", description="A list of JSM may not be read, so that what rests on it is null."
    )
    LIST_CHANGED = strawberry.enum_value(
        "LIST_CHANGED", description="A list changed while it was read page by page; `message` says what may lack."
    )
    COUNTS_INCLUSIVE = strawberry.enum_value(
        "COUNTS_INCLUSIVE",
        description="Assets counts the objects of child types with their parent's; the direct counts were worked out of that.",
    )
    SERVED_STALE = strawberry.enum_value(
        "SERVED_STALE", description="Atlassian could not be read, so that an older read than was asked for is shown."
    )


@strawberry.type(description="Something that a reader of the figures should know.")
class ReportWarning:
    code: WarningCode = strawberry.field(description="What it is about.")
    message: str = strawberry.field(description="The same in words, with the numbers.")


@strawberry.type(description="How many resolved requests of the report were found to be so by which rule.")
class ResolvedWith:
    resolution: int = strawberry.field(description="By their resolution date.")
    status_category: int = strawberry.field(description="By the category of their status.")


@strawberry.type(description="How the data of a report were read, and how far they can be trusted.")
class ReadInfo:
    read_id: ID = strawberry.field(
        description="Id of the read; reports with the same one rest on the same data. `extensions.reports` tells its cost."
    )
    as_of: datetime = strawberry.field(
        description="The instant at which the oldest part of the data was read; all ages and open counts are of then."
    )
    age_seconds: float = strawberry.field(description="How old the read was when this was answered, in seconds.")
    complete: bool = strawberry.field(
        description="False if values of some requests could not be used: `warnings` says which. A read that was cut off "
        "is an error, never a smaller figure."
    )
    exact: bool = strawberry.field(description="False if an estimate took part.")
    way: Way = strawberry.field(description="How it was read.")
    basis: list[Basis] = strawberry.field(description="Which requests were read.")
    scanned: int = strawberry.field(
        description="Number of requests (or objects of Assets) read, before they were cut to the report."
    )
    from_: datetime | None = strawberry.field(name="from", description="First instant of the period.")
    to: datetime | None = strawberry.field(
        description="First instant after the period; `asOf` where the period is still running by its form."
    )
    time_zone: str = strawberry.field(description="IANA name of the zone in which days were cut.")
    resolved_by: ResolvedBy | None = strawberry.field(description="What counted as resolved, as asked for.")
    resolved_with: ResolvedWith | None = strawberry.field(
        description="How many requests of the read were resolved by which rule; null where the report did not need it."
    )
    warnings: list[ReportWarning] = strawberry.field(description="What else a reader of the figures should know.")


@strawberry.interface(description="What every report has.")
class Report:
    read: ReadInfo = strawberry.field(description="How the data were read.")


@strawberry.type(description="A share. Add numerators and denominators over groups, then divide; never average values.")
class Ratio:
    numerator: int = strawberry.field(description="Number of those that count.")
    denominator: int = strawberry.field(description="Number of all.")
    value: float | None = strawberry.field(
        description="numerator / denominator, unrounded, from 0 to 1; null if the denominator is 0."
    )


@strawberry.type(description="What lies outside the rows shown.")
class Rest:
    count: int = strawberry.field(description="Number of rows that are not shown.")
    distinct_requests: int = strawberry.field(
        description="Number of distinct requests that belong to at least one row that is not shown."
    )


@strawberry.enum(description="The length of a bucket of a time series, cut in the time zone of the report.")
class BucketUnit(Enum):
    HOUR = strawberry.enum_value("HOUR", description="A local hour; one that is repeated comes twice.")
    DAY = strawberry.enum_value("DAY", description="A local day: 23, 24 or 25 hours.")
    WEEK = strawberry.enum_value("WEEK", description="Seven local days from `weekStart`, named by the first.")
    MONTH = strawberry.enum_value("MONTH", description="A calendar month, named by its first day.")
    QUARTER = strawberry.enum_value("QUARTER", description="Three calendar months, named by their first day.")
    YEAR = strawberry.enum_value("YEAR", description="A calendar year, named by its first day.")


@strawberry.enum(description="A fact of requests by which figures are broken down. Values may be added.")
class Dimension(Enum):
    ASSIGNEE = strawberry.enum_value("ASSIGNEE", description="Present assignee, by account id.")
    PRIORITY = strawberry.enum_value("PRIORITY", description="Present priority.")
    STATUS = strawberry.enum_value("STATUS", description="Present status.")
    STATUS_CATEGORY = strawberry.enum_value("STATUS_CATEGORY", description="Category of the present status.")
    ISSUE_TYPE = strawberry.enum_value("ISSUE_TYPE", description="Type of the Jira issue, such as Incident.")
    REQUEST_TYPE = strawberry.enum_value("REQUEST_TYPE", description="Request type of JSM.")
    ORGANIZATION = strawberry.enum_value(
        "ORGANIZATION", description="Organizations that the request is shared with; one with several counts in each."
    )
    CHANNEL = strawberry.enum_value("CHANNEL", description="How the request reached the desk.")


@strawberry.type(description="A summary of durations, in seconds. Percentiles interpolate linearly (type 7).")
class DurationSummary:
    count: int = strawberry.field(description="Number of durations.")
    mean_seconds: float | None = strawberry.field(description="Mean; null if there are none.")
    median_seconds: float | None = strawberry.field(description="Median; null if there are none.")
    p75_seconds: float | None = strawberry.field(description="75th percentile; null if there are none.")
    p90_seconds: float | None = strawberry.field(description="90th percentile; null if there are none.")
    p95_seconds: float | None = strawberry.field(description="95th percentile; null if there are none.")
    min_seconds: float | None = strawberry.field(description="Shortest; null if there are none.")
    max_seconds: float | None = strawberry.field(description="Longest; null if there are none.")


@strawberry.type(description="A person of the Jira site.")
class User:
    account_id: ID = strawberry.field(description="Atlassian account id.")
    display_name: str | None = strawberry.field(
        default=None,
        description="Name to show, looked up only when selected; null if the account cannot be read any more.",
    )
    active: bool | None = strawberry.field(
        default=None,
        description="False for a deactivated account, looked up only when selected; null if it cannot be read any more.",
    )


@strawberry.type(description="A value by which requests are grouped.")
class DimensionValue:
    key: str | None = strawberry.field(description="Stable id of the value; null for requests without one.")
    name: str | None = strawberry.field(description="Its present name; null if there is none or it cannot be read.")


@dataclass(frozen=True)
class ReportRequest(Generic[O, R]):
    """A question for one report: `O` its options, `R` its result. Each report has a subclass of its own."""

    question: Question
    options: O

    @classmethod
    def types(cls) -> tuple[Any, Any]:
        """The options and result types that the subclass was declared with."""
        base = next(b for c in cls.__mro__ for b in c.__dict__.get("__orig_bases__", ()))
        options, result = get_args(base)
        return options, result


def drill_down_field() -> Any:
    """The field `drillDown` of a row."""
    return strawberry.field(
        default=None,
        description="Give it to `drillDown` for the requests behind a count of this row. Good while the read lives that it "
        "came from; null where nothing stands behind the row.",
    )


def report_field(request: type[ReportRequest[Any, Any]], description: str) -> Any:
    """A field of `RequestReports` that asks for `request` with its own options."""
    options_type, result_type = request.types()

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info[Any, Any], options: Any = None) -> Any:
        chosen = options_type() if options is None else options
        selection = selection_of(info, result_type.__name__)
        return await info.context.reports.ask(request(root.question, chosen), selection, info.path)

    resolve.__annotations__ = {
        "root": strawberry.Parent[Any],  # type: ignore[misc]  # an alias that mypy takes for a class
        "info": strawberry.Info,
        "options": Annotated[options_type | None, strawberry.argument(description="How the report is made.")],
        "return": result_type | None,
    }
    return strawberry.field(resolver=resolve, description=description)
