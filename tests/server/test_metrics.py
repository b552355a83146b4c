"""The numbers: each is documented with its labels and no other is, labels take known values only, gauges tell what is so."""

import re
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.auth import Credentials
from connectors.http import Atlassian, Meter
from connectors.jira import Jira
from schema.errors import Code
from server.metrics import Metrics
from tests.server.stand_in import CANARY, NOW, standing

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
OF_THE_FORMAT = {"le"}
Told = dict[str, tuple[str, frozenset[str]]]


async def answers() -> bool:
    return True


async def fails() -> bool:
    raise OSError(CANARY)


def used(metrics: Metrics) -> Metrics:
    """With every number told once."""
    metrics.operation(["NOT_FOUND"], 0.1)
    metrics.shed("full")
    metrics.request("/graphql", 200)
    metrics.call("search", "ok", 0.1)
    metrics.points_left("global-app-quota", 5, 60)
    metrics.reports([{"readId": "r1", "cache": "HIT", "points": 3}])
    metrics.cache_event("hit")
    metrics.watch_reads(lambda: 1)
    metrics.watch_operations(lambda: 1, lambda: 2)
    metrics.watch_database(answers)
    return metrics


def metrics(**options: object) -> Metrics:
    return Metrics((code.value for code in Code), **options)  # type: ignore[arg-type]


async def told(metrics: Metrics) -> Told:
    """Type and labels of each metric that is there, by its name."""
    found: Told = {}
    for family in text_string_to_metric_families((await metrics.text()).decode()):
        if family.name.endswith("_created"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - OF_THE_FORMAT
        found[name] = (family.type, frozenset(labels))
    return found


def documented() -> Told:
    rows = [line.split("|")[1:5] for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `")]
    return {
        re.sub(r"[` ]", "", name): (kind.strip(), frozenset(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels, _ in rows
    }


async def values(metrics: Metrics) -> dict[str, float]:
    """Every sample's value, by its name and labels as they are written."""
    lines = [line for line in (await metrics.text()).decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_every_metric_is_documented_with_its_type_and_labels_and_no_other_is() -> None:
    assert await told(used(metrics())) == documented()


async def test_a_label_takes_known_values_only() -> None:
    numbers = used(metrics())
    numbers.operation([CANARY], 0.1)
    numbers.shed(CANARY)
    numbers.points_left(CANARY, 5, 60)
    numbers.cache_event(CANARY)
    numbers.reports([{"readId": CANARY, "cache": CANARY}])
    assert CANARY not in (await numbers.text()).decode()


async def test_errors_are_counted_each_and_operations_once_for_each_code() -> None:
    numbers = metrics()
    numbers.operation(["NOT_FOUND", "NOT_FOUND", "TIMEOUT"], 0.1)
    numbers.operation([], 0.1)
    numbers.operation(["CLIENT_GONE"], 0.0)
    told = await values(numbers)
    assert told['itsm_errors_total{code="NOT_FOUND"}'] == 2
    assert told['itsm_operations_total{code="NOT_FOUND"}'] == told['itsm_operations_total{code="TIMEOUT"}'] == 1
    assert told['itsm_operations_total{code="OK"}'] == told['itsm_operations_total{code="CLIENT_GONE"}'] == 1
    assert told["itsm_operation_seconds_count"] == 2
    assert not any("CLIENT_GONE" in name for name in told if name.startswith("itsm_errors_total"))


async def test_points_left_are_there_while_they_are_known() -> None:
    now = [100.0]
    numbers = metrics(clock=lambda: now[0])
    assert "itsm_atlassian_points_left{" not in (await numbers.text()).decode()
    numbers.points_left("global-app-quota", 11_000, 600)
    numbers.points_left("tenant-app-quota", 7, 60)
    now[0] += 61
    assert {name: value for name, value in (await values(numbers)).items() if "points_left" in name} == {
        'itsm_atlassian_points_left{quota="global-app-quota"}': 11_000
    }
    now[0] += 600
    assert "itsm_atlassian_points_left{" not in (await numbers.text()).decode()


async def test_points_left_come_from_what_atlassian_answers() -> None:
    async def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=[], headers={"Beta-RateLimit": '"global-app-quota";r=123;t=600'})

    numbers = metrics()
    atlassian = Atlassian(
        Credentials("https://example.atlassian.net", "reader@example.com", "token"),
        now=lambda: NOW,
        base_url="https://example.atlassian.net",
        transport=httpx2.MockTransport(answer),
        on_quota=numbers.points_left,
        observe=numbers.call,
    )
    await Jira(atlassian).fields(meter=Meter())
    await atlassian.aclose()
    told = await values(numbers)
    assert told['itsm_atlassian_points_left{quota="global-app-quota"}'] == 123
    assert told['itsm_atlassian_calls_total{endpoint="fields",outcome="ok"}'] == 1


@pytest.mark.parametrize(("events", "up"), [(["hit"], 1), (["hit", "lost"], 0), (["lost", "error", "back"], 1)])
async def test_the_shared_cache_is_up_until_it_is_lost_and_again_when_it_is_back(events: list[str], up: int) -> None:
    numbers = metrics()
    assert "itsm_cache_up" not in (await numbers.text()).decode()
    for event in events:
        numbers.cache_event(event)
    told = await values(numbers)
    assert told["itsm_cache_up"] == up
    assert sum(told[f'itsm_cache_events_total{{event="{event}"}}'] for event in set(events)) == len(events)


@pytest.mark.parametrize(("ready", "up"), [(answers, 1), (fails, 0)])
async def test_the_database_is_asked_whenever_the_numbers_are(ready: object, up: int) -> None:
    numbers = metrics()
    assert "itsm_database_up" not in (await numbers.text()).decode()
    numbers.watch_database(ready)  # type: ignore[arg-type]
    assert (await values(numbers))["itsm_database_up"] == up


async def test_the_version_that_runs_is_told() -> None:
    assert re.search(
        r'itsm_build_info\{python="3\.[\d.]+",version="\d[\w.]*"\} 1\.0', (await metrics().text()).decode()
    )


async def test_requests_are_counted_by_our_paths_and_their_status() -> None:
    async with standing() as stand:
        await stand.post("{ name }")
        await stand.client.get(f"/{CANARY}")
        await stand.client.get("/graphiql/start.js")
        text = (await stand.client.get("/metrics")).text
    assert 'itsm_http_requests_total{path="/graphql",status="200"} 1.0' in text
    assert 'itsm_http_requests_total{path="other",status="404"} 1.0' in text
    assert 'itsm_http_requests_total{path="/graphiql/",status="200"} 1.0' in text
    assert CANARY not in text
