"""Two servers that share one Valkey and one PostgreSQL, where their keys lie: what one has read the other answers from, and nothing lies there in clear."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from demo.model import Site
from demo.seed import seeded
from resolvers.definition import definitions, no_cells
from tests.api import Answer, Api, api_on, at
from tests.resolvers.cache.valkeys import Store
from tests.storage.stores import database_url

NOW = at("2026-03-31T12:00")
SITE = seeded(400, now=NOW)
JQL = "labels != secretlabel OR labels is EMPTY"
SCOPE = f'{{period: {{last: "P180D"}}, jql: "{JQL}"}}'
METRIC = 'metric: "Time to resolution"'
REQUESTS = {
    "AssigneeWorkloadRequest": "assigneeWorkload { rows { assignee { accountId displayName } open drillDown } }",
    "AssetsOfRequestsRequest": "assetsOfRequests { rows { object { label } requests drillDown } }",
    "CreatedVsResolvedRequest": "createdVsResolved { buckets { created resolved drillDown } }",
    "RequestChannelsRequest": "requestChannels { rows { requests open drillDown } }",
    "RequestTypesRequest": "requestTypes(options: {includeUnused: true}) { rows { requestType { name state } requests drillDown } }",
    "RequestsByOrganizationRequest": "requestsByOrganization(options: {includeEmpty: true}) "
    "{ rows { organization { name deleted } requests open drillDown } }",
    "ResolutionTimeRequest": "resolutionTime(options: {by: PRIORITY}) { drillDown rows { drillDown } }",
    "SatisfactionRequest": "satisfaction(options: {by: ASSIGNEE}) { responses drillDown rows { drillDown } }",
    "SlaRequest": f"sla(options: {{{METRIC}, by: PRIORITY}}) {{ metrics {{ met missed drillDown rows {{ met missed drillDown }} }} }}",
    "TimeDistributionRequest": "timeDistribution(options: {unit: WEEK}) { series { created resolved drillDown } }",
}
DOCUMENTS = {name: f"{{ requests(scope: {SCOPE}) {{ {report} }} }}" for name, report in REQUESTS.items()}
DOCUMENTS["CustomerReportRequest"] = (
    f"{{ customerReport(scope: {SCOPE}) {{ customers rows {{ organization {{ name }} requests drillDown }} }} }}"
)
ALL = f"{{ requests(scope: {SCOPE}) {{ total {' '.join(REQUESTS.values())} }} }}"
DRILL = "query ($id: ID!) { drillDown(id: $id, first: 100) { totalCount measure jql url nodes { id key summary } } }"


@dataclass(slots=True)
class Replicas:
    """Two servers on one site."""

    first: Api
    second: Api

    def forward(self, seconds: float) -> None:
        """Moves the clocks of all."""
        self.first.clock.forward(seconds)
        self.second.clock.forward(seconds)


@asynccontextmanager
async def replicas(store: Store, folder: Path, site: Site = SITE, **arguments: Any) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_url("postgresql", folder))
        shared = {"cache_url": store.url, "database_url": database} | arguments
        first = await stack.enter_async_context(api_on(site, NOW, **shared))
        same_site = {"site_url": first.demo_url, "atlassian_api_url": first.demo_url}
        second = await stack.enter_async_context(api_on(site, NOW, **(shared | same_site)))
        yield Replicas(first, second)


@pytest.fixture
async def both(store: Store, tmp_path: Path) -> AsyncIterator[Replicas]:
    async with replicas(store, tmp_path) as running:
        yield running


def without_ids(data: Any) -> Any:
    """Figures without the ids of drill-downs, which may be of each answer's own."""
    if isinstance(data, list):
        return [without_ids(one) for one in data]
    if isinstance(data, dict):
        return {name: without_ids(value) for name, value in data.items() if name != "drillDown"}
    return data


def ids_in(data: Any) -> Iterator[str]:
    """All ids of drill-downs."""
    if isinstance(data, list):
        for one in data:
            yield from ids_in(one)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from [value] if name == "drillDown" and value else ids_in(value)


def caches(answer: Answer) -> set[str]:
    return {entry["cache"] for entry in answer.extensions["reports"]}


async def test_the_second_answers_from_what_the_first_has_read(both: Replicas) -> None:
    first, second = await both.first.ask(ALL), await both.second.ask(ALL)
    assert (first.errors, second.errors) == ([], [])
    assert without_ids(second.data) == without_ids(first.data)
    assert "MISS" in caches(first)
    assert caches(second) == {"HIT"}
    assert both.first.wire.sent != []
    assert both.second.wire.sent == []


