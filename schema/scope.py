"""Which requests a report is about: projects, JQL, typed filters, the period and how its days are cut."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET


@strawberry.enum(description="What the population of a report is.")
class Population(Enum):
    REQUESTS = strawberry.enum_value("REQUESTS", description="Issues that carry a request type (the default).")
    ISSUES = strawberry.enum_value("ISSUES", description="All issues, with a request type or without.")


@strawberry.enum(description="What counts as resolved, and when.")
class ResolvedBy(Enum):
    AUTO = strawberry.enum_value(
        "AUTO",
        description="RESOLUTION where a resolution date is set, else STATUS_CATEGORY; `read.resolvedWith` tells how "
        "many requests used each.",
    )
    RESOLUTION = strawberry.enum_value(
        "RESOLUTION",
        description="The resolution date is set. Jira clears it when a workflow clears the resolution on reopening, "
        "so past figures may shrink later.",
    )
    STATUS_CATEGORY = strawberry.enum_value(
        "STATUS_CATEGORY",
        description="The present status is of the category Done; the instant is the last change of status category.",
    )


@strawberry.enum(description="The first day of a week.")
class Weekday(Enum):
    MONDAY = strawberry.enum_value("MONDAY", description="Weeks begin on Monday.")
    TUESDAY = strawberry.enum_value("TUESDAY", description="Weeks begin on Tuesday.")
    WEDNESDAY = strawberry.enum_value("WEDNESDAY", description="Weeks begin on Wednesday.")
    THURSDAY = strawberry.enum_value("THURSDAY", description="Weeks begin on Thursday.")
    FRIDAY = strawberry.enum_value("FRIDAY", description="Weeks begin on Friday.")
    SATURDAY = strawberry.enum_value("SATURDAY", description="Weeks begin on Saturday.")
    SUNDAY = strawberry.enum_value("SUNDAY", description="Weeks begin on Sunday.")


@strawberry.enum(description="A unit of the calendar, cut in the time zone of the report.")
class CalendarUnit(Enum):
    DAY = strawberry.enum_value("DAY", description="A local day: 23, 24 or 25 hours.")
    WEEK = strawberry.enum_value("WEEK", description="Seven local days from `weekStart`.")
    MONTH = strawberry.enum_value("MONTH", description="A calendar month.")
    QUARTER = strawberry.enum_value(
        "QUARTER", description="Three calendar months from January, April, July or October."
    )
    YEAR = strawberry.enum_value("YEAR", description="A calendar year.")


@strawberry.enum(description="Whether an estimate will do.")
class Precision(Enum):
    EXACT = strawberry.enum_value("EXACT", description="Figures are exact as of `read.asOf`.")
    APPROXIMATE = strawberry.enum_value(
        "APPROXIMATE", description="An estimate may be given where it is cheaper; `read.exact` tells whether it was."
    )


@strawberry.enum(description="How a request reached the desk.")
class RequestChannel(Enum):
    JIRA = strawberry.enum_value("JIRA", description="Raised by an agent in Jira.")
    PORTAL = strawberry.enum_value("PORTAL", description="Raised on the customer portal.")
    ANONYMOUS_PORTAL = strawberry.enum_value("ANONYMOUS_PORTAL", description="Raised on the portal without signing in.")
    EMAIL = strawberry.enum_value("EMAIL", description="Raised by e-mail.")
    API = strawberry.enum_value("API", description="Raised by a program.")
    DEPLOYMENT = strawberry.enum_value("DEPLOYMENT", description="Raised by a deployment.")


@strawberry.input(description="The instants from `from`, included, to `to`, excluded.")
class InstantRange:
    from_: datetime = strawberry.field(name="from", description="First instant of the range.")
    to: datetime = strawberry.field(description="First instant after the range.")


@strawberry.input(description="A unit of the calendar, counted from the one that is running now.")
class CalendarPeriod:
    unit: CalendarUnit = strawberry.field(description="Which unit.")
    offset: int = strawberry.field(
        default=0,
        description="0 is the unit that is running, -1 the one before: {unit: MONTH, offset: -1} is last month.",
    )


@strawberry.input(one_of=True, description="The period of a report, in exactly one of three forms.")
class PeriodInput:
    between: InstantRange | None = strawberry.field(default=UNSET, description="Two instants.")
    last: str | None = strawberry.field(
        default=UNSET,
        description="An ISO 8601 duration in days, weeks, months or years, such as P30D, P12W, P6M or P1Y: so many local "
        "days (weeks, …) up to `asOf`, today included.",
    )
    calendar: CalendarPeriod | None = strawberry.field(default=UNSET, description="A unit of the calendar.")


@strawberry.input(
    description="A condition on one field. `in` and `isEmpty` are joined by OR; `notIn` keeps requests whose field is "
    "empty unless `isEmpty` is false."
)
class ValueFilter:
    in_: list[str] | None = strawberry.field(name="in", default=None, description="One of these values (100 at most).")
    not_in: list[str] | None = strawberry.field(default=None, description="None of these values (100 at most).")
    is_empty: bool | None = strawberry.field(
        default=None, description="True: requests whose field is empty, too; false: only those whose field is set."
    )


@strawberry.input(description="A condition on a select field.")
class FieldFilter:
    field: str = strawberry.field(description="The id of the field, such as customfield_10050.")
    value: ValueFilter = strawberry.field(description="The condition; values are names of options.")


@strawberry.input(description="How a request reached the desk: one of these channels.")
class ChannelFilter:
    in_: list[RequestChannel] = strawberry.field(name="in", description="One of these channels.")


@strawberry.input(description="Which requests, and over which period. `{}` is the last 30 days of all requests.")
class RequestScope:
    projects: list[str] | None = strawberry.field(
        default=None, description="Keys of projects (100 at most); null for all that the reading account sees."
    )
    jql: str | None = strawberry.field(
        default=None, description="A further condition in JQL. A trailing ORDER BY is dropped with a warning."
    )
    period: PeriodInput | None = strawberry.field(
        default=None, description="The period; the last 30 days if left out. Backlog figures are of now whatever it is."
    )
    time_zone: str | None = strawberry.field(
        default=None,
        description="IANA name of the zone in which days are cut, such as Europe/Berlin; the server's if left out.",
    )
    week_start: Weekday | None = strawberry.field(
        default=None, description="First day of a week; the server's setting if left out."
    )
    population: Population = strawberry.field(default=Population.REQUESTS, description="Requests only, or all issues.")
    resolved_by: ResolvedBy = strawberry.field(default=ResolvedBy.AUTO, description="What counts as resolved.")
    include_subtasks: bool = strawberry.field(default=False, description="Count sub-tasks as requests of their own.")
    request_types: ValueFilter | None = strawberry.field(default=None, description="Ids of request types.")
    issue_types: ValueFilter | None = strawberry.field(default=None, description="Ids of issue types.")
    priorities: ValueFilter | None = strawberry.field(default=None, description="Ids of priorities.")
    statuses: ValueFilter | None = strawberry.field(default=None, description="Ids of statuses.")
    assignees: ValueFilter | None = strawberry.field(default=None, description="Account ids of assignees.")
    reporters: ValueFilter | None = strawberry.field(default=None, description="Account ids of reporters.")
    organizations: ValueFilter | None = strawberry.field(
        default=None, description="Ids of organizations that the request is shared with."
    )
    components: ValueFilter | None = strawberry.field(default=None, description="Names of components.")
    labels: ValueFilter | None = strawberry.field(default=None, description="Labels as they are written in Jira.")
    channels: ChannelFilter | None = strawberry.field(default=None, description="Channels of the requests.")
    fields: list[FieldFilter] | None = strawberry.field(
        default=None, description="Conditions on select fields (20 at most)."
    )


MaxAge = Annotated[
    int | None,
    strawberry.argument(
        description="How old the data may be, in seconds; 0 reads afresh. Never older than an hour, whatever is asked."
    ),
]


@dataclass(frozen=True, slots=True)
class Question:
    """What one `requests(…)` field asks of all its reports."""

    scope: RequestScope
    max_age_seconds: int | None = None
