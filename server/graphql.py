"""`/graphql`: one request in, one answer out, by the rules of GraphQL over HTTP.

Strawberry executes; the transport is our own, because all that its view would add (WebSockets, event streams, multipart,
batches, a page from a CDN) is meant to be off here, and its answers to bad requests are not those of the specification.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Protocol, TypedDict

import structlog
from graphql import GraphQLError, OperationType
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult as StrawberryResult

from schema.errors import ApiError, Code
from server import http
from server.admission import Admission
from server.documents import Documents, Prepared
from server.limits import Limits
from server.logs import place_of
from server.metrics import Metrics
from server.problems import GRAPHQL_JSON, JSON, MESSAGE_CHARACTERS, UNFORESEEN, RequestProblem, json_response

log = structlog.get_logger("server.graphql")

# How long a cancelled operation may take to let go before it is left behind.
_LET_GO_SECONDS = 2.0


class PublicError(TypedDict, total=False):
    """An error as it stands in an answer."""

    message: str
    locations: list[object]
    path: list[str | int]
    extensions: dict[str, object]


class Operation(Protocol):
    """The context of one operation, made by the resolvers' service."""

    def extensions(self) -> Mapping[str, object]:
        """What to add to the answer's `extensions`, once the operation has run."""
        ...


class ReportService(Protocol):
    """What answers operations."""

    def operation(self, caller: str) -> Operation:
        """The context for one operation of a caller (an API key's name)."""
        ...

    async def readiness(self) -> str:
        """`ready`; `degraded` where it answers, but not as well as it could; `not ready`."""
        ...


