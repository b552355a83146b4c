"""A small schema and service in the place of the product's, for tests of the server alone."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import httpx2
import strawberry
from pydantic import SecretStr
from starlette.applications import Starlette
from strawberry.extensions import SchemaExtension

from schema.errors import ApiError, Code
from server.admission import Load
from server.app import create_app
from server.graphql import Operation, ReportService
from server.limits import Limits
from server.metrics import Metrics
from server.setting_values import ApiKey
from server.settings import Settings
from tests.harness import serving_app

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "itsm_test-key"
CANARY = "canary-4711"
SETTINGS = Settings(
    site_url="http://127.0.0.1:1", jira_email="reader@example.com", jira_api_token=SecretStr("jira-token")
)
KEYED = SETTINGS.model_copy(update={"api_keys": (ApiKey("alice", hashlib.sha256(KEY.encode()).digest()),)})


@strawberry.input
class Deep:
    text: str = ""
    below: list["Deep"] | None = None


@strawberry.type
class Node:
    name: str = "node"
    number: int = 1

    @strawberry.field
    def node(self) -> "Node":
        return Node()


@strawberry.type
class Query:
    @strawberry.field
    def name(self) -> str:
        return "stand-in"

    @strawberry.field
    def node(self) -> Node:
        return Node()

    @strawberry.field
    def echo(self, number: int = 0, text: str = "", deep: Deep | None = None) -> str | None:
        return f"{number} {text}"

    @strawberry.field
    def big(self) -> int | None:
        return 3_000_000_000

    @strawberry.field
    def unexpected(self) -> str | None:
        raise ValueError(f"secret {CANARY}")

    @strawberry.field
    def refused(self) -> str | None:
        raise ApiError(Code.NOT_FOUND, "no such thing", hint="look elsewhere")

    @strawberry.field
    def must(self) -> str:
        raise ApiError(Code.NOT_FOUND, "no such thing")

    @strawberry.field
    async def slow(self, info: strawberry.Info["Service", None]) -> str | None:
        return await info.context.wait()

    @strawberry.field
    def caller(self, info: strawberry.Info["Service", None]) -> str | None:
        return info.context.caller


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> str | None:
        return "changed"


class Service:
    """Counts what was asked of it; it is the context of its operations as well."""

    def __init__(self) -> None:
        self.operations = 0
        self.ready = True
        self.closed = False
        self.caller = ""
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.release = asyncio.Event()
        self.reads_in_flight = 0
        self.broken = False
        self.asked_for_readiness = 0
        self.answers_readiness = asyncio.Event()
        self.answers_readiness.set()

    def operation(self, caller: str) -> Operation:
        self._check()
        self.operations += 1
        self.caller = caller
        return self

    def extensions(self) -> Mapping[str, object]:
        return {"reports": [{"readId": "r1", "cache": "MISS", "calls": 2, "points": 7}] * 2}

    async def readiness(self) -> str:
        self._check()
        self.asked_for_readiness += 1
        await self.answers_readiness.wait()
        return "ready" if self.ready else "not ready"

    def _check(self) -> None:
        if self.broken:
            raise RuntimeError(f"broken {CANARY}")

    async def wait(self) -> str:
        self.started.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "done"


def build(extensions: Sequence[type[SchemaExtension]]) -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, extensions=extensions)


class Stand:
    """A server with the stand-in service, and a client of it."""

    def __init__(self, service: Service, client: httpx2.AsyncClient, app: Starlette, url: str) -> None:
        self.url = url
        self.service = service
        self.client = client
        self.app = app

    async def post(self, query: str, *, headers: Mapping[str, str] | None = None, **more: object) -> httpx2.Response:
        accept = {"accept": "application/graphql-response+json"}
        return await self.client.post("/graphql", json={"query": query, **more}, headers={**accept, **(headers or {})})


def app_with(
    service: Service,
    settings: Settings = SETTINGS,
    *,
    demo: bool = True,
    limits: Limits | None = None,
    load: Load | None = None,
    operation_seconds: float = 25.0,
) -> Starlette:
    def connect(_settings: Settings, metrics: Metrics) -> AbstractAsyncContextManager[ReportService]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[ReportService]:
            metrics.call("search", "ok", 0.1)
            yield service
            service.closed = True

        return opened()

    return create_app(
        settings,
        now=lambda: NOW,
        demo=demo,
        connect=connect,
        build=build,
        limits=limits,
        load=load,
        operation_seconds=operation_seconds,
    )


@asynccontextmanager
async def standing(
    settings: Settings = SETTINGS,
    *,
    demo: bool = True,
    limits: Limits | None = None,
    load: Load | None = None,
    operation_seconds: float = 25.0,
) -> AsyncIterator[Stand]:
    service = Service()
    app = app_with(service, settings, demo=demo, limits=limits, load=load, operation_seconds=operation_seconds)
    async with serving_app(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        yield Stand(service, client, app, url)


def codes(response: httpx2.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]
