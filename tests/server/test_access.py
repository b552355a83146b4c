"""Who gets in: API keys, the demo's loopback, Host names; and that no route was left open."""

import asyncio
import hashlib
from datetime import date

import httpx2
import pytest
from starlette.routing import Route

from server.hosts import host_name
from server.setting_values import ApiKey
from tests.server.stand_in import KEY, KEYED, Service, app_with, codes, standing

BEARER = {"authorization": f"Bearer {KEY}"}
OPEN = {"/healthz", "/readyz", "/graphiql/{name}"}


async def test_every_route_but_the_open_ones_needs_a_key() -> None:
    async with standing(KEYED, demo=False) as stand:
        routes = [route for route in stand.app.routes if isinstance(route, Route)]
        assert len(routes) == len(stand.app.routes) == 7
        for route in routes:
            path = route.path.replace("{name}", "start.js")
            for method in sorted(route.methods or {"GET", "POST", "PUT", "DELETE", "OPTIONS"}):
                response = await stand.client.request(method, path)
                assert (response.status_code != 401) == (route.path in OPEN), (method, path)
                if response.status_code == 401 and method != "HEAD":
                    assert codes(response) == ["UNAUTHENTICATED"]
                    assert response.headers["www-authenticate"] == "Bearer"
                    allowed = await stand.client.request(method, path, headers=BEARER)
                    assert allowed.status_code != 401
    assert stand.service.operations == 0


async def test_a_path_that_does_not_exist_tells_strangers_nothing() -> None:
    async with standing(KEYED, demo=False) as stand:
        assert (await stand.client.get("/nope")).status_code == 401
        known = await stand.client.get("/nope", headers=BEARER)
    assert known.status_code == 404
    assert codes(known) == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": f"Basic {KEY}"},
        {"authorization": KEY},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": f"Bearer {KEY[:-1]}"},
        {"authorization": "Bearer " + hashlib.sha256(KEY.encode()).hexdigest()},
        {"authorization": "Bearer " + "x" * 10_000},
        {"x-api-key": KEY},
        [("authorization", f"Bearer {KEY}"), ("authorization", f"Bearer {KEY}")],
    ],
)
async def test_no_or_a_wrong_key_is_refused_before_anything_runs(headers: dict[str, str]) -> None:
    async with standing(KEYED, demo=False) as stand:
        assert (await stand.client.post("/graphql", json={"query": "{ name }"}, headers=BEARER)).status_code == 200
        response = await stand.client.post("/graphql", json={"query": "{ name }"}, headers=headers)
        inside_a_url = await stand.client.get("/graphql", params={"query": "{ name }", "access_token": KEY})
    for refused in (response, inside_a_url):
        assert refused.status_code == 401
        assert codes(refused) == ["UNAUTHENTICATED"]
    assert stand.service.operations == 1


@pytest.mark.parametrize(("last_day", "status"), [("2026-11-23", 200), ("2026-11-22", 401)])
async def test_a_key_is_refused_after_its_last_day(last_day: str, status: int) -> None:
    key = ApiKey("alice", hashlib.sha256(KEY.encode()).digest(), date.fromisoformat(last_day))
    async with standing(KEYED.model_copy(update={"api_keys": (key,)}), demo=False) as stand:
        assert (await stand.post("{ name }", headers=BEARER)).status_code == status


async def test_without_keys_in_the_settings_nobody_gets_in() -> None:
    async with standing(KEYED.model_copy(update={"api_keys": ()}), demo=False) as stand:
        assert (await stand.post("{ name }", headers=BEARER)).status_code == 401


async def test_a_browser_asking_for_the_page_cannot_run_a_query_without_a_key() -> None:
    async with standing(KEYED, demo=False) as stand:
        html = {"accept": "text/html"}
        assert (await stand.client.get("/graphql", headers=html)).status_code == 200
        refused = [
            await stand.client.get("/graphql?query={name}", headers=html),
            await stand.client.get("/graphql?query", headers=html),
            await stand.client.post("/graphql", json={"query": "{ name }"}, headers=html),
            await stand.client.get("/graphql/", headers=html),
        ]
    assert [response.status_code for response in refused] == [401] * 4
    assert stand.service.operations == 0


@pytest.mark.parametrize("client", ["10.0.0.5", "192.168.1.2", "2001:db8::1"])
async def test_the_demo_answers_its_own_machine_only(client: str) -> None:
    for address, status in ((client, 403), ("127.0.0.1", 200), ("::1", 200)):
        transport = httpx2.ASGITransport(app_with(Service()), client=(address, 5000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as asking:
            response = await asking.get("/metrics")
        assert response.status_code == status


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
async def test_the_demo_does_not_answer_pages_of_other_sites(site: str, status: int) -> None:
    async with standing() as stand:
        response = await stand.client.get("/graphql?query={name}", headers={"sec-fetch-site": site})
    assert response.status_code == status


@pytest.mark.parametrize("demo", [True, False])
@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8000", True),
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8000", False),
        ("evil.example@127.0.0.1", False),
        ("127.0.0.1:8000@evil.example", False),
        ("127.0.0.1, evil.example", False),
        ("localhost:x", False),
        ("", False),
    ],
)
async def test_only_known_host_names_are_answered(demo: bool, host: str, fine: bool) -> None:
    async with standing(KEYED, demo=demo) as stand:
        for path in ("/healthz", "/graphql?query={name}", "/metrics", "/nope"):
            response = await stand.client.get(path, headers={**BEARER, "host": host})
            assert (response.status_code != 421) == fine
    assert (stand.service.operations == 1) == fine


async def test_two_host_headers_are_refused() -> None:
    async with standing() as stand:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.client.base_url.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n")
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert status.split()[1] in {b"400", b"421"}


@pytest.mark.parametrize("target", ["graphql", "http://evil.example/graphql", "@evil.example/healthz", "*"])
async def test_a_target_that_is_no_path_leads_nowhere(target: str) -> None:
    async with standing() as stand:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.client.base_url.port)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert status.split()[1] in {b"400", b"404"}


async def test_the_public_and_the_allowed_names_are_answered_in_service_mode_only() -> None:
    settings = KEYED.model_copy(
        update={"public_url": "https://reports.example.org", "allowed_hosts": ("reports.internal",)}
    )
    for demo, status in ((False, 200), (True, 421)):
        async with standing(settings, demo=demo) as stand:
            for host in ("reports.example.org", "reports.internal:8000"):
                assert (await stand.client.get("/healthz", headers={"host": host})).status_code == status


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a.b", "a.b"),
        ("A.B:1", "a.b"),
        ("[::1]:1", "::1"),
        ("[::1]", "::1"),
        ("::1", None),
        ("a:b:1", None),
        ("a:", None),
    ],
)
def test_a_host_header_is_taken_apart(header: str, name: str | None) -> None:
    assert host_name(header) == name
