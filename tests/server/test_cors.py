"""Frontends of other origins: those of the settings may ask and read every answer, all others may not."""

import httpx2
import pytest

from server.settings import Settings, WrongSettings, load
from tests.server.stand_in import KEY, KEYED, SETTINGS, codes, standing

DESK = "https://desk.example.org"
LOCAL = "http://localhost:5173"
BEARER = {"authorization": f"Bearer {KEY}"}
PATHS = ("/graphql", "/schema.graphql")
STRANGERS = [
    "https://evil.example",
    "https://desk.example.org.evil.example",
    "https://evil-desk.example.org",
    "https://evil.desk.example.org",
    "https://desk.example.org:8443",
    "https://desk.example.org/",
    "https://DESK.example.org",
    "http://desk.example.org",
    "https://desk.example.org, https://evil.example",
    "http://localhost:5174",
    "http://localhost",
    "null",
    "*",
    "",
]


def with_origins(settings: Settings = KEYED) -> Settings:
    return settings.model_copy(update={"allowed_origins": (DESK, LOCAL)})


def asks_first(origin: str, method: str = "POST", headers: str = "authorization, content-type") -> dict[str, str]:
    """The headers of a preflight."""
    return {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}


def cors(response: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def listed(value: str) -> set[str]:
    return {part.strip().lower() for part in value.split(",")}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", [DESK, LOCAL])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_preflight_of_an_allowed_origin_is_answered_without_a_key(path: str, origin: str, method: str) -> None:
    wanted = "Authorization, Content-Type, X-Requested-By, X-ITSM-Site, Accept"
    async with standing(with_origins(), demo=False) as stand:
        response = await stand.client.options(path, headers=asks_first(origin, method, wanted))
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert listed(response.headers["access-control-allow-methods"]) == {"get", "post"}
    assert listed(wanted) <= listed(response.headers["access-control-allow-headers"])
    assert int(response.headers["access-control-max-age"]) == 600
    assert "access-control-allow-credentials" not in response.headers
    assert "origin" in listed(response.headers["vary"])
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"]
    assert stand.service.operations == 0


@pytest.mark.parametrize(
    ("method", "headers", "named"),
    [("DELETE", "accept", "method"), ("PUT", "accept", "method"), ("POST", "authorization, x-other", "headers")],
)
async def test_a_preflight_for_more_than_is_allowed_is_refused(method: str, headers: str, named: str) -> None:
    async with standing(with_origins(), demo=False) as stand:
        response = await stand.client.options("/graphql", headers=asks_first(DESK, method, headers))
    assert response.status_code == 400
    assert codes(response) == ["FORBIDDEN"]
    assert named in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("origin", STRANGERS)
async def test_no_other_origin_is_allowed_or_reflected(origin: str) -> None:
    async with standing(with_origins(), demo=False) as stand:
        preflight = await stand.client.options("/graphql", headers=asks_first(origin))
        answer = await stand.client.post("/graphql", json={"query": "{ name }"}, headers={"origin": origin, **BEARER})
    assert preflight.status_code == 400
    assert codes(preflight) == ["FORBIDDEN"]
    assert "ITSM_ALLOWED_ORIGINS" in preflight.json()["errors"][0]["message"]
    for response in (preflight, answer):
        assert "access-control-allow-origin" not in response.headers
        assert "origin" in listed(response.headers["vary"])
    assert not origin or origin in "*" or origin not in str(preflight.headers) + preflight.text


async def test_without_a_setting_no_origin_is_allowed() -> None:
    async with standing(KEYED, demo=False) as stand:
        for origin in (DESK, str(stand.client.base_url), "null"):
            refused = await stand.client.options("/graphql", headers=asks_first(origin))
            assert refused.status_code == 400
            assert "access-control-allow-origin" not in refused.headers


async def test_an_answer_may_be_read_by_the_origin_that_asked_with_the_headers_that_it_needs() -> None:
    async with standing(with_origins(), demo=False) as stand:
        for origin in (DESK, LOCAL):
            for path in ("/graphql?query={name}", "/schema.graphql"):
                answer = await stand.client.get(path, headers={"origin": origin, **BEARER})
                assert answer.status_code == 200
                assert answer.headers["access-control-allow-origin"] == origin
                assert listed(answer.headers["access-control-expose-headers"]) == {"x-request-id", "retry-after"}
                assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_varies_by_origin_so_that_no_shared_cache_mixes_them_up(path: str) -> None:
    async with standing(with_origins(), demo=False) as stand:
        for headers in ({}, BEARER, {"origin": DESK}, {"origin": DESK, **BEARER}, {"origin": "null", **BEARER}):
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                answer = await stand.client.request(method, path, headers=headers)
                assert "origin" in listed(answer.headers["vary"]), (method, headers)
        page = await stand.client.get("/graphql", headers={"accept": "text/html"})
    assert "origin" in listed(page.headers["vary"])


async def test_a_frontend_may_read_why_it_was_refused() -> None:
    json = {"content-type": "application/json"}
    async with standing(with_origins(), demo=False) as stand:
        client = stand.client
        client.headers["origin"] = DESK
        answers = [
            await client.post("/graphql", json={"query": "{ name }"}),
            await client.post("/graphql", content=b"x", headers={**json, **BEARER}),
            await client.put("/graphql", headers=BEARER),
            await client.get("/graphql?query={name}", headers={"accept": "image/png", **BEARER}),
            await client.post("/graphql", content=b"x" * 2_000_000, headers={**json, **BEARER}),
            await client.post("/graphql", content=b"x", headers={"content-type": "text/plain", **BEARER}),
            await client.get("/graphql?query={name}", headers={"host": "evil.example", **BEARER}),
        ]
        stand.service.broken = True
        answers.append(await client.post("/graphql", json={"query": "{ name }"}, headers=BEARER))
    assert [answer.status_code for answer in answers] == [401, 400, 405, 406, 413, 415, 421, 500]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == DESK
        assert codes(answer)[0]
        assert answer.headers["x-request-id"]
        assert answer.headers["cache-control"] == "no-store, private"
    assert codes(answers[-1]) == ["INTERNAL"]


async def test_an_answer_of_500_outside_graphql_tells_its_request_id_alone() -> None:
    async with standing() as stand:
        stand.service.broken = True
        answer = await stand.client.get("/readyz")
    assert answer.status_code == 500
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": answer.headers["x-request-id"]}
    assert "broken" not in answer.text


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/docs", "/graphiql/start.js", "/nope"])
async def test_what_frontends_do_not_ask_is_shared_with_none(path: str) -> None:
    async with standing(with_origins(), demo=False) as stand:
        answer = await stand.client.get(path, headers={"origin": DESK, **BEARER})
        preflight = await stand.client.options(path, headers=asks_first(DESK, "GET"))
    assert cors(answer) == cors(preflight) == {}
    assert preflight.status_code >= 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("origin", "status"), [(DESK, 200), (LOCAL, 200), (None, 403), *((stranger, 403) for stranger in STRANGERS)]
)
async def test_the_demo_lets_pages_of_allowed_origins_in_and_of_no_other(
    site: str, origin: str | None, status: int
) -> None:
    asked = {"sec-fetch-site": site} | ({} if origin is None else {"origin": origin})
    async with standing(with_origins(SETTINGS)) as stand:
        answer = await stand.client.post("/graphql", json={"query": "{ name }"}, headers=asked)
    assert answer.status_code == status
    assert stand.service.operations == (1 if status == 200 else 0)


