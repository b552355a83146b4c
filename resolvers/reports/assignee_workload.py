"""Who has how much on the table now: open requests per assignee, and what was created and resolved in the period."""

from collections.abc import Iterable

import polars as pl

from resolvers.columns import SLA
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Nameless, Needs, nameless
from resolvers.figures.measures import AT_RISK, RUNNING_BREACHED, checked_top, cycles_of, ratio, seconds
from resolvers.figures.periods import local_day
from resolvers.jql import checked_values, quote
from resolvers.subject import Subject
from schema.report import Basis, DimensionValue, Rest, User
from schema.reports.assignee_workload import (
    AssigneeWorkloadOptions,
    AssigneeWorkloadReport,
    AssigneeWorkloadRequest,
    AssigneeWorkloadRow,
    WorkloadPart,
    WorkloadSplit,
)

SLA_FIELDS = ("slaBreachedRunning", "slaAtRisk")
OPEN_FIELDS = {
    "open": "open",
    "openShare": "open",
    "overdue": "overdue",
    "slaBreachedRunning": "sla_breached_running",
    "slaAtRisk": "sla_at_risk",
    "oldestAgeSeconds": "open",
    "meanAgeSeconds": "open",
    "remainingEstimateSeconds": "estimate",
    "parts": "open",
}
"""Fields of a row that are about open requests, with the count that gives a person a row."""
SPLITS = {
    WorkloadSplit.STATUS: "status",
    WorkloadSplit.PRIORITY: "priority",
    WorkloadSplit.REQUEST_TYPE: "request_type",
}
NAMES = ("rows.assignee.displayName", "rows.assignee.active")

Asking = Asked[AssigneeWorkloadOptions]


def _row(*fields: str) -> tuple[str, ...]:
    return tuple(f"rows.{field}" for field in fields)


def needs(asked: Asking) -> Needs:
    """OPEN, unless nothing but `created` and `resolved` of the rows is selected; COHORT and ACTIVE for those."""
    checked_top(asked.options.top)
    checked_values("options.assignees", asked.options.assignees)
    metrics = asked.fields.metrics_chosen(asked.options.metric)
    columns = {"assignee"}
    if asked.selection.has("rows.overdue"):
        columns.add("duedate")
    if asked.selection.has("rows.remainingEstimateSeconds"):
        columns.add("timeestimate")
    if asked.selection.has(*_row(*SLA_FIELDS)):
        columns |= {SLA + field for metric in metrics for field in metric.fields}
    if asked.options.split_by and asked.selection.has("rows.parts"):
        columns.add(SPLITS[asked.options.split_by])
    bases = {Basis.OPEN} if _open_matters(asked) else set()
    if asked.selection.has("rows.created"):
        bases.add(Basis.COHORT)
    if asked.selection.has("rows.resolved"):
        bases.add(Basis.ACTIVE)
    return Needs(frozenset(bases), frozenset(columns))


def _open_matters(asked: Asking) -> bool:
    has = asked.selection.has
    about_open = has(*_row(*OPEN_FIELDS), "total", "assignees", "meanOpenPerAssignee")
    return about_open or not has("rows.created", "rows.resolved")


def _marked(subject: Subject, asked: Asking) -> pl.DataFrame:
    """The open requests with `age`, and with `is_overdue`, `is_breached`, `is_at_risk` where their columns were read."""
    frame = subject.open.with_columns(age=subject.as_of - pl.col("created"))
    if "duedate" in frame.columns:
        today = local_day(subject.as_of, subject.zone)
        frame = frame.with_columns(is_overdue=(pl.col("duedate") < today).fill_null(False))
    fields = [
        f for m in asked.fields.metrics_chosen(asked.options.metric) for f in m.fields if SLA + f in frame.columns
    ]
    if fields:
        cycles = cycles_of(frame, fields)
        breached = cycles.filter(RUNNING_BREACHED)["id"].unique()
        at_risk = cycles.filter(AT_RISK)["id"].unique()
        frame = frame.with_columns(
            is_breached=pl.col("id").is_in(breached.implode()), is_at_risk=pl.col("id").is_in(at_risk.implode())
        )

    return frame


