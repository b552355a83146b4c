"""The application: its routes, what stands around them, and what is opened at start and closed at the end."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http import HTTPStatus

import httpx2
import strawberry
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from strawberry.extensions import SchemaExtension

from resolvers.storage.errors import StorageProblem
from schema.errors import Code
from server.admission import Admission, Load
from server.auth import ApiKeys, Authentication, Authenticator, LoopbackOnly
from server.cors import Cors
from server.documents import Documents, SchemaBuilder
from server.graphiql import Page, wants_page
from server.graphql import GraphQLEndpoint, ReportService
from server.hosts import HostCheck, allowed_hosts
from server.limits import Limits
from server.metrics import Metrics
from server.problems import RequestProblem, json_response
from server.readiness import Readiness
from server.reference.routes import Reference
from server.requests import Mishaps, Requests, safe_headers
from server.settings import Settings

log = structlog.get_logger("server.app")

Clock = Callable[[], datetime]
Connect = Callable[[Settings, Metrics], AbstractAsyncContextManager[ReportService]]

OPERATION_SECONDS = 25.0


def utc_now() -> datetime:
    """The clock of a real server."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    now: Clock = utc_now,
    demo: bool = False,
    transport: httpx2.AsyncBaseTransport | None = None,
    connect: Connect | None = None,
    build: SchemaBuilder | None = None,
    limits: Limits | None = None,
    load: Load | None = None,
    operation_seconds: float = OPERATION_SECONDS,
) -> Starlette:
    """The server as an ASGI application with a lifespan.

    `demo` lets anyone on this machine in and answers loopback names only; otherwise callers need an API key of the
    settings. `transport` is handed to the client of Atlassian. `connect` and `build` replace the service that answers and
    the schema, for tests of the server alone.
    """
    metrics = Metrics(code.value for code in Code)
    documents = Documents(build or _build, limits or Limits())
    open_service = connect or _live(now, transport, starters=demo)
    opened: list[ReportService] = []
    admission = Admission(load or Load(), metrics.shed)
    metrics.watch_operations(lambda: admission.running, lambda: admission.waiting)
    graphql = GraphQLEndpoint(
        documents,
        lambda: opened[0],
        metrics,
        admission,
        limits=limits or Limits(),
        operation_seconds=operation_seconds,
    )
    page = Page(asks_for_key=not demo)
    reference = Reference(documents.schema)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with _told():
            async with open_service(settings, metrics) as service:
                opened[:] = [service]
                if hasattr(service, "reads_in_flight"):
                    metrics.watch_reads(lambda: service.reads_in_flight)
                yield

    async def show_metrics(_request: Request) -> Response:
        return Response(await metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    routes = [
        Route("/graphql", _GraphQLRoute(graphql, page)),
        Route("/graphiql/{name}", page.file, methods=["GET"]),
        Route("/schema.graphql", reference.sdl, methods=["GET"]),
        Route("/docs", reference.docs, methods=["GET"]),
        Route("/healthz", _healthy, methods=["GET"]),
        Route("/readyz", Readiness(lambda: opened[0]).answer, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
    ]
    origins = settings.allowed_origins
    authenticator: Authenticator = LoopbackOnly(origins) if demo else ApiKeys(settings.api_keys, now)
    middleware = [
        Middleware(Requests, safe_headers(settings), [route.path for route in routes], metrics.request),
        # CORS stands around whatever may refuse, and around the answer to what nobody foresaw: frontends can read them all.
        Middleware(Cors, origins),
        Middleware(Mishaps),
        Middleware(HostCheck, allowed_hosts(settings, demo=demo)),
        Middleware(Authentication, authenticator, wants_page),
    ]
    handlers = {HTTPException: _refused, RequestProblem: _problem}
    app = Starlette(routes=routes, middleware=middleware, lifespan=lifespan, exception_handlers=handlers)
    # No sending on from /graphql/ to /graphql: the address would be made of the Host header, and keys would be sent there.
    app.router.redirect_slashes = False
    return app


@contextmanager
def _told() -> Iterator[None]:
    """Says in the log why the server cannot start or stop."""
    try:
        yield
    except StorageProblem as problem:
        log.error(str(problem))  # a line of ours, for the operator
        raise
    except Exception as error:
        log.error("could_not_start_or_stop", exc_info=error)
        raise


class _GraphQLRoute:
    """`/graphql`: the page for a browser, else GraphQL."""

    def __init__(self, graphql: GraphQLEndpoint, page: Page) -> None:
        self._graphql = graphql
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if wants_page(scope):
            response = await self._page.page(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._graphql(scope, receive, send)


async def _healthy(_request: Request) -> Response:
    return json_response({"status": "ok"})


async def _refused(_request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such path, wrong method) in the form of all others."""
    assert isinstance(error, HTTPException)
    code = Code.NOT_FOUND if error.status_code == HTTPStatus.NOT_FOUND else Code.BAD_USER_INPUT
    return RequestProblem(error.status_code, code, f"{error.detail}.", headers=error.headers).response()


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestProblem)
    return error.response()


def _build(extensions: Sequence[type[SchemaExtension]]) -> strawberry.Schema:
    from schema.build import build  # some 300 ms that tests of the server alone need not wait for

    return build(extensions)


def _live(now: Clock, transport: httpx2.AsyncBaseTransport | None, *, starters: bool) -> Connect:
    """The service of a real server: Atlassian by HTTP, Jira on top of it, the reports on top of that."""

    @asynccontextmanager
    async def connect(settings: Settings, metrics: Metrics) -> AsyncIterator[ReportService]:
        from server.live import live_service  # polars, SQLAlchemy and the rest, only where they are used

        async with live_service(settings, now=now, transport=transport, metrics=metrics, starters=starters) as service:
            yield service

    return connect