async def test_the_demo_does_not_take_two_origins_for_an_allowed_one() -> None:
    headers = [("sec-fetch-site", "cross-site"), ("origin", DESK), ("origin", "https://evil.example")]
    async with standing(with_origins(SETTINGS)) as stand:
        assert (await stand.client.get("/graphql?query={name}", headers=headers)).status_code == 403


def origins_of(text: str) -> tuple[str, ...]:
    needed = {"ITSM_SITE_URL": "http://127.0.0.1:1", "ITSM_JIRA_EMAIL": "a@example.com", "ITSM_JIRA_API_TOKEN": "t"}
    return load({**needed, "ITSM_ALLOWED_ORIGINS": text}).allowed_origins


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("https://desk.example.org", (DESK,)),
        (" https://Desk.Example.org/ ,http://localhost:5173", (DESK, LOCAL)),
        ("https://desk.example.org:443", (DESK,)),
        ("http://127.0.0.1:80,http://[::1]:5173", ("http://127.0.0.1", "http://[::1]:5173")),
        ("https://xn--bcher-kva.example:8443", ("https://xn--bcher-kva.example:8443",)),
    ],
)
def test_origins_are_set_as_browsers_write_them(text: str, origins: tuple[str, ...]) -> None:
    assert origins_of(text) == origins


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "desk.example.org",
        "http://desk.example.org",
        "https://*.example.org",
        "https://bücher.example",
        "https://desk.example.org/app",
        "https://user@desk.example.org",
        "https://desk.example.org?x",
        "https://desk.example.org:x",
        "ftp://desk.example.org",
        "https://desk.example.org;https://other.example.org",
    ],
)
def test_what_is_no_origin_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        origins_of(text)
    (line,) = refused.value.lines
    assert line.startswith("ITSM_ALLOWED_ORIGINS: ")
