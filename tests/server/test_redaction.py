"""A whole server with every kind of failure forced, at DEBUG level: nothing of anybody's is in what the process writes."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import orjson
import pytest
import structlog

from demo.build import SiteBuilder
from demo.faults import Fault
from demo.model import Site
from server import logs
from server.setting_values import ApiKey
from tests.api import EMAIL, ENCRYPTION_KEY, TOKEN, Api, api_on

NOW = "2026-03-31T12:00"
KEY = "itsm_canary-api-key"
PERSON, ORGANIZATION, SUMMARY = "Canary Person", "Canary Organization", "canary summary"
TITLE, JQL, SECRET = "canary title", "canary-jql", "canary-in-an-exception"
CANARIES = (KEY, TOKEN, EMAIL, ENCRYPTION_KEY, PERSON, ORGANIZATION, SUMMARY, TITLE, JQL, SECRET, "canary", "Canary")

EVERYTHING = """query Canary($jql: String) {
  requests(scope: {jql: $jql, period: {last: "P60D"}}, maxAgeSeconds: 0) {
    total
    assigneeWorkload { rows { assignee { displayName } open drillDown } }
    requestsByOrganization { rows { organization { name } requests } }
  }
  organizations { nodes { name } }
}"""
CREATE = (
    "mutation ($input: CreateWidgetInput!) { createWidget(input: $input) { widget { id title } userErrors { code } } }"
)
UPSTREAM: list[Callable[[], Fault]] = [
    lambda: Fault.status(500, times=None),
    lambda: Fault.status(403, on="search/jql", times=None),
    lambda: Fault.status(401, times=None),
    lambda: Fault.status(429, times=None, retry_after=0),
    lambda: Fault.html(times=None),
    lambda: Fault.half_body(times=None),
    lambda: Fault.no_answer(times=None),
    lambda: Fault.anonymous(times=None),
]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What the test sets up is undone."""
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    yield
    logging.raiseExceptions = raises
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def site() -> Site:
    built = SiteBuilder(now=NOW)
    for day in range(1, 20):
        built.request(
            created=f"2026-03-{day:02}T10:00",
            summary=SUMMARY,
            assignee=PERSON,
            reporter=PERSON,
            organizations=[ORGANIZATION],
        )
    return built.site()


async def post(api: Api, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx2.Response:
    body = {"query": query, "variables": variables or {}}
    return await api.client.post(f"{api.url}/graphql", json=body, headers={"authorization": f"Bearer {KEY}", **headers})


def fail(_path: str, _document: object) -> None:
    raise ValueError(SECRET)


async def force_errors(api: Api) -> set[str]:
    """Makes everything fail that can; the codes that came of it."""
    answers = [await post(api, EVERYTHING)]
    answers += [
        await post(api, "{ viewer { name } }", authorization=f"Bearer {JQL}"),
        await post(api, f"{{ {JQL.replace('-', '_')} }}"),
        await post(api, f'{{ "{JQL}'),
        await post(api, EVERYTHING, {"jql": f'nonsense ~~ "{JQL}"'}),
        await post(api, EVERYTHING, {"jql": [JQL]}),
        await post(api, f'{{ requests(scope: {{projects: ["{SUMMARY}"]}}) {{ total }} }}'),
        await post(api, f'{{ drillDown(id: "{SECRET}") {{ nodes {{ summary }} }} }}'),
        await post(api, CREATE, {"input": {"title": TITLE, "config": {"sla": {}}}}),
        await post(api, CREATE, {"input": {"title": TITLE, "config": {TITLE: TITLE}}}),
        await api.client.get(f"{api.url}/{SECRET}", headers={"host": f"{SECRET}.example", "user-agent": SECRET}),
    ]
    for fault in UPSTREAM:
        api.demo.faults.add(fault())
        answers.append(await post(api, EVERYTHING, {"jql": f'summary ~ "{JQL}"'}))
        api.demo.faults.clear()
    api.wire.alter = fail
    answers.append(await post(api, EVERYTHING, {"jql": f'summary ~ "{JQL}"'}))
    api.wire.alter = None
    documents = [answer.json() for answer in answers]
    assert documents[0]["data"]["requests"]["assigneeWorkload"]["rows"][0]["assignee"]["displayName"] == PERSON
    return {error["extensions"]["code"] for document in documents for error in document.get("errors", ())}


async def test_whatever_fails_nothing_of_anybodys_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    keys = (ApiKey("alice", hashlib.sha256(KEY.encode()).digest()),)
    async with api_on(site(), NOW, callers=["alice"], api_keys=keys) as api:
        codes = await force_errors(api)
    output, log = capfd.readouterr()
    written = output + log
    lines = [orjson.loads(line) for line in log.splitlines()]

    assert output == ""
    assert {
        "UNAUTHENTICATED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "INVALID_JQL", "FORBIDDEN", "UPSTREAM_UNAUTHORIZED",
        "UPSTREAM_RATE_LIMITED", "UPSTREAM_UNAVAILABLE", "INTERNAL",
    } <= codes  # fmt: skip
    assert "unexpected_error" in {line["event"] for line in lines}
    assert {line["level"] for line in lines} >= {"error", "info"}
    assert [canary for canary in CANARIES if canary in written] == []
    assert "Traceback" not in written
