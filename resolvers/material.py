"""What a report's function gets, made from a table: the requests cut to the scope, and what the answer says of the read."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from resolvers.definition import Asked, Material, Needs
from resolvers.figures.periods import instant
from resolvers.scopes import Scope
from resolvers.subject import resolved_with, subject, undated
from resolvers.table import Table
from schema.report import Basis, ReadInfo, ReportWarning, WarningCode, Way
from schema.scope import ResolvedBy


def material_of(
    scope: Scope,
    asked: Asked[Any],
    needs: Needs,
    table: Table,
    *,
    now: int,
    reference: object,
    handle: str | None,
    stale: str | None = None,
) -> Material[Any]:
    """The material of one report at the instant `now` (ms). `stale` says why an older table than asked for is used."""
    cut = subject(scope, table.frame, table.read_at)
    # What another report of the operation needed is no concern of this one.
    malformed = {
        column: table.malformed[column] for column in sorted(needs.columns | scope.columns) if table.malformed[column]
    }
    about = cut.about(needs.bases)
    read = ReadInfo(
        read_id=table.read_id,
        as_of=instant(table.read_at),
        age_seconds=max(0.0, (now - table.read_at) / 1000),
        complete=not malformed,
        exact=True,
        way=Way.SCAN,
        basis=[basis for basis in Basis if basis in table.reading.bases],
        scanned=table.frame.height,
        from_=instant(cut.start),
        to=instant(cut.end),
        time_zone=scope.zone.key,
        resolved_by=scope.resolved_by,
        resolved_with=resolved_with(about),
        warnings=[*scope.warnings, *_warnings(scope, about, malformed, stale)],
    )
    return Material(cut, asked, read, reference, handle, table.by_keys)


def _warnings(
    scope: Scope, about: pl.DataFrame, malformed: Mapping[str, int], stale: str | None
) -> Iterable[ReportWarning]:
    used = resolved_with(about)
    if scope.resolved_by is ResolvedBy.AUTO and used.resolution and used.status_category:
        yield ReportWarning(
            code=WarningCode.RESOLVED_MIXED,
            message=f"{used.resolution} requests count as resolved by resolution, {used.status_category} by status category.",
        )
    if count := undated(about):
        yield ReportWarning(
            code=WarningCode.RESOLVED_UNDATED, message=f"{count} requests are done, but not known since when."
        )
    for column, count in malformed.items():
        yield ReportWarning(
            code=WarningCode.MALFORMED_VALUES,
            message=f"{count} values of {column} were of an unknown shape and are taken as empty.",
        )
    if stale:
        yield ReportWarning(code=WarningCode.SERVED_STALE, message=f"An older read is shown: {stale}")
