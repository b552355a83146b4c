"""What must hold for time distribution, created against resolved, satisfaction, channels, types and resolution time, whatever the data.

And, of all reports: behind a count stand as many requests as it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isclose
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given

from tests.api import Api, api_on
from tests.oracle.asking import answers
from tests.oracle.compare import assert_same
from tests.oracle.generate import OPTIONS, Dice, dice, fitting, scope, world
from tests.oracle.invariants import MULTI_VALUED, broken
from tests.oracle.oracle import REPORTS, Question
from tests.oracle.profiles import SOAK, Trial, quick, trying
from tests.oracle.subject import DAY, Between, Last, Period, Scope, moment

WEEK = 7 * DAY
MORE = ("timeDistribution", "createdVsResolved", "satisfaction", "requestChannels", "requestTypes", "resolutionTime")
COUNTS = {
    *("created", "resolved", "openAtEnd", "responses", "invalid", "undated", "count", "requests", "open", "total"),
    *("measured", "unmeasured", "unresolved", "overdue", "slaBreachedRunning", "slaAtRisk", "met", "missed"),
    *("notApplicable", "notStarted", "withCycles", "cycles", "ongoing", "running", "runningBreached", "paused"),
    *("pausedBreached", "atRisk", "dueWithin60Minutes", "dueWithin30Minutes"),
}
"""Fields that can be opened, where they stand beside a `drillDown`."""
OPENED = frozenset({"rows", "parts", "series", "heatMap", "buckets", "distribution", "histogram", "metrics", "bands"})
"""Lists whose items have a `drillDown`."""
DRILL = "a{n}: drillDown(id: $d{n}, measure: $m{n}, first: 100) {{ totalCount measure nodes {{ id }} }}"


def everything(chance: Dice, on: Scope, reports: tuple[str, ...] = MORE) -> dict[str, Question]:
    """A question for each report with all of its rows, with options of all kinds."""
    asked = {}
    for name in reports:
        options = {key: value for key, value in OPTIONS[name](chance).items() if key != "top"}
        top = {} if name in ("total", "timeDistribution", "createdVsResolved") else {"top": 1000}
        asked[name] = Question.whole(name, on, **fitting(on, options | top))
    return asked


@dataclass(frozen=True, repr=False)
class More(Trial):
    """A site with a question for each report, all on one scope."""

    asked: Mapping[str, Question]
    seed: int = 0
    """Chooses what is opened."""


def _more(chance: Dice) -> More:
    """No filter on organizations narrows the scope, since that hides rows."""
    made = world(chance)
    on = scope(chance, made)
    on = replace(on, filters={name: one for name, one in on.filters.items() if name != "organizations"})
    return More(made, everything(chance, on))


more = dice.map(_more)


# -- within one answer


def faults(asked: Mapping[str, Question], got: Mapping[str, Any]) -> Iterator[str]:
    """What does not hold in the answers on one scope, as readable lines."""
    for name, one in asked.items():
        yield from (f"{name}: {fault}" for fault in broken(name, one.options, got[name]))
    flow, times, pile = _flow(got), got["timeDistribution"], got["createdVsResolved"]
    if len(flow) > 1:
        yield f"not the same created and resolved everywhere: {flow}"
    if len({got["requestTypes"]["total"], got["requestChannels"]["total"], times["created"]}) > 1:
        yield "channels, types and time distribution are of different requests"
    if pile["openAtEnd"] != (pile["buckets"][-1]["openAtEnd"] if pile["buckets"] else pile["openAtStart"]):
        yield f"open at the end: {pile['openAtEnd']}"
    if any(cell["created"] + cell["resolved"] and not cell["occurrences"] for cell in times["heatMap"]):
        yield "something happened in an hour that never was"
    for before, after in zip(times["series"], times["series"][1:], strict=False):
        if before["end"] != after["start"]:
            yield f"a gap between {before['label']} and {after['label']}"
    yield from _satisfaction(asked["satisfaction"].options, got["satisfaction"])
    yield from _resolution(asked["resolutionTime"].options, got["resolutionTime"])
    for name in ("requestChannels", "requestTypes"):
        answer = got[name]
        if sum(row["requests"] for row in answer["rows"]) != answer["total"]:
            yield f"{name}: rows do not add up to {answer['total']}"
        if any(row["open"] + row["resolved"] != row["requests"] for row in answer["rows"]):
            yield f"{name}: open and resolved"


def _flow(got: Mapping[str, Any]) -> set[tuple[int, int]]:
    """Created and resolved of the period, from all places that tell of both."""
    times, pile = got["timeDistribution"], got["createdVsResolved"]
    alone = {(one["created"], one["resolved"]) for one in (times, pile)}
    lists = (times["series"], times["heatMap"], pile["buckets"])
    return alone | {(sum(one["created"] for one in each), sum(one["resolved"] for one in each)) for each in lists}


def _satisfaction(options: Mapping[str, Any], got: Any) -> Iterator[str]:
    responses = got["responses"]
    if sum(one["count"] for one in got["distribution"]) != responses or got["csat"]["denominator"] != responses:
        yield f"satisfaction: {got}"
    low, high, share = got["interval"]["low"], got["interval"]["high"], got["csat"]["value"]
    if share is not None and not 0 <= low <= share <= high <= 1:
        yield f"satisfaction: {share} lies outside of {low} to {high}"
    if responses and not isclose(got["normalizedMean"] * 4 + 1, got["mean"]):
        yield "satisfaction: normalized mean"
    if options.get("dateBasis") in ("CREATED", "RESOLVED") and got["undated"] > responses:
        yield "satisfaction: more undated than there are"
    yield from _covers("satisfaction", options, responses, [row["responses"] for row in got["rows"]])


def _resolution(options: Mapping[str, Any], got: Any) -> Iterator[str]:
    parts = got["measured"] + got["invalid"] + got["unmeasured"] + (got["unresolved"] or 0)
    sums = (sum(band["count"] for band in got["histogram"]), got["duration"]["count"])
    if got["total"] != parts or set(sums) != {got["measured"]}:
        yield f"resolution time: {got['total']}, {parts}, {got['measured']}, {sums}"
    if (got["duration"]["minSeconds"] or 0) < 0:
        yield "resolution time: below 0"
    yield from _covers("resolution time", options, got["measured"], [row["count"] for row in got["rows"]])


def _covers(what: str, options: Mapping[str, Any], whole: int, rows: list[int]) -> Iterator[str]:
    by = options.get("by")
    if by in MULTI_VALUED:
        if not max(rows, default=0) <= whole <= sum(rows):
            yield f"{what}: rows {rows}, whole {whole}"
    elif by and sum(rows) != whole:
        yield f"{what} by {by}: rows {rows}, whole {whole}"


async def answers_agree(trial: More) -> None:
    """All that must hold within the answers, and between them."""
    async with api_on(trial.world.site(), moment(trial.world.now)) as api:
        found = list(faults(trial.asked, await answers(api, trial.asked)))
    assert not found, "\n".join(found)


@quick(15)
@given(more)
async def test_figures_of_the_newer_reports_agree_with_each_other(trial: More) -> None:
    await trying(answers_agree, trial)


# -- a period in two parts


def events(got: Mapping[str, Any]) -> list[int]:
    """All that is counted by the instant at which it happened."""
    times, pile, resolution = got["timeDistribution"], got["createdVsResolved"], got["resolutionTime"]
    counted = [cell[name] for cell in times["heatMap"] for name in ("created", "resolved")]
    counted += [times["created"], times["resolved"], pile["created"], pile["resolved"]]
    counted += [got["requestTypes"]["total"], got["requestChannels"]["total"], got["satisfaction"]["responses"]]
    counted += [star["count"] for star in got["satisfaction"]["distribution"]]
    counted += [resolution[name] for name in ("total", "measured", "invalid", "unmeasured")]
    return counted + [band["count"] for band in resolution["histogram"]]


@dataclass(frozen=True, repr=False)
class Parts(More):
    """Questions on a period that an instant cuts in two."""

    periods: tuple[Between, ...] = ()
    """The whole, and the two parts."""


def _parts(chance: Dice) -> Parts:
    """Without imports that are resolved or rated before they were made: those are in no period that ends before that."""
    made = world(chance)
    made = replace(made, requests=tuple(one for one in made.requests if min([one.created, *one.events]) == one.created))
    start, cut = sorted(chance.some([made.now - n * DAY - 1 for n in range(60)], 2, 2))
    cut = chance.one(cut, *(mark for mark in made.marks if start < mark < made.now))
    periods = (Between(start, made.now), Between(start, cut), Between(cut, made.now))
    return Parts(made, everything(chance, replace(scope(chance, made), period=periods[0])), periods=periods)


async def parts_add_up(trial: Parts) -> None:
    """Events of the parts are those of the whole."""
    got = []
    async with api_on(trial.world.site(), moment(trial.world.now)) as api:
        for period in trial.periods:
            part = {name: replace(one, scope=replace(one.scope, period=period)) for name, one in trial.asked.items()}
            got.append(await answers(api, part))
    whole, first, second = map(events, got)
    assert whole == [one + other for one, other in zip(first, second, strict=True)]
    piles = [one["createdVsResolved"] for one in got]
    assert piles[0]["openAtStart"] == piles[1]["openAtStart"]
    assert piles[1]["openAtEnd"] == piles[2]["openAtStart"]
    assert piles[0]["openAtEnd"] == piles[2]["openAtEnd"]


parts = dice.map(_parts)


@quick(6)
@given(parts)
async def test_events_of_the_parts_of_a_period_add_up_in_the_newer_reports(trial: Parts) -> None:
    await trying(parts_add_up, trial)


# -- the same some weeks later


@dataclass(frozen=True, repr=False)
class Apart(More):
    """Questions that are put again so many ms later."""

    by: int = 0


def _apart(chance: Dice) -> Apart:
    """In zones whose clocks never change; months differ, weeks do not."""
    made, zone = world(chance), chance.one("UTC", "Asia/Kolkata")
    end = made.now - chance.number(0, 30 * DAY)
    period: Period = chance.one(Last(9), Last(30)) if chance.chance(60) else Between(made.now - 40 * DAY, end)
    asked = everything(chance, replace(scope(chance, made), zone=zone, period=period))
    for name in ("timeDistribution", "createdVsResolved"):
        asked[name] = replace(asked[name], options={"unit": chance.one("HOUR", "DAY", "WEEK")})
    return Apart(made, asked, by=chance.one(-20, -3, 1, 5, 20) * WEEK)


async def time_changes_nothing(trial: Apart) -> None:
    """Everything else as it was, but for what the answer says of time."""
    got = []
    for shift in (0, trial.by):
        later = trial.world.moved(shift)
        asked = {name: shifted(one, shift) for name, one in trial.asked.items()}
        async with api_on(later.site(), moment(later.now)) as api:
            got.append(timeless(await answers(api, asked)))
    assert_same(*got)


def shifted(question: Question, by: int) -> Question:
    """The question about a period so many ms later."""
    period = question.scope.period
    if isinstance(period, Between):
        period = Between(period.start + by, period.end + by)
    return replace(question, scope=replace(question.scope, period=period))


def timeless(value: Any) -> Any:
    """An answer without the instants in it."""
    if isinstance(value, list):
        return [timeless(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: timeless(one) for name, one in value.items() if name not in ("read", "label", "isoWeek", "start", "end")
    }


apart = dice.map(_apart)


@quick(5)
@given(apart)
async def test_the_same_data_some_weeks_later_give_the_same_figures_in_the_newer_reports(trial: Apart) -> None:
    await trying(time_changes_nothing, trial)


# -- the requests behind a count


def with_drill_down(fields: Mapping[str, Any], *, here: bool = False) -> dict[str, Any]:
    """The fields, with `drillDown` wherever there is one."""
    found = {
        name: with_drill_down(below, here=name in OPENED) if below else below
        for name, below in fields.items()
        if name not in ("read", "rest")
    }
    return found | ({"drillDown": None} if here else {})


def openable(value: Any) -> Iterator[tuple[str, str, int]]:
    """Every (drillDown, name of a count, count) of an answer."""
    if isinstance(value, list):
        for one in value:
            yield from openable(one)
    elif isinstance(value, dict):
        if value.get("drillDown"):
            yield from ((value["drillDown"], name, n) for name, n in value.items() if name in COUNTS and n is not None)
        for one in value.values():
            yield from openable(one)


async def opened(api: Api, cells: list[tuple[str, str, int]]) -> list[Any]:
    """The drill-downs of some cells, in one operation."""
    declared = " ".join(f"$d{n}: ID!, $m{n}: String," for n in range(len(cells)))
    asked = " ".join(DRILL.format(n=n) for n in range(len(cells)))
    variables = {f"d{n}": cell[0] for n, cell in enumerate(cells)} | {f"m{n}": cell[1] for n, cell in enumerate(cells)}
    answer = await api.ask(f"query ({declared}) {{ {asked} }}", variables)
    assert answer.errors == [], orjson.dumps(answer.errors).decode()
    return [answer.data[f"a{n}"] for n in range(len(cells))]


def _opening(chance: Dice) -> More:
    made = world(chance)
    asked = everything(chance, scope(chance, made), tuple(name for name in REPORTS if name != "total"))
    for name, one in asked.items():
        top_level = name in ("satisfaction", "resolutionTime")
        asked[name] = replace(one, fields=with_drill_down(one.fields or {}, here=top_level))
    return More(made, asked, seed=chance.number(0, 1_000_000))


async def counts_can_be_opened(trial: More) -> None:
    """Random cells of all reports; a request counts once in each, but for cycles of SLAs."""
    chance = Random(trial.seed)  # noqa: S311
    async with api_on(trial.world.site(), moment(trial.world.now)) as api:
        got = await answers(api, trial.asked)
        for name in trial.asked:
            cells = list(openable(got[name]))
            full = [cell for cell in cells if cell[2]]
            chosen = [chance.choice(chance.choice([cells, full or cells])) for _ in range(12)] if cells else []
            for (_, measure, count), found in zip(chosen, await opened(api, chosen) if chosen else [], strict=True):
                assert (found["measure"], found["totalCount"]) == (measure, count), name
                listed = [node["id"] for node in found["nodes"]]
                assert len(listed) == min(100, count), name
                assert name == "sla" or len(set(listed)) == len(listed), (name, measure)


openings = dice.map(_opening)


@quick(6)
@given(openings)
async def test_behind_every_count_of_every_report_stand_as_many_requests(trial: More) -> None:
    await trying(counts_can_be_opened, trial)


# -- channels that Jira does not tell with the requests


def _known(chance: Dice) -> More:
    made = world(chance)
    known = tuple(replace(one, channel=None if one.channel == "chat" else one.channel) for one in made.requests)
    asked = everything(chance, scope(chance, made))
    asked["satisfaction"] = replace(asked["satisfaction"], options={"by": "CHANNEL"})
    return More(replace(made, requests=known), asked)


async def channels_by_query(trial: More) -> None:
    """The same answers, as long as all channels are known ones."""
    got = []
    for told in (True, False):
        options = {"channel_property": told}
        async with api_on(trial.world.site(), moment(trial.world.now), demo_options=options) as api:
            got.append(await answers(api, trial.asked))
    assert_same(*got)


known_channels = dice.map(_known)


@quick(3)
@given(known_channels)
async def test_figures_by_channel_are_the_same_however_the_channel_is_found(trial: More) -> None:
    await trying(channels_by_query, trial)


# -- all of it at length


@pytest.mark.soak
@SOAK
@given(more)
async def test_figures_of_many_answers_of_the_newer_reports_agree(trial: More) -> None:
    await trying(answers_agree, trial)


@pytest.mark.soak
@SOAK
@given(parts)
async def test_events_of_the_parts_of_many_periods_add_up_in_the_newer_reports(trial: Parts) -> None:
    await trying(parts_add_up, trial)


@pytest.mark.soak
@SOAK
@given(apart)
async def test_many_data_some_weeks_later_give_the_same_figures_in_the_newer_reports(trial: Apart) -> None:
    await trying(time_changes_nothing, trial)


@pytest.mark.soak
@SOAK
@given(openings)
async def test_behind_many_counts_of_every_report_stand_as_many_requests(trial: More) -> None:
    await trying(counts_can_be_opened, trial)


@pytest.mark.soak
@SOAK
@given(known_channels)
async def test_many_figures_by_channel_are_the_same_however_the_channel_is_found(trial: More) -> None:
    await trying(channels_by_query, trial)
