"""The manners of GraphQL over HTTP: which answer a client accepts, what it sent, and the parameters in it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive

from schema.errors import Code
from server.problems import GRAPHQL_JSON, JSON, RequestProblem

# How long a body may take to arrive, and how much of one that is too large is read (and dropped), so that a client that
# is still sending gets to see the answer.
BODY_SECONDS = 15.0
DRAINED_BYTES = 32 * 1024 * 1024
# Beyond this a body is a large one: few of them are in memory at once, though each connection may send one.
SMALL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a GraphQL request asks to be run."""

    query: str
    variables: Mapping[str, object]
    operation_name: str | None


class ClientGone(Exception):
    """The client hung up before its request was complete."""


def answer_type(headers: Headers) -> str:
    """The media type to answer with. Raises RequestProblem (406) where the client accepts none of ours."""
    accept = ",".join(headers.getlist("accept")).strip()
    if not accept:
        return JSON
    best: tuple[float, bool, str] | None = None
    weights = _weights(accept)
    for media_type, patterns in (
        (JSON, (JSON, "application/*", "*/*")),
        (GRAPHQL_JSON, (GRAPHQL_JSON, "application/*", "*/*")),
    ):
        pattern = next((name for name in patterns if name in weights), None)
        if pattern is None or weights[pattern] <= 0:
            continue
        # Equal weights: the newer type only for those who name it.
        offer = (weights[pattern], pattern == GRAPHQL_JSON, media_type)
        if best is None or offer[:2] > best[:2]:
            best = offer
    if best is None:
        raise RequestProblem(406, Code.BAD_USER_INPUT, f"Accept: answers come as {GRAPHQL_JSON} or {JSON}.")
    return best[2]


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = _number(value)
        weights[name] = max(weight, weights.get(name, 0.0))
    return weights


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def check_content_type(headers: Headers) -> None:
    """Raise RequestProblem (415) unless the body is declared as JSON in UTF-8."""
    media_type, *parameters = (piece.strip().lower() for piece in headers.get("content-type", "").split(";"))
    charsets = [value.strip('" ') for key, _, value in (p.partition("=") for p in parameters) if key == "charset"]
    if media_type != JSON or any(charset not in {"utf-8", "utf8"} for charset in charsets):
        raise RequestProblem(415, Code.BAD_USER_INPUT, f"Content-Type: a request's body is {JSON} in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestProblem(415, Code.BAD_USER_INPUT, "Content-Encoding: a request's body is sent as it is.")


async def read_body(receive: Receive, maximum: int, room: Callable[[], Awaitable[None]]) -> bytes:
    """The body, counted as it arrives; a large one goes on when there is `room`. Raises RequestProblem (413, 408) or ClientGone."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, maximum, room)
    except TimeoutError:
        problem = RequestProblem(
            408, Code.BAD_USER_INPUT, f"The body did not arrive within {BODY_SECONDS:.0f} seconds."
        )
        problem.headers["connection"] = "close"
        raise problem from None


async def _read(receive: Receive, maximum: int, room: Callable[[], Awaitable[None]]) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        if size <= SMALL_BYTES < size + len(chunk):
            await room()
        size += len(chunk)
        if size <= maximum:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > DRAINED_BYTES or not message.get("more_body", False):
            break
    if size > maximum:
        headers = {"connection": "close"}
        raise RequestProblem(
            413, Code.BAD_USER_INPUT, f"A request's body has at most {maximum:,} bytes.", headers=headers
        )
    return b"".join(chunks)


def from_body(body: bytes) -> Parameters:
    """The parameters of a POST. Raises RequestProblem (400)."""
    value = _decode(body, "The body")
    if isinstance(value, list):
        raise _wrong("The body is a list; several requests in one are not supported: send each by itself.")
    if not isinstance(value, dict):
        raise _wrong('The body is no JSON object such as {"query": "{ __typename }"}.')
    return _parameters(value)


def from_query(query: QueryParams) -> Parameters:
    """The parameters of a GET. Raises RequestProblem (400)."""
    values: dict[str, object] = {}
    for name in ("query", "operationName", "variables", "extensions"):
        match query.getlist(name):
            case []:
                continue
            case [text]:
                decoded = name in {"variables", "extensions"} and text
                values[name] = _decode(text.encode(), name) if decoded else text or None
            case _:
                raise _wrong(f"{name}: it is given more than once.")
    return _parameters(values)


def _parameters(values: Mapping[str, object]) -> Parameters:
    query, name = values.get("query"), values.get("operationName")
    variables, extensions = values.get("variables"), values.get("extensions")
    if not isinstance(query, str) or not query:
        raise _wrong("query: the text of a GraphQL document is needed, as a string.")
    if not isinstance(name, str | None):
        raise _wrong("operationName: a string or null is expected.")
    if not isinstance(variables, dict | None):
        raise _wrong("variables: an object or null is expected.")
    if not isinstance(extensions, dict | None):
        raise _wrong("extensions: an object or null is expected.")
    return Parameters(query, variables or {}, name)


def _decode(text: bytes, what: str) -> object:
    try:
        value: object = orjson.loads(text)
    except json.JSONDecodeError as error:
        raise _wrong(f"{what}: this is no JSON that can be read ({error.msg}).") from None
    return value


def _wrong(message: str) -> RequestProblem:
    return RequestProblem(400, Code.BAD_USER_INPUT, message)
