"""The requests behind a count: as many as were counted, and the very same."""

import base64
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest

from demo.build import SiteBuilder, completed
from demo.seed import seeded
from tests.api import Api, api_on, at

NOW = at("2026-03-31T12:00")
SCOPE = '{period: {last: "P180D"}}'
METRIC = 'metric: "Time to resolution"'
REPORTS = {
    "assigneeWorkload": "assigneeWorkload(options: {splitBy: STATUS}) { rows { drillDown open overdue slaBreachedRunning slaAtRisk created resolved parts { drillDown open } } }",
    "requestsByOrganization": "requestsByOrganization(options: {splitBy: MONTH}) { rows { drillDown requests open resolved parts { drillDown requests } } }",
    "sla": f"sla(options: {{{METRIC}, by: PRIORITY}}) {{ metrics {{ drillDown met missed notApplicable notStarted withCycles cycles ongoing running runningBreached paused pausedBreached atRisk dueWithin60Minutes dueWithin30Minutes bands {{ drillDown cycles }} rows {{ drillDown met missed }} }} }}",
    "slaByRequest": f"sla(options: {{{METRIC}, unit: REQUEST, rule: EVER, by: ORGANIZATION}}) {{ metrics {{ drillDown met missed rows {{ drillDown met missed }} }} }}",
    "timeDistribution": "timeDistribution(options: {unit: WEEK}) { series { drillDown created resolved } heatMap { drillDown created resolved } }",
    "createdVsResolved": "createdVsResolved(options: {unit: WEEK}) { buckets { drillDown created resolved openAtEnd } }",
}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with api_on(seeded(400, now=NOW), NOW) as running:
        yield running


def counts(value: Any) -> Iterator[tuple[str, str, int]]:
    """Every (drillDown, name of a count, count) of an answer."""
    if isinstance(value, list):
        for item in value:
            yield from counts(item)
    elif isinstance(value, dict):
        if value.get("drillDown"):
            yield from ((value["drillDown"], key, n) for key, n in value.items() if isinstance(n, int))
        for item in value.values():
            yield from counts(item)


@pytest.mark.parametrize("report", REPORTS)
async def test_behind_every_count_stand_as_many_requests(api: Api, report: str) -> None:
    answer = await api.figures(f"{{ requests(scope: {SCOPE}) {{ {REPORTS[report]} }} }}")
    found = list(counts(answer["requests"]))
    some = [cell for cell in found if cell[2]]
    assert some
    chosen = random.Random(1).sample(found, min(60, len(found)))  # noqa: S311
    for start in range(0, len(chosen), 20):
        batch = chosen[start : start + 20]
        parts = [
            f'd{i}: drillDown(id: "{id_}", measure: "{name}", first: 1) {{ totalCount measure }}'
            for i, (id_, name, _) in enumerate(batch)
        ]
        drilled = await api.figures("{ " + " ".join(parts) + " }")
        assert [drilled[f"d{i}"] for i in range(len(batch))] == [
            {"totalCount": count, "measure": name} for _, name, count in batch
        ]


async def test_the_requests_behind_a_count_are_the_ones_that_were_counted() -> None:
    site = SiteBuilder(now=NOW)
    mine = [site.request(created="2026-03-20", assignee="ann", summary=f"Mine {n}", priority="High") for n in range(3)]
    site.request(created="2026-03-20", assignee="bob")
    async with api_on(site.site(), NOW) as api:
        rows = (await api.requests("assigneeWorkload { rows { assignee { accountId } open drillDown } }"))[
            "assigneeWorkload"
        ]
        ann = next(row for row in rows["rows"] if row["assignee"]["accountId"] == "acc:ann")
        page = await drill(
            api,
            ann["drillDown"],
            "nodes { id key summary status { name } priority { name } assignee { accountId displayName } created url }",
        )
    assert [node["key"] for node in page["nodes"]] == [issue.key for issue in mine]
    assert page["nodes"][0]["summary"] == "Mine 0"
    assert page["nodes"][0]["priority"] == {"name": "High"}
    assert page["nodes"][0]["assignee"] == {"accountId": "acc:ann", "displayName": "ann"}
    assert page["nodes"][0]["created"] == "2026-03-20T00:00:00.000Z"
    assert page["nodes"][0]["url"].endswith(f"/browse/{mine[0].key}")


async def drill(api: Api, id_: str, selection: str, **arguments: Any) -> Any:
    given = "".join(f", {name}: {orjson.dumps(value).decode()}" for name, value in arguments.items())
    return (await api.figures(f'{{ drillDown(id: "{id_}"{given}) {{ {selection} }} }}'))["drillDown"]


