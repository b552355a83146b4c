"""What must hold whatever the data: within an answer, and between answers to questions that belong together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given

from demo.model import Site
from tests.api import Api, api_on
from tests.oracle.asking import answers
from tests.oracle.compare import assert_same
from tests.oracle.generate import Dice, World, dice, questions, scope, world
from tests.oracle.invariants import broken
from tests.oracle.oracle import Question
from tests.oracle.profiles import SOAK, Trial, quick, trying
from tests.oracle.subject import DAY, Between, Last, Scope, moment
from tests.oracle.trials import Case, cases

WEEK = 7 * DAY
SEVERAL = {
    "total": ("total", {}),
    "people": ("assigneeWorkload", {"splitBy": "PRIORITY"}),
    "organizations": ("requestsByOrganization", {"splitBy": "WEEK"}),
    "priorities": ("sla", {"by": "PRIORITY"}),
    "shared": ("sla", {"by": "ORGANIZATION"}),
    "last": ("sla", {"unit": "REQUEST", "rule": "LAST", "by": "ASSIGNEE"}),
    "first": ("sla", {"unit": "REQUEST", "rule": "FIRST", "by": "REQUEST_TYPE"}),
    "ever": ("sla", {"unit": "REQUEST", "rule": "EVER"}),
}


def several(scope: Scope, suffix: str = "") -> dict[str, Question]:
    """Questions whose answers belong together, with all their rows."""
    asked = {}
    for name, (report, options) in SEVERAL.items():
        top = {} if report == "total" else {"top": 1000}
        asked[name + suffix] = Question.whole(report, scope, **options, **top)
    return asked


@dataclass(frozen=True, repr=False)
class Look(Trial):
    """A site and a scope."""

    scope: Scope


def _look(dice: Dice) -> Look:
    """No filter on organizations narrows it, since that hides rows."""
    made = world(dice)
    on = scope(dice, made)
    return Look(made, replace(on, filters={name: one for name, one in on.filters.items() if name != "organizations"}))


looks = dice.map(_look)


# -- within one answer


async def answers_agree(look: Look) -> None:
    """All that must hold within the answers, and between those on one scope."""
    asked = several(look.scope)
    async with api_on(look.world.site(), moment(look.world.now)) as api:
        got = await answers(api, asked)
    faults = [f"{name}: {fault}" for name, one in asked.items() for fault in broken(one.report, one.options, got[name])]
    created = [got["total"], got["organizations"]["total"], sum(row["created"] for row in got["people"]["rows"])]
    if len({*created}) > 1:
        faults.append(f"the reports do not agree on how many requests were created: {created}")
    for last, first, ever in zip(*(got[rule]["metrics"] for rule in ("last", "first", "ever")), strict=True):
        judged = {one["met"] + one["missed"] for one in (last, first, ever)}
        if ever["met"] > min(last["met"], first["met"]) or len(judged) > 1:
            faults.append(f"rules: {last['met']} by the last, {first['met']} by the first, {ever['met']} by all")
    assert not faults, "\n".join(faults)


@quick(15)
@given(looks)
async def test_figures_of_one_answer_agree_with_each_other(look: Look) -> None:
    await trying(answers_agree, look)


# -- a period in two parts


def orderly(world: World) -> World:
    """Only requests to which nothing happened before they were made.

    A report looks at requests created before the end of its period, so what an import dates earlier is in no first part.
    """
    return replace(
        world, requests=tuple(one for one in world.requests if min([one.created, *one.events]) == one.created)
    )


@dataclass(frozen=True, repr=False)
class Parts(Trial):
    """A site, and a scope whose period an instant cuts in two."""

    scope: Scope
    start: int
    cut: int
    end: int

    @property
    def scopes(self) -> list[Scope]:
        """The whole, and the two parts."""
        parts = [(self.start, self.end), (self.start, self.cut), (self.cut, self.end)]
        return [replace(self.scope, period=Between(*part)) for part in parts]


def _parts(dice: Dice) -> Parts:
    made = orderly(world(dice))
    instants = {mark + dice.one(0, 0, -1, 1) for mark in made.marks}
    instants |= {made.now, made.now - dice.number(1, 60 * DAY), made.now - 70 * DAY}
    return Parts(made, scope(dice, made), *sorted(dice.some(sorted(instants), 3, 3)))


def events(answer: Any) -> Counter[tuple[str, ...]]:
    """Everything that happened in the period, counted by who it belongs to."""
    counted: Counter[tuple[str, ...]] = Counter({("created",): answer["total"]})
    for row in answer["people"]["rows"]:
        who = (row["assignee"] or {}).get("accountId", "")
        counted[("created by", who)] += row["created"]
        counted[("resolved by", who)] += row["resolved"]
    for one in answer["priorities"]["metrics"]:
        counted[("met", one["metric"]["name"])] += one["met"]
        counted[("missed", one["metric"]["name"])] += one["missed"]
        for row in one["rows"]:
            counted[("judged", one["metric"]["name"], row["value"]["key"] or "")] += row["met"] + row["missed"]
    return +counted


async def parts_add_up(parts: Parts) -> None:
    """Events of the parts are those of the whole; distinct requests are at most as many."""
    got = []
    async with api_on(parts.world.site(), moment(parts.world.now)) as api:
        for one in parts.scopes:
            got.append(await answers(api, several(one)))
    whole, *rest = got
    assert events(whole) == events(rest[0]) + events(rest[1])
    for place, figures in enumerate(whole["last"]["metrics"]):
        judged = [part["last"]["metrics"][place] for part in rest]
        assert figures["met"] + figures["missed"] <= sum(part["met"] + part["missed"] for part in judged)


@quick(10)
@given(dice.map(_parts))
async def test_events_of_the_parts_of_a_period_add_up_to_those_of_the_whole(parts: Parts) -> None:
    await trying(parts_add_up, parts)


# -- the way in which it is read


class Pages(httpx2.AsyncBaseTransport):
    """On the way to Atlassian: asks for smaller pages."""

    def __init__(self, way: httpx2.AsyncBaseTransport, size: int) -> None:
        self._way = way
        self._size = size

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """What the site answers to the same request for fewer issues."""
        body = orjson.loads(await request.aread() or b"null")
        if not request.url.path.endswith("/search/jql") or not isinstance(body, dict):
            return await self._way.handle_async_request(request)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        content = orjson.dumps(body | {"maxResults": self._size})
        return await self._way.handle_async_request(
            httpx2.Request(request.method, request.url, headers=headers, content=content, extensions=request.extensions)
        )

    async def aclose(self) -> None:
        """Closes the way."""
        await self._way.aclose()


def backwards(path: str, document: Any) -> None:
    """Turns a page round."""
    if path.endswith("/search/jql"):
        document["issues"].reverse()


def with_pages(api: Api, size: int) -> None:
    """Has the site answer in pages of that size, each the wrong way round."""
    api.wire._way = Pages(api.wire._way, size)  # type: ignore[assignment]  # a way like any other
    api.wire.alter = backwards


@dataclass(frozen=True, repr=False)
class Reading(Case):
    """A site with questions, and another way to read the same."""

    order: int
    size: int
    skew: int
    in_flight: int

    def reordered(self) -> Site:
        """The site with its requests made in another order."""
        requests = list(self.world.requests)
        Random(self.order).shuffle(requests)  # noqa: S311  # nobody must not guess it
        return replace(self.world, requests=tuple(requests)).site()


def _reading(dice: Dice) -> Reading:
    """A wrong count makes the read fall into many windows."""
    made = world(dice)
    asked = questions(dice, scope(dice, made))
    way = dice.number(0, 99), dice.number(1, 9), dice.one(0, 700, 5000), dice.number(1, 12)
    return Reading(made, asked, *way)


async def reading_changes_nothing(reading: Reading) -> None:
    """The same answers from large pages and from small ones, from one window and from many."""
    now, asked = moment(reading.world.now), reading.questions
    async with api_on(reading.world.site(), now) as api:
        expected = await answers(api, asked)
    options = {"count_skew": reading.skew}
    async with api_on(reading.reordered(), now, demo_options=options, max_in_flight=reading.in_flight) as api:
        with_pages(api, reading.size)
        assert_same(expected, await answers(api, asked))


@quick(8)
@given(dice.map(_reading))
async def test_figures_do_not_depend_on_the_order_of_requests_nor_on_pages_and_windows(reading: Reading) -> None:
    await trying(reading_changes_nothing, reading)


# -- what else is asked


async def company_changes_nothing(case: Case) -> None:
    """A few figures of each report: each report read on its own, and all of them together."""
    together = {
        f"{name}_together": replace(one, scope=replace(one.scope, apart=0)) for name, one in case.questions.items()
    }
    async with api_on(case.world.site(), moment(case.world.now)) as api:
        got = await answers(api, {**case.questions, **together})
    assert_same(
        {name: got[f"{name}_together"] for name in case.questions}, {name: got[name] for name in case.questions}
    )


@quick(20)
@given(cases(sets=1, lean=True))
async def test_a_report_is_the_same_whatever_else_is_asked_with_it(case: Case) -> None:
    await trying(company_changes_nothing, case)


# -- the same some weeks later


@dataclass(frozen=True, repr=False)
class Later(Trial):
    """A site, a scope in a zone whose clocks never change, and a number of weeks."""

    scope: Scope
    weeks: int


def _later(dice: Dice) -> Later:
    made = world(dice)
    on = replace(scope(dice, made), zone=dice.one("UTC", "Asia/Kolkata", "Pacific/Kiritimati"))
    if not isinstance(on.period, Between):
        on = replace(on, period=Last(dice.number(1, 70)))
    return Later(made, on, dice.one(-1, 1) * dice.number(1, 20))


def moved(period: Between | Last, by: int) -> Between | Last:
    """The period so many ms later."""
    return Between(period.start + by, period.end + by) if isinstance(period, Between) else period


async def time_changes_nothing(later: Later) -> None:
    """Everything else as it was, but for what the answer says of time."""
    got = []
    assert isinstance(later.scope.period, Between | Last)
    for by in (0, later.weeks * WEEK):
        then = later.world.moved(by)
        asked = several(replace(later.scope, period=moved(later.scope.period, by)))
        async with api_on(then.site(), moment(then.now)) as api:
            got.append(timeless(await answers(api, asked), by))
    assert_same(*got)


def timeless(answer: Any, by: int) -> Any:
    """The answer without its instants, and with its weeks named as they were before."""
    for one in answer.values():
        if isinstance(one, dict):
            del one["read"]
    for row in answer["organizations"]["rows"]:
        for part in row["parts"]:
            day = date.fromisoformat(part["value"]["key"])
            part["value"] = day - timedelta(milliseconds=by)
    return answer


@quick(8)
@given(dice.map(_later))
async def test_the_same_data_some_weeks_later_give_the_same_figures(later: Later) -> None:
    await trying(time_changes_nothing, later)


# -- all of it at length


@pytest.mark.soak
@SOAK
@given(looks)
async def test_figures_of_many_answers_agree_with_each_other(look: Look) -> None:
    await trying(answers_agree, look)


@pytest.mark.soak
@SOAK
@given(dice.map(_parts))
async def test_events_of_the_parts_of_many_periods_add_up(parts: Parts) -> None:
    await trying(parts_add_up, parts)


@pytest.mark.soak
@SOAK
@given(dice.map(_reading))
async def test_many_figures_do_not_depend_on_order_pages_and_windows(reading: Reading) -> None:
    await trying(reading_changes_nothing, reading)


@pytest.mark.soak
@SOAK
@given(cases(sets=1, lean=True))
async def test_many_reports_are_the_same_whatever_else_is_asked(case: Case) -> None:
    await trying(company_changes_nothing, case)


@pytest.mark.soak
@SOAK
@given(dice.map(_later))
async def test_many_data_some_weeks_later_give_the_same_figures(later: Later) -> None:
    await trying(time_changes_nothing, later)
