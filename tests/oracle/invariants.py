"""What must hold within any answer, whatever the data: checked on the answer alone, without working anything out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isclose
from typing import Any

from tests.oracle.fields import RATIO, SUMMARY

MULTI_VALUED = frozenset({"ORGANIZATION"})


def broken(report: str, options: Any, answer: Any) -> Iterator[str]:
    """What does not hold in the answer of one report, as readable lines. All rows must have been asked for."""
    yield from _numbers(answer, report)
    match report:
        case "assigneeWorkload":
            yield from _workload(answer)
        case "requestsByOrganization":
            yield from _organizations(answer)
        case "sla":
            for one in answer["metrics"]:
                yield from _metric(answer, one, options.get("by"))


def _numbers(value: Any, where: str) -> Iterator[str]:
    """Ratios and summaries, wherever they are."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _numbers(one, f"{where}[{place}]")
    if not isinstance(value, dict):
        return
    if value.keys() == RATIO.keys():
        share = value["value"]
        if (share is None) != (value["denominator"] == 0) or not 0 <= (share or 0) <= 1:
            yield f"{where}: no ratio: {value}"
    elif value.keys() == SUMMARY.keys():
        yield from _summary(value, where)
    else:
        for name, one in value.items():
            yield from _numbers(one, f"{where}.{name}")


def _summary(value: Any, where: str) -> Iterator[str]:
    places = [value[f"{name}Seconds"] for name in ("min", "median", "p75", "p90", "p95", "max")]
    if value["count"] == 0:
        if any(place is not None for place in (*places, value["meanSeconds"])):
            yield f"{where}: a summary of nothing: {value}"
    elif places != sorted(places) or not _between(places[0], value["meanSeconds"], places[-1]):
        yield f"{where}: out of order: {value}"
    elif value["count"] == 1 and {*places, value["meanSeconds"]} != {places[0]}:
        yield f"{where}: one duration, but several figures: {value}"


def _between(low: float, value: float, high: float) -> bool:
    return low <= value <= high or isclose(low, value) or isclose(value, high)


def _equal(what: str, *sums: float) -> Iterator[str]:
    if not all(isclose(sums[0], one, abs_tol=1e-9) for one in sums[1:]):
        yield f"{what}: {sums}"


def _cover(what: str, whole: int, rows: Sequence[int], *, several: bool) -> Iterator[str]:
    """Rows of one value a request add up to the whole; of several values they are each at most, together at least that."""
    if several and not max(rows, default=0) <= whole <= sum(rows):
        yield f"{what}: rows {rows}, whole {whole}"
    elif not several:
        yield from _equal(f"{what}: whole and sum of rows", whole, sum(rows))


def _workload(answer: Any) -> Iterator[str]:
    rows, total = answer["rows"], answer["total"]
    yield from _cover("open", total, [row["open"] for row in rows], several=False)
    holders = [row["open"] for row in rows if row["assignee"] and row["open"]]
    yield from _equal("assignees", answer["assignees"], len(holders))
    yield from _equal("mean", (answer["meanOpenPerAssignee"] or 0) * len(holders), sum(holders))
    for row in rows:
        if row["parts"]:
            yield from _equal("parts", row["open"], sum(part["open"] for part in row["parts"]))
        if max(row["overdue"], row["slaBreachedRunning"], row["slaAtRisk"]) > row["open"]:
            yield f"more than all open ones: {row}"
        if (row["oldestAgeSeconds"] or 0) < (row["meanAgeSeconds"] or 0) - 1e-6:
            yield f"ages: {row}"


def _organizations(answer: Any) -> Iterator[str]:
    rows, total = answer["rows"], answer["total"]
    yield from _cover("requests", total, [row["requests"] for row in rows], several=True)
    yield from _equal("split", total, sum(row["splitRequests"] for row in rows))
    nobody = sum(row["requests"] for row in rows if row["organization"] is None)
    yield from _equal("with and without", total, answer["withOrganization"] + nobody)
    for row in rows:
        yield from _equal("open and resolved", row["requests"], row["open"] + row["resolved"])
        if row["parts"]:
            yield from _equal("parts", row["requests"], sum(part["requests"] for part in row["parts"]))


def _metric(answer: Any, one: Any, by: str | None) -> Iterator[str]:
    name, judged = one["metric"]["name"], one["met"] + one["missed"]
    ongoing = one["running"] + one["runningBreached"] + one["paused"] + one["pausedBreached"]
    yield from _equal(f"{name}: scope", answer["total"], one["notApplicable"] + one["notStarted"] + one["withCycles"])
    yield from _equal(f"{name}: ongoing", one["ongoing"], ongoing, sum(band["cycles"] for band in one["bands"]))
    yield from _equal(f"{name}: cycles", one["cycles"], one["elapsed"]["count"] + one["ongoing"])
    if answer["unit"] == "CYCLE":
        yield from _equal(f"{name}: judged", one["elapsed"]["count"], judged)
        yield from _equal(f"{name}: missed", one["overrun"]["count"], one["missed"])
    if not one["dueWithin30Minutes"] <= one["dueWithin60Minutes"] <= one["running"] or one["atRisk"] > one["running"]:
        yield f"{name}: more than run: {one}"
    if judged > one["withCycles"] * (one["cyclesPerRequest"] or 0) + 1e-9:
        yield f"{name}: more judged than there can be: {one}"
    if by:
        for figure in ("met", "missed"):
            rows = [row[figure] for row in one["rows"]]
            yield from _cover(f"{name} by {by}, {figure}", one[figure], rows, several=by in MULTI_VALUED)