async def test_a_request_stands_there_once_for_each_cycle_that_counted() -> None:
    site = SiteBuilder(now=NOW)
    cycles = [completed(stop=f"2026-03-2{n}", breached=False) for n in range(3)]
    twice = site.request(created="2026-03-01", sla={"Time to resolution": cycles})
    async with api_on(site.site(), NOW) as api:
        report = await api.requests(f"sla(options: {{{METRIC}}}) {{ metrics {{ met drillDown }} }}")
        figures = report["sla"]["metrics"][0]
        page = await drill(api, figures["drillDown"], "totalCount nodes { key }", measure="met")
    assert figures["met"] == page["totalCount"] == 3
    assert [node["key"] for node in page["nodes"]] == [twice.key] * 3


async def test_pages_follow_each_other_to_the_end(api: Api) -> None:
    report = await api.figures(
        f"{{ requests(scope: {SCOPE}) {{ createdVsResolved(options: {{unit: YEAR}}) {{ buckets {{ created drillDown }} }} }} }}"
    )
    bucket = report["requests"]["createdVsResolved"]["buckets"][0]
    seen: list[str] = []
    after = None
    while True:
        page = await drill(
            api, bucket["drillDown"], "nodes { id } pageInfo { hasNextPage endCursor }", first=7, after=after
        )
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == bucket["created"]


async def test_only_the_page_that_is_shown_is_looked_up_and_names_only_if_selected(api: Api) -> None:
    rows = await api.figures(f"{{ requests(scope: {SCOPE}) {{ assigneeWorkload {{ rows {{ open drillDown }} }} }} }}")
    row = rows["requests"]["assigneeWorkload"]["rows"][0]
    api.demo.counters.reset()
    await drill(api, row["drillDown"], "totalCount nodes { key assignee { accountId } }", first=2)
    assert {name: count.calls for name, count in api.demo.counters.by_endpoint.items()} == {"issue/bulkfetch": 1}
    assert api.demo.counters.points <= 3
    await drill(api, row["drillDown"], "nodes { assignee { displayName } }", first=2)
    assert api.demo.counters.of("user/bulk").calls == 1


async def test_the_count_can_be_said_in_jql_where_that_is_possible() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-20", assignee="ann")
    site.request(created="2026-03-20", assignee="ann", resolved="2026-03-21")
    async with api_on(site.site(), NOW) as api:
        row = (await api.requests("assigneeWorkload { rows { open resolved drillDown } }"))["assigneeWorkload"]["rows"][
            0
        ]
        exact = await drill(api, row["drillDown"], "jql jqlExact url", measure="open")
        about = await drill(api, row["drillDown"], "jql jqlExact", measure="resolved")
        assert exact["jqlExact"] is True
        assert (await api.requests("total", {"jql": exact["jql"]}))["total"] == 1
        assert exact["url"].startswith(api.demo_url + "/issues/?jql=")
        assert about["jqlExact"] is False
        assert (await api.requests("total", {"jql": about["jql"]}))["total"] == 1


async def test_a_request_that_is_out_of_sight_now_keeps_its_place_without_its_fields() -> None:
    site = SiteBuilder(now=NOW)
    hidden = site.request(created="2026-03-20", assignee="ann", summary="Secret")
    async with api_on(site.site(), NOW) as api:
        row = (await api.requests("assigneeWorkload { rows { open drillDown } }"))["assigneeWorkload"]["rows"][0]
        hidden.restricted = True
        api.demo.site.changed()
        page = await drill(api, row["drillDown"], "totalCount nodes { id key summary created }")
    assert page == {"totalCount": 1, "nodes": [{"id": str(hidden.id), "key": None, "summary": None, "created": None}]}


async def test_a_drill_down_lives_as_long_as_its_read_although_a_newer_one_is_there(api: Api) -> None:
    query = f"{{ requests(scope: {SCOPE}, maxAgeSeconds: 60) {{ assigneeWorkload {{ rows {{ open drillDown }} }} }} }}"
    row = (await api.figures(query))["requests"]["assigneeWorkload"]["rows"][0]
    api.clock.forward(120)
    await api.figures(query)
    assert (await drill(api, row["drillDown"], "totalCount"))["totalCount"] == row["open"]
    api.clock.forward(3480)
    answer = await api.ask(f'{{ drillDown(id: "{row["drillDown"]}") {{ totalCount }} }}')
    assert answer.codes == {"drillDown": "SNAPSHOT_EXPIRED"}


