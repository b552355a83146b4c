"""The headers that guard a browser, as a snapshot for each route and each status: none may be lost, none come in unseen."""

import asyncio
from collections.abc import Mapping

import httpx2
import pytest
from starlette.routing import Route

from server.admission import Load
from tests.server.stand_in import CANARY, KEY, KEYED, Stand, codes, standing

BEARER = {"authorization": f"Bearer {KEY}"}
JSON = {"content-type": "application/json"}
HTML = {"accept": "text/html"}
HTTPS = KEYED.model_copy(update={"public_url": "https://reports.example.org"})
ONE_AT_A_TIME = Load(running=1, waiting=0, wait_seconds=0.05)

GUARDS = {
    "cache-control": "no-store, private",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# What differs from answer to answer, and what says nothing about safety.
PLAIN = {
    "content-length",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "accept-ranges",
    "x-request-id",
    "vary",
    "connection",
}
# Pages show themselves: their policies name what they may load, and are checked where the pages are.
PAGES = {"/docs", "/graphql"}
# The schema is the same for all callers: it may be kept, and is asked for anew each time.
REFERENCE = {"/docs", "/schema.graphql"}

Asked = tuple[str, str, dict[str, str], bytes]
EVERY_STATUS: dict[int, tuple[Asked, dict[str, str]]] = {
    200: (("POST", "/graphql", {**BEARER, **JSON}, b'{"query": "{ name }"}'), {}),
    400: (("POST", "/graphql", {**BEARER, **JSON}, b"nonsense"), {}),
    401: (("POST", "/graphql", JSON, b'{"query": "{ name }"}'), {"www-authenticate": "Bearer"}),
    404: (("GET", "/nothing-there", BEARER, b""), {}),
    405: (("PUT", "/graphql", BEARER, b""), {"allow": "GET, POST"}),
    406: (("POST", "/graphql", {**BEARER, **JSON, "accept": "image/png"}, b'{"query": "{ name }"}'), {}),
    413: (("POST", "/graphql", {**BEARER, **JSON}, b"x" * 1_100_000), {}),
    415: (("POST", "/graphql", {**BEARER, "content-type": "text/plain"}, b"x"), {}),
    421: (("GET", "/healthz", {"host": "evil.example"}, b""), {}),
}


async def ask(stand: Stand, asked: Asked) -> httpx2.Response:
    method, path, headers, body = asked
    return await stand.client.request(method, path, headers=headers, content=body)


def told(response: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in PLAIN}


@pytest.mark.parametrize("status", EVERY_STATUS)
async def test_every_status_carries_the_guards_and_just_what_belongs_to_it(status: int) -> None:
    asked, own = EVERY_STATUS[status]
    async with standing(HTTPS, demo=False) as stand:
        response = await ask(stand, asked)
    assert response.status_code == status
    assert told(response) == GUARDS | own
    assert response.headers["x-request-id"]


async def test_a_failure_of_ours_carries_them_and_nothing_of_what_failed() -> None:
    async with standing(HTTPS, demo=False) as stand:
        stand.service.broken = True
        response = await ask(stand, EVERY_STATUS[200][0])
    assert (response.status_code, codes(response)) == (500, ["INTERNAL"])
    assert told(response) == GUARDS
    assert CANARY not in response.text


async def test_a_refusal_for_load_and_not_being_ready_carry_them() -> None:
    async with standing(HTTPS, demo=False, load=ONE_AT_A_TIME) as stand:
        slow: Asked = ("POST", "/graphql", {**BEARER, **JSON}, b'{"query": "{ slow }"}')
        running = asyncio.create_task(ask(stand, slow))
        await asyncio.wait_for(stand.service.started.wait(), 5)
        refused = await ask(stand, EVERY_STATUS[200][0])
        stand.service.ready = False
        not_ready = await stand.client.get("/readyz")
        stand.service.release.set()
        await running
    assert (refused.status_code, not_ready.status_code) == (503, 503)
    assert told(refused) == GUARDS | {"retry-after": "1"}
    assert told(not_ready) == GUARDS


async def test_every_route_carries_the_guards() -> None:
    async with standing(HTTPS, demo=False) as stand:
        routes = {route.path for route in stand.app.routes if isinstance(route, Route)}
        assert len(routes) == len(stand.app.routes)
        for path in sorted(routes):
            response = await stand.client.get(path.replace("{name}", "start.js"), headers={**BEARER, **HTML})
            assert response.status_code == 200, path
            policy = response.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            wanted = dict(GUARDS)
            if path in PAGES:
                wanted["content-security-policy"] = policy
            if path in REFERENCE:
                wanted["cache-control"] = "private, no-cache"
            assert told(response) == wanted, path


@pytest.mark.parametrize(
    ("update", "has"),
    [({}, False), ({"public_url": "http://127.0.0.1"}, False), ({"public_url": "https://reports.example.org"}, True)],
)
async def test_transport_security_is_asked_for_just_where_people_come_by_https(
    update: Mapping[str, str], has: bool
) -> None:
    async with standing(KEYED.model_copy(update=dict(update)), demo=False) as stand:
        assert ("strict-transport-security" in (await stand.client.get("/healthz")).headers) == has
