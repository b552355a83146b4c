"""Are customers content, where not, and how many answer at all?"""

from enum import Enum

import strawberry

from schema.report import Dimension, DimensionValue, Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@strawberry.enum(description="Which ratings belong to the period. The same data give different months by each.")
class DateBasis(Enum):
    RATED = strawberry.enum_value("RATED", description="Those given in the period, by the satisfaction date.")
    RESOLVED = strawberry.enum_value("RESOLVED", description="Those of requests resolved in the period.")
    CREATED = strawberry.enum_value("CREATED", description="Those of requests created in the period.")


@strawberry.input(description="Options of the satisfaction report.")
class SatisfactionOptions:
    date_basis: DateBasis = strawberry.field(default=DateBasis.RATED, description="Which ratings belong to the period.")
    by: Dimension | None = strawberry.field(
        default=None,
        description="Fill `rows` with this breakdown. ASSIGNEE is the present one, who need not be the one who was rated.",
    )
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of ratings without a value comes on top of it."
    )
    min_sample: int | None = strawberry.field(
        default=5, description="Figures of fewer responses than this are marked by `lowSample`; 0 to 1000."
    )


@strawberry.type(description="How often a rating was given.")
class RatingCount:
    rating: int = strawberry.field(description="The rating, 1 to 5.")
    count: int = strawberry.field(description="Number of responses with it.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="A confidence interval.")
class ConfidenceInterval:
    low: float | None = strawberry.field(description="Its lower bound, from 0 to 1; null without responses.")
    high: float | None = strawberry.field(description="Its upper bound, from 0 to 1; null without responses.")


@strawberry.type(description="The responses with one value of the breakdown.")
class SatisfactionRow:
    value: DimensionValue = strawberry.field(description="The value; its key is null for requests without one.")
    responses: int = strawberry.field(description="Number of responses.")
    mean: float | None = strawberry.field(description="Mean rating.")
    csat: Ratio = strawberry.field(description="Ratings 4 and 5 of all responses.")
    dissatisfied: Ratio = strawberry.field(description="Ratings 1 and 2 of all responses.")
    low_sample: bool = strawberry.field(description="Whether there are fewer responses than `minSample`.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(
    description="How content customers are. A request without a rating is no response, never a 0. Basis: ACTIVE for RATED and "
    "RESOLVED, COHORT for CREATED."
)
class SatisfactionReport(Report):
    date_basis: DateBasis = strawberry.field(description="Which ratings belong to the period, as asked for.")
    responses: int = strawberry.field(description="Ratings from 1 to 5 that belong to the period.")
    mean: float | None = strawberry.field(description="Mean rating; null without responses.")
    normalized_mean: float | None = strawberry.field(description="(mean - 1) / 4, from 0 to 1; null without responses.")
    distribution: list[RatingCount] = strawberry.field(description="Number of responses by rating, 1 to 5 in order.")
    csat: Ratio = strawberry.field(description="Ratings 4 and 5 of all responses (top-2-box).")
    dissatisfied: Ratio = strawberry.field(description="Ratings 1 and 2 of all responses.")
    interval: ConfidenceInterval = strawberry.field(description="Wilson score interval of `csat`, 95 %.")
    low_sample: bool = strawberry.field(description="Whether there are fewer responses than `minSample`.")
    invalid: int = strawberry.field(
        description="Ratings that are no whole number from 1 to 5: no response. By RATED also those without a date, counted as "
        "`undated` are."
    )
    undated: int = strawberry.field(
        description="Ratings without a satisfaction date. By RATED they are in no period, and are counted over the requests "
        "created before its end and unresolved at its start or later; else over the responses."
    )
    response_rate_of_resolved: Ratio = strawberry.field(
        description="Of the requests resolved in the period those with a rating, whenever it was given. Surveys sent cannot "
        "be read, so this is not the rate of those answered."
    )
    rows: list[SatisfactionRow] = strawberry.field(
        description="The breakdown that the options ask for, most responses first; those without a value last."
    )
    rest: Rest = strawberry.field(description="Values beyond the top rows.")
    drill_down: ID | None = drill_down_field()


class SatisfactionRequest(ReportRequest[SatisfactionOptions, SatisfactionReport]):
    """Asks for the satisfaction report."""