def forged(id_: str, *key: Any) -> str:
    handle = orjson.loads(base64.urlsafe_b64decode(id_ + "=="))[0]
    return base64.urlsafe_b64encode(orjson.dumps([handle, *key])).decode().rstrip("=")


async def test_ids_that_lead_nowhere_and_measures_that_are_none_are_told_apart(api: Api) -> None:
    report = await api.figures(f"{{ requests(scope: {SCOPE}) {{ timeDistribution {{ series {{ drillDown }} }} }} }}")
    id_ = report["requests"]["timeDistribution"]["series"][0]["drillDown"]
    cases = [
        ("", None, "NOT_FOUND"),
        ("nonsense", None, "NOT_FOUND"),
        ("x" * 5000, None, "NOT_FOUND"),
        ("é", None, "NOT_FOUND"),
        (forged(id_), None, "NOT_FOUND"),
        (forged(id_, "series", 10**6), None, "NOT_FOUND"),
        (forged(id_, "heat", -1), None, "NOT_FOUND"),
        (forged(id_, {"a": 1}), None, "NOT_FOUND"),
        (base64.urlsafe_b64encode(b'["abc",1]').decode(), None, "SNAPSHOT_EXPIRED"),
        (id_, "nothing", "BAD_USER_INPUT"),
    ]
    for wrong, measure, code in cases:
        answer = await api.ask(
            "query ($id: ID!, $m: String) { drillDown(id: $id, measure: $m) { totalCount } }",
            {"id": wrong, "m": measure},
        )
        assert (wrong[:20], answer.codes) == (wrong[:20], {"drillDown": code})
    for arguments in ("first: 0", "first: 101", 'after: "x"', 'after: "-1"'):
        answer = await api.ask(f'{{ drillDown(id: "{id_}", {arguments}) {{ totalCount }} }}')
        assert answer.codes == {"drillDown": "BAD_USER_INPUT"}


async def test_a_count_whose_column_was_not_read_says_so(api: Api) -> None:
    report = await api.figures(f"{{ requests(scope: {SCOPE}) {{ assigneeWorkload {{ rows {{ drillDown open }} }} }} }}")
    id_ = report["requests"]["assigneeWorkload"]["rows"][0]["drillDown"]
    answer = await api.ask(f'{{ drillDown(id: "{id_}", measure: "overdue") {{ totalCount }} }}')
    assert answer.codes == {"drillDown": "BAD_USER_INPUT"}


async def test_an_id_keeps_its_counts_whatever_is_asked_later() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created="2026-03-20", assignee="ann", duedate="2026-03-25")
    async with api_on(site.site(), NOW) as api:
        first = (await api.requests("assigneeWorkload { rows { overdue drillDown } }"))["assigneeWorkload"]["rows"][0]
        await api.requests("assigneeWorkload { rows { open drillDown } }")
        assert (await drill(api, first["drillDown"], "totalCount", measure="overdue"))["totalCount"] == 1


async def test_a_set_that_rests_on_a_list_stays_what_it_was_when_the_list_changes() -> None:
    site = SiteBuilder(now=NOW)
    site.organization("Acme")
    site.request(created="2026-03-20", organizations=["Acme"])
    query = "{ requests(scope: {}) { requestsByOrganization(options: {includeEmpty: true}) { rows { requests drillDown } } } }"
    async with api_on(site.site(), NOW) as api:
        ids = {
            (await api.figures(query))["requests"]["requestsByOrganization"]["rows"][0]["drillDown"] for _ in range(2)
        }
    assert len(ids) == 2


async def test_counts_of_the_report_itself_and_forged_parts_are_told_from_rows(api: Api) -> None:
    selection = "satisfaction(options: {dateBasis: CREATED}) { drillDown responses } requestsByOrganization { rows { drillDown } }"
    report = (await api.figures(f"{{ requests(scope: {SCOPE}) {{ {selection} }} }}"))["requests"]
    undated = f'{{ drillDown(id: "{report["satisfaction"]["drillDown"]}", measure: "undated") {{ totalCount }} }}'
    assert (await api.ask(undated)).codes == {"drillDown": "BAD_USER_INPUT"}
    part = forged(report["requestsByOrganization"]["rows"][0]["drillDown"], "1", None)
    assert (await api.ask(f'{{ drillDown(id: "{part}") {{ totalCount }} }}')).codes == {"drillDown": "NOT_FOUND"}