def _open_counts(subject: Subject, asked: Asking) -> pl.DataFrame:
    """One row per assignee of open requests, null included."""
    frame = _marked(subject, asked)
    absent = {"is_overdue": False, "is_breached": False, "is_at_risk": False, "timeestimate": None}
    types = {"timeestimate": pl.Int64()}
    frame = frame.with_columns(
        pl.lit(value, types.get(name, pl.Boolean())).alias(name)
        for name, value in absent.items()
        if name not in frame.columns
    )
    return frame.group_by("assignee").agg(
        open=pl.len().cast(pl.Int64),
        overdue=pl.col("is_overdue").sum().cast(pl.Int64),
        sla_breached_running=pl.col("is_breached").sum().cast(pl.Int64),
        sla_at_risk=pl.col("is_at_risk").sum().cast(pl.Int64),
        oldest=pl.col("age").max(),
        mean_age=pl.col("age").mean(),
        estimate=pl.when(pl.col("timeestimate").is_not_null().any()).then(pl.col("timeestimate").sum()),
    )


def _people(subject: Subject, asked: Asking) -> pl.DataFrame:
    """One row per assignee with all figures, 0 where there is nothing; null is the unassigned."""
    open_ = _open_counts(subject, asked)
    created = subject.cohort.group_by("assignee").agg(created=pl.len().cast(pl.Int64))
    resolved = subject.resolved.group_by("assignee").agg(resolved=pl.len().cast(pl.Int64))
    listed = pl.DataFrame({"assignee": asked.options.assignees or []}, schema={"assignee": pl.String}).unique()
    joined = listed.with_columns(listed=pl.lit(True))
    for part in (open_, created, resolved):
        joined = joined.join(part, on="assignee", how="full", coalesce=True, nulls_equal=True)
    counts = ["open", "overdue", "sla_breached_running", "sla_at_risk", "created", "resolved"]
    return joined.with_columns(pl.col(counts).fill_null(0), pl.col("listed").fill_null(False))


def _shown(people: pl.DataFrame, asked: Asking) -> pl.DataFrame:
    """Who gets a row: everyone with a selected figure above 0, or who is listed; the unassigned last.

    Sorted by the first of open, created and resolved that is selected, then by the next: a figure that nobody asked for
    was perhaps not read.
    """
    counts = {count for field, count in OPEN_FIELDS.items() if asked.selection.has(f"rows.{field}")}
    events = [field for field in ("created", "resolved") if asked.selection.has(f"rows.{field}")]
    above = pl.any_horizontal([pl.col(c).fill_null(0) > 0 for c in sorted(counts | set(events) or {"open"})])
    order = (["open"] if _open_matters(asked) else []) + events
    keys = [pl.col("assignee").is_null(), *order, "assignee"]
    return people.filter(above | pl.col("listed")).sort(keys, descending=[False, *([True] * len(order)), False])


def _parts(material: Material[AssigneeWorkloadOptions]) -> dict[str | None, list[WorkloadPart]]:
    subject, asked = material.subject, material.asked
    if asked.options.split_by is None or not asked.selection.has("rows.parts"):
        return {}
    column = pl.col(SPLITS[asked.options.split_by]).struct
    counts = (
        subject.open.group_by("assignee", column.field("id").alias("key"))
        .agg(column.field("name").drop_nulls().last().alias("name"), open=pl.len())
        .sort(pl.col("key").is_null(), "open", "key", descending=[False, True, False])
    )
    parts: dict[str | None, list[WorkloadPart]] = {}
    for row in counts.iter_rows(named=True):
        value = DimensionValue(key=row["key"], name=row["name"])
        drill_down = material.drill_down(row["assignee"], row["key"])
        parts.setdefault(row["assignee"], []).append(WorkloadPart(value=value, open=row["open"], drill_down=drill_down))
    return parts


