"""What must hold whatever the data: within an answer, and between answers to questions that belong together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api import Api, api_on
from tests.oracle.asking import answers
from tests.oracle.compare import assert_same
from tests.oracle.generate import Case, World, cases, scopes, worlds
from tests.oracle.invariants import broken
from tests.oracle.oracle import Question
from tests.oracle.profiles import SOAK, quick
from tests.oracle.subject import DAY, Between, Last, Scope, moment

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


@st.composite
def worlds_with_scopes(draw: st.DrawFn) -> tuple[World, Scope]:
    """A site and a scope that no filter on organizations narrows, since that hides rows."""
    world = draw(worlds())
    scope = draw(scopes(world))
    kept = {name: one for name, one in scope.filters.items() if name != "organizations"}
    return world, replace(scope, filters=kept)


# -- within one answer


async def answers_agree(world: World, scope: Scope) -> None:
    """All that must hold within the answers, and between those on one scope."""
    asked = several(scope)
    async with api_on(world.site(), moment(world.now)) as api:
        got = await answers(api, asked)
    faults = [f"{name}: {fault}" for name, one in asked.items() for fault in broken(one.report, one.options, got[name])]
    if got["organizations"]["total"] != got["total"] or got["total"] != sum(
        r["created"] for r in got["people"]["rows"]
    ):
        faults.append("the reports do not agree on how many requests were created")
    for last, first, ever in zip(*(got[rule]["metrics"] for rule in ("last", "first", "ever")), strict=True):
        if (
            ever["met"] > min(last["met"], first["met"])
            or len({one["met"] + one["missed"] for one in (last, first, ever)}) > 1
        ):
            faults.append(f"rules: {last['met']} by the last, {first['met']} by the first, {ever['met']} by all")
    assert not faults, "\n".join(faults)


@quick(20)
@given(worlds_with_scopes())
async def test_figures_of_one_answer_agree_with_each_other(given: tuple[World, Scope]) -> None:
    await answers_agree(*given)


# -- a period in two parts


def orderly(world: World) -> World:
    """Only requests to which nothing happened before they were made.

    A report looks at requests created before the end of its period, so what an import dates earlier is in no first part.
    """
    return replace(
        world, requests=tuple(one for one in world.requests if min([one.created, *one.events]) == one.created)
    )


@st.composite
def periods_in_parts(draw: st.DrawFn) -> tuple[World, list[Scope]]:
    """A site and three scopes: a period, and the two parts in which an instant cuts it."""
    world = orderly(draw(worlds()))
    scope = draw(scopes(world))
    beside = st.builds(int.__add__, st.sampled_from(world.marks), st.sampled_from([0, 0, -1, 1]))
    instants = st.lists(beside | st.integers(world.now - 60 * DAY, world.now), min_size=2, max_size=3, unique=True)
    start, *cut = sorted(draw(instants))
    parts = [(start, world.now), (start, cut[0]), (cut[0], world.now)]
    if len(cut) == 2:
        parts = [(start, cut[1]), (start, cut[0]), (cut[0], cut[1])]
    return world, [replace(scope, period=Between(*part)) for part in parts if part[0] < part[1]]


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


async def parts_add_up(world: World, parts: list[Scope]) -> None:
    """Events of the parts are those of the whole; distinct requests are at most as many."""
    got = []
    async with api_on(world.site(), moment(world.now)) as api:
        for scope in parts:
            got.append(await answers(api, several(scope)))
    whole, *rest = got
    assert events(whole) == sum(map(events, rest), Counter())
    for place, one in enumerate(whole["last"]["metrics"]):
        judged = [part["last"]["metrics"][place] for part in rest]
        assert one["met"] + one["missed"] <= sum(part["met"] + part["missed"] for part in judged)


@quick(12)
@given(periods_in_parts())
async def test_events_of_the_parts_of_a_period_add_up_to_those_of_the_whole(given: tuple[World, list[Scope]]) -> None:
    await parts_add_up(*given)


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


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[Case, World, int, int, int]:
    """A site with questions, the same site with its requests in another order, and how else to read it."""
    case = draw(cases(sets=1))
    order = draw(st.permutations(case.world.requests))
    size, skew, in_flight = draw(st.integers(1, 9)), draw(st.sampled_from([0, 700, 5000])), draw(st.integers(1, 12))
    return case, replace(case.world, requests=tuple(order)), size, skew, in_flight


async def reading_changes_nothing(case: Case, other: World, size: int, skew: int, in_flight: int) -> None:
    """A wrong count makes the read fall into many windows."""
    now = moment(case.world.now)
    async with api_on(case.site(), now) as api:
        expected = await answers(api, case.questions)
    async with api_on(other.site(), now, demo_options={"count_skew": skew}, max_in_flight=in_flight) as api:
        with_pages(api, size)
        assert_same(expected, await answers(api, case.questions))


@quick(10)
@given(shuffled())
async def test_figures_do_not_depend_on_the_order_of_requests_nor_on_pages_and_windows(
    given: tuple[Case, World, int, int, int],
) -> None:
    await reading_changes_nothing(*given)


# -- what else is asked


async def company_changes_nothing(case: Case) -> None:
    """A few figures of each report: each report read on its own, and all of them together."""
    together = {
        f"{name}_together": replace(one, scope=replace(one.scope, apart=0)) for name, one in case.questions.items()
    }
    async with api_on(case.site(), moment(case.world.now)) as api:
        got = await answers(api, {**case.questions, **together})
    assert_same(
        {name: got[f"{name}_together"] for name in case.questions}, {name: got[name] for name in case.questions}
    )


@quick(25)
@given(cases(sets=1, lean=True))
async def test_a_report_is_the_same_whatever_else_is_asked_with_it(case: Case) -> None:
    await company_changes_nothing(case)


# -- the same some weeks later


@st.composite
def weeks_apart(draw: st.DrawFn) -> tuple[World, Scope, int]:
    """A site, a scope in a zone whose clocks never change, and a number of weeks."""
    world = draw(worlds())
    scope = replace(draw(scopes(world)), zone=draw(st.sampled_from(["UTC", "Asia/Kolkata", "Pacific/Kiritimati"])))
    if not isinstance(scope.period, Between):
        scope = replace(scope, period=Last(draw(st.integers(1, 70))))
    return world, scope, draw(st.integers(-20, 20).filter(bool))


def moved(period: Between | Last, by: int) -> Between | Last:
    """The period so many ms later."""
    return Between(period.start + by, period.end + by) if isinstance(period, Between) else period


async def time_changes_nothing(world: World, scope: Scope, weeks: int) -> None:
    """Everything else as it was, but for what the answer says of time."""
    got = []
    for by in (0, weeks * WEEK):
        assert isinstance(scope.period, Between | Last)
        later = world.moved(by)
        asked = several(replace(scope, period=moved(scope.period, by)))
        async with api_on(later.site(), moment(later.now)) as api:
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


@quick(12)
@given(weeks_apart())
async def test_the_same_data_some_weeks_later_give_the_same_figures(given: tuple[World, Scope, int]) -> None:
    await time_changes_nothing(*given)


# -- all of it at length


@pytest.mark.soak
@SOAK
@given(worlds_with_scopes())
async def test_figures_of_many_answers_agree_with_each_other(given: tuple[World, Scope]) -> None:
    await answers_agree(*given)


@pytest.mark.soak
@SOAK
@given(periods_in_parts())
async def test_events_of_the_parts_of_many_periods_add_up(given: tuple[World, list[Scope]]) -> None:
    await parts_add_up(*given)


@pytest.mark.soak
@SOAK
@given(shuffled())
async def test_many_figures_do_not_depend_on_order_pages_and_windows(given: tuple[Case, World, int, int, int]) -> None:
    await reading_changes_nothing(*given)


@pytest.mark.soak
@SOAK
@given(cases(sets=1, lean=True))
async def test_many_reports_are_the_same_whatever_else_is_asked(case: Case) -> None:
    await company_changes_nothing(case)


@pytest.mark.soak
@SOAK
@given(weeks_apart())
async def test_many_data_some_weeks_later_give_the_same_figures(given: tuple[World, Scope, int]) -> None:
    await time_changes_nothing(*given)