async def test_lists_are_shared_too_and_their_calls_are_told_once(both: Replicas) -> None:
    query = "{ organizations(first: 100) { nodes { name memberCount } } site { requestTypes { nodes { name } } } }"
    assets = "{ assets { objectsByType { total rows { direct } } } }"
    first, second = await both.first.figures(query), await both.second.figures(query)
    assert first == second
    told = [await api.ask(assets) for api in (both.first, both.second, both.second)]
    assert [caches(answer) for answer in told] == [{"MISS"}, {"HIT"}, {"HIT"}]
    assert len({answer.extensions["reports"][0]["readId"] for answer in told}) == 1
    assert both.second.wire.sent == []


async def test_the_newest_read_counts_whoever_made_it(both: Replicas) -> None:
    fresh = f"{{ requests(scope: {SCOPE}, maxAgeSeconds: 30) {{ total }} }}"
    await both.first.ask(fresh)
    both.forward(60)
    renewed = await both.second.ask(fresh)
    seen = await both.first.ask(fresh)
    assert (caches(renewed), caches(seen)) == ({"MISS"}, {"HIT"})
    assert list(seen.reads) == list(renewed.reads)


async def test_a_drill_down_of_the_first_opens_on_the_second_with_the_same_set(
    both: Replicas, subtests: pytest.Subtests
) -> None:
    for report, document in DOCUMENTS.items():
        answer = await both.first.figures(document)
        ids = list(ids_in(answer))
        with subtests.test(report):
            assert any([await same_set(both, id_) for id_ in ids[:: max(1, len(ids) // 8)]])
    # No more than the page that is shown is read, once the connection has found out how it signs in.
    assert {path for path, _ in both.second.wire.sent} == {"/rest/api/3/issue/bulkfetch", "/rest/api/3/myself"}


async def same_set(both: Replicas, id_: str) -> int:
    """The size of a set that both replicas page alike."""
    mine, others = [await api.ask(DRILL, {"id": id_}) for api in (both.first, both.second)]
    assert (mine.data, mine.codes) == (others.data, others.codes)
    count: int = mine.data["drillDown"]["totalCount"]
    return count


def test_every_report_with_drill_downs_is_tried() -> None:
    assert DOCUMENTS.keys() == {one.request.__name__ for one in definitions().values() if one.cells is not no_cells}


async def test_nothing_outlives_its_hour_on_any_replica(both: Replicas, store: Store) -> None:
    answer = await both.first.figures(DOCUMENTS["SlaRequest"])
    id_ = next(ids_in(answer))
    for key in store.client.keys("*"):
        store.client.persist(key)
    both.forward(3599)
    assert caches(await both.second.ask(DOCUMENTS["SlaRequest"])) == {"HIT"}
    both.forward(1)
    for api in (both.second, both.first):
        assert (await api.ask(DRILL, {"id": id_})).codes == {"drillDown": "SNAPSHOT_EXPIRED"}
    assert caches(await both.second.ask(DOCUMENTS["SlaRequest"])) == {"MISS"}


async def test_a_valkey_that_dies_costs_no_answer(both: Replicas, store: Store) -> None:
    before = await both.first.ask(ALL)
    with capture_logs() as lines:
        store.kill()
        after = [await api.ask(ALL) for api in (both.first, both.second)]
        ready = [await api.client.get(f"{api.url}/readyz") for api in (both.first, both.second)]
    assert [without_ids(answer.data) for answer in after] == [without_ids(before.data)] * 2
    assert [answer.errors for answer in after] == [[], []]
    assert ["MISS" in caches(answer) for answer in after] == [False, True]
    assert [(answer.status_code, answer.json()["status"]) for answer in ready] == [(200, "degraded")] * 2
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["cache_lost"] * 2
    text = (await both.first.client.get(f"{both.first.url}/metrics")).text
    assert 'event="lost"} 1.0' in text


def told(site: Site) -> dict[str, set[bytes]]:
    """What must not lie about in clear, by what it is."""
    people = [user for user in site.users]
    return {
        "names": {user.display_name.encode() for user in people},
        "account ids": {user.account_id.encode() for user in people},
        "organizations": {one.name.encode() for one in site.organizations},
        "queries": {JQL.encode(), b"secretlabel", b"Time to resolution", b"customfield_"},
    }


@pytest.mark.parametrize("in_clear", [True, False])
async def test_nothing_of_the_site_lies_in_the_valkey_in_clear(in_clear: bool, store: Store, tmp_path: Path) -> None:
    async with replicas(store, tmp_path, in_clear=in_clear) as running:
        assert (await running.first.ask(ALL)).errors == []
        assert (await running.first.ask(DOCUMENTS["CustomerReportRequest"])).errors == []
        assert (await running.second.ask(ALL)).errors == []
        assert running.second.wire.sent == []
    dump = store.dump()
    assert len(dump) > 20_000
    found = {what: any(needle in dump for needle in needles) for what, needles in told(SITE).items()}
    assert found == dict.fromkeys(found, in_clear)
