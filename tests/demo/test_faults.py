"""Ordered faults, as a client sees them."""

from __future__ import annotations

import json

import httpx2
import pytest

from demo.app import DemoSite
from demo.faults import Fault
from tests.demo.conftest import NOW, a_site, connected

SEARCH = "/rest/api/3/search/jql"
BODY = {"jql": "project = ITS", "maxResults": 1}


async def ask(client: httpx2.AsyncClient, token: str | None = None) -> httpx2.Response:
    return await client.post(SEARCH, json=BODY | ({"nextPageToken": token} if token else {}))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (401, "Client must be authenticated"),
        (403, "permission"),
        (404, "does not exist"),
        (410, "has been removed"),
        (429, "Rate limit"),
        (500, "status-code"),
        (503, "Unavailable"),
    ],
)
async def test_a_status_has_its_documented_body(demo: DemoSite, code: int, says: str) -> None:
    demo.faults.add(Fault.status(code, retry_after=3))
    async with connected(demo) as client:
        answer = await ask(client)
        after = await ask(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (code, "3")
    assert says in answer.text
    assert after.status_code == 200


async def test_the_gateway_refuses_in_its_own_words() -> None:
    demo = DemoSite(a_site(), now=lambda: NOW, kind="scoped")
    demo.faults.add(Fault.status(429))
    demo.faults.add(Fault.scope_mismatch())
    demo.faults.add(Fault.anonymous())
    async with connected(demo, gateway=True) as client:
        limited, scope, ended = [await ask(client) for _ in range(3)]
    assert limited.headers["X-Failure-Category"] == "FAILURE_CLIENT_RATE_LIMITED"
    assert "Retry-After" not in limited.headers
    assert scope.json() == {"code": 401, "message": "Unauthorized; scope does not match"}
    assert ended.status_code == 401


async def test_a_fault_waits_for_its_turn_and_its_endpoint(demo: DemoSite) -> None:
    fault = demo.faults.add(Fault.status(503, on="search/jql", after=1, times=2))
    async with connected(demo) as client:
        other = await client.get("/rest/api/3/field")
        codes = [(await ask(client)).status_code for _ in range(4)]
    assert other.status_code == 200
    assert codes == [200, 503, 503, 200]
    assert fault.hits == 2


async def test_a_fault_can_last_until_it_is_cleared(demo: DemoSite) -> None:
    demo.faults.add(Fault.html(503, times=None))
    async with connected(demo) as client:
        answers = [await ask(client) for _ in range(3)]
        demo.faults.clear()
        assert (await ask(client)).status_code == 200
    assert {one.headers["content-type"] for one in answers} == {"text/html;charset=UTF-8"}


async def test_bodies_and_connections_break(demo: DemoSite) -> None:
    for fault in (Fault.half_body(), Fault.no_answer(), Fault.truncated()):
        demo.faults.add(fault)
    async with connected(demo) as client:
        for _ in range(2):
            with pytest.raises(httpx2.RemoteProtocolError):
                await ask(client)
        cut = await ask(client)
    with pytest.raises(json.JSONDecodeError):
        cut.json()
    assert demo.counters.points == demo.counters.calls == 3


async def test_cursors_go_wrong_only_where_there_is_a_cursor(demo: DemoSite) -> None:
    demo.faults.add(Fault.same_page())
    demo.faults.add(Fault.expired_cursor())
    async with connected(demo) as client:
        first = (await ask(client)).json()
        again = (await ask(client, first["nextPageToken"])).json()
        expired = await ask(client, first["nextPageToken"])
        second = (await ask(client, first["nextPageToken"])).json()
    assert again["issues"] == first["issues"]
    assert expired.status_code == 400
    assert second["issues"] != first["issues"]


async def test_a_credential_can_end_in_the_middle_of_a_read(demo: DemoSite) -> None:
    demo.faults.add(Fault.anonymous(after=1))
    async with connected(demo) as client:
        first, second = [await ask(client) for _ in range(2)]
    assert first.json()["issues"]
    assert second.json() == {"issues": [], "isLast": True}
    assert second.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


async def test_an_answer_can_be_late(demo: DemoSite) -> None:
    demo.faults.add(Fault.delay(30))
    async with connected(demo) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post(SEARCH, json=BODY, timeout=0.05)
