"""A whole server on a stand-in site, asked over real HTTP: what tests of reports start from."""

import base64
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson

from connectors.retry import Retry
from demo.app import DemoSite
from demo.model import Site
from demo.serve import serving
from resolvers.service import Service
from resolvers.storage.database import open_database
from server.app import create_app
from server.live import live_service
from server.metrics import Metrics
from server.setting_values import ApiKey
from server.settings import Settings
from tests.harness import serving_app

ENCRYPTION_KEY = base64.b64encode(b"a key of tests, thirty-two bytes").decode()
EMAIL, TOKEN = "reader@example.com", "demo-token"
QUICK = Retry(first_seconds=0.001, longest_seconds=0.002, total_seconds=5.0)


def at(text: str) -> datetime:
    """An ISO text as an aware instant; UTC if it has no offset."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def __call__(self) -> datetime:
        return self.instant

    def forward(self, seconds: float) -> None:
        """Moves the clock."""
        self.instant += timedelta(seconds=seconds)


class Wire(httpx2.AsyncBaseTransport):
    """The way to Atlassian: notes what is sent, and lets a test alter what comes back."""

    def __init__(self) -> None:
        self._way = httpx2.AsyncHTTPTransport()
        self.sent: list[tuple[str, Any]] = []
        """Path and JSON body (or None) of each call."""
        self.alter: Callable[[str, Any], None] | None = None
        """Is given path and decoded answer, which it may change."""
        self.refuse: Callable[[str, Any], bool] = lambda path, body: False
        """Whether a call with this path and JSON body is answered with 400."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        content = await request.aread()
        self.sent.append((request.url.path, orjson.loads(content) if content else None))
        if self.refuse(*self.sent[-1]):
            return httpx2.Response(400, json={"errorMessages": ["Refused by the test."], "errors": {}})
        response = await self._way.handle_async_request(request)
        if self.alter is None:
            return response
        await response.aread()
        document = response.json()
        self.alter(request.url.path, document)
        return httpx2.Response(response.status_code, json=document)

    async def aclose(self) -> None:
        await self._way.aclose()

    def searched_fields(self) -> set[str]:
        """The fields that the last search asked for."""
        return set(next(body["fields"] for path, body in reversed(self.sent) if path.endswith("/search/jql")))


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL answer."""

    status: int
    data: Any
    errors: list[dict[str, Any]]
    extensions: dict[str, Any]

    @property
    def codes(self) -> dict[str, str]:
        """`extensions.code` of each error, by its dotted path."""
        return {".".join(map(str, e.get("path") or [])): e["extensions"]["code"] for e in self.errors}

    @property
    def reads(self) -> dict[str, dict[str, Any]]:
        """`extensions.reports` by id of the read."""
        return {read["readId"]: read for read in self.extensions.get("reports", [])}

    @property
    def calls(self) -> int:
        """Calls of all distinct reads."""
        return sum(read["calls"] for read in self.reads.values())

    @property
    def points(self) -> int:
        """Points of all distinct reads."""
        return sum(read["points"] for read in self.reads.values())


@dataclass(slots=True)
class Api:
    """A running server with the site that it reads."""

    url: str
    demo: DemoSite
    demo_url: str
    clock: Clock
    client: httpx2.AsyncClient
    wire: Wire
    services: list[Service] = field(default_factory=list)

    async def ask(self, query: str, variables: dict[str, Any] | None = None, *, caller: str | None = None) -> Answer:
        """The answer to a document, for one of the callers where `api_on` was given some."""
        body = orjson.dumps({"query": query, "variables": variables or {}})
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {caller}"} if caller else {})
        response = await self.client.post(f"{self.url}/graphql", content=body, headers=headers)
        document = orjson.loads(response.content)
        return Answer(
            response.status_code, document.get("data"), document.get("errors", []), document.get("extensions", {})
        )

    async def figures(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The data of an answer that must have no errors."""
        answer = await self.ask(query, variables)
        assert answer.errors == []
        return answer.data

    async def requests(self, selection: str, scope: dict[str, Any] | None = None) -> Any:
        """`requests(scope) { selection }` of an answer without errors."""
        query = f"query ($scope: RequestScope!) {{ requests(scope: $scope) {{ {selection} }} }}"
        return (await self.figures(query, {"scope": scope or {}}))["requests"]


_empty: list[bytes] = []
"""A database file with all tables and no rows, made once: setting one up takes longer than most tests."""


async def _data_folder(folder: Path) -> dict[str, Any]:
    """Settings of a database file of its own in this folder."""
    file = folder / "itsm-reports.sqlite3"
    if not _empty:
        await (await open_database(f"sqlite+aiosqlite:///{file}")).aclose()
        _empty.append(file.read_bytes())
    file.write_bytes(_empty[0])
    return {"data_dir": folder}


@asynccontextmanager
async def api_on(
    site: Site,
    now: str | datetime,
    *,
    demo_options: dict[str, Any] | None = None,
    patience_seconds: float = 20.0,
    grace_seconds: float = 60.0,
    retry: Retry = QUICK,
    callers: Sequence[str] = (),
    in_clear: bool = False,
    **settings: Any,
) -> AsyncIterator[Api]:
    """A server that reads `site`, both on a clock that stands at `now`: in demo mode, or for `callers`, whose names are their keys."""
    clock = Clock(at(now) if isinstance(now, str) else now)
    demo = DemoSite(site, now=clock, email=EMAIL, token=TOKEN, **(demo_options or {}))
    services: list[Service] = []
    wire = Wire()

    def connect(settings: Settings, metrics: Metrics) -> AbstractAsyncContextManager[Service]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Service]:
            async with live_service(
                settings,
                now=clock,
                transport=wire,
                metrics=metrics,
                retry=retry,
                patience_seconds=patience_seconds,
                grace_seconds=grace_seconds,
                in_clear=in_clear,
            ) as service:
                services.append(service)
                yield service

        return opened()

    async with serving(demo.app) as site_url:
        wanted: dict[str, Any] = {
            "site_url": site_url,
            "jira_email": EMAIL,
            "jira_api_token": TOKEN,
            "atlassian_api_url": site_url,
        }
        keys = tuple(ApiKey(name, sha256(name.encode()).digest()) for name in callers)
        wanted |= {"encryption_keys": ENCRYPTION_KEY, "api_keys": keys}
        async with AsyncExitStack() as stack:
            if "database_url" not in settings:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                wanted |= await _data_folder(Path(folder))
            app = create_app(Settings(**(wanted | settings)), now=clock, demo=not callers, connect=connect)
            url = await stack.enter_async_context(serving_app(app))
            client = await stack.enter_async_context(httpx2.AsyncClient(timeout=60))
            yield Api(url, demo, site_url, clock, client, wire, services)