class GraphQLEndpoint:
    """An ASGI application for `/graphql`. The caller stands in the scope's state; without one nothing runs."""

    def __init__(
        self,
        documents: Documents,
        service: Callable[[], ReportService],
        metrics: Metrics,
        admission: Admission,
        *,
        limits: Limits,
        operation_seconds: float,
    ) -> None:
        self._documents = documents
        self._service = service
        self._metrics = metrics
        self._admission = admission
        self._limits = limits
        self._operation_seconds = operation_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        media_type = JSON
        try:
            headers = Headers(scope=scope)
            if scope["method"] not in {"GET", "POST"}:
                raise _not_allowed("GET, POST", "GraphQL requests are sent by POST, or by GET for queries.")
            media_type = http.answer_type(headers)
            response = await self._answer(scope, headers, receive, media_type)
        except RequestProblem as problem:
            self._metrics.operation([problem.code.value], 0.0)
            response = problem.response(media_type)
        except http.ClientGone:
            log.info("client_gone")
            self._metrics.operation(["CLIENT_GONE"], 0.0)
            return
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, media_type: str) -> Response:
        caller = scope["state"].get("caller")
        if caller is None:
            raise RequestProblem(401, Code.UNAUTHENTICATED, "No caller was authenticated.")
        async with AsyncExitStack() as held:
            parameters = await self._parameters(
                scope, headers, receive, partial(self._admission.hold_large_body, caller, held)
            )
            started = asyncio.get_running_loop().time()
            async with self._admission.place(caller):
                await held.aclose()
                return await self._admitted(scope, parameters, receive, media_type, started)

    async def _parameters(
        self, scope: Scope, headers: Headers, receive: Receive, room: Callable[[], Awaitable[None]]
    ) -> http.Parameters:
        if scope["method"] == "GET":
            return http.from_query(QueryParams(scope["query_string"]))
        http.check_content_type(headers)
        return http.from_body(await http.read_body(receive, self._limits.body_bytes, room))

    async def _admitted(
        self, scope: Scope, parameters: http.Parameters, receive: Receive, media_type: str, started: float
    ) -> Response:
        """The answer to a request that was let in; its time has been running since `started` (loop time)."""
        prepared = self._documents.prepare(parameters.query)
        errors = self._request_errors(prepared, parameters, scope["method"])
        if errors:
            self._metrics.operation([_code(error, prepared) for error in errors], 0.0)
            body = {"errors": [_refusal(error, prepared) for error in errors]}
            return json_response(body, 400 if media_type == GRAPHQL_JSON else 200, media_type)
        return await self._run(parameters, scope["state"], receive, media_type, started)

    def _request_errors(self, prepared: Prepared, parameters: http.Parameters, method: str) -> Sequence[GraphQLError]:
        """Whatever keeps the request from running. Raises RequestProblem (405) for a mutation by GET."""
        if prepared.document is None:
            return prepared.errors
        try:
            operation = self._documents.operation(prepared, parameters.operation_name)
        except ApiError as error:
            return prepared.errors or [error]
        if method == "GET" and operation.operation is not OperationType.QUERY:
            raise _not_allowed("POST", "Only queries may be sent by GET.")
        if prepared.errors:
            return prepared.errors
        if operation.operation is OperationType.SUBSCRIPTION:
            return [ApiError(Code.BAD_USER_INPUT, "Subscriptions are not offered.")]
        return self._documents.variable_errors(operation, parameters.variables)

    async def _run(
        self,
        parameters: http.Parameters,
        state: Mapping[str, str],
        receive: Receive,
        media_type: str,
        started: float,
    ) -> Response:
        context = self._service().operation(state["caller"])
        loop = asyncio.get_running_loop()
        running = loop.create_task(
            self._documents.schema.execute(
                parameters.query,
                variable_values=dict(parameters.variables),
                context_value=context,
                operation_name=parameters.operation_name,
            )
        )
        result = await self._watched(running, receive, started + self._operation_seconds - loop.time())
        seconds = loop.time() - started
        if result is None:
            self._metrics.operation([Code.TIMEOUT.value], seconds)
            log.warning("operation_timed_out", ms=round(seconds * 1000))
            return _timeout(state["request_id"], self._operation_seconds, media_type)
        return self._render(result, context.extensions(), seconds, state["request_id"], media_type)

    async def _watched(
        self, running: "asyncio.Task[StrawberryResult]", receive: Receive, seconds: float
    ) -> StrawberryResult | None:
        """The operation's result, or None when its time is up. Raises ClientGone; either way the operation is cancelled."""
        gone = asyncio.create_task(_hung_up(receive))
        try:
            await asyncio.wait({running, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if running.cancelled():
                raise RuntimeError("an operation was cancelled from within")
            if running.done():
                return running.result()
            if gone.done():
                raise http.ClientGone
            return None
        finally:
            gone.cancel()
            if not running.done():
                running.cancel()
                await asyncio.wait({running}, timeout=_LET_GO_SECONDS)

    def _render(
        self,
        result: StrawberryResult,
        extensions: Mapping[str, object],
        seconds: float,
        request_id: str,
        media_type: str,
    ) -> Response:
        errors = [public(error, request_id) for error in result.errors or ()]
        self._metrics.operation([str(error["extensions"]["code"]) for error in errors], seconds)
        self._metrics.reports(extensions.get("reports"))
        body: dict[str, object] = {"data": result.data}
        if errors:
            body["errors"] = errors
        if extensions:
            body["extensions"] = dict(extensions)
        ran = result.data is not None or any(error.path for error in result.errors or ())
        if not ran:
            del body["data"]
        return json_response(body, 200 if ran else 500, media_type)


def public(error: GraphQLError, request_id: str) -> PublicError:
    """A field's error as the caller may see it.

    What was meant for the caller (ApiError) passes, and so do graphql-core's own words on a wrong argument. The message of
    anything else may hold what is nobody's business: it becomes `INTERNAL` with the request's id, and the log has the type
    and the place.
    """
    origin: Exception | None = error
    while isinstance(origin, GraphQLError) and origin.original_error is not None:
        origin = origin.original_error
    formatted: PublicError = {"message": error.message[:MESSAGE_CHARACTERS], **_whereabouts(error)}
    if isinstance(origin, ApiError):
        formatted["extensions"] = {**(origin.extensions or {}), "code": origin.code.value}
    elif type(origin) is GraphQLError and origin.nodes:
        formatted["extensions"] = {"code": Code.BAD_USER_INPUT.value}
    else:
        log.error("unexpected_error", error=type(origin).__name__, at=place_of(origin))
        formatted["message"] = UNFORESEEN
        formatted["extensions"] = {"code": Code.INTERNAL.value, "requestId": request_id}
    return formatted


def _whereabouts(error: GraphQLError) -> PublicError:
    found: PublicError = {}
    if error.locations:
        found["locations"] = [location.formatted for location in error.locations]
    if error.path:
        found["path"] = list(error.path)
    return found


def _code(error: GraphQLError, prepared: Prepared) -> str:
    """The code of an error found before anything ran."""
    if isinstance(error, ApiError):
        return error.code.value
    of_document = error in prepared.errors
    return (Code.GRAPHQL_VALIDATION_FAILED if of_document else Code.BAD_USER_INPUT).value


def _refusal(error: GraphQLError, prepared: Prepared) -> PublicError:
    extensions = {**(error.extensions or {}), "code": _code(error, prepared)}
    return {"message": error.message[:MESSAGE_CHARACTERS], **_whereabouts(error), "extensions": extensions}


def _not_allowed(allowed: str, message: str) -> RequestProblem:
    return RequestProblem(405, Code.BAD_USER_INPUT, message, headers={"allow": allowed})


def _timeout(request_id: str, seconds: float, media_type: str) -> Response:
    message = f"The operation took longer than {seconds:g} seconds and was given up."
    error = {"message": message, "extensions": {"code": Code.TIMEOUT.value, "requestId": request_id}}
    return json_response({"errors": [error]}, 504 if media_type == GRAPHQL_JSON else 200, media_type)


async def _hung_up(receive: Receive) -> None:
    """Return when the client has gone. The body was read before, so nothing else of interest can come."""
    while (await receive())["type"] != "http.disconnect":
        pass
