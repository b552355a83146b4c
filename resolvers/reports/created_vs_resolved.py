"""Whether the pile grows: created, resolved and what is open at the end of each bucket, by the present resolution."""

from itertools import accumulate

import polars as pl

from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Needs
from resolvers.figures.periods import instant
from resolvers.figures.series import check_unit, counted, series_buckets, within
from resolvers.subject import Subject
from schema.report import Basis, BucketUnit, ReportWarning, WarningCode
from schema.reports.created_vs_resolved import (
    CreatedVsResolvedOptions,
    CreatedVsResolvedReport,
    CreatedVsResolvedRequest,
    FlowBucket,
    ResolutionMode,
)


def needs(asked: Asked[CreatedVsResolvedOptions]) -> Needs:
    """ACTIVE holds all that was open at any time of the period."""
    check_unit(asked, asked.options.unit or BucketUnit.MONTH)
    return Needs(frozenset({Basis.ACTIVE, Basis.COHORT}))


def open_at(subject: Subject, at: int) -> pl.DataFrame:
    """Requests created before an instant (ms) of the period and not resolved before it.

    One that is done since nobody knows when is left out; a warning counts those.
    """
    resolved = pl.col("resolved_at")
    return subject.frame.filter((pl.col("created") < at) & (pl.col("open") | (resolved >= at).fill_null(False)))


def _open_at_all(subject: Subject, instants: list[int]) -> list[int]:
    """How many are open at each of the instants, in two sorts rather than a filter each."""
    known = subject.frame.filter(pl.col("open") | pl.col("resolved_at").is_not_null())
    # One resolved before it was created (an import) was never open.
    left = known.select(pl.max_horizontal("created", "resolved_at").filter(~pl.col("open"))).to_series().sort()
    came = known["created"].sort()
    at = pl.Series(instants, dtype=pl.Int64)
    return (came.search_sorted(at, "left").cast(pl.Int64) - left.search_sorted(at, "left").cast(pl.Int64)).to_list()


def compute(material: Material[CreatedVsResolvedOptions]) -> CreatedVsResolvedReport:
    """By FIELD a request resolved twice counts once, at the last time."""
    subject, options = material.subject, material.asked.options
    unit = options.unit or BucketUnit.MONTH
    cuts = series_buckets(subject, unit)
    created = counted(subject.cohort["created"], cuts)
    resolved = counted(subject.resolved["resolved_at"], cuts)
    net = [came - left for came, left in zip(created, resolved, strict=True)]
    at_start, *open_at_ends = _open_at_all(subject, [subject.start, *(cut.end for cut in cuts)])
    material.warn(
        ReportWarning(
            code=WarningCode.RESOLUTIONS_PRESENT,
            message="Resolutions are the present ones: past figures change when a request is reopened.",
        )
    )
    return CreatedVsResolvedReport(
        read=material.read,
        bucket_unit=unit,
        mode=options.mode or ResolutionMode.FIELD,
        created=subject.cohort.height,
        resolved=subject.resolved.height,
        open_at_start=at_start,
        open_at_end=open_at_ends[-1] if open_at_ends else at_start,
        buckets=[
            FlowBucket(
                label=cut.label,
                start=instant(cut.start),
                end=instant(cut.end),
                complete=cut.whole,
                created=created[place],
                resolved=resolved[place],
                net=net[place],
                cumulative_net=total,
                open_at_end=open_at_ends[place],
                drill_down=material.drill_down(place),
            )
            for place, (cut, total) in enumerate(zip(cuts, accumulate(net), strict=True))
        ],
    )


def cells(material: Material[CreatedVsResolvedOptions], key: Key) -> Measures:
    """`[place]` of a bucket."""
    subject = material.subject
    cuts = series_buckets(subject, material.asked.options.unit or BucketUnit.MONTH)
    match key:
        case [int(place)] if 0 <= place < len(cuts):
            cut = cuts[place]
            return {
                "created": lambda: Cell(within(subject.cohort, "created", cut)["id"]),
                "resolved": lambda: Cell(within(subject.resolved, "resolved_at", cut)["id"]),
                "openAtEnd": lambda: Cell(open_at(subject, cut.end)["id"]),
            }
    return {}


REPORT = Definition(CreatedVsResolvedRequest, needs, compute, cells=cells)