def _rest(subject: Subject, asked: Asking, hidden: pl.Series) -> Rest:
    frames = [subject.open] if _open_matters(asked) else []
    frames += [subject.cohort] if asked.selection.has("rows.created") else []
    frames += [subject.resolved] if asked.selection.has("rows.resolved") else []
    mine = pl.concat([f.select("id", "assignee") for f in frames]).filter(pl.col("assignee").is_in(hidden.implode()))
    return Rest(count=hidden.len(), distinct_requests=mine["id"].n_unique())


def compute(material: Material[AssigneeWorkloadOptions]) -> AssigneeWorkloadReport:
    """Open requests are of `as_of`, whatever the period; the mean is over persons with at least one."""
    subject, asked = material.subject, material.asked
    people = _people(subject, asked)
    total = subject.open.height
    holders = people.filter(pl.col("assignee").is_not_null() & (pl.col("open") > 0))
    shown = _shown(people, asked)
    top = checked_top(asked.options.top)
    assigned, unassigned = shown.filter(pl.col("assignee").is_not_null()), shown.filter(pl.col("assignee").is_null())
    parts = _parts(material)
    rows = [
        AssigneeWorkloadRow(
            assignee=None if row["assignee"] is None else User(account_id=row["assignee"]),
            open=row["open"],
            open_share=ratio(row["open"], total),
            overdue=row["overdue"],
            sla_breached_running=row["sla_breached_running"],
            sla_at_risk=row["sla_at_risk"],
            oldest_age_seconds=seconds(row["oldest"]),
            mean_age_seconds=seconds(row["mean_age"]),
            remaining_estimate_seconds=row["estimate"],
            created=row["created"],
            resolved=row["resolved"],
            parts=parts.get(row["assignee"], []),
            drill_down=material.drill_down(row["assignee"]),
        )
        for row in pl.concat([assigned.head(top), unassigned]).iter_rows(named=True)
    ]
    return AssigneeWorkloadReport(
        read=material.read,
        total=total,
        assignees=holders.height,
        mean_open_per_assignee=int(holders["open"].sum()) / holders.height if holders.height else None,
        rows=rows,
        rest=_rest(subject, asked, assigned["assignee"][top:]),
    )


def people(result: AssigneeWorkloadReport, asked: Asking) -> Iterable[Nameless]:
    """The assignees shown."""
    if not asked.selection.has(*NAMES):
        return ()
    return (nameless(row.assignee) for row in result.rows if row.assignee is not None)


def cells(material: Material[AssigneeWorkloadOptions], key: Key) -> Measures:
    """`[account]`, or `[account, value]` for a part."""
    subject, account = material.subject, key[0] if key else None
    whose = "assignee is EMPTY" if account is None else f"assignee = {quote(str(account))}"
    mine = pl.col("assignee").eq_missing(pl.lit(account, pl.String))
    if len(key) == 2 and material.asked.options.split_by:
        value = pl.col(SPLITS[material.asked.options.split_by]).struct.field("id").eq_missing(pl.lit(key[1], pl.String))
        return {"open": lambda: Cell(subject.open.filter(mine & value)["id"])}

    def marked(mark: str) -> Cell:
        frame = _marked(subject, material.asked).filter(mine)
        return Cell(frame.filter(mark)["id"])

    return {
        "open": lambda: Cell(subject.open.filter(mine)["id"], f"{whose} AND {subject.unresolved}", exact=True),
        "overdue": lambda: marked("is_overdue"),
        "slaBreachedRunning": lambda: marked("is_breached"),
        "slaAtRisk": lambda: marked("is_at_risk"),
        "created": lambda: Cell(subject.cohort.filter(mine)["id"], f"{whose} AND {subject.in_period('created')}"),
        "resolved": lambda: Cell(subject.resolved.filter(mine)["id"], f"{whose} AND {subject.in_period('resolved')}"),
    }


REPORT = Definition(AssigneeWorkloadRequest, needs, compute, people, cells=cells)
