"""How content customers are: the ratings that belong to the period, by the date that was asked for."""

from collections.abc import Iterable

import polars as pl

from resolvers.columns import RATING_TYPE
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Nameless, Needs
from resolvers.figures.dimensions import COLUMNS, breakdown, keyed, nameless_rows, with_value
from resolvers.figures.measures import checked_top, ratio
from resolvers.figures.ratings import INVALID, RATED, RESPONSES, STARS, csat, mean, warn_of_ratings, wilson
from resolvers.figures.served import warn_of_channels
from resolvers.subject import Subject
from schema.errors import bad_input
from schema.report import Basis, Dimension, DimensionValue, ReportWarning, Rest, WarningCode
from schema.reports.satisfaction import (
    ConfidenceInterval,
    DateBasis,
    RatingCount,
    SatisfactionOptions,
    SatisfactionReport,
    SatisfactionRequest,
    SatisfactionRow,
)

LARGEST_SAMPLE = 1000

Asking = Asked[SatisfactionOptions]


def _min_sample(options: SatisfactionOptions) -> int:
    least = 5 if options.min_sample is None else options.min_sample
    if not 0 <= least <= LARGEST_SAMPLE:
        raise bad_input("options.minSample", f"{least} is out of range", f"0 to {LARGEST_SAMPLE}")
    return least


def needs(asked: Asking) -> Needs:
    """ACTIVE; COHORT for ratings by creation, which need ACTIVE for the response rate alone."""
    options = asked.options
    checked_top(options.top)
    _min_sample(options)
    columns = {"rating"}
    if options.date_basis is DateBasis.RATED or asked.selection.has("undated"):
        columns.add("rated_at")
    if options.by and _rows_matter(asked):
        columns.add(COLUMNS[options.by])
    bases = {Basis.COHORT} if options.date_basis is DateBasis.CREATED else {Basis.ACTIVE}
    if asked.selection.has("responseRateOfResolved"):
        bases.add(Basis.ACTIVE)
    return Needs(frozenset(bases), frozenset(columns))


def _rows_matter(asked: Asking) -> bool:
    return asked.selection.has("rows", "rest")


def _alive(subject: Subject) -> pl.DataFrame:
    """Requests created before the end of the period and unresolved at its start or later."""
    unresolved = pl.col("open") | (pl.col("resolved_at") >= subject.start).fill_null(False)
    return subject.existing.filter(unresolved)


def _members(subject: Subject, basis: DateBasis) -> pl.DataFrame:
    """The requests whose ratings belong to the period."""
    if basis is DateBasis.CREATED:
        return subject.cohort
    if basis is DateBasis.RESOLVED:
        return subject.resolved
    return subject.existing.filter(pl.col("rated_at").is_between(subject.start, subject.until, closed="left"))


def _dateless(subject: Subject, basis: DateBasis) -> pl.DataFrame:
    """The requests without a rating date among which `undated` ratings are counted."""
    frame = _alive(subject) if basis is DateBasis.RATED else _members(subject, basis)
    return frame.filter(pl.col("rated_at").is_null())


def _judged(subject: Subject, basis: DateBasis) -> pl.DataFrame:
    """The requests among which `invalid` ratings are counted."""
    members = _members(subject, basis)
    return pl.concat([members, _dateless(subject, basis)]) if basis is DateBasis.RATED else members


def _rows(given: pl.DataFrame, material: Material[SatisfactionOptions]) -> tuple[list[SatisfactionRow], Rest]:
    options = material.asked.options
    if options.by is None or not _rows_matter(material.asked):
        return [], Rest(count=0, distinct_requests=0)
    if options.by is Dimension.CHANNEL:
        warn_of_channels(material)
    least = _min_sample(options)
    groups, rest = breakdown(
        keyed(given, options.by, material.subject.scope), checked_top(options.top), "responses", **RESPONSES
    )
    rows = [
        SatisfactionRow(
            value=DimensionValue(key=group["key"], name=group["name"]),
            responses=group["responses"],
            mean=mean(group),
            csat=csat(group),
            dissatisfied=ratio(group["dissatisfied"], group["responses"]),
            low_sample=group["responses"] < least,
            drill_down=material.drill_down("value", group["key"]),
        )
        for group in groups
    ]
    return rows, rest


def _warn_of_field(material: Material[SatisfactionOptions]) -> None:
    if not material.asked.fields.of_type(RATING_TYPE):
        message = "This site has no field of satisfaction ratings, so there are none."
        material.warn(ReportWarning(code=WarningCode.FIELD_MISSING, message=message))


def compute(material: Material[SatisfactionOptions]) -> SatisfactionReport:
    """A request without a rating is in none of the figures but the response rate."""
    subject, options = material.subject, material.asked.options
    basis = options.date_basis
    given = _members(subject, basis).filter(RATED)
    all_ = given.select(**RESPONSES).to_dicts()[0]
    responses, average = all_["responses"], mean(all_)
    low, high = wilson(all_["satisfied"], responses) or (None, None)
    rows, rest = _rows(given, material)
    _warn_of_field(material)
    dated = "rated_at" in subject.frame.columns
    return SatisfactionReport(
        read=material.read,
        date_basis=basis,
        responses=responses,
        mean=average,
        normalized_mean=None if average is None else (average - 1) / 4,
        distribution=[
            RatingCount(
                rating=stars,
                count=given.filter(pl.col("rating") == stars).height,
                drill_down=material.drill_down("rating", stars),
            )
            for stars in STARS
        ],
        csat=csat(all_),
        dissatisfied=ratio(all_["dissatisfied"], responses),
        interval=ConfidenceInterval(low=low, high=high),
        low_sample=responses < _min_sample(options),
        invalid=warn_of_ratings(material, _judged(subject, basis)),
        undated=_dateless(subject, basis).filter(RATED).height if dated else 0,
        response_rate_of_resolved=ratio(subject.resolved.filter(RATED).height, subject.resolved.height),
        rows=rows,
        rest=rest,
        drill_down=material.drill_down(),
    )


def cells(material: Material[SatisfactionOptions], key: Key) -> Measures:
    """`[]` for the report, `["rating", stars]`, or `["value", key]`."""
    subject, options = material.subject, material.asked.options
    basis = options.date_basis
    given = _members(subject, basis).filter(RATED)
    match key:
        case []:
            return {
                "responses": lambda: Cell(given["id"]),
                "invalid": lambda: Cell(_judged(subject, basis).filter(INVALID)["id"]),
                "undated": lambda: Cell(_dateless(subject, basis).filter(RATED)["id"]),
            }
        case ["rating", int(stars)] if stars in STARS:
            return {"count": lambda: Cell(given.filter(pl.col("rating") == stars)["id"])}
        case ["value", str() | None as value] if options.by:
            by = options.by
            return {"responses": lambda: Cell(with_value(given, by, value)["id"])}
    return {}


def people(result: SatisfactionReport, asked: Asking) -> Iterable[Nameless]:
    """The assignees of a breakdown by assignee."""
    if asked.options.by is Dimension.ASSIGNEE and asked.selection.has("rows.value.name"):
        yield from nameless_rows(result.rows)


REPORT = Definition(SatisfactionRequest, needs, compute, people, cells=cells)
