"""Everything but GraphQL itself: health, metrics, GraphiQL's page, and the headers that every answer carries."""

import re
from pathlib import Path

import httpx2
import orjson
import pytest
from starlette.requests import Request

from server.graphiql import ASSETS, Page, examples
from server.npm import GRAPHIQL_FILES
from tests.server.stand_in import KEYED, SETTINGS, Stand, standing

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_the_process_and_the_cache_tell_how_they_are() -> None:
    async with standing() as stand:
        assert (await stand.client.get("/healthz")).json() == {"status": "ok"}
        assert (await stand.client.get("/readyz")).status_code == 200
        stand.service.ready = False
        response = await stand.client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "not ready"})


async def test_the_service_is_closed_when_the_server_stops() -> None:
    async with standing() as stand:
        assert not stand.service.closed
    assert stand.service.closed


async def test_metrics_count_operations_calls_points_and_the_cache() -> None:
    async with standing() as stand:
        for query in ("{ name }", "{ refused }", "{ nope }", "{"):
            await stand.post(query)
        stand.service.reads_in_flight = 3
        text = (await stand.client.get("/metrics")).text
    assert 'itsm_operations_total{code="OK"} 1.0' in text
    assert 'itsm_operations_total{code="NOT_FOUND"} 1.0' in text
    assert 'itsm_operations_total{code="GRAPHQL_VALIDATION_FAILED"} 2.0' in text
    assert "itsm_operation_seconds_count 2.0" in text
    assert 'itsm_atlassian_calls_total{endpoint="search",outcome="ok"} 1.0' in text
    # Two reports of one read, asked twice: its points count once.
    assert "itsm_atlassian_points_total 7.0" in text
    assert 'itsm_reports_total{cache="MISS"} 4.0' in text
    assert "itsm_reads_in_flight 3.0" in text


async def test_two_applications_do_not_share_numbers() -> None:
    async with standing() as one, standing() as other:
        await one.post("{ name }")
        assert 'code="OK"' not in (await other.client.get("/metrics")).text


async def every_kind_of_answer(stand: Stand) -> list[httpx2.Response]:
    client = stand.client
    return [
        await client.get("/healthz"),
        await client.get("/readyz"),
        await client.get("/metrics"),
        await client.get("/nope"),
        await client.get("/graphql", headers=HTML),
        await client.get("/graphiql/start.js"),
        await client.get("/graphiql/nope.js"),
        await client.post("/healthz"),
        await client.get("/healthz", headers={"host": "evil.example"}),
        await client.put("/graphql"),
        await client.post("/graphql", content=b"x" * 2_000_000, headers={"content-type": "application/json"}),
        await client.post("/graphql", content=b"x"),
        await client.post("/graphql", json={"query": "{ name unexpected }"}),
    ]


@pytest.mark.parametrize("demo", [True, False])
async def test_every_answer_carries_the_safe_headers_and_its_own_id(demo: bool) -> None:
    async with standing(KEYED, demo=demo) as stand:
        answers = await every_kind_of_answer(stand)
    for answer in answers:
        headers = answer.headers
        assert headers["cache-control"] == "no-store, private"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "strict-transport-security" not in headers
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


async def test_every_refusal_is_json_with_a_code() -> None:
    async with standing() as stand:
        refused = [answer for answer in await every_kind_of_answer(stand) if answer.status_code >= 400]
    assert {answer.status_code for answer in refused} == {404, 405, 413, 415, 421}
    for answer in refused:
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert all(error["extensions"]["code"] and error["message"] for error in answer.json()["errors"])


async def test_transport_security_is_asked_for_where_people_come_by_https() -> None:
    async with standing(SETTINGS.model_copy(update={"public_url": "https://reports.example.org"})) as stand:
        header = (await stand.client.get("/healthz")).headers["strict-transport-security"]
    assert int(header.removeprefix("max-age=")) >= 31_536_000


async def test_a_websocket_is_refused() -> None:
    async with standing() as stand:
        headers = {
            "upgrade": "websocket",
            "connection": "Upgrade",
            "sec-websocket-version": "13",
            "sec-websocket-key": "x",
        }
        response = await stand.client.get("/graphql", headers=headers)
    assert response.status_code >= 400


def page(assets: Path, *, asks_for_key: bool = False) -> Page:
    return Page(asks_for_key=asks_for_key, assets=assets)


def asked() -> Request:
    return Request({"type": "http", "method": "GET", "path": "/graphql", "headers": [], "query_string": b""})


async def test_without_graphiqls_files_the_page_says_how_to_get_them(tmp_path: Path) -> None:
    response = await page(tmp_path).page(asked())
    assert b"make graphiql" in bytes(response.body)
    assert response.media_type == "text/plain"


async def test_the_page_has_the_examples_no_inline_script_and_no_foreign_address(tmp_path: Path) -> None:
    for name in GRAPHIQL_FILES:
        (tmp_path / name).write_text("x", "utf-8")
    response = await page(tmp_path, asks_for_key=True).page(asked())
    text = bytes(response.body).decode()
    assert re.findall(r"<script(?! src=\"/graphiql/[\w.-]+\"></script>)", text) == []
    assert re.findall(r"(?:https?:)?//", re.sub(r"data-page=\"[^\"]*\"", "", text)) == []
    assert "<style" not in text
    assert "Authorization" in text
    for query in examples().values():
        assert orjson.dumps(query).decode().split("\\n", maxsplit=1)[0].strip('"')[:20] in text.replace("&quot;", '"')


@pytest.mark.parametrize(
    "name", ["..%2fsettings.py", "%2e%2e/settings.py", ".packages", "nope.js", "page.css%00", "a/b"]
)
async def test_nothing_but_the_pages_files_lies_under_its_path(name: str) -> None:
    async with standing() as stand:
        assert (await stand.client.get(f"/graphiql/{name}")).status_code == 404


async def test_the_pages_files_are_served_as_what_they_are() -> None:
    async with standing() as stand:
        script = await stand.client.get("/graphiql/start.js")
        style = await stand.client.get("/graphiql/page.css")
    assert script.headers["content-type"].startswith("text/javascript")
    assert style.headers["content-type"].startswith("text/css")
    if (ASSETS / "graphiql.min.js").is_file():
        async with standing() as stand:
            assert len((await stand.client.get("/graphiql/graphiql.min.js")).content) > 1_000_000


@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=9-1", "bytes=99999999-", "lines=1"])
async def test_a_file_comes_whole_whatever_part_of_it_is_asked_for(wanted: str) -> None:
    async with standing() as stand:
        whole = await stand.client.get("/graphiql/page.css")
        response = await stand.client.get("/graphiql/page.css", headers={"range": wanted})
    assert (response.status_code, response.content) == (200, whole.content)
